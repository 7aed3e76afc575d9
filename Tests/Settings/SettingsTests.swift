import Addresses
import Failover
import Foundation
import Settings
import Testing

@Suite struct SettingsTests {
    @Test func `an empty file is every default`() throws {
        let settings = try read("")
        #expect(settings.dnsListeners.map(\.description) == ["127.0.0.1:5300"])
        #expect(settings.http.description == "127.0.0.1:8053")
        #expect(settings.dataFolder == "./ninelives-data")
        #expect(settings.zones.isEmpty && settings.checks.isEmpty && settings.warnings.isEmpty)
        #expect(settings.configuration == Configuration())
    }

    @Test func `what a scheme, a member and an indicator leave out is the engine's default`() throws {
        let settings = try read(
            """
            zones: [{ name: example.test, file: good.zone }]
            indicators: { a: { check: tcp, host: h, port: 1 } }
            schemes: { web.example.test: { members: [{ indicator: a, value: 192.0.2.1 }] } }
            """)
        var scheme = Scheme(name: SchemeName("web.example.test"))
        scheme.members = [Member(indicator: IndicatorName("a"), values: [try address("192.0.2.1")], priority: .primary)]
        #expect(settings.configuration.schemes == [scheme])
        #expect(settings.configuration.indicators == [Indicator(name: IndicatorName("a"))])
    }

    @Test func `everything that can be written arrives`() throws {
        let settings = try read(
            """
            listen: { dns: ["192.0.2.53:53", "[2001:db8::53]:53"], http: "[::1]:80",
              tls: { address: "192.0.2.53:853", certificate: a.pem, key: a.key },
              https: { address: ["192.0.2.53:443"], certificate: /a.pem, key: /a.key, path: /q } }
            data: /var/lib/ninelives
            zones: [{ name: Example.Test., file: good.zone }]
            policies:
              p: { interval: 1h30m, timeout: 2m, recheck: 200ms, fall: 1, rise: 100, forget: 2 }
            indicators:
              b: { check: tcp, host: h, port: 1, policy: p }
              a: { check: tcp, host: h, port: 2, disabled: yes, policy: fast }
            schemes:
              Web.Example.Test.:
                provider: local
                ttl: 86400
                minimum-ttl: 1
                failback: manual
                all-down: "sorry 192.0.2.1, 2001:db8::1"
                answers: one
                mass-failure: off
                members:
                  - { indicator: b, value: [192.0.2.1, "2001:db8::1"], priority: 3rd-backup }
                  - { indicator: a, value: 192.0.2.2, priority: 1000 }
            """)
        #expect(settings.dnsListeners.map(\.description) == ["192.0.2.53:53", "[2001:db8::53]:53"])
        #expect(settings.dnsListeners.map(\.path) == ["listen.dns[0]", "listen.dns[1]"])
        #expect(settings.http.description == "[::1]:80")
        #expect(
            settings.encryptedListeners.map(\.service) == [.tls, .https(path: "/q")]
                && settings.encryptedListeners.flatMap(\.listeners).map(\.port) == [853, 443]
                && settings.encryptedListeners[1].key.path == "/a.key"
                && settings.encryptedListeners[0].certificate.place == "listen.tls.certificate")
        #expect(settings.http.line == 1 && settings.http.column == 62)
        #expect(settings.dataFolder == "/var/lib/ninelives")
        #expect(settings.checks.map(\.0.text) == ["a", "b"])
        #expect(settings.checks.map(\.1.target) == ["h:2", "h:1"])

