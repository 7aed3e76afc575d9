import Failover
import Settings
import Storage
import TestSupport
import Testing

@testable import Control

/// Lines and services in the shell, with real checks on loopback.
@Suite struct LineControlTests {
    private func settings(_ points: [Int], _ servers: [Int], more: String = "") throws -> Settings {
        try Settings.parse(
            """
            zones:
              - name: example.test
                records: "@ 300 IN SOA ns1 host 1 2 3 4 5\\n@ 300 IN NS ns1\\nns1 300 IN A 127.0.0.1"
            policies:
              quick: { interval: 100ms, timeout: 80ms, recheck: 20ms, fall: 2, rise: 1 }
            lines:
              wan1: { addresses: 198.51.100.10, source: 127.0.0.41, recovery: 0s, policy: quick, test-points: ["tcp 127.0.0.1:\(points[0])"] }
              wan2: { addresses: 203.0.113.10, source: 127.0.0.42, recovery: 0s, policy: quick, test-points: ["tcp 127.0.0.1:\(points[1])"] }
            services:
              shop.example.test:
                port: 443
                failback: immediate
                servers:
                  web1: { onsite: "127.0.0.1:\(servers[0])", policy: quick }
                  web2: { onsite: "127.0.0.1:\(servers[1])", policy: quick, level: backup }
            \(more)
            """, file: "n.yaml"
        ).get()
    }

    @Test func `a plan comes once everything is decided and whenever it changes, and tests leave by their lines`()
        async throws
    {
        let listeners = try (0..<4).map { _ in try LoopbackListener() }
        let stage = try Stage()
        await stage.control.apply(
            try settings(listeners.prefix(2).map(\.port), listeners.suffix(2).map(\.port)))
        #expect(stage.control.hasLines)
        var plans = await stage.control.forwardingPlans().makeAsyncIterator()
        let first = try #require(await plans.next())
        #expect(first.services.map(\.name) == ["shop.example.test"])
        #expect(first.services[0].servers.map { Int($0.port) } == [listeners[2].port])
        #expect(first.services[0].lineAddresses.map(\.description) == ["198.51.100.10", "203.0.113.10"])
        try await eventually("both lines answer") {
            stage.publisher.lastAddresses == ["198.51.100.10", "203.0.113.10"]
        }
        try await eventually("the tests have come from their lines") {
            listeners[0].peers.contains("127.0.0.41") && listeners[1].peers.contains("127.0.0.42")
        }
        #expect(
            !listeners[0].peers.contains { $0 != "127.0.0.41" } && listeners[2].peers.allSatisfy { $0 == "127.0.0.1" })
        let whatIf = try await stage.control.whatIf(down: ["line:wan1"], up: [])
        #expect(whatIf.map(\.then) == [["203.0.113.10"]])
        listeners[2].stop()
        let second = try #require(await plans.next())
        #expect(second.services[0].servers.map { Int($0.port) } == [listeners[3].port])
        listeners[0].stop()
        try await eventually("the line is down") { stage.publisher.lastAddresses == ["203.0.113.10"] }
        let report = await stage.control.lines()
        #expect(report.lines.map(\.state) == ["err", "ok"])
        #expect(report.services.first?.servers.map(\.isForwardedTo) == [false, true])
        #expect(report.inForce == nil)
        await stage.control.setForwardingInForce { "2 rules" }
        #expect(await stage.control.lines().inForce == "2 rules")
        let explanation = try #require(await stage.control.explanation(of: "shop.example.test"))
        #expect(explanation.summary.hasSuffix("Of its lines line:wan1 is err."), "\(explanation.summary)")
        await stage.control.stop()
        #expect(await plans.next() == nil)
        for listener in listeners { listener.stop() }
    }

    @Test func `after a restart the plan is there at once, as it was`() async throws {
        let listeners = try (0..<4).map { _ in try LoopbackListener() }
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let settings = try settings(listeners.prefix(2).map(\.port), listeners.suffix(2).map(\.port))
        let store = try Store(folder: folder.path)
        let stage = try Stage(store: store)
        await stage.control.apply(settings)
        try await eventually("both lines answer") {
            stage.publisher.lastAddresses == ["198.51.100.10", "203.0.113.10"]
        }
        var plans = await stage.control.forwardingPlans().makeAsyncIterator()
        let before = try #require(await plans.next())
        await stage.control.stop()
        await store.flush()
        await store.close()
        for listener in listeners { listener.stop() }

        let again = try Store(folder: folder.path)
        let after = try Stage(store: again)
        await after.control.apply(settings)
        var plansAfter = await after.control.forwardingPlans().makeAsyncIterator()
        #expect(await plansAfter.next() == before)
        await after.control.stop()
        await again.close()
    }

    @Test func `without lines there is nothing to look at and no plan`() async throws {
        let stage = try Stage()
        await stage.control.apply(try Settings.parse("", file: "n.yaml").get())
        #expect(!stage.control.hasLines)
        let report = await stage.control.lines()
        #expect(report.lines.isEmpty && report.services.isEmpty && report.forwarding.isEmpty)
        await stage.control.stop()
    }
}
