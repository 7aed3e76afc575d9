import Glibc
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
        _ key: UInt32, _ check: any Check, timeout: Duration = .seconds(5), holdsWire: Bool = false
    ) throws {
        workers.add(key, try #require(check.plain), timeout: timeout, holdsWire: holdsWire)
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
        var bench = Bench()
        try bench.add(
            7, check("http-grep", ["url": url, "must-have": "status=OK"]), timeout: .milliseconds(400))
        bench.probe(7)
        try await eventually("the result is in") { !bench.heard.results.isEmpty }
        let result = try #require(bench.heard.results.first)
        #expect(result.reason == reason)
        #expect(result.isSuccess == isSuccess)
        #expect(bench.heard.all.first?.key == 7)
        bench.workers.stop()
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
            try bench.add(UInt32(key), check("tcp", all), timeout: .milliseconds(300))
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
        try bench.add(0, check("http-status", ["url": "http://127.0.0.1:\(server.port)/"]), timeout: .milliseconds(400))
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
        #expect(server.connections == 2)
        bench.workers.retireWire(0)
        bench.probe(0)
        try await eventually("it is probed again") { bench.heard.words == ["ok", "tripped", "ok"] }
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
                key, check("http-status", ["url": "http://127.0.0.1:\(slow.port)/"]), timeout: .milliseconds(300))
            bench.probe(key)
        }
        try bench.add(4, check("http-status", ["url": "http://127.0.0.2:\(quick.port)/"]))
        bench.probe(4)
        try await eventually("the quick one has answered") { bench.heard.words == ["ok"] }
        #expect(slow.connections <= 2)
        try await eventually("the others had their turn") { bench.heard.results.count == 5 }
        #expect(slow.connections == 4)
        bench.workers.stop()
        await slow.stop()
        await quick.stop()
    }
}
