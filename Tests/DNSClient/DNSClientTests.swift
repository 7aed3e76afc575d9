import Addresses
import DNS
import DNSClient
import NIOCore
import NIOPosix
import Testing

@Suite struct DNSClientTests {
    private let client = DNSClient(group: MultiThreadedEventLoopGroup.singleton)
    private let loopback = IPAddress.v4(IPv4Address(bits: 0x7F00_0001))
    private let name = Name(validWire: [3] + "cat".utf8 + [7] + "example".utf8 + [4] + "test".utf8 + [0])

    /// An answer with one address to whatever was asked.
    private func answer(to query: Message, flags: Header.Flags = [.response, .authoritative]) -> Message {
        var answer = query
        answer.header.flags = flags
        answer.answers = [MessageRecord(owner: name, type: .a, ttlSeconds: 30, rdata: [192, 0, 2, 1])]
        return answer
    }

    @Test(arguments: [DNSClient.Transport.udp, .tcp])
    func `an answer comes back whole`(transport: DNSClient.Transport) async throws {
        let server = try await FakeServer { query, _ in [answer(to: query).wire] }
        let message = try await client.query(
            name, .a, server: loopback, port: server.port, transport: transport, recursionDesired: true
        ).get()
        #expect(message.answers.map(\.description) == ["cat.example.test. 30 IN A 192.0.2.1"])
        #expect(message.header.flags == [.response, .authoritative])
        try await server.stop()
    }

    @Test func `the query is what was asked for`() async throws {
        let server = try await FakeServer { query, transport in
            var reply = answer(to: query)
            reply.header.flags.formUnion(query.header.flags)
            reply.edns?.highRcode = query.edns?.payloadSize == 1232 && query.questions.count == 1 ? 0 : 1
            return [reply.wire]
        }
        for recursionDesired in [true, false] {
            let message = try await client.query(
                name, .txt, server: loopback, port: server.port, recursionDesired: recursionDesired
            ).get()
            #expect(message.header.flags.contains(.recursionDesired) == recursionDesired)
            #expect(message.questions == [Question(name: name, type: .txt)])
            #expect(message.rcode == .noError)
        }
        try await server.stop()
    }

    @Test func `a truncated answer is asked for again over TCP`() async throws {
        let server = try await FakeServer { query, transport in
            switch transport {
            case .tcp: return [answer(to: query).wire]
            case .udp:
                var truncated = query
                truncated.header.flags = [.response, .truncated]
                return [truncated.wire]
            }
        }
        let message = try await client.query(name, .a, server: loopback, port: server.port).get()
        #expect(message.answers.count == 1)
        #expect(!message.header.flags.contains(.truncated))
        try await server.stop()
    }

    @Test func `a truncated answer that is cut within a record counts as truncated`() async throws {
        let server = try await FakeServer { query, transport in
            transport == .tcp
                ? [answer(to: query).wire]
                : [Array(answer(to: query, flags: [.response, .truncated]).wire.dropLast(13))]
        }
        #expect(try await client.query(name, .a, server: loopback, port: server.port).get().answers.count == 1)
        try await server.stop()
    }

    @Test(arguments: [DNSClient.Transport.udp, .tcp])
    func `what answers something else is ignored`(transport: DNSClient.Transport) async throws {
        let server = try await FakeServer { query, _ in
            var otherID = answer(to: query)
            otherID.header.id ^= 1
            otherID.answers = []
            var otherName = otherID
            otherName.header.id = query.header.id
            otherName.questions[0].name = .root
            var otherType = otherName
            otherType.questions = [Question(name: query.questions[0].name, type: .mx)]
            var query2 = query  // its own question thrown back
            query2.answers = []
            return [otherID.wire, otherName.wire, otherType.wire, query2.wire, [], [1], answer(to: query).wire]
        }
        let message = try await client.query(
            name, .a, server: loopback, port: server.port, transport: transport
        ).get()
        #expect(message.answers.count == 1)
        try await server.stop()
    }

