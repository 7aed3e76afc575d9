import Addresses
import DNS
import Testing

private let soa = "ns1 host 7 3600 600 86400 60"

/// A zone with one of everything, and neighbours to go astray to.
private func sample() throws -> Authority {
    let example = try zone(
        "example.test.",
        """
        @ 3600 SOA \(soa)
        @ 900 NS ns1
        @ 900 NS ns2
        @ 300 MX 10 mail
        ns1 900 A 192.0.2.1
        ns2 900 A 192.0.2.2
        ns2 900 AAAA 2001:db8::2
        mail 300 A 192.0.2.25
        Host 300 A 192.0.2.10
        host 300 AAAA 2001:db8::10
        www 300 CNAME cat
        far 300 CNAME www.example.org.
        other 300 CNAME host.other.test.
        gone 300 CNAME nowhere
        loop1 300 CNAME loop2
        loop2 300 CNAME loop1
        self 300 CNAME self
        *.spin 300 CNAME *.spin
        *.turn 300 CNAME a.turn
        todeleg 300 CNAME x.sub
        a.b.c 300 A 192.0.2.30
        *.wild 300 A 192.0.2.40
        *.wild 300 TXT star
        known.wild 300 TXT here
        deep.er.wild 300 TXT there
        *.alias 300 CNAME host
        sub 300 NS ns.sub
        sub 300 NS ns1
        ns.sub 300 A 192.0.2.50
        sub 300 DS digest
        under.sub 300 A 192.0.2.51
        outside 300 NS ns.example.org.
        old 300 DNAME new
        below.old 300 A 192.0.2.60
        x.new 300 A 192.0.2.61
        long 300 DNAME \(String(repeating: "abcdefghi.", count: 22))example.org.
        cat 300 A 192.0.2.99
        cat 300 TXT meow
        """)
    let other = try zone(
        "other.test.",
        """
        @ 3600 SOA ns.example.org. host.example.org. 1 2 3 4 30
        @ 900 NS ns.example.org.
        host 300 A 198.51.100.1
        """)
    let nested = try zone(
        "in.example.test.",
        """
        @ 3600 SOA ns host 9 2 3 4 5
        @ 900 NS ns
        ns 900 A 192.0.2.70
        a 300 A 192.0.2.71
        """)
    return try Authority(
        [example, other, nested],
        dynamic: [
            (
                "cat.example.test.",
                DynamicAnswer(
                    .addresses(
                        v4: [IPv4Address(bits: 0xCB00_7101), IPv4Address(bits: 0xCB00_7102)],
                        v6: [IPv6Address(bits: 0x2001_0db8 << 96 | 0xCA)]))
            ),
            (
                "v4.example.test.",
                DynamicAnswer(.addresses(v4: [IPv4Address(bits: 0xCB00_7103)], v6: []), ttlSeconds: 5)
            ),
            ("empty.example.test.", DynamicAnswer(.nodata)),
            (
                "failed.example.test.",
                DynamicAnswer(.servfail, extendedError: ExtendedError(code: 22, text: "all members are down"))
            ),
            ("new.example.test.", nil),
        ])
}

private let nameServers = ["ns @ 900 NS ns1", "ns @ 900 NS ns2"]
private let glue = ["ar ns1 900 A 192.0.2.1", "ar ns2 900 A 192.0.2.2", "ar ns2 900 AAAA 2001:db8::2"]
private let denial = ["ns @ 60 SOA ns1 host 7 3600 600 86400 60"]
private let nested = ["ns in 900 NS ns.in", "ar ns.in 900 A 192.0.2.70"]
private let nestedDenial = ["ns in 5 SOA ns.in host.in 9 2 3 4 5"]
private let cats = ["an cat 30 A 203.0.113.1", "an cat 30 A 203.0.113.2"]

