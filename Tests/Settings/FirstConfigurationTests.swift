import Addresses
import Failover
import Settings
import Testing

/// The file that people are shown first.
@Suite struct FirstConfigurationTests {
    private static let text = """
        listen:
          dns: ["127.0.0.1:5300"]
          http: "127.0.0.1:8053"
        data: ./ninelives-data
        zones:
          - name: example.test
            file: example.test.zone        # RFC 1035; or inline, as records:
        policies:
          quick: { interval: 1s, timeout: 800ms, recheck: 200ms, fall: 3, rise: 3 }
        indicators:
          charlie:cat:
            check: http-grep
            url: http://cat.example.test:8080/
            must-have: status=OK
            options: addr=127.0.0.11
            policy: quick
          echo:web: { check: tcp, host: 127.0.0.12, port: 8080, policy: quick }
        schemes:
          cat.example.test:
            provider: local
            ttl: 30
            failback: immediate            # or: 60s, or: manual
            all-down: hold                 # or: primary, all, "sorry 192.0.2.1", nodata, servfail
            answers: all                   # or: one
            members:
              - { indicator: "charlie:cat", value: 127.0.0.11, priority: 100 }
              - { indicator: "echo:web", value: [127.0.0.12, "::1"], priority: backup }
        """

    @Test(arguments: ["\n", "\r\n"])
    func `it works as it stands, whatever ends its lines`(lineEnd: String) throws {
        let text = Self.text.split(separator: "\n").joined(separator: lineEnd)
        let settings = try Settings.parse(text, file: "n.yaml", folder: "conf") {
            $0 == "conf/example.test.zone" ? zoneFiles["good.zone"] : nil
        }.get()
        #expect(settings.warnings.isEmpty)
        #expect(settings.dataFolder == "conf/ninelives-data")
        #expect(settings.zones.map { "\($0.apex)" } == ["example.test."])
        #expect(
            settings.checks.map { "\($0.0) \($0.1.target)" } == [
                "charlie:cat http://cat.example.test:8080/ at 127.0.0.11", "echo:web 127.0.0.12:8080",
            ])
        let scheme = try #require(settings.configuration.schemes.first)
        #expect(scheme.name.text == "cat.example.test" && scheme.failback == .immediate)
        #expect(
            scheme.members == [
                Member(
                    indicator: IndicatorName("charlie:cat"), values: [try address("127.0.0.11")], priority: .primary),
                Member(
                    indicator: IndicatorName("echo:web"), values: [try address("127.0.0.12"), try address("::1")],
                    priority: .backup),
            ])
        #expect(settings.configuration.indicators.allSatisfy { $0.policy.interval == .seconds(1) })
    }

    @Test func `its lines are counted alike whatever ends them`() {
        let text = Self.text.replacing("ttl: 30", with: "ttl: 0").replacing("file: example.test", with: "file: good")
        let message =
            #"n.yaml:21:10: schemes.cat.example.test.ttl "0" is out of range; use 1…86400"#
        for lineEnd in ["\n", "\r\n"] {
            let errors = errors(in: text.replacing("\n", with: lineEnd))
            #expect(errors == [message])
        }
    }
}
