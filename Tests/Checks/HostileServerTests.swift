import NIOPosix
import TestSupport
import Testing

@testable import Checks

@Suite struct HostileServerTests {
    private static let brokenChunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    /// What each server does, and what `http-grep` for "status=OK" says of it.
    static let scripts: [([HostileServer.Act], Bool, String)] = [
        ([.awaitRequest, .close], false, "closed the connection before answering"),
        ([.awaitRequest, .reset], false, "reset the connection before answering"),
        ([.hang], false, "timed out after TIME waiting for the first byte"),
        (
            [.awaitRequest, .send("HTTP/1.1 200 OK\r\n"), .hang], false,
            "timed out after TIME while reading the headers"
        ),
        (
            [.awaitRequest, .send("HTTP/1.1 200 OK\r\n"), .close], false,
            "closed the connection in the middle of the headers"
        ),
        (
            [.awaitRequest, .send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nstatus=OK"), .hang], false,
            "timed out after TIME while reading the body (9 of 100 bytes)"
        ),
        (
            [.awaitRequest, .send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nstatus=OK"), .close], false,
            "closed the connection in the middle of the body (9 of 100 bytes)"
        ),
        ([.awaitRequest, .send("HTTP/1.1 200 OK\r\n\r\nstatus=OK"), .close], true, "status 200, \"status=OK\" found"),
        (
            [.awaitRequest, .dribble("HTTP/1.1 200 OK\r\n", every: .milliseconds(20))], false,
            "timed out after TIME while reading the headers"
        ),
        (
            [.awaitRequest, .send("SSH-2.0-OpenSSH_9.2p1\r\n"), .hang], false,
            "not HTTP: \"SSH-2.0-OpenSSH_9.2p1\\r\\n\""
        ),
        (
            [.sendBytes([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]), .hang], false,
            "not HTTP: \"\\x15\\x03\\x03\\x00\\x02\\x02(\""
        ),
        (
            [.awaitRequest, .send("HTTP/1.1 200 OK\r\n"), .flood("X-Kitten: purr\r\n", bytes: 10_000_000)], false,
            "headers longer than 65,536 bytes, cut off"
        ),
        (
            [.awaitRequest, .send("HTTP/1.1 200 OK\r\nX: "), .flood("x", bytes: 10_000_000)], false,
            "headers longer than 65,536 bytes, cut off"
        ),
        (
            [.awaitRequest, .send("HTTP/1.1 200 OK\r\n\r\n"), .flood("kitten", bytes: 1_000_000_000)], false,
            "text \"status=OK\" not found in the first 65,536 bytes, the rest was cut off"
        ),
        ([.awaitRequest, .send(brokenChunks + "zz\r\n"), .hang], false, "not HTTP: chunk size \"zz\\r\\n\""),
        (
            [.awaitRequest, .send(brokenChunks + "4\r\nstat\r\n5\r\nus=OK\r\n0\r\n\r\n"), .hang], true,
            "status 200, \"status=OK\" found"
        ),
        ([.awaitRequest, .send("HTTP/1.1 503 Sorry\r\n\r\n"), .hang], false, "status 503, expected 200"),
        (
            [.awaitRequest, .send("HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n"), .hang], false,
            "status 302, expected 200 (it redirects to /login)"
        ),
        (
            [
                .awaitRequest, .send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"),
                .close,
            ], false,
            "text \"status=OK\" not found in 3 bytes (they are gzip-coded, though that was not asked for)"
        ),
        (
            [.awaitRequest, .send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nstatus=OKsurplus"), .hang], true,
            "status 200, \"status=OK\" found"
        ),
    ]

    @Test(arguments: 0..<scripts.count)
    func `whatever a server does is a result in words, on time`(row: Int) async throws {
        let (acts, isSuccess, reason) = Self.scripts[row]
        let server = try await HostileServer(acts)
        let arguments = ["url": "http://127.0.0.1:\(server.port)/", "must-have": "status=OK"]
        let start = ContinuousClock.now
        let (result, said) = try await outcome(of: reason) { try await probe("http-grep", arguments, timeout: $0) }
        #expect(said == reason)
        #expect(result.isSuccess == isSuccess)
        #expect(result.phases.total <= ContinuousClock.now - start)
        try await eventually("the connection is closed") { server.ended == server.connections }
        await server.stop()
    }

    @Test func `a text that straddles two pieces and the borders of chunks is found`() async throws {
        let body = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nsta\r\n1\r\nt\r\n5\r\nus=OK\r\n0\r\n\r\n"
        let server = try await HostileServer([.awaitRequest, .dribble(body, every: .milliseconds(1))])
        let result = try await probe(
            "http-grep", ["url": "http://127.0.0.1:\(server.port)/", "must-have": "status=OK"])
        #expect(result.reason == "status 200, \"status=OK\" found")
        #expect(result.isSuccess)
        await server.stop()
    }

    @Test(
        arguments: [
            ("status=OK", ["must-not-have": "ERR"], true, "status 200, \"ERR\" not found in 9 bytes"),
            ("status=ERR", ["must-not-have": "ERR"], false, "text \"ERR\" found, it must not be there"),
            (
                "status=OK", ["must-have": "OK", "must-not-have": "ERR"], true,
                "status 200, \"OK\" found, \"ERR\" not found in 9 bytes"
            ),
            (
                "OK and ERR", ["must-have": "OK", "must-not-have": "ERR"], false,
                "text \"ERR\" found, it must not be there"
            ),
            ("", ["must-have": "OK"], false, "text \"OK\" not found in 0 bytes"),
            (String(repeating: "x", count: 1234), ["must-have": "OK"], false, "text \"OK\" not found in 1,234 bytes"),
            (String(repeating: "x", count: 65534) + "OK", ["must-have": "OK"], true, "status 200, \"OK\" found"),
            (
                String(repeating: "x", count: 65535) + "OK", ["must-have": "OK"], false,
                "text \"OK\" not found in the first 65,536 bytes, the rest was cut off"
            ),
        ] as [(String, [String: String], Bool, String)])
    func `a page is searched for what must and must not be there`(
        page: String, texts: [String: String], isSuccess: Bool, reason: String
    ) async throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: \(page.utf8.count)\r\n\r\n\(page)"
        let server = try await HostileServer([.awaitRequest, .send(answer)])
        let result = try await probe("http-grep", texts.merging(["url": "http://127.0.0.1:\(server.port)/"]) { $1 })
        #expect(result.reason == reason)
        #expect(result.isSuccess == isSuccess)
        await server.stop()
    }

    @Test func `a port that refuses is told as such, for each method`() async throws {
        let port = try freePort()
        let url = "http://127.0.0.1:\(port)/"
        for (method, arguments) in [
            ("http-grep", ["url": url, "must-have": "x"]), ("http-status", ["url": url]),
            ("tcp", ["host": "127.0.0.1", "port": "\(port)"]),
        ] {
            let result = try await probe(method, arguments)
            #expect(!result.isSuccess)
            #expect(result.reason == "connection refused")
            #expect(result.address == "127.0.0.1")
            #expect(result.phases.connect == nil)
        }
    }

    @Test func `a port whose queue is full times out while connecting`() async throws {
        let full = try FullListener()
        let result = try await probe("tcp", ["host": "127.0.0.1", "port": "\(full.port)"], timeout: .milliseconds(300))
        #expect(result.reason == "timed out after 300 ms while connecting")
        #expect(result.phases.total < .seconds(30), "the kernel would try for two minutes")
        full.close()
    }

    @Test func `a cancelled probe ends at once`() async throws {
        let server = try await HostileServer([.hang])
        let check = try check("http-status", ["url": "http://127.0.0.1:\(server.port)/"])
        let task = Task { await check.probe(timeout: .seconds(60), on: MultiThreadedEventLoopGroup.singleton) }
        try await eventually("the probe is connected") { server.connections == 1 }
        task.cancel()
        #expect(await task.value.reason == "cancelled")
        try await eventually("the connection is closed") { server.ended == 1 }
        let tooLate = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await check.probe(timeout: .seconds(60), on: MultiThreadedEventLoopGroup.singleton)
        }
        #expect(await tooLate.value.reason == "cancelled")
        await server.stop()
    }

    @Test func `a status is enough for http-status, however long the page`() async throws {
        let answer = "HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\n"
        let server = try await HostileServer([.awaitRequest, .send(answer), .flood("kitten", bytes: 1_000_000_000)])
        let url = "http://127.0.0.1:\(server.port)/"
        #expect(try await probe("http-status", ["url": url, "status": "200-399"]).reason == "status 301")
        try await eventually("the connection is closed") { server.ended == 1 }
        await server.stop()
    }

    @Test func `where the time went is told phase by phase`() async throws {
        let server = try await HostileServer([
            .awaitRequest, .dribble("HTTP/1.1 200 OK\r\n\r\n", every: .milliseconds(2)),
        ])
        let phases = try await probe("http-status", ["url": "http://127.0.0.1:\(server.port)/"]).phases
        #expect(phases.resolve == nil)
        #expect(phases.tls == nil)
        let connect = try #require(phases.connect)
        let firstByte = try #require(phases.firstByte)
        #expect(connect > .zero && firstByte > .zero)
        #expect(connect + firstByte + .milliseconds(30) < phases.total)
        await server.stop()
    }
}
