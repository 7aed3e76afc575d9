import DNS
import DNSServer
import TestSupport
import Testing

@Suite struct TCPTests {
    @Test func `pipelined queries are all answered, in their order`() async throws {
        try await withServer { _, listening in
            let client = try Client(tcp: listening[0])
            let queries = (0..<3000).map { framed(query("ns1.example.test.", id: UInt16($0))) }
            try client.send(queries.flatMap { $0 })
            for id in 0..<3000 {
                let reply = try #require(client.frame())
                #expect(Header(reply)?.id == UInt16(id))
                #expect(Header(reply)?.answers == 1)
            }
        }
    }

    @Test func `a query may come in pieces of any size`() async throws {
        try await withServer { _, listening in
            let client = try Client(tcp: listening[0])
            let octets = (0..<3).flatMap { framed(query("ns1.example.test.", id: $0)) }
            for octet in octets { try client.send([octet]) }
            for id in 0..<3 as Range<UInt16> { #expect(client.frame().flatMap(Header.init)?.id == id) }
            for size in [1, 2, 3, 5, 7, 11, 35, 37] {
                var rest = octets[...]
                while !rest.isEmpty {
                    try client.send(Array(rest.prefix(size)))
                    rest = rest.dropFirst(size)
                }
                for id in 0..<3 as Range<UInt16> { #expect(client.frame().flatMap(Header.init)?.id == id) }
            }
        }
    }

    @Test func `a client that says it has no more to say gets its replies first`() async throws {
        try await withServer { _, listening in
            let client = try Client(tcp: listening[0])
            try client.send(framed(query("big.example.test.")) + framed(query("ns1.example.test.")))
            client.closeOutput()
            #expect(client.frame().flatMap(Header.init)?.answers == 200)
            #expect(client.frame().flatMap(Header.init)?.answers == 1)
            #expect(client.receive() == [])
        }
    }

    @Test func `a client that asks and does not read is not read from, and gets all in the end`() async throws {
        try await withServer { server, listening in
            let client = try Client(tcp: listening[0])
            // 10,000 replies of 3.3 KB do not fit into the buffers on the way.
            let message = framed(query("big.example.test."))
            let sender = Task.detached { try client.send((0..<10_000).flatMap { _ in message }) }
            try await eventually("the server has stopped reading") {
                let before = server.counters.tcpQueries
                try await Task.sleep(for: .milliseconds(50))
                return before > 0 && server.counters.tcpQueries == before
            }
            #expect(server.counters.tcpQueries < 10_000)
            for _ in 0..<10_000 { #expect(client.frame().flatMap(Header.init)?.answers == 200) }
            try await sender.value
        }
    }

    @Test func `silence and half a query do not keep a connection open`() async throws {
        var limits = DNSServerLimits()
        limits.tcpIdle = .seconds(1)
        try await withServer(limits: limits) { _, listening in
            let silent = try Client(tcp: listening[0])
            let slow = try Client(tcp: listening[0])
            try slow.send([0, 30, 1, 2, 3])
            #expect(silent.receive() == [])
            #expect(slow.receive() == [])
        }
    }

    @Test func `when all places are taken, the longest idle connection makes room`() async throws {
        var limits = DNSServerLimits()
        limits.tcpConnections = 3
        limits.tcpThreads = 1
        try await withServer(limits: limits) { server, listening in
            let message = framed(query("ns1.example.test."))
            let clients = try (0..<3).map { _ in try Client(tcp: listening[0]) }
            // The clock behind this has a resolution of some milliseconds; the order of activity has not.
            for index in [0, 1, 2, 0] {
                try clients[index].send(message)
                #expect(clients[index].frame() != nil)
            }
            let fourth = try Client(tcp: listening[0])
            #expect(clients[1].receive() == [])
            for client in [clients[0], clients[2], fourth] {
                try client.send(message)
                #expect(client.frame() != nil)
            }
            #expect(server.counters.connectionsClosedForRoom == 1)
            #expect(server.counters.tcpConnectionsRefused == 0)
        }
    }

    @Test func `a thousand connections that come and go are all served`() async throws {
        try await withServer { server, listening in
            let message = framed(query("ns1.example.test."))
            for _ in 0..<20 {
                let clients = try (0..<50).map { _ in try Client(tcp: listening[0]) }
                for client in clients { try client.send(message) }
                for client in clients { #expect(client.frame().flatMap(Header.init)?.answers == 1) }
            }
            #expect(server.counters.tcpQueries == 1000)
        }
    }

    @Test func `frames may be split at every octet`() async throws {
        try await withServer { _, listening in
            let client = try Client(tcp: listening[0])
            let octets = (0..<2).flatMap { framed(query("ns1.example.test.", id: $0)) }
            for end in 1..<octets.count {
                try client.send(Array(octets[..<end]))
                try client.send(Array(octets[end...]))
                for id in 0..<2 as Range<UInt16> {
                    #expect(client.frame().flatMap(Header.init)?.id == id, "split at \(end)")
                }
            }
        }
    }

    @Test func `the longest query there can be is taken, in pieces`() async throws {
        try await withServer { _, listening in
            let client = try Client(tcp: listening[0])
            // What comes behind the question is no record.
            let message = query("ns1.example.test.") + Array(repeating: 0, count: 65_501)
            let octets = framed(message) + framed(query("ns1.example.test.", id: 2))
            #expect(message.count == 65_535)
            for start in stride(from: 0, to: octets.count, by: 5000) {
                try client.send(Array(octets[start..<min(start + 5000, octets.count)]))
            }
            #expect(client.frame().flatMap(Header.init)?.id == 0x1234)
            #expect(client.frame().flatMap(Header.init)?.id == 2)
        }
    }

    @Test func `one client gets so many connections and no more, others are not affected`() async throws {
        var limits = DNSServerLimits()
        limits.tcpConnectionsPerClient = 3
        limits.tcpThreads = 1
        try await withServer(limits: limits) { server, listening in
            var clients = try (0..<3).map { _ in try Client(tcp: listening[0]) }
            try await eventually("three are open") { server.counters.tcpConnections == 3 }
            let fourth = try Client(tcp: listening[0])
            #expect(fourth.receive() == [])
            #expect(server.counters.tcpConnectionsRefused == 1)
            for client in clients {
                try client.send(framed(query("ns1.example.test.")))
                #expect(client.frame() != nil)
            }
            clients.removeLast()
            try await eventually("there is room for another") {
                let client = try Client(tcp: listening[0])
                try client.send(framed(query("ns1.example.test.")))
                return client.frame() != nil
            }
            _ = clients
        }
    }
}

@Suite struct GarbageTests {
    @Test func `tens of thousands of random packets over UDP and TCP leave the server answering`() async throws {
        try await withServer { server, listening in
            let udp = try Client(udp: listening[0])
            var state: UInt64 = 0xBAD5EED
            func random() -> Int {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Int(state >> 33)
            }
            for _ in 0..<20_000 {
                try udp.send((0..<random() % 60).map { _ in UInt8(random() & 0xFF) })
            }
            for _ in 0..<50 {
                let tcp = try Client(tcp: listening[0])
                try? tcp.send((0..<2000).map { _ in UInt8(random() & 0xFF) })
            }
            let fresh = try Client(udp: listening[0])
            #expect(Header(try fresh.ask(query("ns1.example.test.")))?.answers == 1)
            let tcp = try Client(tcp: listening[0])
            try tcp.send(framed(query("ns1.example.test.")))
            #expect(tcp.frame().flatMap(Header.init)?.answers == 1)
            #expect(server.counters.udpQueries > 10_000)
        }
    }

    @Test func `a frame without octets is passed over`() async throws {
        try await withServer { _, listening in
            let tcp = try Client(tcp: listening[0])
            try tcp.send([0, 0, 0, 3, 1, 2, 3] + framed(query("ns1.example.test.")))
            #expect(tcp.frame().flatMap(Header.init)?.answers == 1)
        }
    }
}
