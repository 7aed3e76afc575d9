import DNS
import Testing

@Suite struct ZoneFileTests {
    static let start = "@ 900 IN SOA ns1 hostmaster 1 3600 600 604800 60\n@ 900 IN NS ns1\n"

    private func parse(_ text: String, include: (String) -> String? = { _ in nil }) throws -> Result<
        Zone, ZoneFileErrors
    > {
        ZoneFile.parse(Self.start + text, file: "z", origin: try Name("example.test"), include: include)
    }

    /// The records besides SOA and NS, as canonical text with single spaces.
    private func records(_ text: String, include: (String) -> String? = { _ in nil }) throws -> [String] {
        try parse(text, include: include).get().canonicalText.split(separator: "\n").dropFirst(2)
            .map { $0.split(separator: "\t").joined(separator: " ") }
    }

    @Test(arguments: [
        ("a A 192.0.2.1", "a.example.test. 900 IN A 192.0.2.1"),  // the TTL of the record before
        ("a 60 IN AAAA 2001:DB8::1", "a.example.test. 60 IN AAAA 2001:db8::1"),
        ("a IN 1h30m CNAME b.example.org.", "a.example.test. 5400 IN CNAME b.example.org."),
        ("a 1 MX 10 mail", "a.example.test. 1 IN MX 10 mail.example.test."),
        ("a 1 TXT one \"two ; \\\"three\\\"\"", "a.example.test. 1 IN TXT \"one\" \"two ; \\\"three\\\"\""),
        ("a 1 SRV 0 5 443 @", "a.example.test. 1 IN SRV 0 5 443 example.test."),
        ("a 1 CAA 0 issue \"ca.example\"", "a.example.test. 1 IN CAA 0 \"issue\" \"ca.example\""),
        ("a 1 NAPTR 1 2 \"u\" \"sip\" \"\" .", "a.example.test. 1 IN NAPTR 1 2 \"u\" \"sip\" \"\" ."),
        ("a 1 TLSA 3 1 1 0aFF 00", "a.example.test. 1 IN TLSA 3 1 1 0AFF00"),
        ("a 1 SSHFP 4 2 ab", "a.example.test. 1 IN SSHFP 4 2 AB"),
        ("a 1 DS 1 13 2 abcd", "a.example.test. 1 IN DS 1 13 2 ABCD"),
        ("a 1 DNSKEY 257 3 13 Zm9v YmE=", "a.example.test. 1 IN DNSKEY 257 3 13 Zm9vYmE="),
        ("a 1 NSEC b A TYPE65280 MX", "a.example.test. 1 IN NSEC b.example.test. A MX TYPE65280"),
        (
            "a 1 NSEC3 1 0 0 - 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom A",
            "a.example.test. 1 IN NSEC3 1 0 0 - 0P9MHAVEQVM6T7VBL5LOP2U3T2RP3TOM A"
        ),
        ("a 1 URI 1 2 \"http://x/\"", "a.example.test. 1 IN URI 1 2 \"http://x/\""),
        ("a 1 TYPE65280 \\# 3 01 02ff", "a.example.test. 1 IN TYPE65280 \\# 3 0102FF"),
        ("a 1 A \\# 4 C0000201", "a.example.test. 1 IN A 192.0.2.1"),  // the generic form of a known type
        ("a ( 1 ; comment\n IN\n A ) 192.0.2.1", "a.example.test. 1 IN A 192.0.2.1"),
        ("$ORIGIN sub\na 1 A 192.0.2.1", "a.sub.example.test. 1 IN A 192.0.2.1"),
        ("$TTL 5\na A 192.0.2.1", "a.example.test. 5 IN A 192.0.2.1"),
    ])
    func `a record is read`(text: String, printed: String) throws {
        #expect(try records(text) == [printed])
    }

