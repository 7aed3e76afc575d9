import Checks
import Settings
import Testing

/// A configuration with one mistake and what is said about it.
struct Broken: Sendable, CustomTestStringConvertible {
    /// Which kind of mistake it is.
    var kind: String
    var text: String
    var messages: [String]

    var testDescription: String { kind }

    init(_ kind: String, _ text: String, _ messages: String...) {
        self.kind = kind
        self.text = text
        self.messages = messages
    }

    static let all = syntax + listeners + zones + policies + indicators + schemes + members + providers

    static let syntax = [
        Broken(
            "a bracket that is never closed", "listen: [",
            "n.yaml:1:9: is not valid YAML: while parsing a flow node, did not find expected node "
                + "content; use lines of KEY: VALUE, indented by blanks, with every quote and bracket closed"),
        Broken(
            "a tab as indentation", "listen:\n\thttp: x\n",
            "n.yaml:2:1: is not valid YAML: while scanning for the next token, found character that "
                + "cannot start any token; use blanks to indent, not tabs"),
        Broken(
            "a letter that YAML does not have", "data: a\ndata2: \u{7}\n",
            "n.yaml:2:1: is not valid YAML: control characters are not allowed; use printable characters"),
        Broken(
            "two documents", "data: a\n---\ndata: b\n",
            "n.yaml:2:1: is not valid YAML: expected a single document in the stream, but found another "
                + "document; use one document, without a line ---"),
        Broken(
            "an alias without its anchor", "data: *a\n",
            "n.yaml:1:7: is not valid YAML: found undefined alias; use an alias whose anchor, such as "
                + "&name, stands before it"),
        Broken(
            "a list where sections belong", "- a\n- b\n",
            "n.yaml:1:1: is not a section; use lines of KEY: VALUE"),
        Broken(
            "one word", "hello",
            #"n.yaml:1:1: "hello" is not a section; use lines of KEY: VALUE"#),
        Broken(
            "a key that is a list", "[a, b]: c",
            "n.yaml:1:1: has a key that is not a single word; use KEY: VALUE"),
        Broken(
            "an unknown key, near a known one", "shemes: {}",
            #"n.yaml:1:1: shemes is not a key that exists here: did you mean "schemes"?"#),
        Broken(
            "an unknown key, far from any", "bananas: {}",
            "n.yaml:1:1: bananas is not a key that exists here; use one of "
                + SettingsKeys.root.map(\.name).joined(separator: ", ")),
        Broken(
            "a key twice", "data: a\ndata: b",
            "n.yaml:2:1: data is a key for the second time; use it once; the first is on line 1"),
        Broken(
            "a path that is a list", "data: [a]",
            "n.yaml:1:7: data is not a single value; use one value"),
        Broken(
            "a path that is empty", "data: \"\"",
            #"n.yaml:1:7: data "" is empty; use one value"#),
    ]

    static let listeners = [
        Broken(
            "no port", "listen: { dns: 127.0.0.1 }",
            #"n.yaml:1:16: listen.dns "127.0.0.1" has no port; use ADDRESS:PORT such as 127.0.0.1:5300 or "#
                + "[::1]:53"),
        Broken(
            "a port out of range", "listen: { dns: [\"127.0.0.1:70000\"] }",
            #"n.yaml:1:17: listen.dns[0] "127.0.0.1:70000" has no port of 1…65535 after its last colon; "#
                + "use ADDRESS:PORT such as 127.0.0.1:5300 or [::1]:53"),
        Broken(
            "a host name", "listen: { http: \"localhost:8053\" }",
            #"n.yaml:1:17: listen.http "localhost:8053" does not begin with an address; use ADDRESS:PORT "#
                + "such as 127.0.0.1:8053 or [::1]:53"),
        Broken(
            "IPv6 without brackets", "listen: { http: \"2001:db8:0:0:0:0:0:1:53\" }",
            #"n.yaml:1:17: listen.http "2001:db8:0:0:0:0:0:1:53" has an IPv6 address without brackets; "#
                + "use [2001:db8::1]:53"),
        Broken(
            "IPv4 in brackets", "listen: { http: \"[127.0.0.1]:53\" }",
            #"n.yaml:1:17: listen.http "[127.0.0.1]:53" has an IPv4 address in brackets; use 127.0.0.1:53"#),
        Broken(
            "a listener twice", "listen: { dns: [\"[::1]:53\", \"[0::1]:53\"] }",
            #"n.yaml:1:29: listen.dns[1] "[::1]:53" is listened on already; use each address once; the "#
                + "first is on line 1"),
        Broken(
            "one port for two things", "listen: { dns: \"[::1]:53\", http: \"[::1]:53\" }",
            #"n.yaml:1:34: listen.http "[::1]:53" is listened on for DNS already; use another port"#),
        Broken(
            "no listener", "listen: { dns: [] }",
            #"n.yaml:1:16: listen.dns has no address; use ["127.0.0.1:5300"]"#),
        Broken(
            "an unknown key in listeners", "listen: { htpp: x }",
            #"n.yaml:1:11: listen.htpp is not a key that exists here: did you mean "http"?"#),
        Broken(
            "TLS without its certificate", "listen: { tls: { address: \"[::1]:853\", key: k } }",
            "n.yaml:1:11: listen.tls has no certificate; use certificate: a PEM file"),
        Broken(
            "a port for TLS that HTTPS has",
            "listen: { tls: { address: \"[::1]:853\", certificate: c, key: k }, "
                + "https: { address: \"[::1]:853\", certificate: c, key: k } }",
            #"n.yaml:1:84: listen.https.address "[::1]:853" is listened on already; use another port; "#
                + "the first is on line 1"),
        Broken(
            "a path that is none",
            "listen: { https: { address: \"[::1]:443\", certificate: c, key: k, path: dns?query } }",
            #"n.yaml:1:72: listen.https.path "dns?query" is not a path of a URL; "#
                + "use /dns-query, say: a / and no ?, # or space"),
    ]

    static let zones = [
        Broken(
            "a file that is missing", "zones: [{ name: example.test, file: absent.zone }]",
            #"n.yaml:1:37: zones[0].file "absent.zone" cannot be read; use a zone file of at "#
                + "most 4 GiB; its path begins at the folder of n.yaml"),
        Broken(
            "a file that is broken", "zones: [{ name: example.test, file: broken.zone }]",
            #"broken.zone:3:8: “300.1.1.1” is not a valid address; use an IPv4 address such as "#
                + "192.0.2.1"),
        Broken(
            "records that are broken",
            """
            zones:
              - name: example.test
                records: |
                  @ IN SOA ns1 hostmaster 1 3600 600 604800 60
                  @ IN NS ns1

                  a IN A 300.1.1.1
            """,
            #"n.yaml:7:14: “300.1.1.1” is not a valid address; use an IPv4 address such as "#
                + "192.0.2.1"),
        Broken(
            "records in a list that are broken",
            """
            zones:
              - name: example.test
                records:
                  - "@ IN SOA ns1 hostmaster 1 3600 600 604800 60"
                  - "@ IN NS ns1"
                  - "a IN A 300.1.1.1"
            """,
            #"n.yaml:6:9: “300.1.1.1” is not a valid address; use an IPv4 address such as 192.0.2.1"#),
        Broken(
            "folded records, whose lines are lost",
            """
            zones:
              - name: example.test
                records: >
                  @ IN NS ns1
                  a IN A 300.1.1.1
            """,
            #"n.yaml:3:14: “a” is too much for the NS record; use NS server"#),
        Broken(
            "no SOA record", "zones: [{ name: example.test, records: \"@ 900 IN NS ns1\" }]",
            "n.yaml:1:40: the zone example.test. has no SOA record; use @ SOA primary mailbox serial refresh retry expire minimum"
        ),
        Broken(
            "no name", "zones: [{ file: good.zone }]",
            "n.yaml:1:9: zones[0] has no name; use name: such as example.org, or list: with a file of zones"),
        Broken(
            "no records", "zones: [{ name: example.test }]",
            "n.yaml:1:9: zones[0] has neither file nor records; use file: example.test.zone, or records: "
                + "with the records below it"),
        Broken(
            "both", "zones: [{ name: example.test, file: good.zone, records: a }]",
            "n.yaml:1:48: zones[0].records stands beside file; use one of the two"),
        Broken(
            "not a domain name", "zones: [{ name: example..test, file: good.zone }]",
            #"n.yaml:1:17: zones[0].name "example..test" is not a domain name: the name “example..test” "#
                + "has an empty label; use one dot between labels, and a label before each dot"),
        Broken(
            "a name that stands for another", "zones: [{ name: \"@\", file: good.zone }]",
            #"n.yaml:1:17: zones[0].name "@" stands for no name here; use a name such as www.example.org"#),
        Broken(
            "a zone twice",
            "zones:\n  - { name: example.test, file: good.zone }\n  - { name: EXAMPLE.test., file: good.zone }",
            #"n.yaml:3:13: zones[1].name "EXAMPLE.test." is a zone already; use each zone once"#),
        Broken(
            "an unknown key in zones", "zones: [{ name: example.test, flie: good.zone }]",
            #"n.yaml:1:31: zones[0].flie is not a key that exists here: did you mean "file"?"#),
        Broken(
            "a zone that is a word", "zones: [example.test]",
            #"n.yaml:1:9: zones[0] "example.test" is not a section; use lines of KEY: VALUE"#),
    ]

    static let policies = [
        Broken(
            "not a duration", "policies: { q: { interval: 10 } }",
            #"n.yaml:1:28: policies.q.interval "10" is not a duration; use a number with a unit: 200ms, "#
                + "1s, 5m, 1h30m"),
        Broken(
            "an unknown unit", "policies: { q: { interval: 10sec } }",
            #"n.yaml:1:28: policies.q.interval "10sec" is not a duration; use a number with a unit: "#
                + "200ms, 1s, 5m, 1h30m"),
        Broken(
            "an interval out of range", "policies: { q: { interval: 10ms } }",
            #"n.yaml:1:28: policies.q.interval "10ms" is out of range; use 100ms…1d"#),
        Broken(
            "a timeout as long as the interval", "policies: { q: { interval: 1s, timeout: 1s } }",
            #"n.yaml:1:41: policies.q.timeout "1s" is not below the interval; use less than 1s"#),
        Broken(
            "a timeout beyond the default interval", "policies: { q: { timeout: 1m30s } }",
            #"n.yaml:1:27: policies.q.timeout "1m30s" is not below the interval; use less than 10s"#),
        Broken(
            "a recheck longer than the interval", "policies: { q: { interval: 1s, recheck: 2s } }",
            #"n.yaml:1:41: policies.q.recheck "2s" is longer than the interval; use at most 1s"#),
        Broken(
            "fall out of range", "policies: { q: { fall: 101 } }",
            #"n.yaml:1:24: policies.q.fall "101" is out of range; use 1…100"#),
        Broken(
            "rise out of range", "policies: { q: { rise: 0 } }",
            #"n.yaml:1:24: policies.q.rise "0" is out of range; use 1…100"#),
        Broken(
            "not a whole number", "policies: { q: { forget: 1.5 } }",
            #"n.yaml:1:26: policies.q.forget "1.5" is not a whole number; use 1…100"#),
        Broken(
            "no value", "policies: { q: { fall: } }",
            "n.yaml:1:24: policies.q.fall has no value; use one value"),
        Broken(
            "an unknown key in policies", "policies: { q: { intervall: 1s } }",
            #"n.yaml:1:18: policies.q.intervall is not a key that exists here: did you mean "interval"?"#),
        Broken(
            "a policy that is a word", "policies: { q: fast }",
            #"n.yaml:1:16: policies.q "fast" is not a section; use lines of KEY: VALUE"#),
    ]

    /// Every method, as an error lists them.
    private static let methods = CheckMethod.all.map { $0.method }.joined(separator: ", ")

    static let indicators = [
        Broken(
            "a kind of address that nobody knows", "checks: { forbid: [private, local] }",
            "n.yaml:1:29: checks.forbid[1] \"local\" is nothing that can be forbidden; use private, link-local, programs, "
                + "or ADDRESS/LENGTH"),
        Broken(
            "a check of what is forbidden",
            "checks: { forbid: private }\nindicators: { a: { check: tcp, host: 10.0.0.1, port: 80 } }",
            "n.yaml:2:38: indicators.a.host \"10.0.0.1\" is an address that checks are kept from; use one that "
                + "checks.forbid does not have"),
        Broken(
            "no check", "indicators:\n  a: { policy: fast }",
            "n.yaml:2:3: indicators.a has no check; use check: with one of \(methods)"),
        Broken(
            "a check misspelt", "indicators:\n  a: { check: http-gerp, url: \"http://192.0.2.1/\" }",
            #"n.yaml:2:15: indicators.a.check "http-gerp" is not a check method: did you mean "http-grep"?"#),
        Broken(
            "a check that is none", "indicators:\n  a: { check: smoke }",
            #"n.yaml:2:15: indicators.a.check "smoke" is not a check method; use one of "# + methods),
        Broken(
            "an argument misspelt", "indicators:\n  a: { check: tcp, host: 192.0.2.1, prot: 80 }",
            "n.yaml:2:3: indicators.a.port is missing; use a whole number from 1 to 65535",
            #"n.yaml:2:37: indicators.a.prot is not an argument of tcp: did you mean "port"?"#),
        Broken(
            "a key of its own misspelt", "indicators:\n  a: { check: tcp, host: 192.0.2.1, port: 80, polcy: fast }",
            #"n.yaml:2:47: indicators.a.polcy is not an argument of tcp: did you mean "policy"?"#),
        Broken(
            "an argument missing", "indicators:\n  a: { check: tcp, host: 192.0.2.1 }",
            "n.yaml:2:3: indicators.a.port is missing; use a whole number from 1 to 65535"),
        Broken(
            "an argument out of range", "indicators:\n  a:\n    check: tcp\n    host: h\n    port: 99999",
            #"n.yaml:5:11: indicators.a.port "99999" is out of range; use a whole number from 1 to 65535"#),
        Broken(
            "an argument that is a list", "indicators:\n  a: { check: tcp, host: [192.0.2.1], port: 80 }",
            "n.yaml:2:20: indicators.a.host is not a single value; use one value"),
        Broken(
            "a bad option",
            "indicators:\n  a:\n    check: tcp\n    host: h\n    port: 1\n    options: adr=192.0.2.1",
            #"n.yaml:6:14: indicators.a.adr is not an argument of tcp: did you mean "addr"?"#),
        Broken(
            "an option's value", "indicators:\n  a: { check: tcp, host: h, port: 1, options: addr=not/ok }",
            #"n.yaml:2:47: indicators.a.addr "not/ok" is not a host name; use an IPv4 address, an IPv6 "#
                + "address or a host name"),
        Broken(
            "an unknown policy", "indicators:\n  a: { check: tcp, host: h, port: 1, policy: defualt }",
            #"n.yaml:2:46: indicators.a.policy "defualt" is not a policy: did you mean "default"?"#),
        Broken(
            "neither on nor off", "indicators:\n  a: { check: tcp, host: h, port: 1, disabled: maybe }",
            #"n.yaml:2:48: indicators.a.disabled "maybe" is neither on nor off; use on or off"#),
    ]
}
