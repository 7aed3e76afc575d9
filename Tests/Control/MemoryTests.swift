import Failover
import Storage
import TestSupport
import Testing

@testable import Control

/// What the shell keeps in the store, and what it does with it after a start.
@Suite struct MemoryTests {
    private let configuration = Stage.configuration(["main", "backup"])

    private func checks(_ main: ScriptedCheck, _ backup: ScriptedCheck) -> [IndicatorName: ScriptedCheck] {
        [IndicatorName("main"): main, IndicatorName("backup"): backup]
    }

    @Test func `started again, it answers the last decision before any probe, and knows its history`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let first = try Store(folder: folder.path)
        let before = try Stage(store: first)
        let main = ScriptedCheck()
        await before.control.apply(configuration, checks: checks(main, ScriptedCheck()))
        try await eventually("main answers, and backup is known") {
            await before.control.report().indicators.allSatisfy { $0.state == "ok" }
                && before.publisher.lastAddresses == ["192.0.2.1"]
        }
        main.fail("connection refused")
        try await eventually("backup answers") { before.publisher.lastAddresses == ["192.0.2.2"] }
        await before.control.stop()
        await first.close()
        let generation = try #require(before.publisher.published.last?.generation)

        let second = try Store(folder: folder.path)
        let after = try Stage(store: second)
        await after.control.apply(configuration, checks: checks(ScriptedCheck(hangs: true), ScriptedCheck(hangs: true)))
        #expect(after.publisher.published.first?.generation == generation)
        #expect(after.publisher.lastAddresses == ["192.0.2.2"])
        let report = await after.control.report()
        #expect(report.events.contains { $0.text.contains("main ok → err: connection refused") })
        #expect(Set(report.events.map(\.id)).count == report.events.count)
        #expect(report.schemes.first?.members.map(\.state) == ["err", "ok"])
        let explanation = try #require(await after.control.explanation(of: "cat.example.test"))
        #expect(explanation.steps.contains { $0.stage == "recalled" })
        await after.control.stop()
        await second.close()
    }

    @Test func `each decision is told with its own reasons, also before the store has it`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let store = try Store(folder: folder.path)
        let stage = try Stage(store: store)
        await stage.control.apply(configuration, checks: checks(ScriptedCheck(), ScriptedCheck()))
        try await eventually("main answers") { stage.publisher.lastAddresses == ["192.0.2.1"] }
        let main = IndicatorName("main")
        for round in 1...50 {
            let reason = "round \(round)"
            let action: Override.Action = round % 2 == 1 ? .maintenance(main) : .force(main, .ok)
            await stage.control.take(.overridden(Override(action, author: "ann", reason: reason)))
            if round % 2 == 0 {
                await stage.control.take(
                    .overridden(Override(.failBack(SchemeName("cat.example.test")), author: "ann", reason: reason)))
            }
            let events = await stage.control.readModel().events
            let decision = try #require(events.first { $0.kind == "decision" })
            let told = try await stage.control.explanation(of: "cat.example.test", at: decision.at + 0.000_002)
            let generation = try #require(decision.generation)
            #expect(told?.steps.contains { $0.text.hasPrefix("generation \(generation):") } == true, "\(reason)")
        }
        await stage.control.stop()
        await store.close()
    }

    @Test func `an override is on the disk when its author is told that it is done`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let store = try Store(folder: folder.path)
        let stage = try Stage(store: store)
        await stage.control.apply(configuration, checks: checks(ScriptedCheck(), ScriptedCheck()))
        let main = IndicatorName("main")
        try await stage.control.impose(Override(.maintenance(main), author: "ann", reason: "kernel"))
        #expect(try store.state().overrides.map(\.reason) == ["kernel"])
        try await stage.control.impose(Override(.force(main, .err), author: "bob"))
        #expect(
            try store.state().overrides.map(\.action) == ["force"], "the end of the first is not that of the second")
        try await stage.control.impose(Override(.clear(main), author: "bob"))
        #expect(try store.state().overrides.isEmpty)
        await stage.control.stop()
    }
}
