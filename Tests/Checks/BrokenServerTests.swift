import Foundation
import NIOPosix
import TestSupport
import Testing

@testable import Checks

/// Servers that are broken in every way, before every method that connects: each gives a result with a reason, in
/// time and in bounded memory.
@Suite(.serialized) struct BrokenServerTests {
    private static let ok = "HTTP/1.1 200 OK\r\n"
    private static let upgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"

    /// What no server of any of these protocols does.
    private static let hostilities: [(String, [HostileServer.Act])] = [
        ("hangs", [.hang]),
        ("closes", [.close]),
        ("closes when it is asked", [.awaitAnything, .close]),
        ("resets", [.awaitAnything, .reset]),
        ("sends zeros", [.flood("\0", bytes: 10_000_000)]),
        ("sends one byte at a time", [.dribble("\u{7F}", every: .milliseconds(5))]),
        ("sends a line without end", [.flood("k", bytes: 10_000_000)]),
        ("sends 10 GB of lines", [.flood("220-kitten\r\n", bytes: 10_000_000_000)]),
        ("sends a TLS alert", [.sendBytes([0x15, 3, 3, 0, 2, 2, 40]), .hang]),
        (
            "sends what is no text",
            [.sendBytes((0...255).map { UInt8($0) } + (0...255).map { UInt8(255 - $0) }), .hang]
        ),
        ("sends lengths beyond all measure", [.sendBytes([UInt8](repeating: 0xFF, count: 64)), .hang]),
        ("sends the wrong text", [.awaitAnything, .send("NO CARRIER\r\n"), .hang]),
        ("sends headers and hangs", [.awaitAnything, .send(ok + "Content-Length: 5\r\n"), .hang]),
        ("sends thousands of headers", [.awaitAnything, .send(ok), .flood("X-Cat: meow\r\n", bytes: 100_000_000)]),
        ("upgrades and floods", [.awaitAnything, .send(upgrade + "\r\n"), .flood("\u{02}k", bytes: 10_000_000_000)]),
    ]

