import Addresses
import Glibc
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Checks

@Suite struct TCPTests {
    @Test(
        arguments: [
            ([.hang], nil, true, "connected"),
            ([.send("220 mail.example.test ESMTP\r\n"), .hang], "220 ", true, "connected, \"220 \" found"),
            (
                [.send("554 go away\r\n"), .close], "220 ", false,
                "text \"220 \" not found in 13 bytes, then it closed the connection"
            ),
            ([.send("22"), .hang], "220 ", false, "timed out after TIME waiting for \"220 \" (2 bytes so far)"),
            ([.hang], "220 ", false, "timed out after TIME waiting for the first byte"),
            ([.close], "220 ", false, "closed the connection before it sent anything"),
            (
                [.flood("x", bytes: 100_000_000)], "220 ", false,
                "text \"220 \" not found in the first 65,536 bytes, the rest was cut off"
            ),
            ([.dribble("--220 --", every: .milliseconds(5))], "220 ", true, "connected, \"220 \" found"),
        ] as [([HostileServer.Act], String?, Bool, String)])
    func `a port is judged by its connection and its banner`(
        acts: [HostileServer.Act], banner: String?, isSuccess: Bool, reason: String
    ) async throws {
        let server = try await HostileServer(acts)
        var arguments = ["host": "127.0.0.1", "port": "\(server.port)"]
        arguments["banner"] = banner
        let (result, said) = try await outcome(of: reason) { try await probe("tcp", arguments, timeout: $0) }
        #expect(said == reason)
        #expect(result.isSuccess == isSuccess)
        try await eventually("the connection is closed") { server.ended == server.connections }
        await server.stop()
    }

    @Test(arguments: ["::1", "[::1]"])
    func `IPv6 works like IPv4`(host: String) async throws {
        let server = try await HostileServer([.hang], on: "::1")
        let result = try await probe("tcp", ["host": host, "port": "\(server.port)"])
        #expect(result.reason == "connected")
        #expect(result.address == "::1")
        await server.stop()
    }

    @Test func `addr sends the connection elsewhere and keeps the port`() async throws {
        let server = try await HostileServer([.hang], on: "127.0.0.12")
        let arguments = ["host": "192.0.2.1", "port": "\(server.port)", "addr": "127.0.0.12"]
        let result = try await probe("tcp", arguments)
        #expect(result.reason == "connected")
        #expect(result.address == "127.0.0.12")
        await server.stop()
    }
}

@Suite struct ResolvingTests {
    private func tcp(_ host: String, _ port: Int, _ resolver: NameResolver) throws -> TCP {
        var check = try TCP(CheckArguments(["host": host, "port": "\(port)"]))
        check.resolver = resolver
        return check
    }

    private func probe(_ check: TCP, timeout: Duration = .seconds(60)) async -> ProbeResult {
        await check.probe(timeout: timeout, on: MultiThreadedEventLoopGroup.singleton)
    }

    @Test func `localhost resolves on this machine`() async throws {
        let server = try await HostileServer([.hang])
        let result = await probe(try tcp("localhost", server.port, .system))
        #expect(result.reason == "connected")
        #expect(result.phases.resolve != nil)
        await server.stop()
    }

    @Test(arguments: [
        (LookupFailure.noSuchName, "name does not resolve: nosuch.example.test"),
        (.resolverFails, "name does not resolve: nosuch.example.test (its name servers, or ours, do not answer)"),
    ])
    func `a name that does not resolve is the reason`(failure: LookupFailure, reason: String) async throws {
        let resolver = NameResolver { _, loop in loop.makeFailedFuture(failure) }
        let result = await probe(try tcp("NoSuch.example.test", 80, resolver))
        #expect(result.reason == reason)
        #expect(result.address == nil)
    }

    @Test func `a resolver that hangs costs the timeout and no more`() async throws {
        let never = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: [IPAddress].self)
        let resolver = NameResolver { _, _ in never.futureResult }
        let result = await probe(try tcp("slow.example.test", 80, resolver), timeout: .milliseconds(200))
        #expect(result.reason == "timed out after 200 ms while resolving slow.example.test")
        #expect(result.phases.total < .seconds(30), "the resolver never answers")
        never.succeed([])
    }

    @Test func `addresses are tried in order and the one that answered is reported`() async throws {
        let server = try await HostileServer([.hang], on: "127.0.0.13")
        let addresses = try ["127.0.0.14", "127.0.0.13"].map { try #require(IPAddress($0)) }
        let result = await probe(
            try tcp("two.example.test", server.port, NameResolver { _, loop in loop.makeSucceededFuture(addresses) }))
        #expect(result.reason == "connected")
        #expect(result.address == "127.0.0.13")
        await server.stop()
    }

    @Test func `when all addresses fail the reason of each is told`() async throws {
        let full = try FullListener()
        let addresses = try ["127.0.0.1", "127.0.0.2"].map { try #require(IPAddress($0)) }
        let resolver = NameResolver { _, loop in loop.makeSucceededFuture(addresses) }
        let reason = "timed out while connecting at 127.0.0.1; connection refused at 127.0.0.2"
        let result = await probe(try tcp("two.example.test", full.port, resolver), timeout: .seconds(2))
        #expect(result.reason == reason)
        #expect(result.phases.total < .seconds(30), "the kernel would try for two minutes")
        full.close()
        let closed = try freePort()
        let refused = await probe(try tcp("two.example.test", closed, resolver))
        #expect(refused.reason == "connection refused at all 2 addresses of two.example.test")
    }

    @Test func `who asks for a name that is being looked up shares its answer`() async throws {
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        let (asked, gate) = (NIOLockedCount(), NIOLockedCount())
        let address = try #require(IPAddress("192.0.2.1"))
        let lookups = Lookups(pool: pool) { _ in
            asked.increment()
            while gate.value == 0 { sched_yield() }
            return .success([address])
        }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let answers = (0..<100).map { _ in lookups.addresses(of: "shared.example.test", on: loop) }
        gate.increment()
        for answer in answers { #expect(try await answer.get() == [address]) }
        #expect(asked.value == 1)
        #expect(try await lookups.addresses(of: "shared.example.test", on: loop).get() == [address])
        #expect(asked.value == 2)  // nothing is kept: a check of a name sees what the name says now
        try await pool.shutdownGracefully()
    }
}
