import NIOPosix
import TestSupport
import Testing

@testable import Checks

@Suite(.serialized) struct EnduranceTests {
    /// Runs `count` probes, `width` at a time.
    private func hammer(_ check: any Check, count: Int, width: Int, timeout: Duration) async -> [ProbeResult] {
        await withTaskGroup(of: [ProbeResult].self) { group in
            for _ in 0..<width {
                group.addTask {
                    var results: [ProbeResult] = []
                    for _ in 0..<(count / width) {
                        results.append(await check.probe(timeout: timeout, on: MultiThreadedEventLoopGroup.singleton))
                    }
                    return results
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
    }

    @Test(
        arguments: [
            (
                [.awaitRequest, .send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nstatus=OK"), .close], 4000,
                "status 200, \"status=OK\" found"
            ),
            ([.awaitRequest, .reset], 2000, "reset the connection before answering"),
            ([.awaitRequest, .hang], 1000, "timed out after TIME waiting for the first byte"),
        ] as [([HostileServer.Act], Int, String)])
    func `thousands of probes leave nothing open`(acts: [HostileServer.Act], count: Int, reason: String) async throws {
        let server = try await HostileServer(acts)
        let url = "http://127.0.0.1:\(server.port)/"
        let check = try check("http-grep", ["url": url, "must-have": "status=OK"])
        let isHanging = count == 1000
        let timeout: Duration = isHanging ? .milliseconds(200) : .seconds(60)
        let results = await hammer(check, count: count, width: 100, timeout: timeout)
        #expect(results.count == count)
        let reasons = Set(results.map { $0.reason.replacing(inWords(timeout), with: "TIME") })
        // A busy machine may not have come further than that when the time is up.
        #expect(reasons.subtracting(isHanging ? ["timed out after TIME while connecting"] : []) == [reason])
        try await eventually("every connection is closed at the server") { server.ended == server.connections }
        #expect(isHanging ? server.connections <= count : server.connections == count)
        #expect(try descriptors(connectedTo: server.port) == 0)
        await server.stop()
    }

    @Test func `probes of ports that refuse leave nothing open`() async throws {
        let port = try freePort()
        let check = try check("tcp", ["host": "127.0.0.1", "port": "\(port)"])
        let results = await hammer(check, count: 2000, width: 50, timeout: .seconds(60))
        #expect(Set(results.map(\.reason)) == ["connection refused"])
        #expect(try descriptors(connectedTo: port) == 0)
    }

    @Test func `an open connection is seen by the counting`() async throws {
        let server = try await HostileServer([.hang])
        let check = try check("http-status", ["url": "http://127.0.0.1:\(server.port)/"])
        async let results = hammer(check, count: 10, width: 10, timeout: .seconds(3))
        try await eventually("all are open") { try descriptors(connectedTo: server.port) == 10 }
        _ = await results
        #expect(try descriptors(connectedTo: server.port) == 0)
        await server.stop()
    }

    @Test func `one target that hangs delays no other`() async throws {
        let hanging = try await HostileServer([.hang])
        let healthy = try await HostileServer([.awaitRequest, .send("HTTP/1.1 200 OK\r\n\r\n"), .close])
        let slow = try check("http-status", ["url": "http://127.0.0.1:\(hanging.port)/"])
        let quick = try check("http-status", ["url": "http://127.0.0.1:\(healthy.port)/"])
        let waiting = Task { await hammer(slow, count: 200, width: 200, timeout: .seconds(3600)) }
        try await eventually("all of them hang") { hanging.connections == 200 }
        let results = await hammer(quick, count: 500, width: 1, timeout: .seconds(60))
        #expect(results.allSatisfy { $0.isSuccess })
        #expect(hanging.ended == 0, "they hang still")
        waiting.cancel()
        #expect(await waiting.value.allSatisfy { !$0.isSuccess })
        await hanging.stop()
        await healthy.stop()
    }
}