@Suite struct AnswerTests {
    @Test(
        arguments: [
            // Names that are there.
            ("host.example.test A", ["NOERROR aa rd", "an host 300 A 192.0.2.10"] + nameServers + glue),
            ("host.example.test AAAA", ["NOERROR aa rd", "an host 300 AAAA 2001:db8::10"] + nameServers + glue),
            ("HoSt.eXample.TEST A", ["NOERROR aa rd", "an HoSt.eXample.TEST. 300 A 192.0.2.10"] + []),
            ("example.test MX", ["NOERROR aa rd", "an @ 300 MX 10 mail"] + nameServers + glue),
            // The SOA as itself has its own TTL, not the negative one.
            ("example.test SOA", ["NOERROR aa rd", "an @ 3600 SOA ns1 host 7 3600 600 86400 60"] + nameServers + glue),
            // The name servers are the answer, so they are not said twice.
            ("example.test NS", ["NOERROR aa rd", "an @ 900 NS ns1", "an @ 900 NS ns2"] + glue),
            // Nothing of that type, nothing of that name, nothing at a name that others hang from.
            ("host.example.test TXT", ["NOERROR aa rd"] + denial),
            ("nowhere.example.test A", ["NXDOMAIN aa rd"] + denial),
            ("x.y.z.host.example.test A", ["NXDOMAIN aa rd"] + denial),
            ("b.c.example.test A", ["NOERROR aa rd"] + denial),
            ("c.example.test A", ["NOERROR aa rd"] + denial),
            ("x.c.example.test A", ["NXDOMAIN aa rd"] + denial),
            // Not ours: not even the parent.
            ("example.org A", ["REFUSED rd"]),
            ("test A", ["REFUSED rd"]),
            (". NS", ["REFUSED rd"]),
            // Wildcards (RFC 4592): what exists is not covered, nor what lies below it.
            ("x.wild.example.test A", ["NOERROR aa rd", "an x.wild 300 A 192.0.2.40"] + nameServers + glue),
            ("x.y.wild.example.test A", ["NOERROR aa rd", "an x.y.wild 300 A 192.0.2.40"] + nameServers + glue),
            ("x.wild.example.test AAAA", ["NOERROR aa rd"] + denial),
            ("known.wild.example.test A", ["NOERROR aa rd"] + denial),
            ("x.known.wild.example.test A", ["NXDOMAIN aa rd"] + denial),
            ("er.wild.example.test A", ["NOERROR aa rd"] + denial),
            ("x.er.wild.example.test A", ["NXDOMAIN aa rd"] + denial),
            ("wild.example.test A", ["NOERROR aa rd"] + denial),
            ("*.wild.example.test A", ["NOERROR aa rd", #"an *.wild 300 A 192.0.2.40"#] + nameServers + glue),
            ("x.*.wild.example.test A", ["NXDOMAIN aa rd"] + denial),
            (
                "x.alias.example.test A",
                ["NOERROR aa rd", "an x.alias 300 CNAME host", "an host 300 A 192.0.2.10"] + nameServers + glue
            ),
            // Aliases: inside, into another zone of ours, out of our hands, to nothing, in circles.
            ("www.example.test A", ["NOERROR aa rd", "an www 300 CNAME cat"] + cats + nameServers + glue),
            ("www.example.test CNAME", ["NOERROR aa rd", "an www 300 CNAME cat"] + nameServers + glue),
            (
                "other.example.test A",
                [
                    "NOERROR aa rd", "an other 300 CNAME host.other.test.", "an host.other.test. 300 A 198.51.100.1",
                    "ns other.test. 900 NS ns.example.org.",
                ]
            ),
            ("far.example.test A", ["NOERROR aa rd", "an far 300 CNAME www.example.org."]),
            ("gone.example.test A", ["NXDOMAIN aa rd", "an gone 300 CNAME nowhere"] + denial),
            ("www.example.test SRV", ["NOERROR aa rd", "an www 300 CNAME cat"] + denial),
            ("loop1.example.test A", ["NOERROR aa rd", "an loop1 300 CNAME loop2", "an loop2 300 CNAME loop1"]),
            ("self.example.test A", ["NOERROR aa rd", "an self 300 CNAME self"]),
            // A wildcard's alias is another one for each name.
            ("x.spin.example.test A", ["NOERROR aa rd", "an x.spin 300 CNAME *.spin", "an *.spin 300 CNAME *.spin"]),
            ("x.turn.example.test A", ["NOERROR aa rd", "an x.turn 300 CNAME a.turn", "an a.turn 300 CNAME a.turn"]),
            // Redirections (RFC 6672): the name itself stays, all below moves, what stood there is occluded.
            (
                "x.old.example.test A",
                [
                    "NOERROR aa rd", "an old 300 DNAME new", "an x.old 300 CNAME x.new", "an x.new 300 A 192.0.2.61",
                ] + nameServers + glue
            ),
            (
                "below.old.example.test A",
                ["NXDOMAIN aa rd", "an old 300 DNAME new", "an below.old 300 CNAME below.new"] + denial
            ),
            ("old.example.test A", ["NOERROR aa rd"] + denial),
            ("old.example.test DNAME", ["NOERROR aa rd", "an old 300 DNAME new"] + nameServers + glue),
            (
                "x.old.example.test CNAME",
                ["NOERROR aa rd", "an old 300 DNAME new", "an x.old 300 CNAME x.new"] + nameServers + glue
            ),
            // Delegations: not authoritative, indispensable glue first.
            (
                "sub.example.test A",
                [
                    "NOERROR rd", "ns sub 300 NS ns.sub", "ns sub 300 NS ns1", "ar ns.sub 300 A 192.0.2.50",
                    "ar ns1 900 A 192.0.2.1",
                ]
            ),
            (
                "under.sub.example.test A",
                [
                    "NOERROR rd", "ns sub 300 NS ns.sub", "ns sub 300 NS ns1", "ar ns.sub 300 A 192.0.2.50",
                    "ar ns1 900 A 192.0.2.1",
                ]
            ),
            ("x.outside.example.test A", ["NOERROR rd", "ns outside 300 NS ns.example.org."]),
            ("outside.example.test NS", ["NOERROR rd", "ns outside 300 NS ns.example.org."]),
            // DS belongs above the cut (RFC 4035 §3.1.4.1).
            ("sub.example.test DS", ["NOERROR aa rd", "an sub 300 DS digest"] + nameServers + glue),
            ("outside.example.test DS", ["NOERROR aa rd"] + denial),
            (
                "todeleg.example.test A",
                [
                    "NOERROR aa rd", "an todeleg 300 CNAME x.sub", "ns sub 300 NS ns.sub", "ns sub 300 NS ns1",
                    "ar ns.sub 300 A 192.0.2.50", "ar ns1 900 A 192.0.2.1",
                ]
            ),
            // A zone inside a zone: the longest apex answers, but for DS.
            ("a.in.example.test A", ["NOERROR aa rd", "an a.in 300 A 192.0.2.71"] + nested),
            ("in.example.test A", ["NOERROR aa rd"] + nestedDenial),
            ("x.in.example.test A", ["NXDOMAIN aa rd"] + nestedDenial),
            ("in.example.test DS", ["NXDOMAIN aa rd"] + denial),
            // ANY gets one RRset (RFC 8482 §4.1).
            ("host.example.test ANY", ["NOERROR aa rd", "an host 300 A 192.0.2.10"] + nameServers + glue),
            ("c.example.test ANY", ["NOERROR aa rd"] + denial),
            ("www.example.test ANY", ["NOERROR aa rd", "an www 300 CNAME cat"] + nameServers + glue),
            // Dynamic names: addresses from the table (those in the zone are overruled), the rest from the zone.
            ("cat.example.test A", ["NOERROR aa rd"] + cats + nameServers + glue),
            ("cat.example.test AAAA", ["NOERROR aa rd", "an cat 30 AAAA 2001:db8::ca"] + nameServers + glue),
            ("cat.example.test TXT", ["NOERROR aa rd", "an cat 300 TXT meow"] + nameServers + glue),
            ("cat.example.test MX", ["NOERROR aa rd"] + denial),
            ("cat.example.test ANY", ["NOERROR aa rd"] + cats + nameServers + glue),
            ("v4.example.test A", ["NOERROR aa rd", "an v4 5 A 203.0.113.3"] + nameServers + glue),
            ("v4.example.test AAAA", ["NOERROR aa rd"] + denial),
            ("empty.example.test A", ["NOERROR aa rd"] + denial),
            ("empty.example.test ANY", ["NOERROR aa rd"] + denial),
            ("failed.example.test A", ["SERVFAIL rd"]),
            ("failed.example.test TXT", ["NOERROR aa rd"] + denial),
            ("new.example.test A", ["SERVFAIL rd"]),
            // Types that no zone can answer.
            ("example.test AXFR", ["REFUSED rd"]),
            ("example.test MAILB", ["NOTIMP rd"]),
            ("example.test TSIG", ["FORMERR rd"]),
            ("host.example.test TYPE65280", ["NOERROR aa rd"] + denial),
        ] as [(String, [String])])
    func `a question gets the whole of its answer`(question: String, expected: [String]) throws {
        var lines = try sample().ask(question)
        if question.contains("HoSt") { lines = Array(lines.prefix(2)) }
        #expect(lines == expected)
    }

    @Test func `an appliance's answer: two addresses, two name servers, two addresses of theirs and OPT`() throws {
        let zone = try zone(
            "example.test.",
            """
            @ 3600 SOA \(soa)
            @ 900 NS ns1
            @ 900 NS ns2
            ns1 900 A 192.0.2.1
            ns2 900 A 192.0.2.2
            """)
        let addresses = [IPv4Address(bits: 0x7F00_000B), IPv4Address(bits: 0x7F00_000C)]
        let authority = try Authority(
            [zone], dynamic: [("cat.example.test.", DynamicAnswer(.addresses(v4: addresses, v6: [])))])
        #expect(
            try authority.ask("cat.example.test A", .edns) == [
                "NOERROR aa rd",
                "an cat 30 A 127.0.0.11",
                "an cat 30 A 127.0.0.12",
                "ns @ 900 NS ns1",
                "ns @ 900 NS ns2",
                "ar ns1 900 A 192.0.2.1",
                "ar ns2 900 A 192.0.2.2",
                "ar OPT size 1232",
            ])
    }

    @Test func `a redirection to a name that is too long says YXDOMAIN`() throws {
        let longest = String(repeating: "b", count: 30)
        let lines = try sample().ask("\(longest).long.example.test A", .tcp)
        #expect(lines.first == "YXDOMAIN aa rd")
        #expect(lines.count == 2)
    }

    @Test func `the root can be a zone, with top-level domains delegated from it`() throws {
        let root = try zone(
            ".",
            """
            . 3600 SOA a.root. nobody. 1 2 3 4 5
            . 900 NS a.root.
            a.root. 900 A 192.0.2.1
            com. 300 NS ns.com.
            ns.com. 300 A 192.0.2.9
            """)
        let authority = try Authority([root])
        #expect(
            try authority.ask(". NS") == ["NOERROR aa rd", "an . 900 NS a.root.", "ar a.root. 900 A 192.0.2.1"])
        #expect(
            try authority.ask("www.a.com A") == [
                "NOERROR rd", "ns com. 300 NS ns.com.", "ar ns.com. 300 A 192.0.2.9",
            ])
        #expect(try authority.ask("org A") == ["NXDOMAIN aa rd", "ns . 5 SOA a.root. nobody. 1 2 3 4 5"])
    }

    @Test func `a name of 255 octets in labels of 63 is found and denied`() throws {
        let label = String(repeating: "x", count: 63)
        let longest = "\(label).\(label).\(label).\(String(repeating: "y", count: 48)).example.test."
        let authority = try Authority([
            zone("example.test.", "@ 9 SOA \(soa)\n@ 9 NS ns.example.org.\n\(longest) 9 A 192.0.2.1")
        ])
        #expect(try Name(longest).wire.count == 255)
        #expect(try authority.ask("\(longest) A").contains { $0.hasSuffix("9 A 192.0.2.1") })
        #expect(try authority.ask("\(longest.replacing("y", with: "z")) A").first == "NXDOMAIN aa rd")
    }

    @Test func `the delegation in the zone above answers DS, even where both zones are ours`() throws {
        let above = try zone(
            "test.", "@ 9 SOA a. b. 1 2 3 4 5\n@ 9 NS a.\nexample 9 NS a.\nexample 9 DS digest\nx.example 9 A 192.0.2.1"
        )
        let below = try zone("example.test.", "@ 9 SOA a. b. 1 2 3 4 5\n@ 9 NS a.")
        let authority = try Authority([above, below])
        #expect(try authority.ask("example.test DS") == ["NOERROR aa rd", "an @ 9 DS digest", "ns test. 9 NS a."])
        #expect(try authority.ask("example.test NS") == ["NOERROR aa rd", "an @ 9 NS a."])
        // What the zone above holds below the cut is not ours to answer with.
        #expect(try authority.ask("x.example.test A").first == "NXDOMAIN aa rd")
    }
}
