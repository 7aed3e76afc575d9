import DNS
import DNSServer
import TestSupport
import Testing

/// DNS over TLS (RFC 7858).
@Suite struct TLSTests {
    @Test func `kdig asks several questions on one connection, and the certificate holds`() async throws {
        try await withEncryptedServer { encrypted in
            encrypted.server.publish("cat.example.test.", kittens(0x7F00_000B))
            let (output, code) = try await run(
                "kdig",
                [
                    "@127.0.0.1", "-p", "\(encrypted.tls.port)", "+tls-ca=\(encrypted.files.certificate)", "+keepopen",
                    "cat.example.test", "example.test", "SOA", "big.example.test",
                ])
            #expect(code == 0)
            #expect(output.contains("127.0.0.11") && output.contains("ANSWER: 200"), "\(output)")
            #expect(output.contains("TLS session (TLS1.3)"), "\(output)")
            #expect(!output.uppercased().contains("WARNING"), "\(output)")
            #expect(encrypted.server.counters.tlsQueries == 3)
            #expect(encrypted.server.counters.encryptedConnections == 1)
        }
    }

    @Test(arguments: [
        (["-alpn", "dot"], "ALPN protocol: dot"),
        (["-tls1_2"], "Protocol  : TLSv1.2"),
        // Older ones have known weaknesses (RFC 8996).
        (["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"], "Cipher is (NONE)"),
    ])
    func `openssl agrees on what was offered`(arguments: [String], expected: String) async throws {
        try await withEncryptedServer { encrypted in
            let (output, _) = try await run(
                "openssl", ["s_client", "-connect", "127.0.0.1:\(encrypted.tls.port)"] + arguments)
            #expect(output.contains(expected), "\(output)")
        }
    }

    @Test func `a session is resumed`() async throws {
        try await withEncryptedServer { encrypted in
            let session = encrypted.folder.path + "/session"
            let address = ["s_client", "-connect", "127.0.0.1:\(encrypted.tls.port)", "-tls1_2"]
            _ = try await run("openssl", address + ["-sess_out", session])
            let (output, _) = try await run("openssl", address + ["-sess_in", session])
            #expect(output.contains("Reused, TLSv1.2"), "\(output)")
        }
    }

    @Test func `thousands of pipelined queries are answered in their order`() async throws {
        try await withEncryptedServer { encrypted in
            let client = try await TLSClient(encrypted.tls)
            try await client.send((0..<5000).flatMap { framed(query("ns1.example.test.", id: UInt16($0))) })
            let replies = try await client.frames(5000)
            #expect(replies.compactMap(Header.init).map(\.id) == Array(0..<5000))
        }
    }

    @Test func `frames may be split anywhere`() async throws {
        try await withEncryptedServer { encrypted in
            let client = try await TLSClient(encrypted.tls)
            let octets = (0..<2).flatMap { framed(query("ns1.example.test.", id: $0)) }
            for end in 1..<octets.count {
                try await client.send(Array(octets[..<end]))
                try await client.send(Array(octets[end...]))
                let replies = try await client.frames(2)
                #expect(replies.compactMap(Header.init).map(\.id) == [0, 1], "split at \(end)")
            }
        }
    }

    @Test func `a client that asks and does not read is not read from, and gets all in the end`() async throws {
        try await withEncryptedServer { encrypted in
            let client = try await TLSClient(encrypted.tls)
            let message = framed(query("big.example.test."))
            try await client.send(message)
            _ = try await client.frames(1)
            try await client.read(false)
            // 10,000 replies of 3.3 KB do not fit into the buffers on the way.
            let sender = Task { try await client.send((0..<10_000).flatMap { _ in message }) }
            let server = encrypted.server
            try await eventually("the server has stopped reading") {
                let before = server.counters.tlsQueries
                try await Task.sleep(for: .milliseconds(50))
                return before > 0 && server.counters.tlsQueries == before
            }
            #expect(server.counters.tlsQueries < 10_000)
            try await client.read(true)
            for _ in 0..<10 {
                let replies = try await client.frames(1000)
                #expect(replies.allSatisfy { Header($0)?.answers == 200 })
            }
            try await sender.value
        }
    }

    @Test func `a client that never begins the handshake, or says nothing behind it, is closed`() async throws {
        var limits = DNSServerLimits()
        limits.tcpIdle = .seconds(2)
        try await withEncryptedServer(limits: limits) { encrypted in
            let silent = try Client(tcp: encrypted.tls)
            #expect(silent.receive() == [])
            let polite = try await TLSClient(encrypted.tls)
            try await eventually("it is closed") { polite.isClosed }
        }
    }

    @Test func `when all places are taken, the longest idle connection makes room`() async throws {
        var limits = DNSServerLimits()
        limits.encryptedConnections = 2
        limits.encryptedThreads = 1
        try await withEncryptedServer(limits: limits) { encrypted in
            let message = framed(query("ns1.example.test."))
            let (first, second) = (try await TLSClient(encrypted.tls), try await TLSClient(encrypted.tls))
            for client in [first, second, first] {
                try await client.send(message)
                _ = try await client.frames(1)
            }
            let third = try await TLSClient(encrypted.tls)
            try await eventually("the second was idle longest") { second.isClosed }
            for client in [first, third] {
                try await client.send(message)
                _ = try await client.frames(1)
            }
            #expect(encrypted.server.counters.connectionsClosedForRoom == 1)
            first.close()
            third.close()
        }
    }

    @Test func `random octets before and behind the handshake leave the server answering`() async throws {
        try await withEncryptedServer { encrypted in
            var random = Random(0xBAD5EED)
            for listen in [encrypted.tls, encrypted.https] {
                for _ in 0..<100 { try? Client(tcp: listen).send(random.octets(2000)) }
                for protocols in [["dot"], ["h2"], ["http/1.1"]] {
                    for _ in 0..<20 {
                        let client = try await TLSClient(listen, protocols: protocols)
                        try? await client.send(random.octets(2000))
                        client.close()
                    }
                }
            }
            let client = try await TLSClient(encrypted.tls)
            try await client.send(framed(query("ns1.example.test.")))
            let replies = try await client.frames(1)
            #expect(Header(replies[0])?.answers == 1)
        }
    }
}

/// The same octets for the same seed.
struct Random {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func octets(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
    }
}
