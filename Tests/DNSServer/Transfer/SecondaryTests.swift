import Addresses
import DNS
import DNSClient
import DNSServer
import NIOPosix
import TestSupport
import Testing

/// Real name servers that follow us. The zone's refresh is an hour, so that only notices tell them of changes.
@Suite struct SecondaryTests {
    static let secret = "bmluZSBsaXZlcyBhcmUgYmV0dGVyIHRoYW4gb25lLiA="
    private let client = DNSClient(group: MultiThreadedEventLoopGroup.singleton)
    private let loopback = IPAddress.v4(IPv4Address(bits: 0x7F00_0001))

    @Test(arguments: [nil, Self.secret])
    func `BIND, Knot and NSD equal us within a second of each change, through a restart too`(
        secret: String?
    ) async throws {
        let folder = try TemporaryFolder()
        let port = try freePort()
        let ports = try Secondary.Kind.allCases.map { _ in try freePort() }
        var server = try server(port: port, secondaries: ports, secret: secret, folder)
        try await server.start()
        server.publish("cat.example.test.", kittens(0xC000_0201))
        let secondaries = try zip(Secondary.Kind.allCases, ports).map { kind, own in
            try Secondary(kind, of: port, port: own, secret: secret)
        }
        do {
            for secondary in secondaries {
                try await eventually("\(secondary.kind) has the zone: \(secondary.printed)") {
                    try await isEqual(secondary, to: port)
                }
            }
            var serial: UInt32 = 0
            var times: [[Duration]] = []
            for step in 1...2 {
                try await pauseOfNSD()
                let publication = try #require(
                    server.publish("cat.example.test.", kittens(0xC000_0200 | UInt32(step), 0xC633_6400)))
                #expect(Serial(publication.serial).isNewer(than: Serial(serial)))
                serial = publication.serial
                times.append(try await follow(secondaries, port, what: "change \(step)"))
            }
            try await pauseOfNSD()
            // A burst: many changes in no time, of which the last one counts.
            for step in 1...100 { server.publish("cat.example.test.", kittens(0xCB00_7100 | UInt32(step))) }
            times.append(try await follow(secondaries, port, what: "a burst"))

            await server.stop()
            server = try self.server(port: port, secondaries: ports, secret: secret, folder)
            try await server.start()
            try await pauseOfNSD()
            let published = try #require(server.publish("cat.example.test.", kittens(0xC000_0263)))
            #expect(Serial(published.serial).isNewer(than: Serial(serial)))
            times.append(try await follow(secondaries, port, what: "a restart"))
            // A busy machine is late now and then, a notice that is not sent at once is late each time.
            for (place, secondary) in secondaries.enumerated() {
                let own = times.map { $0[place] }
                #expect(try #require(own.min()) < .seconds(1), "\(secondary.kind) took \(own)")
            }
        } catch {
            for secondary in secondaries { Issue.record("\(secondary.kind): \(secondary.printed.suffix(3000))") }
            for secondary in secondaries { await secondary.stop() }
            await server.stop()
            throw error
        }
        for secondary in secondaries { await secondary.stop() }
        await server.stop()
        folder.remove()
    }

    /// NSD takes changes up once a second at most (its `xfrd-reload-timeout`), however soon it has them.
    private func pauseOfNSD() async throws {
        let start = ContinuousClock().now
        try await eventually("the pause is over") { ContinuousClock().now - start > .milliseconds(1100) }
    }

    /// Waits until all equal us, and returns how long each kind took.
    private func follow(_ secondaries: [Secondary], _ port: Int, what: String) async throws -> [Duration] {
        let clock = ContinuousClock()
        let start = clock.now
        var times: [Duration] = []
        for secondary in secondaries {
            try await eventually("\(secondary.kind) follows \(what)") {
                try await isEqual(secondary, to: port)
            }
            times.append(clock.now - start)
        }
        return times
    }

    /// Whether it answers the same, serial number and all.
    private func isEqual(_ secondary: Secondary, to port: Int) async throws -> Bool {
        let ours = try await answers(of: port)
        return !ours.isEmpty ? try await answers(of: secondary.port) == ours : false
    }

    private func answers(of port: Int) async throws -> [String] {
        var answers: [String] = []
        for (name, type) in [("example.test.", .soa), ("cat.example.test.", .a)] as [(String, RRType)] {
            let reply = try? await client.query(
                Name(name), type, server: loopback, port: port, transport: .udp, timeout: .milliseconds(500)
            ).get()
            guard let reply, reply.rcode == .noError else { return [] }
            answers += reply.answers.map(\.description).sorted()
        }
        return answers
    }

    private func server(
        port: Int, secondaries: [Int], secret: String?, _ folder: TemporaryFolder
    ) throws -> DNSServer {
        let zone = try ZoneFile.parse(
            """
            @    900 IN SOA ns1 hostmaster 7 3600 600 604800 60
            @    900 IN NS  ns1
            ns1  900 IN A   192.0.2.1
            www  300 IN CNAME cat
            """, file: "example.test.zone", origin: "example.test."
        ).get()
        let key = try secret.map { secret in
            TSIGKey(
                name: "transfer.example.test.", algorithm: .sha256, secret: try #require(TSIGSecret(base64: secret)))
        }
        let policy = TransferPolicy(
            keys: key.map { [$0] } ?? [],
            transfer: [TransferRule(prefix: AddressPrefix(loopback), key: key?.name)],
            notify: secondaries.map { NotifyTarget(address: loopback, port: $0, key: key?.name) })
        return DNSServer(
            listen: [DNSListen(address: loopback, port: port)], workers: 1,
            snapshot: try ZoneSnapshot(zones: [zone], dynamicNames: ["cat.example.test."]), transfers: policy,
            serialFile: folder.path + "/serials", logger: quiet)
    }
}
