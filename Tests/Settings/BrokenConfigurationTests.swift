import Settings
import Testing

/// One broken configuration for each kind of error, and everything that is said about it.
@Suite struct BrokenConfigurationTests {
    @Test(arguments: Broken.all)
    func `a broken configuration is told with place, value and remedy`(broken: Broken) {
        #expect(errors(in: broken.text) == broken.messages, "\(broken)")
    }

    @Test func `all errors are told at once, by line, the file's own before those of its zone files`() {
        let text = """
            lisen: {}
            zones:
              - { name: example.test, file: broken.zone }
            policies:
              q: { interval: 1s, timeout: 1s, fall: 0 }
            indicators:
              a: { check: tcp, host: 192.0.2.1, port: 0, policy: Q2 }
            schemes:
              www.example.org:
                ttl: 0
                members: [{ indicator: b, value: 300.1.1.1, priority: high }]
            """
        #expect(
            errors(in: text) == [
                #"n.yaml:1:1: lisen is not a key that exists here: did you mean "listen"?"#,
                #"n.yaml:5:31: policies.q.timeout "1s" is not below the interval; use less than 1s"#,
                #"n.yaml:5:41: policies.q.fall "0" is out of range; use 1…100"#,
                #"n.yaml:7:43: indicators.a.port "0" is out of range; use a whole number from 1 to 65535"#,
                #"n.yaml:7:54: indicators.a.policy "Q2" is not a policy; use one of default, fast, q"#,
                #"n.yaml:9:3: schemes.www.example.org is in none of the zones; use a name in example.test, "#
                    + "or add its zone under zones:",
                #"n.yaml:10:10: schemes.www.example.org.ttl "0" is out of range; use 1…86400"#,
                #"n.yaml:11:28: schemes.www.example.org.members[0].indicator "b" is not an indicator; use one of a"#,
                #"n.yaml:11:38: schemes.www.example.org.members[0].value "300.1.1.1" is not an address; "#
                    + "use an IPv4 or IPv6 address such as 192.0.2.1 or 2001:db8::1",
                #"n.yaml:11:59: schemes.www.example.org.members[0].priority "high" is not a priority; "#
                    + "use 1…1000 or primary, backup, 2nd-backup, 3rd-backup, disabled",
                #"broken.zone:3:8: “300.1.1.1” is not a valid address; use an IPv4 address such as 192.0.2.1"#,
            ])
    }

    @Test func `a broken zone is one error, not one more for each scheme in it`() {
        let text = """
            zones: [{ name: example.test, file: absent.zone }]
            indicators: { a: { check: tcp, host: 192.0.2.1, port: 80 } }
            schemes: { www.example.test: { members: [{ indicator: a, value: 192.0.2.1 }] } }
            """
        #expect(errors(in: text).count == 1)
    }

    @Test func `keys that stand twice are told in every section at once, beside other errors`() {
        let text = """
            data: a
            "data": b
            policies:
              q: { fall: 1, rise: 1, fall: 0 }
              q: { fall: 2 }
              q: { fall: 2 }
            """
        #expect(
            errors(in: text) == [
                "n.yaml:2:1: data is a key for the second time; use it once; the first is on line 1",
                "n.yaml:4:26: policies.q.fall is a key for the second time; use it once; the first is on line 4",
                #"n.yaml:4:32: policies.q.fall "0" is out of range; use 1…100"#,
                "n.yaml:5:3: policies.q is a key for the second time; use it once; the first is on line 4",
                "n.yaml:6:3: policies.q is a key for the second time; use it once; the first is on line 4",
            ])
    }

    @Test func `an error is one line whatever was written`() {
        let messages = errors(in: "listen: { http: \"\\e[31m\\n\" }")
        #expect(
            messages == [
                #"n.yaml:1:17: listen.http "\u{1B}[31m\n" has no port; use ADDRESS:PORT such as 127.0.0.1:8053 "#
                    + "or [::1]:53"
            ])
    }
}

/// What is said about a text; `zoneFiles` are beside it.
func errors(in text: String) -> [String] {
    switch Settings.parse(text, file: "n.yaml", folder: ".", readFile: { zoneFiles[$0] }) {
    case .success: []
    case .failure(let failure): failure.errors.map(\.description)
    }
}

let zoneFiles = [
    "good.zone": """
    @   900 IN SOA ns1 hostmaster 1 3600 600 604800 60
    @   900 IN NS  ns1
    ns1 900 IN A   192.0.2.53
    old 900 IN CNAME ns1
    www 900 IN A   192.0.2.9
    sub 900 IN NS  ns.example.org.
    moved 900 IN DNAME example.org.
    """,
    "broken.zone": """
    @ IN SOA ns1 hostmaster 1 3600 600 604800 60
    @ IN NS ns1
    a IN A 300.1.1.1
    """,
]
