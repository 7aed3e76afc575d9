import Addresses
import DNS
import DNSServer
import Foundation
import NIOPosix
import TestSupport
import Testing

@Suite struct SerialTests {
    private func server(_ file: String, _ dynamicNames: [Name], serial: UInt32 = 7) throws -> DNSServer {
        DNSServer(
            listen: [DNSListen(address: .v4(IPv4Address(bits: 0x7F00_0001)), port: 0)], workers: 1,
            snapshot: try kittenSnapshot(dynamicNames, serial: serial), serialFile: file, logger: quiet)
    }

    @Test func `serial numbers go on after an orderly end, and jump ahead after a crash`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let file = folder.path + "/serials"
        let first = try server(file, ["cat.example.test."])
        try await first.start()
        for value in 1...10 { first.publish("cat.example.test.", kittens(UInt32(value))) }
        #expect(first.serial(ofZone: "example.test.") == 17)
        let whileRunning = try String(contentsOfFile: file, encoding: .utf8)
        await first.stop()

        let second = try server(file, ["cat.example.test."])
        try await second.start()
        #expect(second.serial(ofZone: "example.test.") == 18, "what is answered may have changed meanwhile")
        await second.stop()

        // As if the power had failed: the file is as it was while the first one ran.
        try folder.write("serials", whileRunning)
        let third = try server(file, ["cat.example.test."])
        try await third.start()
        #expect(third.serial(ofZone: "example.test.") == 1008)
        await third.stop()
    }

    @Test func `what is published before the file was read does not take the marks back`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("serials", "example.test. 5000 0\n")
        let server = try server(folder.path + "/serials", ["cat.example.test."])
        for value in 1...10 { server.publish("cat.example.test.", kittens(UInt32(value))) }
        // Whatever writes elsewhere has had its turn when a task of the same pool has.
        for _ in 0..<64 { try await NIOThreadPool.singleton.runIfActive {} }
        try await server.start()
        #expect(server.serial(ofZone: "example.test.") == 5001)
        await server.stop()
    }

    @Test(
        arguments: [
            (7, 7),  // the same zone: nothing has changed
            (6, 8),  // edited to a lower number: ours stays ahead
            (100, 100),  // edited to a higher one
        ] as [(UInt32, UInt32)])
    func `a zone without schemes keeps its number while its content is the same`(
        edited: UInt32, expected: UInt32
    ) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let first = try server(folder.path + "/serials", [])
        try await first.start()
        await first.stop()
        let second = try server(folder.path + "/serials", [], serial: edited)
        try await second.start()
        #expect(second.serial(ofZone: "example.test.") == expected)
        await second.stop()
    }

    @Test func `the mark in the file stays ahead of what is served`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let file = folder.path + "/serials"
        let server = try server(file, ["cat.example.test."])
        try await server.start()
        for round in 1...5 {
            for value in 1...450 { server.publish("cat.example.test.", kittens(UInt32(1000 * round + value))) }
            let serial = try #require(server.serial(ofZone: "example.test."))
            try await eventually("the mark is ahead of \(serial)") {
                let words = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")[1].split(
                    separator: " ")
                return try #require(UInt32(words[1])) >= serial + 400
            }
        }
        await server.stop()
    }

    @Test func `without a place to write, everything goes on but the numbers`() async throws {
        let server = try server("/nonexistent/serials", ["cat.example.test."])
        try await server.start()
        #expect(server.publish("cat.example.test.", kittens(1))?.serial == 8)
        await server.stop()
    }

    @Test func `what changes no record moves no serial number`() throws {
        let server = try server("/nonexistent/serials", ["cat.example.test."])
        #expect(server.publish("cat.example.test.", kittens(1))?.serial == 8)
        var same = kittens(1)
        same.extendedError = ExtendedError(code: 0, text: "all members are down")
        #expect(server.publish("cat.example.test.", same)?.serial == 8)
        same.ttlSeconds = 5
        #expect(server.publish("cat.example.test.", same)?.serial == 9)
    }
}
