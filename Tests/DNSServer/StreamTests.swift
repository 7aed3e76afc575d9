import Addresses
import DNS
import TestSupport
import Testing

@testable import DNSServer

/// A zone of so many TXT records of 1000 octets, about as long when it is transferred.
private func longZone(records: Int) throws -> ZoneSnapshot {
    let text = Array(repeating: "\"" + String(repeating: "m", count: 249) + "\"", count: 4).joined(separator: " ")
    let lines = (0..<records).map { "kitten\($0) 300 TXT \(text)" }
    let file = ["@ 3600 SOA ns1 host 7 3600 600 86400 60", "@ 900 NS ns1", "ns1 300 A 192.0.2.53"] + lines
    let zone = try ZoneFile.parse(file.joined(separator: "\n"), file: "long.zone", origin: "example.test.").get()
    return try ZoneSnapshot(zones: [zone], dynamicNames: [])
}

private let transferQuery = framed(query("example.test.", .axfr, id: 7))

/// How many TXT records a transfer holds, read up to its second SOA record; nil if it breaks off.
private func texts(_ next: () async throws -> [UInt8]?) async throws -> Int? {
    var (texts, ends) = (0, 0)
    while ends < 2 {
        guard let frame = try await next() else { return nil }
        let message = try Message(wire: frame)
        #expect(message.header.id == 7)
        texts += message.answers.count { $0.type == .txt }
        ends += message.answers.count { $0.type == .soa }
    }
    return texts
}

/// What TCP and TLS have in common when many messages answer one query.
@Suite struct StreamTests {
    @Test func `a transfer is made as fast as its client reads, and the queries behind it wait for its end`()
        async throws
    {
        let snapshot = try longZone(records: 30_000)
        try await withServer(snapshot: snapshot, transfers: loopbackPolicy()) { server, listening in
            let client = try Client(tcp: listening[0])
            try client.send(
                framed(query("ns1.example.test.", id: 1)) + transferQuery + framed(query("ns1.example.test.", id: 2)))
            #expect(client.frame().flatMap(Header.init)?.id == 1)
            try await eventually("no more is made for a client that does not read") {
                let before = server.counters.replyBytes
                try await Task.sleep(for: .milliseconds(50))
                return before > 1000 && server.counters.replyBytes == before
            }
            #expect(server.counters.replyBytes < 20_000_000)
            // Another client is not held up.
            let other = try Client(tcp: listening[0])
            try other.send(framed(query("ns1.example.test.")))
            #expect(other.frame() != nil)
            #expect(try await texts { client.frame() } == 30_000)
            #expect(client.frame().flatMap(Header.init)?.id == 2)
        }
    }

    @Test func `a transfer over TLS comes whole, too, and a signed query gets its reply`() async throws {
        let signedQuery = signed(query("ns1.example.test.", id: 9), now: 1)
        try await withEncryptedServer(snapshot: longZone(records: 3000), transfers: loopbackPolicy()) { encrypted in
            let client = try await TLSClient(encrypted.tls)
            try await client.send(
                transferQuery + framed(signedQuery.octets) + framed(query("ns1.example.test.", id: 2)))
            #expect(try await texts { try await client.frames(1).first } == 3000)
            let rest = try await client.frames(2)
            // The key is not known here (RFC 8945 §5.2.1).
            #expect(Header(rest[0]).map { [Int($0.id), Int($0.code), $0.answers] } == [9, 9, 0])
            #expect(Header(rest[1])?.id == 2)
            #expect(encrypted.server.counters.dropped == 0)
        }
    }

    @Test func `clients that leave in the middle of a transfer leave nothing behind`() async throws {
        let snapshot = try longZone(records: 20_000)
        try await withServer(snapshot: snapshot, transfers: loopbackPolicy()) { _, listening in
            // More than may be under way at once.
            for _ in 0..<100 {
                let client = try Client(tcp: listening[0])
                try client.send(transferQuery)
                #expect(client.frame() != nil)
            }
            try await eventually("transfers are possible again") {
                let client = try Client(tcp: listening[0])
                try client.send(transferQuery)
                return client.frame().flatMap(Header.init)?.code == 0
            }
        }
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
        ("2001:db8:1:100::1", "2001:db8:1:1ff:ffff::2", true),  // the same 56 bits
        ("2001:db8:1:100::1", "2001:db8:1:200::1", false),
        ("::1", "0.0.0.1", false),
    ])
    func `clients are counted by address, or by network of 56 bits`(one: String, other: String, isSame: Bool) throws {
        let first = ClientPrefix(try #require(IPAddress(one)))
        #expect((first == ClientPrefix(try #require(IPAddress(other)))) == isSame)
    }
}
