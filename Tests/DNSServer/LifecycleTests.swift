import Addresses
import DNS
import DNSServer
import TestSupport
import Testing

@Suite struct LifecycleTests {
    private func server(_ listen: DNSListen...) throws -> DNSServer {
        DNSServer(listen: listen, workers: 2, snapshot: try kittenSnapshot(), logger: quiet)
    }

    private func loopback(_ last: UInt32, port: Int) -> DNSListen {
        DNSListen(address: .v4(IPv4Address(bits: 0x7F00_0000 | last)), port: port)
    }

    @Test func `an address in use is named, and nothing listens then`() async throws {
        try await withServer { _, listening in
            let port = try freePort(on: "127.0.0.2")
            let second = try server(loopback(2, port: port), listening[0])
            await #expect(throws: DNSServerError.addressInUse(listening[0])) { try await second.start() }
            #expect(
                "\(DNSServerError.addressInUse(listening[0]))"
                    == "127.0.0.1:\(listening[0].port) is in use by another program")
            // The first address of the two is free again.
            let third = try server(loopback(2, port: port))
            try await third.start()
            await third.stop()
        }
    }

    @Test func `an address of another machine is named`() async throws {
        let elsewhere = DNSListen(address: try #require(IPAddress("192.0.2.1")), port: 0)
        await #expect(throws: DNSServerError.noSuchAddress(elsewhere)) { try await server(elsewhere).start() }
    }

    @Test func `a server without addresses does not start`() async throws {
        await #expect(throws: DNSServerError.nothingToListenOn) { try await server().start() }
    }

    @Test func `a server starts once, stops as often as it is told to, and frees its port`() async throws {
        let first = try server(loopback(1, port: 0))
        let listening = try await first.start()
        await #expect(throws: DNSServerError.alreadyStarted) { try await first.start() }
        #expect(first.listening == listening)
        await first.stop()
        await first.stop()
        #expect(first.listening.isEmpty)
        let second = try server(listening[0])
        #expect(try await second.start() == listening)
        await second.stop()
    }

    @Test func `counters tell queries, bytes and codes`() async throws {
        try await withServer { server, listening in
            let udp = try Client(udp: listening[0])
            _ = try udp.ask(query("ns1.example.test."))
            _ = try udp.ask(query("nowhere.example.test."))
            _ = try udp.ask(query("example.org."))
            _ = try udp.ask(query("big.example.test."))
            let tcp = try Client(tcp: listening[0])
            try tcp.send(framed(query("ns1.example.test.")))
            #expect(tcp.frame() != nil)
            try udp.send([1, 2, 3])
            try await eventually("the worker has counted") { server.counters.udpQueries == 5 }
            let counters = server.counters
            #expect(counters.tcpQueries == 1)
            #expect(counters.dropped == 1)
            #expect(counters.truncated == 1)
            #expect(counters.tcpConnections == 1)
            #expect(counters.replies == [3, 0, 0, 1, 0, 1] + Array(repeating: 0, count: 10))
            #expect(counters.queryBytes == 172, "34 + 38 + 29 + 34 + 34 + 3")
        }
    }
}