    /// Fails unless the result is an error in words, and before long: by themselves some servers never end it.
    private func expectFailure(_ result: ProbeResult, _ method: String, _ name: String) {
        #expect(!result.isSuccess, "\(method): \(name): \(result.reason)")
        #expect(!result.reason.isEmpty && result.reason.utf8.count < 400, "\(method): \(name)")
        #expect(
            result.reason.allSatisfy { $0.isASCII && $0 >= " " && $0 <= "~" || $0 == "…" },
            "\(method): \(name): \(result.reason)")
        #expect(result.phases.total < .seconds(30), "\(method): \(name): \(result.phases.total)")
    }

    @Test(arguments: Connecting.methods)
    func `nothing that a broken server does is ok, late, endless or without words`(method: String) async throws {
        let before = try residentBytes()
        var times: [Duration] = []
        for (name, acts) in Self.hostilities {
            // To look at the status is all that this method does.
            if method == "http-status", acts.contains(where: { $0.isWholeHead }) { continue }
            let server = try await HostileServer(acts)
            let arguments = Connecting.arguments(method, server.port)
            let result = try await probe(method, arguments, timeout: .milliseconds(250))
            expectFailure(result, method, name)
            times.append(result.phases.total)
            try await eventually("\(method) closes when the server \(name)") { server.ended == server.connections }
            await server.stop()
        }
        // A busy machine is late now and then; a timeout that is not kept is so each time.
        let soonest = try #require(times.filter { $0 >= .milliseconds(250) }.min())
        #expect(soonest < .milliseconds(450), "\(method): \(times)")
        let grown = try residentBytes() - before
        #expect(grown < 64 << 20, "\(method) needs \(grown >> 20) MiB")
    }

    @Test(arguments: Connecting.methods)
    func `every method that connects says when nobody listens, or packets vanish`(method: String) async throws {
        let refused = try await probe(method, Connecting.arguments(method, try freePort()))
        #expect(refused.reason == "connection refused")
        let hole = try FullListener()
        let vanished = try await probe(method, Connecting.arguments(method, hole.port), timeout: .milliseconds(250))
        #expect(vanished.reason == "timed out after 250 ms while connecting")
        hole.close()
    }

    @Test(arguments: Connecting.methods)
    func `every method that connects can be sent elsewhere, and to one family`(method: String) async throws {
        var arguments = Connecting.arguments(method, try freePort())
        for key in ["url", "host"] {
            arguments[key] = arguments[key]?.replacing("127.0.0.1", with: "cat.example.test")
        }
        arguments["addr"] = "127.0.0.1"
        #expect(try await probe(method, arguments).reason == "connection refused")
        arguments["address"] = "v6"
        #expect(try await probe(method, arguments).reason == "127.0.0.1 is no IPv6 address")
    }

    @Test func `every method with TLS refuses a certificate that has expired, and says so`() async throws {
        try await withFolder { folder in
            let certificates = try await Certificates(in: folder)
            let server: (Int) -> [String] = { port in
                [
                    "s_server", "-accept", "127.0.0.1:\(port)", "-cert", certificates.certificate("expired"), "-key",
                    certificates.key("expired"), "-quiet", "-alpn", "h2,http/1.1",
                ]
            }
            try await withServer("openssl", server) { port in
                var tested: [String] = []
                for method in Connecting.methods {
                    guard let arguments = Connecting.secured(method, port, ca: certificates.authority) else { continue }
                    let result = try await probe(method, arguments)
                    #expect(result.reason == "certificate expired on 2021-03-01", "\(method)")
                    tested.append(method)
                }
                #expect(tested.count == 11)
            }
        }
    }

    @Test(arguments: ["http-grep", "http-status", "http-digest"])
    func `a compression bomb is a page like any other`(method: String) async throws {
        let before = try residentBytes()
        // Zeros, a gigabyte of them, once unpacked.
        let head = Self.ok + "Content-Encoding: gzip\r\nContent-Type: text/html\r\nContent-Length: 1000000\r\n\r\n"
        let server = try await HostileServer([
            .awaitRequest, .send(head), .sendBytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]),
            .flood("\0", bytes: 1_000_000), .close,
        ])
        let result = try await probe(method, Connecting.arguments(method, server.port))
        switch method {
        case "http-grep":
            let words = "text \"x\" not found in the first 65,536 bytes, the rest was cut off"
            #expect(result.reason == words + " (they are gzip-coded, though that was not asked for)")
        case "http-status": #expect(result.reason == "status 200")
        default: #expect(result.isSuccess && result.reason.hasSuffix("seen for the first time"))
        }
        let grown = try residentBytes() - before
        #expect(grown < 32 << 20, "\(method) needs \(grown >> 20) MiB")
        await server.stop()
    }

    @Test func `a page of 10 GB is summed to its limit and no further`() async throws {
        let before = try residentBytes()
        let server = try await HostileServer([
            .awaitRequest, .send(Self.ok + "\r\n"), .flood("kitten", bytes: 10_000_000_000),
        ])
        let result = try await probe(
            "http-digest", ["url": "http://127.0.0.1:\(server.port)/"])
        #expect(!result.isSuccess && result.reason.contains("67,108,864 bytes"), "\(result.reason)")
        let grown = try residentBytes() - before
        #expect(grown < 64 << 20, "it needs \(grown >> 20) MiB")
        try await eventually("it is closed") { server.ended == server.connections }
        await server.stop()
    }

    /// Datagrams that answer nothing that was asked.
    @Test(
        arguments: [
            ("dns", "", "timed out after TIME waiting for an answer", "silence"),
            ("dns", "purr", nil, "no DNS message"),
            ("dns", "\\0\\0\\x80\\0\\0\\0\\0\\0\\0\\0\\0\\0", nil, "an answer to another question"),
            ("udp", "", "timed out after TIME waiting for \"purr\"", "silence"),
            ("udp", "hiss", "text \"purr\" not found in 4 bytes", "the wrong text"),
        ] as [(String, String, String?, String)])
    func `datagrams that are wrong or missing are a result too`(
        method: String, answer: String, reason: String?, because: String
    ) async throws {
        let socket = try await AnsweringSocket(answer.isEmpty ? nil : WireText(answer).bytes)
        let arguments =
            method == "dns"
            ? ["server": "127.0.0.1", "port": "\(socket.port)", "name": "example.test"]
            : ["host": "127.0.0.1", "port": "\(socket.port)", "send": "meow", "expect": "purr"]
        if let reason {
            let (result, said) = try await outcome(of: reason) { try await probe(method, arguments, timeout: $0) }
            expectFailure(result, method, because)
            #expect(said == reason)
        } else {
            expectFailure(try await probe(method, arguments, timeout: .milliseconds(250)), method, because)
        }
        await socket.stop()
    }

    /// Octets of memory that this process holds now.
    private func residentBytes() throws -> Int {
        let words = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return try #require(Int(words[1])) * 4096
    }
}

extension HostileServer.Act {
    /// Sends headers that are complete.
    fileprivate var isWholeHead: Bool {
        if case .send(let text) = self { text.contains("\r\n\r\n") } else { false }
    }
}
