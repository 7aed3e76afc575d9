import AsyncHTTPClient
import Foundation
import NIOCore
import TestSupport

/// `ninelives serve` with checks of all sorts, each every 100 ms, and the servers that they look at.
final class SoakSite {
    private let folder: TemporaryFolder
    private let process: ChildProcess
    private let hole: BlackHole
    private let well, hanging, resetting, crashing: OddServer
    private let web: String
    private var isCrashed = false
    private(set) var crashes = 0

    var printed: String { process.printed }

    init() async throws {
        folder = try TemporaryFolder()
        hole = try BlackHole()
        well = try await OddServer(.answers, port: try freePort())
        hanging = try await OddServer(.hangs, port: try freePort())
        resetting = try await OddServer(.resets, port: try freePort())
        crashing = try await OddServer(.answers, port: try freePort())
        let (dns, http, refusing) = (try freePort(), try freePort(), try freePort())
        web = "http://127.0.0.1:\(http)"
        let indicators =
            Self.indicators("well", 80, "http-status", "url: \"http://127.0.0.1:\(well.port)/\"")
            + Self.indicators("bare", 20, "tcp", "host: 127.0.0.1, port: \(well.port)")
            + Self.indicators("wired", 40, "http-status", "url: \"http://127.0.0.1:\(crashing.port)/\"", "wired")
            + Self.indicators("hanging", 20, "http-status", "url: \"http://127.0.0.1:\(hanging.port)/\"")
            + Self.indicators("resetting", 10, "http-status", "url: \"http://127.0.0.1:\(resetting.port)/\"")
            + Self.indicators("refusing", 10, "tcp", "host: 127.0.0.1, port: \(refusing)")
            + Self.indicators("vanishing", 20, "tcp", "host: 127.0.0.1, port: \(hole.port)")
            // A name to look up, an answer of DNS, a program: these are not the probe workers'.
            + Self.indicators("general", 15, "http-status", "url: \"http://localhost:\(well.port)/\"")
            + Self.indicators("lost", 5, "http-status", "url: \"http://localhost:\(hanging.port)/\"")
            + Self.indicators("dns", 5, "dns", "server: 127.0.0.1, port: \(dns), name: example.test, type: SOA")
            + Self.indicators("program", 2, "exec", "program: /bin/true", "slow")
        let file = try folder.write(
            "n.yaml",
            """
            listen: { dns: "127.0.0.1:\(dns)", http: "127.0.0.1:\(http)" }
            data: \(folder.path)/data
            zones:
              - name: example.test
                records: |
                  @ 900 IN SOA ns1 hostmaster 1 3600 600 604800 60
                  @ 900 IN NS ns1
                  ns1 900 IN A 192.0.2.53
            policies:
              often: { interval: 100ms, timeout: 80ms, recheck: 50ms, fall: 3, rise: 3 }
              wired: { interval: 100ms, timeout: 80ms, recheck: 50ms, fall: 3, rise: 3, tripwire: on }
              slow: { interval: 1s, timeout: 800ms, recheck: 500ms, fall: 3, rise: 3 }
            indicators:
            \(indicators.joined(separator: "\n"))
            schemes:
              www.example.test:
                failback: immediate
                members:
                  - { indicator: wired-1, value: 192.0.2.1, priority: primary }
                  - { indicator: well-1, value: 192.0.2.2, priority: backup }

            """)
        process = try ChildProcess(binary, ["serve", "--config", file, "--log-level", "error"])
        try await eventually("the page answers", within: .seconds(30)) { (try? await get("/healthz")) != nil }
    }

    private static func indicators(
        _ name: String, _ count: Int, _ method: String, _ arguments: String, _ policy: String = "often"
    ) -> [String] {
        (1...count).map { "  \(name)-\($0): { check: \(method), \(arguments), policy: \(policy) }" }
    }

    /// Lets it run, with a server that crashes and comes back, and looks at it all the time.
    @discardableResult
    func spend(_ seconds: Double) async throws -> [Footprint] {
        var found: [Footprint] = []
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            if isCrashed {
                try await crashing.start()
            } else {
                await crashing.crash()
                crashes += 1
            }
            isCrashed.toggle()
            let turn = min(end, ContinuousClock.now + .milliseconds(900))
            while ContinuousClock.now < turn {
                found.append(try Footprint.now(of: process.processIdentifier))
                try await ContinuousClock().sleep(for: .milliseconds(50))
            }
        }
        return found
    }

    /// Each server is seen to be as it is: what is measured is what was meant.
    func proveTroubles() async throws {
        struct Status: Decodable {
            var indicators: [Indicator]
            struct Indicator: Decodable { var name, state: String }
        }
        for (name, state) in [
            ("well", "ok"), ("bare", "ok"), ("general", "ok"), ("dns", "ok"), ("program", "ok"), ("hanging", "err"),
            ("lost", "err"), ("resetting", "err"), ("refusing", "err"), ("vanishing", "err"),
        ] {
            try await eventually("\(name) is \(state)", within: .seconds(20)) {
                let status = try JSONDecoder().decode(Status.self, from: try await get("/api/v1/status"))
                let states = status.indicators.filter { $0.name.hasPrefix("\(name)-") }.map(\.state)
                return states.filter { $0 == state }.count * 2 > states.count
            }
        }
    }

    /// How many probes the probe workers have begun.
    func probesStarted() async throws -> Int {
        let metrics = String(decoding: try await get("/metrics"), as: UTF8.self)
        let line = metrics.split(separator: "\n").first { $0.hasPrefix("ninelives_probe_lateness_seconds_count") }
        return line?.split(separator: " ").last.flatMap { Int($0) } ?? 0
    }

    private func get(_ path: String) async throws -> Data {
        let answer = try await HTTPClient.shared.execute(HTTPClientRequest(url: web + path), timeout: .seconds(5))
        return Data(try await answer.body.collect(upTo: 8 << 20).readableBytesView)
    }

    func stop() async {
        await process.stop()
        for server in [well, hanging, resetting, crashing] { await server.crash() }
        hole.close()
        folder.remove()
    }
}
