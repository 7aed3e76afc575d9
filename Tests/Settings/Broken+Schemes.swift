extension Broken {
    // Schemes and their members.

    private static func scheme(_ rest: String, name: String = "web.example.test") -> String {
        """
        zones: [{ name: example.test, file: good.zone }]
        indicators: { a: { check: tcp, host: h, port: 1 }, b: { check: tcp, host: h, port: 2 } }
        schemes:
          \(name): { \(rest) }
        """
    }

    private static let member = "members: [{ indicator: a, value: 192.0.2.1 }]"

    static let schemes = [
        Broken(
            "a name outside of every zone", scheme(member, name: "web.example.org"),
            "n.yaml:4:3: schemes.web.example.org is in none of the zones; use a name in example.test, or "
                + "add its zone under zones:"),
        Broken(
            "not a name", scheme(member, name: "web..example.test"),
            #"n.yaml:4:3: schemes.web..example.test "web..example.test" is not a domain name: the name "#
                + "“web..example.test” has an empty label; use one dot between labels, and a label before each dot"),
        Broken(
            "a CNAME in its place", scheme(member, name: "old.example.test"),
            "n.yaml:4:3: schemes.old.example.test has a CNAME record in its zone; use a name without one "
                + "(RFC 1034 §3.6.2)"),
        Broken(
            "a delegated name", scheme(member, name: "www.sub.example.test"),
            "n.yaml:4:3: schemes.www.sub.example.test is below sub.example.test, which its zone "
                + "delegates; use a name that is not delegated"),
        Broken(
            "a name below a DNAME", scheme(member, name: "www.moved.example.test"),
            "n.yaml:4:3: schemes.www.moved.example.test is below moved.example.test, which has a DNAME "
                + "record; use a name outside of it (RFC 6672 §2.4)"),
        Broken(
            "a scheme twice, in other letters", scheme(member) + "\n  WEB.example.test.: { \(member) }",
            "n.yaml:5:3: schemes.WEB.example.test. is a scheme already: names compare without case and "
                + "final dot; use it once; the first is on line 4"),
        Broken(
            "an unknown provider", scheme("provider: cloudflare, " + member),
            #"n.yaml:4:33: schemes.web.example.test.provider "cloudflare" is not a provider; use local "#
                + "(our own DNS server)"),
        Broken(
            "a TTL out of range", scheme("ttl: 86401, " + member),
            #"n.yaml:4:28: schemes.web.example.test.ttl "86401" is out of range; use 1…86400"#),
        Broken(
            "a TTL with a unit", scheme("ttl: 30s, " + member),
            #"n.yaml:4:28: schemes.web.example.test.ttl "30s" is not a whole number; use 1…86400"#),
        Broken(
            "a floor above the TTL", scheme("ttl: 10, minimum-ttl: 11, " + member),
            #"n.yaml:4:45: schemes.web.example.test.minimum-ttl "11" is above the TTL; use at most 10"#),
        Broken(
            "an unknown failback", scheme("failback: never, " + member),
            #"n.yaml:4:33: schemes.web.example.test.failback "never" is not a failback rule; use "#
                + "immediate, manual, or a duration up to 1d such as 60s"),
        Broken(
            "a failback that is too long", scheme("failback: 25h, " + member),
            #"n.yaml:4:33: schemes.web.example.test.failback "25h" is not a failback rule; use immediate, "#
                + "manual, or a duration up to 1d such as 60s"),
        Broken(
            "an unknown all-down rule", scheme("all-down: panic, " + member),
            #"n.yaml:4:33: schemes.web.example.test.all-down "panic" is not an all-down rule; use hold, "#
                + #"primary, all, "sorry 192.0.2.1", nodata or servfail"#),
        Broken(
            "sorry without an address", scheme("all-down: sorry 192.0.2, " + member),
            #"n.yaml:4:33: schemes.web.example.test.all-down "sorry 192.0.2" has an address that is none; "#
                + #"use "sorry 192.0.2.1", several separated by commas"#),
        Broken(
            "an unknown answers rule", scheme("answers: two, " + member),
            #"n.yaml:4:32: schemes.web.example.test.answers "two" is neither all nor one; use all or one"#),
        Broken(
            "a switch that is none", scheme("mass-failure: 3, " + member),
            #"n.yaml:4:37: schemes.web.example.test.mass-failure "3" is neither on nor off; use on or off"#),
        Broken(
            "an unknown key in schemes", scheme("tll: 30, " + member),
            #"n.yaml:4:23: schemes.web.example.test.tll is not a key that exists here: did you mean "ttl"?"#),
    ]

    static let members = [
        Broken(
            "no members", scheme("ttl: 30"),
            "n.yaml:4:3: schemes.web.example.test has no members; use members: with at least one { "
                + "indicator: NAME, value: ADDRESS }"),
        Broken(
            "an empty list of members", scheme("members: []"),
            "n.yaml:4:23: schemes.web.example.test.members has no members; use members: with at least "
                + "one { indicator: NAME, value: ADDRESS }"),
        Broken(
            "a member without indicator", scheme("members: [{ value: 192.0.2.1 }]"),
            "n.yaml:4:33: schemes.web.example.test.members[0] has no indicator; use indicator: NAME, one "
                + "of those under indicators:"),
        Broken(
            "a member with an unknown indicator", scheme("members: [{ indicator: c, value: 192.0.2.1 }]"),
            #"n.yaml:4:46: schemes.web.example.test.members[0].indicator "c" is not an indicator; use one "#
                + "of a, b"),
        Broken(
            "a member without value", scheme("members: [{ indicator: a }]"),
            "n.yaml:4:33: schemes.web.example.test.members[0] has no value; use value: with an address "
                + "such as 192.0.2.1"),
        Broken(
            "a member with an empty list of values", scheme("members: [{ indicator: a, value: [] }]"),
            "n.yaml:4:49: schemes.web.example.test.members[0].value has no value; use value: with an "
                + "address such as 192.0.2.1"),
        Broken(
            "a value that is no address", scheme("members: [{ indicator: a, value: 192.0.2.256 }]"),
            #"n.yaml:4:56: schemes.web.example.test.members[0].value "192.0.2.256" is not an address; use "#
                + "an IPv4 or IPv6 address such as 192.0.2.1 or 2001:db8::1"),
        Broken(
            "a value with a port", scheme("members: [{ indicator: a, value: \"192.0.2.1:80\" }]"),
            #"n.yaml:4:56: schemes.web.example.test.members[0].value "192.0.2.1:80" is an address with a "#
                + "port; use the address alone: DNS knows no ports"),
        Broken(
            "a value twice", scheme("members: [{ indicator: a, value: [\"::1\", \"0::1\"] }]"),
            #"n.yaml:4:64: schemes.web.example.test.members[0].value[1] "0::1" stands twice; use each "#
                + "address once"),
        Broken(
            "an indicator twice",
            scheme("members: [{ indicator: a, value: 192.0.2.1 }, { indicator: a, value: 192.0.2.2, priority: 5 }]"),

            #"n.yaml:4:69: schemes.web.example.test.members[1] "a" is a member of this scheme already; "#
                + "use each indicator once, with all of its values: value: [ADDRESS, ADDRESS]"),
        Broken(
            "an unknown priority", scheme("members: [{ indicator: a, value: 192.0.2.1, priority: high }]"),
            #"n.yaml:4:77: schemes.web.example.test.members[0].priority "high" is not a priority; use "#
                + "1…1000 or primary, backup, 2nd-backup, 3rd-backup, disabled"),
        Broken(
            "a priority misspelt", scheme("members: [{ indicator: a, value: 192.0.2.1, priority: bakup }]"),
            #"n.yaml:4:77: schemes.web.example.test.members[0].priority "bakup" is not a priority: did "#
                + #"you mean "backup"?"#),
        Broken(
            "a priority out of range", scheme("members: [{ indicator: a, value: 192.0.2.1, priority: 1001 }]"),
            #"n.yaml:4:77: schemes.web.example.test.members[0].priority "1001" is not a priority; use "#
                + "1…1000 or primary, backup, 2nd-backup, 3rd-backup, disabled"),
        Broken(
            "an unknown key in members", scheme("members: [{ indicator: a, value: 192.0.2.1, weight: 2 }]"),
            "n.yaml:4:67: schemes.web.example.test.members[0].weight is not a key that exists here; use "
                + "one of indicator, value, priority"),
        Broken(
            "a member that is a word", scheme("members: [a]"),
            #"n.yaml:4:33: schemes.web.example.test.members[0] "a" is not a section; use lines of KEY: VALUE"#),
    ]
}