        var policy = Policy(name: "p")
        policy.interval = .seconds(5400)
        policy.timeout = .seconds(120)
        policy.recheck = .milliseconds(200)
        (policy.fall, policy.rise, policy.forget) = (1, 100, 2)
        var fast = Policy(name: "fast")
        fast.interval = .seconds(1)
        fast.timeout = .milliseconds(800)
        fast.recheck = .milliseconds(200)
        fast.rise = 3
        var disabled = Indicator(name: IndicatorName("a"), policy: fast)
        disabled.isDisabled = true
        #expect(
            settings.configuration.indicators == [disabled, Indicator(name: IndicatorName("b"), policy: policy)])

        var scheme = Scheme(name: SchemeName("web.example.test"))
        let (first, second) = (try address("192.0.2.1"), try address("2001:db8::1"))
        scheme.ttlSeconds = 86_400
        scheme.minimumTTLSeconds = 1
        scheme.failback = .manual
        scheme.allDown = .sorry([first, second])
        scheme.answers = .one
        scheme.massFailureBrake = false
        scheme.members = [
            Member(indicator: IndicatorName("b"), values: [first, second], priority: .thirdBackup),
            Member(indicator: IndicatorName("a"), values: [try address("192.0.2.2")], priority: Priority(1000)),
        ]
        #expect(settings.configuration.schemes == [scheme])
    }

    @Test(
        arguments: [
            ("immediate", .immediate), ("manual", .manual), ("60s", .after(.seconds(60))),
            ("1d", .after(.seconds(86_400))),
        ] as [(String, Failback)])
    func `each failback rule is read`(written: String, rule: Failback) throws {
        #expect(try read(scheme("failback: \(written)")).configuration.schemes.first?.failback == rule)
    }

    @Test(
        arguments: [
            ("hold", .hold), ("primary", .primary), ("all", .all), ("nodata", .nodata), ("servfail", .servfail),
        ]
            as [(String, AllDown)])
    func `each all-down rule is read`(written: String, rule: AllDown) throws {
        #expect(try read(scheme("all-down: \(written)")).configuration.schemes.first?.allDown == rule)
    }

    @Test(
        arguments: [
            ("interval: 1s", .seconds(1), .milliseconds(500), .seconds(1)),  // both follow a short interval
            ("interval: 1h", .seconds(3600), .seconds(5), .seconds(2)),  // and not a long one
            ("timeout: 9999ms", .seconds(10), .milliseconds(9999), .seconds(2)),
        ] as [(String, Duration, Duration, Duration)])
    func `what a policy leaves out fits its interval`(
        written: String, interval: Duration, timeout: Duration, recheck: Duration
    ) throws {
        let text = "policies: { p: { \(written) } }\nindicators: { a: { check: tcp, host: h, port: 1, policy: p } }"
        let policy = try #require(try read(text).configuration.indicators.first?.policy)
        #expect([policy.interval, policy.timeout, policy.recheck] == [interval, timeout, recheck])
    }

    @Test func `a policy called default is everybody's`() throws {
        let text = "policies: { default: { fall: 7 } }\nindicators: { a: { check: tcp, host: h, port: 1 } }"
        #expect(try read(text).configuration.indicators.first?.policy.fall == 7)
    }

    @Test func `a small TTL takes the floor with it`() throws {
        #expect(try read(scheme("ttl: 3")).configuration.schemes.first?.minimumTTLSeconds == 3)
    }

    @Test func `warnings name what is allowed and probably not meant`() throws {
        let text = """
            zones: [{ name: example.test, file: good.zone }]
            indicators:
              a: { check: tcp, host: h, port: 1 }
              idle: { check: tcp, host: h, port: 1 }
            schemes:
              www.example.test: { members: [{ indicator: a, value: 192.0.2.1 }] }
            """
        #expect(
            try read(text).warnings.map(\.description) == [
                "n.yaml:4:3: indicators.idle belongs to no scheme: it is checked and decides nothing",
                "n.yaml:6:3: schemes.www.example.test takes the place of the A record that its zone has",
            ])
    }

    @Test(
        arguments: [
            (20, nil), (21, "belongs to no scheme"), (300, "belongs to no scheme, nor do 279 more"),
        ] as [(Int, String?)])
    func `of many indicators that belong to no scheme, most are only counted`(count: Int, last: String?) throws {
        let lines = (0..<count).map { "  i\(1000 + $0): { check: tcp, host: 192.0.2.1, port: 1 }" }
        let warnings = try read("indicators:\n" + lines.joined(separator: "\n")).warnings
        let told = warnings.filter { $0.problem == "belongs to no scheme: it is checked and decides nothing" }
        #expect(told.map(\.line) == Array(2...21))
        #expect(warnings.dropFirst(told.count).map(\.problem) == [last].compactMap { $0 })
    }

    @Test func `an alias stands for what its anchor names`() throws {
        let text =
            "policies: { a: &p { fall: 9 }, b: *p }\nindicators: { i: { check: tcp, host: h, port: 1, policy: b } }"
        #expect(try read(text).configuration.indicators.first?.policy.fall == 9)
    }

    @Test(
        arguments: [
            ("conf", "zones/a.zone", "conf/zones/a.zone"), ("conf", "./a.zone", "conf/a.zone"),
            ("conf", "/etc/a.zone", "/etc/a.zone"), (".", "a.zone", "a.zone"), ("", "a.zone", "/a.zone"),
        ])
    func `paths begin at the file's folder`(folder: String, written: String, path: String) throws {
        let asked = Asked()
        let text = "data: \(written)\nzones: [{ name: example.test, file: \(written) }]"
        let result = Settings.parse(text, file: "n.yaml", folder: folder) {
            asked.paths.append($0)
            return zoneFiles["good.zone"]
        }
        #expect(asked.paths == [path])
        #expect(try result.get().dataFolder == path)
    }
}

/// The files that were asked for.
private final class Asked {
    var paths: [String] = []
}

func read(_ text: String) throws -> Settings {
    try Settings.parse(text, file: "n.yaml", folder: ".", readFile: { zoneFiles[$0] }).get()
}

/// A configuration with one scheme that says `rest`.
func scheme(_ rest: String) -> String {
    """
    zones: [{ name: example.test, file: good.zone }]
    indicators: { a: { check: tcp, host: h, port: 1 } }
    schemes:
      web.example.test:
        \(rest)
        members: [{ indicator: a, value: 192.0.2.1 }]
    """
}

func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }
