import Addresses
import DNS
import Synchronization
import TestSupport
import Testing

@testable import DNSServer

/// Makes rows of so many messages of 60,000 octets for transfers, and answers `signed` queries itself.
private final class LongRows: QueryDiversion {
    let messages: Int
    let made = Atomic(0)

    init(messages: Int) { self.messages = messages }

    func reply(
        to query: UnsafeRawBufferPointer, from client: IPAddress, source: AnswerSource,
        into space: UnsafeMutableRawBufferPointer
    ) -> DivertedReply? {
        guard client == IPAddress("127.0.0.1"), query.count >= 20 else { return .silence }
        if query[query.count - 3] == 252 { return .row(Row(self, id: query[1])) }
        space.copyMemory(from: query)
        space[2] = 0x80
        space[3] = 9
        return .message(length: query.count)
    }

    private final class Row: ReplyRow {
        private let rows: LongRows
        private let id: UInt8
        private var sent = 0

        init(_ rows: LongRows, id: UInt8) { (self.rows, self.id) = (rows, id) }

        func next(into space: UnsafeMutableRawBufferPointer) -> Int {
            guard sent < rows.messages else { return 0 }
            space.initializeMemory(as: UInt8.self, repeating: 0)
            (space[0], space[1], space[2]) = (UInt8(sent >> 8), id, 0x80)
            (space[6], space[7]) = (UInt8(sent >> 8), UInt8(sent & 0xFF))
            sent += 1
            rows.made.add(1, ordering: .relaxed)
            return 60_000
        }
    }
}

private let transfer = framed(query("example.test.", RRType(rawValue: 252), id: 7))

/// A query with a record behind the question that is no OPT, as a signed one has.
private let signed: [UInt8] = {
    var message = query("ns1.example.test.", id: 9)
    message[11] = 1
    return framed(message + [0, 0, 250, 0, 255, 0, 0, 0, 0, 0, 0])
}()

/// What TCP and TLS have in common with whatever makes rows of messages.
@Suite struct StreamTests {
    @Test func `a row is made as fast as its client reads, and the queries behind it wait for its end`() async throws {
        let rows = LongRows(messages: 500)
        try await withServer(diversion: rows) { _, listening in
            let client = try Client(tcp: listening[0])
            try client.send(
                framed(query("ns1.example.test.", id: 1)) + transfer + framed(query("ns1.example.test.", id: 2)))
            #expect(client.frame().flatMap(Header.init)?.id == 1)
            try await eventually("no more is made for a client that does not read") {
                let before = rows.made.load(ordering: .relaxed)
                try await Task.sleep(for: .milliseconds(50))
                return before > 0 && rows.made.load(ordering: .relaxed) == before
            }
            #expect(rows.made.load(ordering: .relaxed) < 250)
            // Another client is not held up.
            let other = try Client(tcp: listening[0])
            try other.send(framed(query("ns1.example.test.")))
            #expect(other.frame() != nil)
            for number in 0..<500 {
                let message = try #require(client.frame())
                #expect(message.count == 60_000 && Header(message)?.answers == number)
            }
            #expect(client.frame().flatMap(Header.init)?.id == 2)
        }
    }

    @Test func `a row over TLS comes whole, too`() async throws {
        let rows = LongRows(messages: 100)
        try await withEncryptedServer(diversion: rows) { encrypted in
            let client = try await TLSClient(encrypted.tls)
            try await client.send(transfer + signed + framed(query("ns1.example.test.", id: 2)))
            let frames = try await client.frames(102)
            #expect(frames.prefix(100).compactMap(Header.init).map(\.answers) == Array(0..<100))
            #expect(Header(frames[100])?.code == 9)
            #expect(Header(frames[101])?.id == 2)
            #expect(encrypted.server.counters.dropped == 0)
        }
    }

    @Test func `a client that leaves in the middle of a row leaves nothing behind`() async throws {
        let rows = LongRows(messages: 1 << 14)
        try await withServer(diversion: rows) { _, listening in
            for _ in 0..<20 {
                let client = try Client(tcp: listening[0])
                try client.send(transfer)
                #expect(client.frame()?.count == 60_000)
            }
            let client = try Client(tcp: listening[0])
            try client.send(signed)
            #expect(client.frame().flatMap(Header.init)?.code == 9)
        }
    }

    @Test(
        arguments: [
            ([0, 252, 0, 1], 0, [], true),  // AXFR
            ([0, 251, 0, 1], 0, [], true),  // IXFR
            ([0, 1, 0, 1], 0, [], false),
            ([0, 1, 0, 1], 1, [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0], false),  // OPT alone
            ([0, 1, 0, 1], 1, [0, 0, 250, 0, 255, 0, 0, 0, 0, 0, 0], true),  // TSIG
            ([0, 1, 0, 1], 2, [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0], true),  // OPT and another
            ([0, 1], 0, [], false),  // cut off
            ([], 1, [], false),
        ] as [([UInt8], UInt8, [UInt8], Bool)])
    func `what may be a transfer or signed is told from the rest`(
        question: [UInt8], additional: UInt8, rest: [UInt8], expected: Bool
    ) {
        let head: [UInt8] = [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, additional]
        let message = head + Name("example.test.").wire + question + rest
        #expect(message.withUnsafeBytes { StreamQuery.mayBeDiverted($0) } == expected)
        for count in 0..<message.count {
            _ = message[..<count].withUnsafeBytes { StreamQuery.mayBeDiverted($0) }
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
