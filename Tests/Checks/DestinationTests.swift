import Addresses
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Checks

/// Which addresses of a name count.
@Suite struct DestinationTests {
    private func probe(_ address: String, _ found: [String], port: Int) async throws -> ProbeResult {
        var check = try #require(
            try check("tcp", ["host": "cat.example.test", "port": "\(port)", "address": address]) as? TCP)
        let addresses = found.compactMap { IPAddress($0) }
        check.resolver = NameResolver { _, loop in loop.makeSucceededFuture(addresses) }
        return await check.probe(timeout: .seconds(2), on: MultiThreadedEventLoopGroup.singleton)
    }

    @Test(
        arguments: [
            // The server listens on 127.0.0.1 only.
            ("any", ["127.0.0.2", "127.0.0.1"], true, "connected"),
            ("all", ["127.0.0.1"], true, "connected"),
            ("all", ["127.0.0.1", "127.0.0.2"], false, "1 of 2 addresses: connection refused at 127.0.0.2"),
            ("all", ["127.0.0.1", "::1"], false, "1 of 2 addresses: connection refused at ::1"),
            (
                "all", ["127.0.0.2", "127.0.0.3"], false,
                "2 of 2 addresses: connection refused at 127.0.0.2; connection refused at 127.0.0.3"
            ),
            ("v4", ["::1", "127.0.0.1"], true, "connected"),
            ("v6", ["::1", "127.0.0.1"], false, "connection refused"),  // the living family hides nothing
            ("v6", ["127.0.0.1"], false, "name has no IPv6 address: cat.example.test"),
            ("v4", ["::1"], false, "name has no IPv4 address: cat.example.test"),
            ("all", [], false, "name has no address: cat.example.test"),
        ] as [(String, [String], Bool, String)])
    func `an address counts as it was asked for`(
        choice: String, found: [String], isSuccess: Bool, reason: String
    ) async throws {
        let server = try await HostileServer([.hang])
        let result = try await probe(choice, found, port: server.port)
        #expect(result.reason == reason)
        #expect(result.isSuccess == isSuccess)
        await server.stop()
    }

    @Test func `all addresses of a name that works are told together`() async throws {
        let first = try await HostileServer([.hang])
        let result = try await probe("all", ["127.0.0.1", "127.0.0.1"], port: first.port)
        #expect(result.reason == "connected, the same at all 2 addresses")
        await first.stop()
    }
}
