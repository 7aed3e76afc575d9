import Checks
import Failover
import Settings
import Testing

/// Indicators that are worked out or reported, as the configuration has them.
@Suite struct LogicSettingsTests {
    private let probed = "  web: { check: tcp, host: 192.0.2.1, port: 80 }\n"

    @Test func `logic reads the indicators that it names`() throws {
        let text = "indicators:\n\(probed)  sum: { check: logic, expression: \"web and on mon-fri\" }\n"
        let settings = try Settings.parse(text, file: "n.yaml").get()
        let sum = try #require(settings.configuration.indicators.first { $0.name == IndicatorName("sum") })
        #expect(sum.logic == .all([.indicator(IndicatorName("web")), .window("on mon-fri UTC")]))
        #expect(sum.policy.fall == 1 && sum.policy.rise == 1)
        #expect(settings.warnings.map(\.path) == ["indicators.sum"], "web decides something")
    }

    @Test(
        arguments: [
            (
                "  a: { check: logic, expression: b }\n  b: { check: logic, expression: not c }\n"
                    + "  c: { check: logic, expression: \"any(web, a)\" }\n",
                "n.yaml:3:34: indicators.a.expression goes in a circle: a → b → c → a; "
                    + "use logic over indicators that are known without it"
            ),
            (
                "  a: { check: logic, expression: a }\n",
                "n.yaml:3:34: indicators.a.expression goes in a circle: a → a; "
                    + "use logic over indicators that are known without it"
            ),
            (
                "  a: { check: logic, expression: wep }\n",
                "n.yaml:3:34: indicators.a.expression \"wep\" is not an indicator: did you mean \"web\"?"
            ),
            (
                "  a: { check: logic, expression: web, policy: fast }\n",
                "n.yaml:3:39: indicators.a.policy has no meaning for logic, which is not probed; use no policy"
            ),
            (
                "  a: { check: heartbeat, period: 1h }\nreferences: [a]\n",
                "n.yaml:4:14: references[0] \"a\" is not probed, so it says nothing of us; use an indicator that is probed"
            ),
            (
                "reports: { token: hunter2 }\n",
                "n.yaml:3:19: reports.token \"…\" must not stand in the configuration itself; use env:NAME or file:PATH"
            ),
        ])
    func `what goes in a circle or leads nowhere is refused with its line`(more: String, error: String) {
        guard case .failure(let errors) = Settings.parse("indicators:\n\(probed)\(more)", file: "n.yaml") else {
            Issue.record("it was accepted")
            return
        }
        #expect(errors.errors.map(\.description) == [error])
    }
}
