import Addresses
import DNS
import Failover
import Foundation
import Settings
import Testing

/// A configuration that is right, to break in one place.
private let zone = """
    zones:
      - name: example.test
        records: |
          @ 900 IN SOA ns1 hostmaster 1 3600 600 604800 60
          @ 900 IN NS ns1
          ns1 900 IN A 127.0.0.1
          alias 300 IN CNAME ns1
    """
private let indicator = "indicators:\n  a: { check: tcp, host: 127.0.0.1, port: 80 }\n"

private func parse(_ text: String, files: [String: String] = [:]) -> Result<Settings, SettingsErrors> {
    Settings.parse(text, file: "n.yaml") { files[$0] }
}

private func messages(_ text: String, files: [String: String] = [:]) -> [String] {
    guard case .failure(let errors) = parse(text, files: files) else { return [] }
    return errors.errors.map(\.description)
}

/// The scheme `s.example.test` with these lines, after the zone and the indicator `a`: it begins at line 10.
private func scheme(_ lines: String, members: String = "[{ indicator: a, value: 192.0.2.1 }]") -> String {
    "\(zone)\n\(indicator)schemes:\n  s.example.test:\n    members: \(members)\n\(lines.isEmpty ? "" : "    \(lines)\n")"
}

@Suite struct SettingsTests {
    @Test func `the first example of the documentation works as it stands`() throws {
        let text = """
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
        let file = "@ 900 IN SOA ns1 h 1 2 3 4 5\n@ 900 IN NS ns1\nns1 900 IN A 127.0.0.1\n"
        let settings = try parse(text, files: ["example.test.zone": file]).get()
        #expect(settings.warnings.isEmpty)
        #expect(settings.dnsListeners.map(\.description) == ["127.0.0.1:5300"])
        #expect(settings.zones.map(\.apex.description) == ["example.test."])
        #expect(settings.checks.map(\.0.text) == ["charlie:cat", "echo:web"])
        let scheme = try #require(settings.configuration.schemes.first)
        #expect(scheme.failback == .immediate && scheme.allDown == .hold && scheme.answers == .all)
        #expect(scheme.members.map(\.priority) == [Priority(100), .backup])
        #expect(scheme.members[1].values.map(\.description) == ["127.0.0.12", "::1"])
        let policy = settings.configuration.indicators[0].policy
        #expect(policy.interval == .seconds(1) && policy.recheck == .milliseconds(200) && policy.rise == 3)
    }

    @Test func `what is not written has its documented default`() throws {
        let settings = try parse(scheme("")).get()
        #expect(settings.http.description == "127.0.0.1:8053")
        #expect(settings.dataFolder == "./ninelives-data")
        #expect(settings.configuration.indicators.first?.policy == .default)
        let scheme = try #require(settings.configuration.schemes.first)
        #expect(scheme.ttlSeconds == 30 && scheme.minimumTTLSeconds == 5)
        #expect(scheme.failback == .after(.seconds(60)) && scheme.members.first?.priority == .primary)
    }

    @Test(
        arguments: [
            ("failback: 90s", \Scheme.failback, Failback.after(.seconds(90))),
            ("failback: manual", \Scheme.failback, .manual),
        ] as [(String, KeyPath<Scheme, Failback> & Sendable, Failback)])
    func `failback rules are read`(line: String, path: KeyPath<Scheme, Failback> & Sendable, value: Failback) throws {
        #expect(try parse(scheme(line)).get().configuration.schemes.first?[keyPath: path] == value)
    }

    @Test(
        arguments: [
            ("primary", .primary), ("all", .all), ("nodata", .nodata), ("servfail", .servfail),
            ("\"sorry 192.0.2.9, 2001:db8::9\"", .sorry([IPAddress("192.0.2.9")!, IPAddress("2001:db8::9")!])),
        ] as [(String, AllDown)])
    func `all-down rules are read`(text: String, rule: AllDown) throws {
        #expect(try parse(scheme("all-down: \(text)")).get().configuration.schemes.first?.allDown == rule)
    }

    /// One broken configuration per kind of error, with what is said about it.
    @Test(arguments: [
        // The file as a whole.
        ("a: [", "n.yaml:2:1: is not valid YAML"),
        ("polices: {}", "n.yaml:1:1: polices: is not a key that exists here; use policies (did you mean that?)"),
        ("data: x\ndata: y", "n.yaml:2:1: the key \"data\" stands twice in the same section; use it once"),
        ("listen: 5300", "n.yaml:1:9: listen: \"5300\" is not a section"),
        ("data: [a]", "n.yaml:1:7: data: is not a single value"),
        // Listeners.
        ("listen: { dns: [localhost] }", "n.yaml:1:17: listen.dns[0]: \"localhost\" is not an address with a port"),
        ("listen: { dns: [\"127.0.0.1:0\"] }", "n.yaml:1:17: listen.dns[0]: \"127.0.0.1:0\" is not an address with"),
        (
            "listen: { dns: [\"[::1]:5\", \"[::1]:5\"] }",
            "n.yaml:1:28: listen.dns[1]: \"[::1]:5\" is listened on already"
        ),
        // Policies.
        ("policies: { q: { interval: soon } }", "policies.q.interval: \"soon\" is not a duration; use a number with"),
        ("policies: { q: { interval: 1ms } }", "policies.q.interval: \"1ms\" is out of range; use 100ms…1d"),
        ("policies: { q: { interval: 1s, timeout: 1s } }", "policies.q.timeout: \"1s\" is not below the interval"),
        ("policies: { q: { interval: 1s, recheck: 2s } }", "policies.q.recheck: \"2s\" is longer than the interval"),
        ("policies: { q: { fall: 0 } }", "policies.q.fall: \"0\" is out of range; use 1…100"),
        ("policies: { q: { rise: x } }", "policies.q.rise: \"x\" is not a whole number; use 1…100"),
        // Indicators.
        ("indicators: { a: { host: x } }", "indicators.a: has no check"),
        (
            "indicators: { a: { check: tpc, host: 127.0.0.1, port: 1 } }",
            "indicators.a.check: \"tpc\" is not a check method; use did you mean \"tcp\"?"
        ),
        ("indicators: { a: { check: tcp, port: 1 } }", "indicators.a.host: is missing"),
        ("indicators: { a: { check: tcp, host: h, prt: 1 } }", "indicators.a.prt: \"1\" is not an argument of tcp"),
        (
            "indicators: { a: { check: tcp, host: h, port: 1, policy: quik } }\npolicies: { quick: {} }",
            "indicators.a.policy: \"quik\" is not a policy; use quick (did you mean that?)"
        ),
        ("indicators: { a: { check: tcp, host: h, port: 99999 } }", "indicators.a.port: \"99999\""),
        ("indicators: { a: { check: tcp, host: h, port: 1, disabled: maybe } }", "\"maybe\" is neither on nor off"),
        // Zones.
        ("zones: [{ file: z }]", "n.yaml:1:9: zones[0]: has no name"),
        (
            "zones: [{ name: a..b, file: z }]",
            "zones[0].name: \"a..b\" is not a domain name: the name “a..b” has an empty label"
        ),
        ("zones: [{ name: example.test }]", "zones[0]: has neither file nor records"),
        ("zones: [{ name: example.test, file: gone }]", "zones[0].file: \"gone\" cannot be read"),
        ("zones: [{ name: example.test, file: broken }]", "broken:2:5: \"x\" is not an address of that family"),
        ("zones:\n  - name: t\n    records: |\n      a A x", "n.yaml:4:5: \"x\" is not an address of that family"),
        // Schemes.
        (scheme("ttl: 0"), "n.yaml:13:10: schemes.s.example.test.ttl: \"0\" is out of range; use 1…86400"),
        (scheme("minimum-ttl: 31"), "schemes.s.example.test.minimum-ttl: \"31\" is above the TTL; use at most 30"),
        (scheme("failback: later"), "schemes.s.example.test.failback: \"later\" is not a failback rule; use immediate"),
        (scheme("all-down: panic"), "schemes.s.example.test.all-down: \"panic\" is not an all-down rule; use hold"),
        (scheme("all-down: sorry 300.1.1.1"), "\"sorry 300.1.1.1\" has no valid address"),
        (scheme("answers: two"), "schemes.s.example.test.answers: \"two\" is neither all nor one"),
        (scheme("provider: moon"), "schemes.s.example.test.provider: \"moon\" is not a provider; use local"),
        (scheme("tll: 3"), "n.yaml:13:5: schemes.s.example.test.tll: is not a key that exists here; use ttl"),
        ("schemes: { s.example.org: { members: [] } }", "\"s.example.org\" is in none of the zones"),
        (scheme("", members: "[]"), "schemes.s.example.test.members: has no members"),
        (scheme("", members: "[{ value: 192.0.2.1 }]"), "members[0]: has no indicator; use indicator: NAME"),
        (
            scheme("", members: "[{ indicator: b, value: 192.0.2.1 }]"),
            "members[0].indicator: \"b\" is not an indicator"
        ),
        (scheme("", members: "[{ indicator: a }]"), "members[0]: has no value"),
        (
            scheme("", members: "[{ indicator: a, value: 300.1.1.1 }]"),
            "members[0].value: \"300.1.1.1\" is not an address"
        ),
        (
            scheme("", members: "[{ indicator: a, value: 192.0.2.1, priority: high }]"),
            "\"high\" is not a priority; use 1…1000"
        ),
        (
            scheme("", members: "[{ indicator: a, value: \"::1\" }, { indicator: a, value: \"::2\" }]"),
            "members[1]: \"a\" is a member of this scheme already"
        ),
        (
            "\(zone)\n\(indicator)schemes:\n  alias.example.test: { members: [{ indicator: a, value: 192.0.2.1 }] }",
            "\"alias.example.test\" has a CNAME record in its zone"
        ),
    ])
    func `what is wrong is named with its place and what would be right`(text: String, message: String) {
        let found = messages(text, files: ["broken": "@ A 192.0.2.1\n@ A x"])
        #expect(found.contains { $0.contains(message) }, "\(found)")
    }

    @Test func `all errors are reported at once, by line`() {
        let text = "data: [x]\npolicies: { q: { fall: 0, rise: 0 } }\nindicators: { a: { check: tcp, prt: 1 } }\n"
        let found = messages(text)
        #expect(found.count == 6, "\(found)")
        #expect(found.first?.hasPrefix("n.yaml:1:") == true && found.last?.hasPrefix("n.yaml:3:") == true)
    }

    @Test func `an address record that a scheme overrules, and an indicator that decides nothing, are warned of`()
        throws
    {
        let text =
            "\(zone)\n\(indicator)  idle: { check: tcp, host: 127.0.0.1, port: 80 }\nschemes:\n"
            + "  ns1.example.test: { members: [{ indicator: a, value: 192.0.2.1 }] }\n"
        let warnings = try parse(text).get().warnings.map(\.description)
        #expect(warnings.contains { $0.contains("its A record in the zone is overruled") })
        #expect(warnings.contains { $0.contains("indicators.idle: belongs to no scheme") })
    }

    @Test func `the examples are right, and the documentation has every key`() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..").path
        let examples = try FileManager.default.contentsOfDirectory(atPath: "\(root)/examples").filter {
            $0.hasSuffix(".yaml")
        }
        #expect(!examples.isEmpty)
        for example in examples {
            if case .failure(let errors) = Settings.load(path: "\(root)/examples/\(example)") {
                Issue.record("\(example): \(errors.errors.map(\.description))")
            }
        }
        let documentation = try String(contentsOfFile: "\(root)/docs/configuration.md", encoding: .utf8)
        for (section, keys) in SettingsKeys.all {
            for key in keys { #expect(documentation.contains("`\(key)`"), "\(section) \(key)") }
        }
    }
}
