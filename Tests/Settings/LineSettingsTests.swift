import Addresses
import Checks
import DNSClient
import Failover
import Settings
import Testing

/// Lines, services and load-balanced names, as they are written.
@Suite struct LineSettingsTests {
    private func read(_ text: String) throws -> Settings {
        try Settings.parse(Self.zone + text, file: "n.yaml", readFile: { _ in nil }).get()
    }

    /// One line, so that what follows begins on the second.
    private static let zone =
        #"zones: [{ name: example.test, records: "@ 300 IN SOA ns1 h 1 2 3 4 5\n@ 300 IN NS ns1" }]"# + "\n"
    private static let lines = """
        lines:
          wan1: { addresses: [198.51.100.10, "2001:db8:1::10"], interface: eth1, test-points: [ping 192.0.2.1, "tcp [2001:db8::53]:53"] }
          wan2: { addresses: 203.0.113.10, source: 192.168.7.2, recovery: 0s, policy: default, test-points: { check: dns, server: 192.0.2.53, name: example.org } }

        """

    @Test func `a line is an indicator of its test points, and they leave by it`() throws {
        let settings = try read(Self.lines)
        let lines = settings.appliance.lines
        #expect(lines.map(\.name) == ["wan1", "wan2"])
        #expect(lines[0].addresses.map(\.description) == ["198.51.100.10", "2001:db8:1::10"])
        #expect(lines[0].egress == Egress(sources: lines[0].addresses, interface: "eth1"))
        #expect(lines[1].egress.sources.map(\.description) == ["192.168.7.2"])
        #expect(lines.map(\.recovery) == [.seconds(10), .zero])
        #expect(
            settings.configuration.indicators.map(\.name.text) == [
                "line:wan1", "line:wan1:ping:192.0.2.1", "line:wan1:tcp:[2001:db8::53]:53", "line:wan2",
                "line:wan2:dns:192.0.2.53",
            ])
        let indicators = settings.configuration.indicators
        #expect(indicators[0].logic == .any([.indicator(indicators[1].name), .indicator(indicators[2].name)]))
        #expect(indicators[0].recovery == .seconds(10) && indicators[3].recovery == .zero)
        let policy = indicators[1].policy
        #expect(policy.interval == .seconds(1) && policy.fall == 3 && policy.rise == 1 && policy.forget == 1)
        #expect(indicators[4].policy == .default)
        #expect(settings.appliance.egresses[indicators[1].name] == lines[0].egress)
        #expect(settings.appliance.egresses[indicators[4].name] == lines[1].egress)
        #expect(settings.checks.first { $0.0 == indicators[2].name }?.1.target == "[2001:db8::53]:53")
        #expect(
            settings.checks.first { $0.0 == indicators[0].name }?.1.target
                == "any of ping 192.0.2.1, tcp [2001:db8::53]:53")
    }

    @Test func `a service is a scheme whose onsite members have lines`() throws {
        let settings = try read(
            Self.lines + """
                services:
                  Shop.Example.Test:
                    port: 443
                    redundancy: only
                    lines: [wan2, wan1]
                    established: keep
                    servers:
                      - web1: { onsite: "10.0.0.2:8443" }
                      - web2: { onsite: "[fd00::2]:8443", level: backup, check: http-grep, url: "http://shop.example.test:8080/", must-have: OK }
                      - dc: { offsite: 192.0.2.9, level: 3rd-backup, policy: default }
                  ns.example.test: { port: 53/udp, servers: { a: { onsite: 10.0.0.4:53, check: dns, name: example.org } } }
                """)
        let scheme = try #require(settings.configuration.schemes.last)
        #expect(scheme.name.text == "shop.example.test" && scheme.ttlSeconds == 30)
        #expect(scheme.failback == .after(.seconds(10)) && !scheme.massFailureBrake)
        #expect(scheme.members.map(\.indicator.text) == ["web1", "web2", "dc"].map { "shop.example.test:\($0)" })
        #expect(scheme.members.map(\.priority) == [.primary, .backup, .thirdBackup])
        #expect(scheme.members[0].lines.map(\.indicator.text) == ["line:wan2", "line:wan1"])
        #expect(scheme.members[0].lines.flatMap(\.values).map(\.description) == ["203.0.113.10", "198.51.100.10"])
        #expect(scheme.members[1].lines.map(\.indicator.text) == ["line:wan1"], "wan2 has no IPv6 address")
        #expect(scheme.members[0].redundancy == .only)
        #expect(scheme.members[2].lines.isEmpty && scheme.members[2].values.map(\.description) == ["192.0.2.9"])
        let service = settings.appliance.services[0]
        #expect(service.established == .keep && service.ports.map(\.description) == ["443/tcp"])
        #expect(service.lineAddresses.count == 3)
        func target(_ name: String) -> String? {
            settings.checks.first { $0.0.text == name }.map { "\($0.1)" }
        }
        #expect(target("shop.example.test:web1") == "tcp 10.0.0.2:8443")
        #expect(target("shop.example.test:web2") == "http-grep http://shop.example.test:8080/ at fd00::2")
        #expect(target("shop.example.test:dc") == "tcp 192.0.2.9:443")
        #expect(target("ns.example.test:a") == "dns example.org. A at 10.0.0.4:53")
        let names = ["shop.example.test:web1", "shop.example.test:dc"].map { name in
            settings.configuration.indicators.first { $0.name.text == name }?.policy.name
        }
        #expect(names == ["fast", "default"])
        #expect(settings.appliance.services[1].ports.map(\.description) == ["53/udp"])
    }

    @Test func `a service of several ports has servers without a port of their own, and a TCP port is tried`() throws {
        let settings = try read(
            Self.lines + """
                services:
                  ns.example.test: { port: [53/udp, 53], servers: { a: { onsite: 10.0.0.4 }, b: { offsite: 192.0.2.9 } } }
                  one.example.test: { port: 8080, servers: { a: { onsite: "fd00::4" } } }
                """)
        #expect(settings.appliance.services[0].ports.map(\.description) == ["53/udp", "53/tcp"])
        #expect(
            settings.checks.map { "\($0.1)" }.filter { $0.hasPrefix("tcp") }.sorted() == [
                "tcp 10.0.0.4:53", "tcp 192.0.2.9:53", "tcp [2001:db8::53]:53", "tcp [fd00::4]:8080",
            ])
    }

    @Test func `a load-balanced name is a scheme of lines, and any indicator can leave by one`() throws {
        let settings = try read(
            Self.lines + """
                hosts:
                  www.example.test: { ttl: 60, addresses: { wan1: 198.51.100.20, wan2: [203.0.113.20] }, other: 192.0.2.20 }
                indicators:
                  far: { check: tcp, host: 192.0.2.7, port: 80, line: wan2 }
                """)
        let scheme = try #require(settings.configuration.schemes.first)
        #expect(scheme.members.map(\.indicator.text) == ["line:wan1", "line:wan2", "always"])
        #expect(scheme.ttlSeconds == 60)
        #expect(settings.appliance.egresses[IndicatorName("far")]?.sources.map(\.description) == ["192.168.7.2"])
        #expect(settings.configuration.indicators.first { $0.name == LineHost.always }?.logic == .all([]))
    }

    @Test(arguments: [
        (
            "wan3: { test-points: ping 192.0.2.1 }",
            #"lines.wan3 has no address; use addresses: with the line's own, such as 198.51.100.10"#
        ),
        (
            "wan3: { addresses: 198.51.100.10, test-points: ping 192.0.2.1 }",
            #"lines.wan3.addresses "198.51.100.10" is the address of wan1 already; use each line's own addresses"#
        ),
        (
            "wan3: { addresses: [192.0.2.3, 192.0.2.3], test-points: ping 192.0.2.1 }",
            #"lines.wan3.addresses[1] "192.0.2.3" stands twice; use each address once"#
        ),
        (
            "wan3: { addresses: 192.0.2.3:80, test-points: ping 192.0.2.1 }",
            #"lines.wan3.addresses "192.0.2.3:80" is an address with a port; use the address alone: DNS knows no ports"#
        ),
        (
            "wan3: { addresses: 192.0.2.3 }",
            #"lines.wan3 has no test points; use test-points: [ping 192.0.2.1, "tcp 192.0.2.53:53"]"#
        ),
        (
            "wan3: { addresses: 192.0.2.3, test-points: [pong 192.0.2.1] }",
            #"lines.wan3.test-points[0] "pong 192.0.2.1" is not a test point; use "ping ADDRESS", "tcp ADDRESS:PORT" or { check: METHOD, … }"#
        ),
        (
            "wan3: { addresses: 192.0.2.3, test-points: [tcp 192.0.2.1] }",
            #"lines.wan3.test-points[0] "tcp 192.0.2.1" has no port; use "tcp 192.0.2.53:53" or "tcp [2001:db8::53]:53""#
        ),
        (
            #"wan3: { addresses: 192.0.2.3, test-points: ["ping 192.0.2.1:80"] }"#,
            #"lines.wan3.test-points[0] "ping 192.0.2.1:80" has a port, and ping knows none; use "ping ADDRESS" or "tcp ADDRESS:PORT""#
        ),
        (
            #"wan3: { addresses: 192.0.2.3, test-points: ["ping 2001:db8::1"] }"#,
            #"lines.wan3.test-points[0] "ping 2001:db8::1" is of a family of which the line has no address; use a test point that the line's addresses can reach"#
        ),
        (
            "wan3: { addresses: 192.0.2.3, test-points: [ping 192.0.2.1, ping  192.0.2.1] }",
            #"lines.wan3.test-points[1] "ping 192.0.2.1" is a test point of this line already; use each test point once"#
        ),
        (
            "wan3: { addresses: 192.0.2.3, interface: this-is-far-too-long, test-points: ping 192.0.2.1 }",
            #"lines.wan3.interface "this-is-far-too-long" is no name of an interface; use 1…15 letters such as eth0 or ppp0"#
        ),
        (
            "wan3: { addresses: 192.0.2.3, source: [192.0.2.4, 192.0.2.5], test-points: ping 192.0.2.1 }",
            #"lines.wan3.source[1] "192.0.2.5" is a second source of its family; use one IPv4 and one IPv6 address at most"#
        ),
        (
            "wan3: { addresses: 192.0.2.3, recovery: soon, test-points: ping 192.0.2.1 }",
            #"lines.wan3.recovery "soon" is not a duration; use a number with a unit: 200ms, 1s, 5m, 1h30m"#
        ),
        (
            "wan3: { addresses: 192.0.2.3, testpoints: ping 192.0.2.1, test-points: ping 192.0.2.1 }",
            #"lines.wan3.testpoints is not a key that exists here: did you mean "test-points"?"#
        ),
    ])
    func `a line that is wrong is told with its place and what would be right`(line: String, message: String) {
        #expect(faults(in: Self.lines + "  " + line) == [message])
    }

    @Test(arguments: [
        (
            "servers: { a: { onsite: 10.0.0.2:80 } }",
            #"services.a.example.test has no port; use port: 1…65535, with /udp for UDP: 443, 53/udp or [80, 443]"#
        ),
        (
            "port: 99999, servers: { a: { onsite: 10.0.0.2:80 } }",
            #"services.a.example.test.port "99999" is not a port; use 1…65535, with /udp for UDP: 443, 53/udp or [80, 443]"#
        ),
        (
            "port: 80/sctp, servers: { a: { onsite: 10.0.0.2:80 } }",
            #"services.a.example.test.port "80/sctp" is not a port; use 1…65535, with /udp for UDP: 443, 53/udp or [80, 443]"#
        ),
        (
            "port: 80",
            #"services.a.example.test has no servers; use servers: with at least one NAME: { onsite: ADDRESS:PORT } or NAME: { offsite: ADDRESS }"#
        ),
        (
            "port: 80, lines: [wan1, wna2], servers: { a: { onsite: 10.0.0.2:80 } }",
            #"services.a.example.test.lines[1] "wna2" is not a line: did you mean "wan2"?"#
        ),
        (
            "port: 80, lines: [], servers: { a: { onsite: 10.0.0.2:80 } }",
            #"services.a.example.test.servers.a.onsite is onsite, and there is no line by which it is reached; use lines: with at least one"#
        ),
        (
            "port: 80, servers: { a: { onsite: 10.0.0.2:80, level: primry } }",
            #"services.a.example.test.servers.a.level "primry" is not a level: did you mean "primary"?"#
        ),
        (
            "port: 80, servers: { a: { onsite: web1 } }",
            #"services.a.example.test.servers.a.onsite "web1" has no port; use ADDRESS:PORT such as 10.0.0.2:8443 or [::1]:53"#
        ),
        (
            "port: [80, 443], servers: { a: { onsite: 10.0.0.2:80 } }",
            #"services.a.example.test.servers.a.onsite "10.0.0.2:80" has one port, and the service has several; use the address alone"#
        ),
        (
            "port: [80, 80/tcp], servers: { a: { onsite: 10.0.0.2 } }",
            #"services.a.example.test.port[1] "80/tcp" stands twice; use each port once"#
        ),
        (
            "port: 80, servers: { a: { offsite: 192.0.2.2:80 } }",
            #"services.a.example.test.servers.a.offsite "192.0.2.2:80" is an address with a port; use the address alone: DNS knows no ports"#
        ),
        (
            "port: 80, servers: { a: {} }",
            #"services.a.example.test.servers.a is neither onsite nor offsite; use onsite: ADDRESS:PORT or offsite: ADDRESS"#
        ),
        (
            "port: 80, servers: { a: { onsite: 10.0.0.2:80, offsite: 192.0.2.2 } }",
            #"services.a.example.test.servers.a.offsite stands beside onsite; use one of the two"#
        ),
        (
            #"port: 80, lines: wan2, servers: { a: { onsite: "[fd00::2]:80" } }"#,
            #"services.a.example.test.servers.a.onsite "fd00::2" is of a family of which no line has an address; use a server of the family of wan2"#
        ),
        (
            "port: 80, servers: { a: { onsite: 10.0.0.2:80 }, b: { onsite: 10.0.0.2:80 } }",
            #"services.a.example.test.servers.b.onsite "10.0.0.2:80" is the address of a already; use each server once"#
        ),
        (
            "port: 80, redundancy: some, servers: { a: { onsite: 10.0.0.2:80 } }",
            #"services.a.example.test.redundancy "some" is not one of them; use all or only"#
        ),
        (
            "port: 80, established: kept, servers: { a: { onsite: 10.0.0.2:80 } }",
            #"services.a.example.test.established "kept" is not one of them; use keep or cut"#
        ),
        (
            "port: 53/udp, servers: { a: { onsite: 10.0.0.2:53 } }",
            #"services.a.example.test.servers.a has no check, and a UDP port cannot be tested without knowing what it answers; use check: such as dns with name: example.org, or udp with send:"#
        ),
        (
            "port: 80, servers: { a: { onsite: 10.0.0.2:80, check: tpc } }",
            #"services.a.example.test.servers.a.check "tpc" is not a check method: did you mean "tcp"?"#
        ),
        (
            "port: 80, servers: { a: { onsite: 10.0.0.2:80, sendd: x } }",
            #"services.a.example.test.servers.a.sendd is not an argument of tcp: did you mean "send"?"#
        ),
        (
            "port: 80, servers: { a: { onsite: 10.0.0.2:80, indicator: b } }",
            #"services.a.example.test.servers.a.indicator "b" is not an indicator; use one of line:wan1:ping:192.0.2.1, line:wan1:tcp:[2001:db8::53]:53, line:wan1, line:wan2:dns:192.0.2.53, line:wan2"#
        ),
        (
            "port: 80, servers: { a: { onsite: 10.0.0.2:80, indicator: line:wan1, policy: fast } }",
            #"services.a.example.test.servers.a.policy stands beside indicator, which has a check of its own; use one of the two"#
        ),
    ])
    func `a service that is wrong is told with its place and what would be right`(service: String, message: String) {
        #expect(faults(in: Self.lines + "services: { a.example.test: { \(service) } }") == [message])
    }

    @Test(arguments: [
        (
            "services: { a.example.test: { port: 80, servers: { a: { onsite: 10.0.0.2:80 } } }, b.example.test: { port: 80, servers: { a: { onsite: 10.0.0.3:80 } } } }",
            "services.b.example.test needs port 80/tcp of wan1, which a.example.test has already; use another port, or other lines"
        ),
        (
            "services: { a.example.test: { port: 80, servers: { a: { offsite: 192.0.2.2 } } } }\nhosts: { a.example.test: { addresses: { wan1: 198.51.100.20 } } }",
            "hosts.a.example.test is the name of a scheme, a service or a host already; use each name once, below schemes:, services: or hosts:"
        ),
        (
            "services: { a.example.org: { port: 80, servers: { a: { offsite: 192.0.2.2 } } } }",
            "services.a.example.org is in none of the zones; use a name in example.test, or add its zone under zones:"
        ),
        (
            "hosts: { a.example.test: { addresses: { wan7: 198.51.100.20 } } }",
            #"hosts.a.example.test.addresses.wan7 "wan7" is not a line: did you mean "wan1"?"#
        ),
        (
            "hosts: { a.example.test: {} }",
            "hosts.a.example.test has no addresses; use addresses: with the address at each line, such as { wan1: 198.51.100.20 }"
        ),
        (
            "hosts: { a.example.test: { addresses: { wan1: 198.51.100.20, wan2: 198.51.100.20 } } }",
            #"hosts.a.example.test.addresses.wan2 "198.51.100.20" stands at another line of this name already; use each address once"#
        ),
        (
            "indicators: { a: { check: logic, expression: line:wan1, line: wan1 } }",
            "indicators.a.line has no meaning for logic, which connects to nothing by itself; use no line"
        ),
        (
            "indicators: { a: { check: tcp, host: 192.0.2.1, port: 1, line: wan } }",
            #"indicators.a.line "wan" is not a line: did you mean "wan1"?"#
        ),
    ])
    func `what does not fit together is told`(text: String, message: String) {
        #expect(faults(in: Self.lines + text) == [message])
    }

    @Test(arguments: [
        ("0.0.0.0:53", "53/udp", 1), ("198.51.100.10:53", "53", 1), ("[::]:53", "53", 1),
        ("127.0.0.1:53", "53", 0),  // nothing of the lines comes there
        ("0.0.0.0:5300", "53", 0),
    ])
    func `a service that takes this server's own port gets a warning`(listener: String, port: String, count: Int) throws
    {
        let settings = try read(
            Self.lines + """
                listen: { dns: "\(listener)" }
                services: { a.example.test: { port: \(port), servers: { a: { onsite: 10.0.0.2:53, indicator: line:wan1 } } } }
                """)
        #expect(settings.warnings.count { $0.problem.contains("where this server listens") } == count)
    }

    /// Without file and place; that the place is right is what the last test is for.
    private func faults(in text: String) -> [String] {
        guard case .failure(let errors) = Settings.parse(Self.zone + text, file: "n.yaml", readFile: { _ in nil })
        else { return [] }
        return errors.errors.map { error in
            var text = error.description
            for _ in 0..<3 {
                text = String(text[(text.firstIndex(of: ":").map(text.index(after:)) ?? text.startIndex)...])
            }
            return String(text.dropFirst())
        }
    }

    @Test func `an error names the line and the column`() {
        let text =
            Self.lines + """
                services:
                  shop.example.test:
                    port: 443
                    servers:
                      - web1: { onsite: 10.0.0.2:8443, level: tertiary }
                """
        guard case .failure(let errors) = Settings.parse(text, file: "n.yaml", readFile: { _ in nil }) else {
            Issue.record("it is wrong")
            return
        }
        #expect(errors.errors.contains { $0.line == 8 && $0.column == 47 && $0.value == "tertiary" }, "\(errors)")
    }
}
