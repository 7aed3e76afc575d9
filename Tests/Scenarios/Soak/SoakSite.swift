import AsyncHTTPClient
import Foundation
import NIOCore
import TestSupport

/// `ninelives serve` with checks of all sorts, most of them every 100 ms, and the servers that they look at.
final class SoakSite {
    private let folder: TemporaryFolder
    private let servers: SoakServers
    private let process: ChildProcess
    private var isCrashed = false
    private(set) var crashes = 0
    /// How many times the configuration has been changed.
    private(set) var changes = 0

    var printed: String { process.printed }

    init() async throws {
        folder = try TemporaryFolder()
        servers = try await SoakServers(in: folder)
        let file = try folder.write("n.yaml", servers.configuration(changes: 0))
        process = try ChildProcess(binary, ["serve", "--config", file, "--log-level", "error"])
        try await eventually("the page answers") { (try? await get("/healthz")) != nil }
    }

    /// Changes the configuration and has it read again (SIGHUP).
    private func reconfigure() throws {
        changes += 1
        try folder.write("n.yaml", servers.configuration(changes: changes))
        process.signal(SIGHUP)
    }

    /// Lets it run, with a server that crashes and comes back and a configuration that changes, and looks at it all the
    /// time.
    @discardableResult
    func spend(_ seconds: Double) async throws -> [Footprint] {
        var found: [Footprint] = []
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            if isCrashed {
                try await servers.crashing.start()
                try reconfigure()
            } else {
                await servers.crashing.crash()
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
            ("well", "ok"), ("bare", "ok"), ("general", "ok"), ("dns", "ok"), ("program", "ok"), ("safe", "ok"),
            ("second", "ok"), ("distrusted", "err"), ("hanging", "err"), ("lost", "err"), ("resetting", "err"),
            ("refusing", "err"), ("vanishing", "err"),
        ] {
            try await eventually("\(name) is \(state)") {
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
        let answer = try await HTTPClient.shared.execute(
            HTTPClientRequest(url: "http://127.0.0.1:\(servers.http)\(path)"), timeout: .seconds(5))
        return Data(try await answer.body.collect(upTo: 8 << 20).readableBytesView)
    }

    func stop() async {
        await process.stop()
        await servers.stop()
        folder.remove()
    }
}