    @Test func `rubbish over UDP does not end the wait, and is told at its end`() async throws {
        let rubbish: @Sendable (Message) -> [UInt8] = { query in
            [UInt8(query.header.id >> 8), UInt8(query.header.id & 0xFF), 0x80] + Array(repeating: 0xFF, count: 30)
        }
        let server = try await FakeServer { query, _ in [rubbish(query), answer(to: query).wire] }
        #expect(try await client.query(name, .a, server: loopback, port: server.port).get().answers.count == 1)
        try await server.stop()

        let broken = try await FakeServer { query, _ in [rubbish(query)] }
        let result = await client.query(
            name, .a, server: loopback, port: broken.port, timeout: .seconds(1))
        #expect(result == .failure(.malformed(.badPointer(at: 12))))
        try await broken.stop()
    }

    @Test func `rubbish over TCP is an error at once`() async throws {
        let server = try await FakeServer { query, _ in
            [[UInt8(query.header.id >> 8), UInt8(query.header.id & 0xFF), 0x80, 0]]
        }
        let result = await client.query(
            name, .a, server: loopback, port: server.port, transport: .tcp, timeout: .seconds(60))
        #expect(result == .failure(.malformed(.truncated)))
        try await server.stop()
    }

    @Test(arguments: [DNSClient.Transport.udp, .tcp])
    func `silence ends at the deadline`(transport: DNSClient.Transport) async throws {
        let server = try await FakeServer { _, _ in [] }
        let clock = ContinuousClock()
        let start = clock.now
        let result = await client.query(
            name, .a, server: loopback, port: server.port, transport: transport, timeout: .milliseconds(150))
        #expect(result == .failure(.timedOut(after: .milliseconds(150))))
        #expect(clock.now - start >= .milliseconds(150))
        try await server.stop()
    }

    @Test func `a lost datagram is sent again`() async throws {
        let server = try await FakeServer(deaf: 1) { query, _ in [answer(to: query).wire] }
        let result = await client.query(
            name, .a, server: loopback, port: server.port, timeout: .seconds(6))
        #expect(try result.get().answers.count == 1)
        try await server.stop()
    }

    @Test(arguments: [DNSClient.Transport.udp, .tcp])
    func `a port where nobody listens refuses, long before the deadline`(transport: DNSClient.Transport) async throws {
        let server = try await FakeServer { _, _ in [] }
        let port = server.port
        try await server.stop()
        let result = await client.query(
            name, .a, server: loopback, port: port, transport: transport, timeout: .seconds(60))
        #expect(result == .failure(.refused))
    }

    @Test func `a connection closed without an answer is told as such`() async throws {
        let server = try await FakeServer(hangsUp: true) { _, _ in [] }
        let result = await client.query(
            name, .a, server: loopback, port: server.port, transport: .tcp, timeout: .seconds(60))
        #expect(result == .failure(.closed))
        try await server.stop()
    }

    @Test func `ids and source ports are not repeated`() async throws {
        let server = try await FakeServer { query, _ in [answer(to: query).wire] }
        var ids: Set<UInt16> = []
        for _ in 0..<30 {
            ids.insert(try await client.query(name, .a, server: loopback, port: server.port).get().header.id)
        }
        #expect(ids.count > 25)
        #expect(await server.sourcePorts.count > 15)
        try await server.stop()
    }

    @Test(arguments: [0, -1, 65536])
    func `a port that is none is an error`(port: Int) async {
        #expect(await client.query(name, .a, server: loopback, port: port) == .failure(.badPort(port)))
    }

    @Test func `a cancelled task does not wait`() async throws {
        let server = try await FakeServer { _, _ in [] }
        let port = server.port
        let task = Task { await client.query(name, .a, server: loopback, port: port, timeout: .seconds(60)) }
        task.cancel()
        #expect(await task.value == .failure(.cancelled))
        try await server.stop()
    }

    @Test func `a server is reached over IPv6`() async throws {
        let server = try await FakeServer(address: "::1") { query, _ in [answer(to: query).wire] }
        let address = try #require(IPAddress("::1"))
        for transport in [DNSClient.Transport.udp, .tcp] {
            let result = await client.query(
                name, .a, server: address, port: server.port, transport: transport)
            #expect(try result.get().answers.count == 1)
        }
        try await server.stop()
    }
}
