import Glibc
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import Checks

/// What probe workers have told, in their order.
private final class Heard: Sendable {
    private let news = Mutex<[ProbeNews]>([])
    func take(_ batch: [ProbeNews]) { news.withLock { $0 += batch } }
    var all: [ProbeNews] { news.withLock { $0 } }

    var results: [ProbeResult] {
        all.compactMap { if case .ended(let result) = $0.kind { result } else { nil } }
    }
    var words: [String] {
        all.map { news in
            switch news.kind {
            case .ended(let result): result.isSuccess ? "ok" : "err"
            case .quiet: "quiet"
            case .tripped: "tripped"
            }
        }
    }
}

/// Probe workers with one thread, and what they told.
private struct Bench {
    let heard = Heard()
    var workers: ProbeWorkers

    init(_ limits: ProbeWorkers.Limits = ProbeWorkers.Limits()) {
        let heard = heard
        workers = ProbeWorkers(threads: 1, limits: limits) { heard.take($0) }
        _ = workers.startAnew()
    }

    mutating func add(
        _ key: UInt32, _ check: any Check, timeout: Duration = .seconds(60), holdsWire: Bool = false
    ) throws {
        let server = try #require(check.plain)
        workers.add(key, check, at: server, every: .seconds(10), timeout: timeout, holdsWire: holdsWire)
    }

    mutating func probe(_ key: UInt32, patience: Duration? = nil) {
        workers.turn(key, in: .zero, afterStart: false, patience: patience)
        workers.commit()
    }
}

@Suite struct PlainProbeTests {
    @Test(arguments: 0..<HostileServerTests.scripts.count)
    func `a plain probe says the same of a hostile server`(row: Int) async throws {
        let (acts, isSuccess, reason) = HostileServerTests.scripts[row]
        let server = try await HostileServer(acts)
        let url = "http://127.0.0.1:\(server.port)/"
        let (result, said) = try await outcome(of: reason) { timeout in
            var bench = Bench()
            try bench.add(7, check("http-grep", ["url": url, "must-have": "status=OK"]), timeout: timeout)
            bench.probe(7)
            try await eventually("the result is in") { !bench.heard.results.isEmpty }
            #expect(bench.heard.all.first?.key == 7)
            bench.workers.stop()
            return try #require(bench.heard.results.first)
        }
        #expect(said == reason)
        #expect(result.isSuccess == isSuccess)
        await server.stop()
    }