    @Test func `a blank owner is the one before`() throws {
        #expect(
            try records("a 1 A 192.0.2.1\n  1 AAAA ::1") == [
                "a.example.test. 1 IN A 192.0.2.1", "a.example.test. 1 IN AAAA ::1",
            ])
    }

    @Test func `the GENERATE directive makes its records`() throws {
        #expect(
            try records("$GENERATE 8-12/2 h${0,3,d} 1 A 192.0.2.$") == [
                "h008.example.test. 1 IN A 192.0.2.8", "h010.example.test. 1 IN A 192.0.2.10",
                "h012.example.test. 1 IN A 192.0.2.12",
            ])
    }

    @Test func `the INCLUDE directive reads another file at its own origin and comes back to ours`() throws {
        let text = "$INCLUDE more sub\nb 1 A 192.0.2.2"
        let found = try records(text) { $0 == "more" ? "a 1 A 192.0.2.1\n" : nil }
        #expect(found == ["b.example.test. 1 IN A 192.0.2.2", "a.sub.example.test. 1 IN A 192.0.2.1"])
    }

    @Test func `equal records are one, and the smallest TTL counts`() throws {
        #expect(
            try records("a 9 A 192.0.2.1\na 3 A 192.0.2.1\na 5 A 192.0.2.2") == [
                "a.example.test. 3 IN A 192.0.2.1", "a.example.test. 3 IN A 192.0.2.2",
            ])
    }

    @Test(arguments: [
        ("a A 300.1.1.1", "z:3:5: \"300.1.1.1\" is not an address of that family"),
        ("a A ::1", "z:3:5: \"::1\" is not an address of that family"),
        ("a A", "z:3:4: the entry ends too early"),
        ("a A 192.0.2.1 x", "z:3:15: \"x\" is more than A takes"),
        ("a BLAH x", "z:3:3: \"BLAH\" is not a record type"),
        ("a CH A 192.0.2.1", "z:3:3: \"CH\" is a class that is not served"),
        ("a..b A 192.0.2.1", "z:3:1: \"a..b\" is not a name: the name “a..b” has an empty label"),
        ("a MX 70000 b", "z:3:6: \"70000\" is not a number in range"),
        ("a TXT \"open\nb A 192.0.2.1", "z:3:7: a quoted string is not closed on its line"),
        ("a (A 192.0.2.1", "z:3:3: \"(\" is never closed"),
        ("a ) A 192.0.2.1", "z:3:3: \")\" without its \"(\""),
        ("a.example.org. A 192.0.2.1", "z:3:16: \"A\" belongs to a.example.org., outside the zone example.test."),
        ("$ORIGINAL x", "z:3:1: \"$ORIGINAL\" is not a directive"),
        ("$INCLUDE nowhere", "z:3:10: \"nowhere\" cannot be read"),
        ("$GENERATE 9-1 a A 192.0.2.$", "z:3:11: \"9-1\" is not a range"),
        ("a DS 1 2 3 abc", "z:3:12: \"abc\" is not hexadecimal"),
        ("a TYPE65280 \\# 2 01", "z:3:13: \"\\#\" announces 2 octets and has 1"),
        ("a CNAME b\na A 192.0.2.1", "z:3:1: a.example.test. has a CNAME and other records"),
        ("a SOA b c 1 2 3 4 5", "z:3:1: a SOA record at a.example.test."),
    ])
    func `a broken record is named with its line and column`(text: String, message: String) throws {
        guard case .failure(let errors) = try parse(text) else {
            Issue.record("\(text) was accepted")
            return
        }
        #expect(errors.errors.count == 1)
        #expect(errors.errors.first?.description.hasPrefix(message) == true, "\(errors.errors)")
    }

    @Test func `all errors are reported, not only the first`() throws {
        guard case .failure(let errors) = try parse("a A x\nb A y\nc ) A z\nd A 192.0.2.1") else {
            Issue.record("accepted")
            return
        }
        #expect(errors.errors.map(\.line) == [3, 4, 5])
    }

    @Test func `a zone without SOA or NS is refused`() throws {
        let result = ZoneFile.parse("a 1 A 192.0.2.1", file: "z", origin: try Name("example.test"))
        guard case .failure(let errors) = result else {
            Issue.record("accepted")
            return
        }
        #expect(errors.errors.map(\.problem).contains { $0.contains("no SOA") })
        #expect(errors.errors.map(\.problem).contains { $0.contains("no NS") })
    }

    @Test func `what is printed reads back the same`() throws {
        let zone = try parse("a 1 TXT \"\\000\\255 \\\\\"\nb.c 2 A 192.0.2.1\n*.c 3 MX 1 b").get()
        let again = try ZoneFile.parse(zone.canonicalText, file: "p", origin: zone.apex).get()
        #expect(again.canonicalText == zone.canonicalText)
    }
}
