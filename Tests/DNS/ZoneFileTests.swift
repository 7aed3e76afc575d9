import DNS
import Testing

private let apex = Name(validWire: [7] + "example".utf8 + [3] + "org".utf8 + [0])
private let head = "@ 3600 SOA ns.test. host.test. 1 2 3 4 5\n@ 3600 NS ns.test.\n"
private let printedHead =
    "example.org. 3600 IN SOA ns.test. host.test. 1 2 3 4 5\nexample.org. 3600 IN NS ns.test.\n"

@Suite struct ZoneFileTests {
    @Test func `a plain zone is read`() throws {
        let zone = try ZoneFile.parse(
            """
            $TTL 1h
            @   IN SOA ns1 hostmaster.example.org. (
                    2024010101 ; serial
                    3600 900 1w 5m )
                900 NS ns1
                900 IN NS ns2.example.net.
            ns1 A 192.0.2.53
                AAAA 2001:db8::53
            www CNAME cat ; follows the cat
            cat 30 A 192.0.2.1
            cat 30 A 192.0.2.2
            @ MX 10 mail
            txt TXT "two words" one\\ word "a;b(c)\\"" ""
            """, file: "example.org.zone", origin: apex
        ).get()
        #expect(
            zone.canonicalText == #"""
                example.org. 3600 IN SOA ns1.example.org. hostmaster.example.org. 2024010101 3600 900 604800 300
                example.org. 900 IN NS ns1.example.org.
                example.org. 900 IN NS ns2.example.net.
                example.org. 3600 IN MX 10 mail.example.org.
                cat.example.org. 30 IN A 192.0.2.1
                cat.example.org. 30 IN A 192.0.2.2
                ns1.example.org. 3600 IN A 192.0.2.53
                ns1.example.org. 3600 IN AAAA 2001:db8::53
                txt.example.org. 3600 IN TXT "two words" "one word" "a;b(c)\"" ""
                www.example.org. 3600 IN CNAME cat.example.org.

                """#)
    }

    @Test(
        arguments: [
            ("a 1 IN A 192.0.2.1", "a.example.org. 1 IN A 192.0.2.1"),
            ("a IN 1 A 192.0.2.1", "a.example.org. 1 IN A 192.0.2.1"),  // class and TTL in any order
            ("a 1h in a 192.0.2.1", "a.example.org. 3600 IN A 192.0.2.1"),
            ("a class1 1 type1 192.0.2.1", "a.example.org. 1 IN A 192.0.2.1"),
            ("a 1 A \\# 4 c0000201", "a.example.org. 1 IN A 192.0.2.1"),
            ("a\t1\tA\t192.0.2.1\r", "a.example.org. 1 IN A 192.0.2.1"),  // tabs, and the line ends of other systems
            ("a 1 A 192.0.2.1;comment", "a.example.org. 1 IN A 192.0.2.1"),
            ("a 1 A ( 192.0.2.1\n ; here too (\n\n)", "a.example.org. 1 IN A 192.0.2.1"),
            ("a ( 1 ( A ) ) 192.0.2.1", "a.example.org. 1 IN A 192.0.2.1"),  // parentheses may nest
            ("(a 1 A 192.0.2.1)", "a.example.org. 1 IN A 192.0.2.1"),
            ("a. 1 A 192.0.2.1\n$ORIGIN b\na. 1 A 192.0.2.2", nil),  // outside
            ("$ORIGIN b\na 1 A 192.0.2.2", "a.b.example.org. 1 IN A 192.0.2.2"),
            ("$ORIGIN b\n$ORIGIN c\n@ 1 A 192.0.2.2", "c.b.example.org. 1 IN A 192.0.2.2"),
            ("$origin c.example.org.\n@ 1 NS @", "c.example.org. 1 IN NS c.example.org."),
            ("$TTL 7\na A 192.0.2.1", "a.example.org. 7 IN A 192.0.2.1"),
            ("$TTL 7\nA A 192.0.2.1", "a.example.org. 7 IN A 192.0.2.1"),  // a name that looks like a type
            ("a.\\$b 1 A 192.0.2.1", "a.\\$b.example.org. 1 IN A 192.0.2.1"),
            ("\\@ 1 A 192.0.2.1", "\\@.example.org. 1 IN A 192.0.2.1"),
            ("a 1 TXT a\\;b \";\" (\n\"(\" )", "a.example.org. 1 IN TXT \"a;b\" \";\" \"(\""),
            ("a 1 TXT \"a\"\"b\"c", "a.example.org. 1 IN TXT \"a\" \"b\" \"c\""),  // quotes end words
            ("a 1 SVCB 1 . alpn=\"h2\" key9=\"a b\"", "a.example.org. 1 IN SVCB 1 . alpn=\"h2\" key9=\"a b\""),
            ("a 1 TXT v=\"x y\"", "a.example.org. 1 IN TXT \"v=\" \"x y\""),  // but not in a parameter
            ("*.w 1 A 192.0.2.1", "*.w.example.org. 1 IN A 192.0.2.1"),
            ("a 1 TYPE65280 \\# 2 abcd", "a.example.org. 1 IN TYPE65280 \\# 2 ABCD"),
            ("a 1 A 192.0.2.1\na 1 A 192.0.2.1", "a.example.org. 1 IN A 192.0.2.1"),  // a duplicate is merged
            ("a 1 NS b\nA 1 NS B", "a.example.org. 1 IN NS b.example.org."),  // also without case
            (
                "a 5 A 192.0.2.1\nb 1 A 192.0.2.1\na 3 A 192.0.2.2",
                "a.example.org. 3 IN A 192.0.2.1\na.example.org. 3 IN A 192.0.2.2\nb.example.org. 1 IN A 192.0.2.1"
            ),
            ("a 1 A 192.0.2.1", "a.example.org. 1 IN A 192.0.2.1"),
            ("$TTL 7\na 1 A 192.0.2.1\na AAAA ::1", "a.example.org. 1 IN A 192.0.2.1\na.example.org. 7 IN AAAA ::1"),
        ] as [(String, String?)])
    func `every notation of RFC 1035 is understood`(text: String, printed: String?) {
        let result = ZoneFile.parse(head + text, file: "z", origin: apex)
        #expect((try? result.get().canonicalText) == printed.map { printedHead + $0 + "\n" })
    }

    @Test
    func `the TTL that is not written is $TTL, or the minimum of a SOA record without one, else the last one written`()
        throws
    {
        func ttls(_ text: String, defaultTTL: TTL? = nil) throws -> [UInt32] {
            try ZoneFile.parse(text, file: "z", origin: apex, defaultTTL: defaultTTL).get().rrsets.map(\.ttlSeconds)
        }
        let soa = "SOA a. b. 1 2 3 4 55\n"
        #expect(try ttls("@ \(soa) NS a.\na A 192.0.2.1") == [55, 55, 55])
        #expect(try ttls("@ 9 \(soa) NS a.\na 8 A 192.0.2.1\nb A 192.0.2.1") == [9, 9, 8, 8])
        #expect(try ttls("@ \(soa) NS a.\na 8 A 192.0.2.1\nb A 192.0.2.1") == [55, 55, 8, 55])
        #expect(try ttls("$TTL 7\n@ 9 \(soa) NS a.\n$TTL 6\na A 192.0.2.1\nb A 192.0.2.1") == [9, 7, 6, 6])
        #expect(try ttls("@ \(soa) NS a.\n", defaultTTL: TTL(seconds: 900)) == [900, 900])
    }

    @Test func `an included file has its own origin, and leaves ours and the owner alone`() throws {
        let files = [
            "plain": "a 1 A 192.0.2.1\n$ORIGIN gone\nb 1 A 192.0.2.2",
            "below": "@ 1 A 192.0.2.3\n$INCLUDE \"plain\"\n 1 AAAA ::3",
        ]
        let text = """
            \(head)x 1 A 192.0.2.9
            $INCLUDE plain
              1 AAAA ::9
            $INCLUDE below sub ; with an origin
            y 1 A 192.0.2.8
            """
        let zone = ZoneFile.parse(text, file: "z", origin: apex, include: { files[$0].map { Array($0.utf8) } })
        #expect(
            try Set(zone.get().rrsets.dropFirst(2).map { "\($0.owner) \($0.type)" }) == [
                "x.example.org. A", "a.example.org. A", "b.gone.example.org. A", "x.example.org. AAAA",
                "sub.example.org. A", "a.sub.example.org. A", "b.gone.sub.example.org. A", "sub.example.org. AAAA",
                "y.example.org. A",
            ])
    }

    @Test(arguments: [
        ("1-3 h$ 1 A 192.0.2.$", ["h1 A 192.0.2.1", "h2 A 192.0.2.2", "h3 A 192.0.2.3"]),
        ("0-4/2 $ 1 CNAME h${1}", ["0 CNAME h1", "2 CNAME h3", "4 CNAME h5"]),
        ("9-10 h${0,3} 1 CNAME h${-9,3,d}", ["h009 CNAME h000", "h010 CNAME h001"]),
        ("254-255 h${0,4,x} 1 CNAME h${0,0,X}", ["h00fe CNAME hFE", "h00ff CNAME hFF"]),
        ("8-8 h${0,3,o} 1 CNAME x", ["h010 CNAME x"]),
        ("18-18 ${0,7,n}.r 1 CNAME ${0,0,N}", ["2.1.0.0.r CNAME 2.1"]),
        ("171-171 ${0,1,N} 1 CNAME x", ["B.A CNAME x"]),
        ("1-1 h 1 TXT \\$ $$ \"$ ${1}\"", ["h TXT \"$\" \"$\" \"1 2\""]),
        ("1-1 s 1 SVCB $ . alpn=\"h$\"", ["s SVCB 1 . alpn=h1"]),
        ("1-2 @ 1 IN MX $ h$", ["@ MX 1 h1", "@ MX 2 h2"]),
        // All of the data as one word in quotes, as BIND wants it.
        ("1-2 h$ 1 IN MX \"$0 h$\"", ["h1 MX 10 h1", "h2 MX 20 h2"]),
        ("1-1 h 1 TXT \"two words\"", ["h TXT two words"]),
        ("1-1 h 1 TXT \"\\\"one $\\\" word\\\\\"", ["h TXT \"one 1\" word\\\\"]),
        // Below zero: a sign, or 32 bits.
        ("1-2 h${-3} 1 TXT ${-3,4}", ["h-2 TXT -002", "h-1 TXT -001"]),
        ("1-1 h 1 TXT ${-3,0,x} ${-3,0,o} ${-3,0,N}", ["h TXT fffffffe 37777777776 E.F.F.F.F.F.F.F"]),
    ])
    func `a $GENERATE directive makes a record of each number`(directive: String, records: [String]) throws {
        let generated = try ZoneFile.parse(head + "$GENERATE " + directive, file: "z", origin: apex).get()
        let written = try ZoneFile.parse(
            head + "$TTL 1\n" + records.joined(separator: "\n"), file: "z", origin: apex
        ).get()
        #expect(generated.canonicalText == written.canonicalText)
    }

    @Test func `a zone that is printed is read as the same zone`() throws {
        let text =
            head + ##"""
                $TTL 60
                a\.b TXT "\000\255\"" "" (
                     "x" )
                w\ x LOC 52 22 23 N 4 53 32 E -2m
                s SVCB 1 . alpn="a\\\\b,c"
                t TYPE999 \# 2 0102
                n NAPTR 1 1 "" "" "!^(.*)$!\\1!" .
                """##
        let zone = try ZoneFile.parse(text, file: "z", origin: apex).get()
        let again = try ZoneFile.parse(zone.canonicalText, file: "z", origin: apex).get()
        #expect(again.rrsets.count == 7)
        #expect(Set(again.rrsets) == Set(zone.rrsets))
    }

    @Test func `records written one by one make a zone, and one alone a record`() throws {
        let zone = try ZoneFile.parse(
            records: ["@ SOA a. b. 1 2 3 4 5", "@ NS a.", "www 300 IN CNAME cat"], file: "c.yaml", origin: apex
        ).get()
        #expect(zone.canonicalText.hasSuffix("www.example.org. 300 IN CNAME cat.example.org.\n"))
        let record = try ZoneFile.parseRecord("www 300 IN CNAME cat", origin: apex).get()
        #expect(record.description == "www.example.org. 300 IN CNAME cat.example.org.")
        #expect(
            try ZoneFile.parseRecord("www A 192.0.2.1", origin: apex, defaultTTL: TTL("15m")).get().ttlSeconds == 900)
    }

    @Test(arguments: [
        ("www CNAME", "record:1:10: the CNAME record has no target; expected CNAME target"),
        ("", "record:1:1: the record has no type; expected owner [ttl] [class] type data"),
        (
            "a 1 A 192.0.2.1\nb 1 A 192.0.2.1",
            "record:1:1: the record has no type; expected owner [ttl] [class] type data"
        ),
    ])
    func `what is not one record is refused`(text: String, message: String) {
        #expect(throws: (any Error).self) { try ZoneFile.parseRecord(text, origin: apex).get() }
        if case .failure(let error) = ZoneFile.parseRecord(text, origin: apex) {
            #expect(error.description == message)
        }
    }

    @Test func `the place of a record among others is its line`() {
        let result = ZoneFile.parse(
            records: ["@ 1 SOA a. b. 1 2 3 4 5", "@ 1 NS a.", "www 1 A 192.0.2.1 x"], file: "c.yaml", origin: apex)
        #expect(throws: ZoneFileErrors.self) { try result.get() }
        if case .failure(let errors) = result {
            #expect(errors.description == "c.yaml:3:19: “x” is too much for the A record; expected A address")
        }
    }
}
