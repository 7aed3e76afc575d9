import Checks
import Control
import Failover
import TestSupport
import Testing

@Suite struct ControlTests {
    @Test func `a name that is only at a provider is not said to be answered by our own DNS`() async throws {
        let stage = try Stage()
        for (providers, isOurs) in [([Scheme.localProvider], true), (["elsewhere"], false)] {
            var configuration = Stage.configuration(["main"])
            configuration.schemes[0].providers = providers
            await stage.control.apply(configuration, checks: [IndicatorName("main"): ScriptedCheck()])
            try await eventually("it is decided") {
                await stage.control.explanation(of: "cat.example.test")?.steps.contains { $0.stage == "decision" }
                    == true
            }
            let explanation = try #require(await stage.control.explanation(of: "cat.example.test"))
            #expect(explanation.steps.contains { $0.stage == "published" } == isOurs)
        }
        await stage.control.stop()
    }

    @Test func `a failing server is left, its recovery is followed, and both are explained`() async throws {
        let stage = try Stage()
        let main = ScriptedCheck()
        let backup = ScriptedCheck()
        await stage.control.apply(
            Stage.configuration(["main", "backup"]),
            checks: [IndicatorName("main"): main, IndicatorName("backup"): backup])
        try await eventually("main answers") { stage.publisher.lastAddresses == ["192.0.2.1"] }

        main.fail("connection refused")
        try await eventually("backup answers") { stage.publisher.lastAddresses == ["192.0.2.2"] }
        let explanation = try #require(await stage.control.explanation(of: "cat.example.test"))
        #expect(explanation.summary == "cat.example.test answers 192.0.2.2 (backup) because main is err.")
        #expect(explanation.steps.filter { $0.stage == "probe" && $0.text.contains("connection refused") }.count >= 3)
        let stages = explanation.steps.map(\.stage)
        #expect(stages.suffix(2) == ["decision", "published"], "\(stages)")

        main.recover()
        try await eventually("main answers again") { stage.publisher.lastAddresses == ["192.0.2.1"] }
        let report = await stage.control.report()
        #expect(report.events.contains { $0.text.contains("main ok → err: connection refused") })
        #expect(report.schemes.first?.members.first?.isActive == true)
        await stage.control.stop()
    }

    @Test func `while probes are held none begins, and then all do`() async throws {
        let (held, free) = (try Stage(), try Stage())
        let (late, early) = (ScriptedCheck(), ScriptedCheck())
        await held.control.holdProbes()
        for (stage, check) in [(held, late), (free, early)] {
            await stage.control.apply(Stage.configuration(["main"]), checks: [IndicatorName("main"): check])
        }
        try await eventually("whoever is not held has probed") { early.probes > 3 }
        #expect(late.probes == 0)
        await held.control.releaseProbes()
        try await eventually("it is probed, and on") { late.probes > 3 }
        #expect(held.publisher.lastAddresses == ["192.0.2.1"])
        for stage in [held, free] { await stage.control.stop() }
    }

    @Test func `a check that hangs delays no other`() async throws {
        let stage = try Stage()
        let hanging = ScriptedCheck(hangs: true)
        let backup = ScriptedCheck()
        await stage.control.apply(
            Stage.configuration(["main", "backup"]),
            checks: [IndicatorName("main"): hanging, IndicatorName("backup"): backup])
        try await eventually("backup answers") { stage.publisher.lastAddresses == ["192.0.2.2"] }
        try await eventually("backup is probed on") { backup.probes > 5 }
        #expect(hanging.probes == 1)
        await stage.control.stop()
    }

    @Test func `an indicator that a new revision leaves out is probed no more, and the others go on`() async throws {
        let stage = try Stage()
        let main = ScriptedCheck()
        let backup = ScriptedCheck()
        let checks = [IndicatorName("main"): main, IndicatorName("backup"): backup]
        await stage.control.apply(Stage.configuration(["main", "backup"]), checks: checks)
        try await eventually("both are probed") { main.probes > 3 && backup.probes > 3 }

        await stage.control.apply(Stage.configuration(["backup"]), checks: checks)
        // A probe that was under way may still end.
        let after = main.probes
        let goesOnUntil = backup.probes + 5
        try await eventually("backup is probed on") { backup.probes > goesOnUntil }
        #expect(main.probes <= after + 1)
        #expect(stage.publisher.lastAddresses == ["192.0.2.1"], "the only member left answers with its value")
        await stage.control.stop()
    }

    @Test func `an operator's word comes before the probes, and whoever listens hears of it`() async throws {
        let stage = try Stage()
        let checks = [IndicatorName("main"): ScriptedCheck(), IndicatorName("backup"): ScriptedCheck()]
        await stage.control.apply(Stage.configuration(["main", "backup"]), checks: checks)
        try await eventually("main answers") { stage.publisher.lastAddresses == ["192.0.2.1"] }
        try await eventually("both are known") {
            await stage.control.report().indicators.allSatisfy { $0.state == "ok" }
        }
        let before = await stage.control.report().sequence

        var changes = await stage.control.changes().makeAsyncIterator()
        try await stage.control.impose(
            Override(.maintenance(IndicatorName("main")), author: "ann", reason: "new kernel"))
        #expect(stage.publisher.lastAddresses == ["192.0.2.2"])
        #expect(try #require(await changes.next()) > before)
        let explanation = try #require(await stage.control.explanation(of: "cat.example.test"))
        #expect(explanation.steps.contains { $0.stage == "override" && $0.text.contains("by ann: new kernel") })
        let member = await stage.control.report().schemes.first?.members.first
        #expect(member?.state == "ok" && member?.override == "maintenance", "the real state is kept beside it")
        await stage.control.stop()
    }

    @Test func `it is not ready before its schemes are decided, and says which`() async throws {
        let stage = try Stage()
        let failing = ScriptedCheck(failing: "connection refused")
        await stage.control.apply(Stage.configuration(["main"]), checks: [IndicatorName("main"): failing])
        #expect(await stage.control.unreadiness()?.contains("cat.example.test") == true)
        try await eventually("the verdict is in") { await stage.control.unreadiness() == nil }
        await stage.control.stop()
    }
}