    @Test func `a port that refuses, a banner and a black hole are told in the usual words`() async throws {
        let server = try await HostileServer([.send("220 ready\r\n"), .hang])
        let full = try FullListener()
        let closed = try freePort()
        var bench = Bench()
        let arguments = [
            ["port": "\(closed)"], ["port": "\(server.port)", "banner": "220"], ["port": "\(full.port)"],
        ]
        for (key, more) in arguments.enumerated() {
            let all = more.merging(["host": "127.0.0.1"]) { $1 }
            // Only the black hole's time is to run out.
            try bench.add(UInt32(key), check("tcp", all), timeout: key == 2 ? .milliseconds(300) : .seconds(60))
            bench.probe(UInt32(key))
        }
        try await eventually("all results are in") { bench.heard.results.count == 3 }
        var reasons: [UInt32: String] = [:]
        for news in bench.heard.all { if case .ended(let result) = news.kind { reasons[news.key] = result.reason } }
        #expect(
            reasons == [
                0: "connection refused", 1: "connected, \"220\" found", 2: "timed out after 300 ms while connecting",
            ])
        bench.workers.stop()
        full.close()
        await server.stop()
    }

    @Test func `a probe that is quiet for longer than its patience is told, and goes on`() async throws {
        let server = try await HostileServer([.hang])
        var bench = Bench()
        try bench.add(0, check("http-status", ["url": "http://127.0.0.1:\(server.port)/"]), timeout: .seconds(2))
        bench.probe(0, patience: .milliseconds(50))
        try await eventually("it is told") { bench.heard.words == ["quiet"] }
        bench.workers.beside(0)
        bench.workers.commit()
        try await eventually("both have timed out") { bench.heard.results.count == 2 }
        #expect(bench.heard.words == ["quiet", "quiet", "err", "err"], "the second has the same patience")
        #expect(bench.heard.all.map(\.underWay) == [1, 2, 1, 0])
        bench.workers.stop()
        await server.stop()
    }

    @Test func `the end of an idle connection is told at once`() async throws {
        let server = try await HostileServer([.close])
        var bench = Bench()
        try bench.add(0, check("tcp", ["host": "127.0.0.1", "port": "\(server.port)"]), holdsWire: true)
        bench.probe(0)
        try await eventually("the end is told") { bench.heard.words == ["ok", "tripped"] }
        try await eventually("both have arrived") { server.connections == 2 }
        bench.workers.retireWire(0)
        bench.probe(0)
        try await eventually("it is probed again") { bench.heard.words == ["ok", "tripped", "ok"] }
        try await eventually("it has arrived") { server.connections >= 3 }
        #expect(server.connections == 3, "a retired tripwire is not held again")
        bench.workers.stop()
        await server.stop()
    }

    @Test func `no more than the limit are under way to one host, and no other waits for it`() async throws {
        let slow = try await HostileServer([.hang])
        let quick = try await HostileServer([.awaitRequest, .send("HTTP/1.1 200 OK\r\n\r\n"), .close], on: "127.0.0.2")
        var limits = ProbeWorkers.Limits()
        limits.perHost = 2
        var bench = Bench(limits)
        for key in 0..<4 as Range<UInt32> {
            try bench.add(
                key, check("http-status", ["url": "http://127.0.0.1:\(slow.port)/"]), timeout: .seconds(2))
        }
        try bench.add(4, check("http-status", ["url": "http://127.0.0.2:\(quick.port)/"]))
        for key in 0..<5 as Range<UInt32> { bench.probe(key) }
        try await eventually("the quick one has answered") { !bench.heard.words.isEmpty }
        #expect(bench.heard.words.first == "ok")
        #expect(slow.connections <= 2)
        try await eventually("the others had their turn") { bench.heard.results.count == 5 }
        try await eventually("all of them have arrived") { slow.connections == 4 }
        bench.workers.stop()
        await slow.stop()
        await quick.stop()
    }

    @Test func `no more than the limit are under way in all, whoever they go to`() async throws {
        let hosts = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"]
        var servers: [HostileServer] = []
        for host in hosts { servers.append(try await HostileServer([.hang], on: host)) }
        var limits = ProbeWorkers.Limits()
        limits.inAll = 2
        var bench = Bench(limits)
        for (key, server) in servers.enumerated() {
            let arguments = ["host": hosts[key], "port": "\(server.port)", "banner": "220"]
            try bench.add(UInt32(key), check("tcp", arguments), timeout: .milliseconds(300))
        }
        for key in servers.indices { bench.probe(UInt32(key)) }
        try await eventually("the first two are under way") { servers.reduce(0) { $0 + $1.connections } == 2 }
        #expect(bench.heard.results.isEmpty, "nothing has ended that would have made room")
        try await eventually("each has had its turn") { bench.heard.results.count == servers.count }
        #expect(servers.map(\.connections) == [1, 1, 1, 1, 1])
        bench.workers.stop()
        for server in servers { await server.stop() }
    }

    /// An answer with a header and a page, and the shapes of checks that are asked of it.
    private static let page = "HTTP/1.1 200 OK\r\nX-Cat: tom\r\nContent-Length: 9\r\n\r\nstatus=OK"
    private static let shapes: [([String: String], Bool)] = [
        (["conditions": "status == 200 and header.x-cat == 'tom' and body contains 'OK' and size < 10"], true),
        (["conditions": "header.x-cat == 'jerry'"], false),
        (["conditions": "status >= 200", "status": "404"], false),
        (["status": "200-399", "method": "POST", "body": "purr"], true),
        (["headers": "X-Token: env:PATH"], true),
        (["address": "v4"], true),
    ]

    @Test(arguments: 0..<shapes.count)
    func `a plain probe and a full one say the same`(row: Int) async throws {
        let (arguments, isSuccess) = Self.shapes[row]
        let server = try await HostileServer([.awaitRequest, .send(Self.page), .hang])
        let url = ["url": "http://127.0.0.1:\(server.port)/"]
        let check = try check("http-status", url.merging(arguments) { $1 })
        var bench = Bench()
        try bench.add(0, check)
        bench.probe(0)
        try await eventually("the result is in") { !bench.heard.results.isEmpty }
        let full = await check.probe(timeout: .seconds(60), on: MultiThreadedEventLoopGroup.singleton)
        #expect(bench.heard.results.first?.reason == full.reason)
        #expect(bench.heard.results.first?.isSuccess == full.isSuccess)
        #expect(full.isSuccess == isSuccess, "\(full.reason)")
        bench.workers.stop()
        await server.stop()
    }

    @Test func `a question and its answer are plain too`() async throws {
        let server = try await HostileServer([.send("hi\n"), .awaitAnything, .send("purr\n"), .hang])
        let base = ["host": "127.0.0.1", "port": "\(server.port)", "banner": "hi", "send": "x"]
        var bench = Bench()
        for (key, expected) in ["purr", "hiss"].enumerated() {
            let check = try check("tcp", base.merging(["expect": expected]) { $1 })
            try bench.add(UInt32(key), check, timeout: expected == "purr" ? .seconds(60) : .seconds(1))
            bench.probe(UInt32(key))
        }
        try await eventually("both results are in") { bench.heard.results.count == 2 }
        #expect(
            bench.heard.results.map(\.reason) == [
                "connected, \"hi\" found, \"purr\" found",
                "timed out after 1 s waiting for \"hiss\" (5 bytes so far)",
            ])
        bench.workers.stop()
        await server.stop()
    }

    @Test(
        arguments: [
            ("http-status", ["url": "http://cat.example.test/"], "a name is to be looked up"),
            ("http-status", ["url": "https://cat.example.test/", "addr": "192.0.2.1"], "TLS"),
            ("http-status", ["url": "http://192.0.2.1/", "http": "2"], "HTTP/2"),
            ("http-status", ["url": "http://192.0.2.1/", "redirects": "yes"], "redirects"),
            ("http-status", ["url": "http://192.0.2.1/", "max-time": "1s"], "the time counts"),
            ("http-status", ["url": "http://192.0.2.1/", "conditions": "time < 1s"], "the time counts"),
            ("http-status", ["url": "http://192.0.2.1/", "conditions": "json.a == 1"], "a document to be read"),
            ("http-status", ["url": "http://192.0.2.1/", "address": "v6"], "it can never be ok"),
            ("http-digest", ["url": "http://192.0.2.1/"], "a long page to be summed"),
            ("tcp", ["host": "cat.example.test", "port": "1"], "a name is to be looked up"),
            ("tcp", ["host": "192.0.2.1", "port": "1", "address": "v6"], "it can never be ok"),
            ("tls", ["host": "192.0.2.1"], "TLS"),
        ] as [(String, [String: String], String)])
    func `what needs more than one plain connection is not plain`(
        method: String, arguments: [String: String], because: String
    ) throws {
        #expect(try check(method, arguments).plain.map(\.port) == nil, "\(because)")
    }
}
