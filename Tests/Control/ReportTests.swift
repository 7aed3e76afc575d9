import Checks
import Control
import Failover
import Foundation
import Settings
import Storage
import TestSupport
import Testing

/// Indicators that clients report, and those that are worked out, in the running shell.
@Suite struct ReportTests {
    private let job = IndicatorName("job")

    private func configuration() -> Configuration {
        var indicator = Indicator(name: job)
        indicator.policy.isCertainAtOnce()
        var scheme = Scheme(name: SchemeName("cat.example.test"))
        scheme.members = Stage.configuration(["job"]).schemes[0].members
        return Configuration(indicators: [indicator], schemes: [scheme])
    }

    private func check(_ method: String, _ arguments: [String: String]) throws -> [IndicatorName: any Check] {
        [job: try CheckMethod.make(method: method, arguments: CheckArguments(arguments))]
    }

    private func state(_ stage: Stage) async -> String? { await stage.control.report().indicators.first?.state }

    @Test func `a report counts at once, and silence when it has lasted too long`() async throws {
        let stage = try Stage()
        await stage.control.apply(configuration(), checks: try check("heartbeat", ["period": "1s", "patience": "1s"]))
        #expect(await state(stage) == "unknown")
        let begin = ContinuousClock.now
        let receipt = try await stage.control.take(IncomingReport(), of: "job", proof: .account)
        #expect(receipt.ok && receipt.reason == "reported")
        #expect(await state(stage) == "ok")
        try await eventually("the silence is noticed") { await state(stage) == "err" }
        #expect(ContinuousClock.now - begin > .seconds(1.9), "not before its time")
        let reason = await stage.control.report().indicators.first?.recent.last?.reason
        #expect(reason == "silent for more than 2 s, a report is due every 1 s")
        _ = try await stage.control.take(IncomingReport(), of: "job", proof: .account)
        #expect(await state(stage) == "ok")
        await stage.control.stop()
    }

    @Test func `one that has never reported is err after the same time`() async throws {
        let stage = try Stage()
        await stage.control.apply(configuration(), checks: try check("heartbeat", ["period": "1s", "patience": "1s"]))
        try await eventually("the silence is noticed") { await state(stage) == "err" }
        await stage.control.stop()
    }

    @Test func `the last report outlives the process`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let checks = try check("number", ["period": "1h", "change": "5"])
        let first = try Store(folder: folder.path)
        let before = try Stage(store: first)
        await before.control.apply(configuration(), checks: checks)
        _ = try await before.control.take(IncomingReport(value: "40"), of: "job", proof: .account)
        await before.control.stop()
        await first.close()

        let second = try Store(folder: folder.path)
        let after = try Stage(store: second)
        await after.control.apply(configuration(), checks: checks)
        #expect(await state(after) == "ok", "it is remembered before anybody reports")
        try await eventually("it is told again") {
            await after.control.report().indicators.first?.recent.last?.reason == "40"
        }
        let jump = try await after.control.take(IncomingReport(value: "50"), of: "job", proof: .account)
        #expect(!jump.ok && jump.reason == "went from 40 to 50, by more than 5")
        #expect(await state(after) == "err")
        await after.control.stop()
        await second.close()
    }

    @Test func `who shows no right token learns nothing, not even whether there is such an indicator`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let file = try folder.write("token", "a-secret-of-this-job")
        let stage = try Stage()
        await stage.control.apply(
            configuration(), checks: try check("heartbeat", ["period": "1h", "token": "file:\(file)"]))
        for name in ["job", "nobody"] {
            await #expect(throws: ReportRefusal.notAllowed) {
                try await stage.control.take(IncomingReport(), of: name, proof: .token("a-secret-of-that-job"))
            }
        }
        #expect(await state(stage) == "unknown")
        _ = try await stage.control.take(IncomingReport(), of: "job", proof: .token("a-secret-of-this-job"))
        #expect(await state(stage) == "ok")
        await #expect(throws: ReportRefusal.noSuchIndicator("nobody")) {
            try await stage.control.take(IncomingReport(), of: "nobody", proof: .account)
        }
        await #expect(throws: ReportRefusal.wrong("A heartbeat has no value; use text=… for a comment.")) {
            try await stage.control.take(IncomingReport(value: "1"), of: "job", proof: .account)
        }
        await stage.control.stop()
    }

    @Test func `logic and its windows are worked out without any probe of their own`() async throws {
        let stage = try Stage()
        let text = """
            indicators:
              job: { check: heartbeat, period: 1h }
              sum: { check: logic, expression: "job and (during 00:00-12:00 or during 12:00-24:00)" }
            """
        await stage.control.apply(try Settings.parse(text, file: "n.yaml").get())
        func state() async -> String? { await stage.control.report().indicators.last?.state }
        #expect(await state() == "unknown")
        _ = try await stage.control.take(IncomingReport(), of: "job", proof: .account)
        #expect(await state() == "ok")
        _ = try await stage.control.take(IncomingReport(isOK: false), of: "job", proof: .account)
        #expect(await state() == "err")
        await stage.control.stop()
    }
}
