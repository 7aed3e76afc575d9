import DNS
import Testing

private let apex = Name(validWire: [7] + "example".utf8 + [3] + "org".utf8 + [0])
private let head = "@ 3600 SOA ns.test. host.test. 1 2 3 4 5\n@ 3600 NS ns.test.\n"

private func messages(_ text: String, include: @escaping (String) -> [UInt8]? = { _ in nil }) -> [String] {
    switch ZoneFile.parse(text, file: "z", origin: apex, include: include) {
    case .success: []
    case .failure(let errors): errors.errors.map(\.description)
    }
}

@Suite struct ZoneFileErrorTests {
    /// The third line is the broken one.
    @Test(arguments: [
        (
            "a 1 TXT \"b",
            "9: the quote is not closed on its line; expected a closing \", or \\\" for a quote in the text"
        ),
        ("a 1 A ( 192.0.2.1\nb 1 A 192.0.2.1", "7: the parenthesis is never closed; expected a )"),
        ("a 1 A 192.0.2.1 )", "17: this parenthesis closes nothing; expected a ( before it"),
        (
            "a..b 1 A 192.0.2.1",
            "1: the name “a..b” has an empty label; expected one dot between labels, and a label before each dot"
        ),
        ("a 1 A 192.0.2", "7: “192.0.2” is not a valid address; expected an IPv4 address such as 192.0.2.1"),
        (
            "пёс 1 A 192.0.2.1",
            "1: the name “пёс” has a character that cannot stand there as it is; expected the xn-- form of an internationalized name, or \\DDD for any other octet"
        ),
        (
            "a 1 TXT \"пёс\" x \"\\999\"",
            "17: “\\999” is not a valid text; expected text of at most 255 octets, in quotes if it has spaces"
        ),  // columns are characters
        ("a", "2: the record has no type; expected owner [ttl] [class] type data"),
        ("a 1 IN", "7: the record has no type; expected owner [ttl] [class] type data"),
        ("a 1 B 192.0.2.1", "5: “B” is not a record type; expected a type such as A, AAAA or TYPE65280"),
        ("a 1 CH TXT x", "5: the class CH is not served here; expected IN or nothing"),
        ("a 1 CLASS9 TXT x", "5: the class CLASS9 is not served here; expected IN or nothing"),
        (
            "a 2147483648 A 192.0.2.1",
            "3: “2147483648” is not a TTL; expected seconds from 0 to 2147483647, or a time such as 1h30m"
        ),
        ("a 1x A 192.0.2.1", "3: “1x” is not a TTL; expected seconds from 0 to 2147483647, or a time such as 1h30m"),
        ("a 1 IN 2 A 192.0.2.1", "8: “2” is a second TTL or class; expected at most one of each before the type"),
        ("a IN 1 IN A 192.0.2.1", "8: “IN” is a second TTL or class; expected at most one of each before the type"),
        ("a 1 MX mail", "8: “mail” is not a valid preference; expected a number from 0 to 65535"),
        ("a 1 MX", "7: the MX record has no preference; expected MX preference exchange"),
        ("a 1 A 192.0.2.1 192.0.2.2", "17: “192.0.2.2” is too much for the A record; expected A address"),
        ("a 1 ANY x", "9: there are no records of type ANY; expected a type that a zone can hold, such as A"),
        ("$FOO x", "1: “$FOO” is not a directive; expected $ORIGIN, $TTL, $INCLUDE, $GENERATE"),
        ("$TTL", "5: $TTL is incomplete; expected $TTL seconds"),
        ("$TTL x", "6: “x” is not a TTL; expected seconds from 0 to 2147483647, or a time such as 1h30m"),
        ("$TTL 1 2", "8: “2” is too much for $TTL; expected $TTL seconds"),
        ("$ORIGIN a b", "11: “b” is too much for $ORIGIN; expected $ORIGIN name"),
        (
            "$ORIGIN a..",
            "9: the name “a..” has an empty label; expected one dot between labels, and a label before each dot"
        ),
        ("$INCLUDE none", "10: the file “none” cannot be read; expected a readable file, relative to the zone file"),
        (
            "$INCLUDE \"z\"",
            "10: “z” is included by itself, or more than 16 files deep; expected files that do not include each other in a circle"
        ),
        ("$INCLUDE a b c", "14: “c” is too much for $INCLUDE; expected $INCLUDE file [origin]"),
        (
            "$GENERATE 1-2 a",
            "16: $GENERATE is incomplete; expected $GENERATE first-last[/step] owner [ttl] [class] type data"
        ),
        (
            "$GENERATE 2-1 a 1 A 192.0.2.$",
            "11: “2-1” is not a range; expected first-last or first-last/step, at most 1048576 numbers"
        ),
        (
            "$GENERATE 1-2/0 a 1 A 192.0.2.$",
            "11: “1-2/0” is not a range; expected first-last or first-last/step, at most 1048576 numbers"
        ),
        (
            "$GENERATE 0-1048576 a 1 A 192.0.2.$",
            "11: “0-1048576” is not a range; expected first-last or first-last/step, at most 1048576 numbers"
        ),
        (
            "$GENERATE 1-2 a${0,1,y} 1 A 192.0.2.1",
            "15: “a${0,1,y}” cannot be generated; expected $ or ${offset,width,base} with base d, o, x, X, n or N"
        ),
        (
            "$GENERATE 1-2 a${0 1 A 192.0.2.1",
            "15: “a${0” cannot be generated; expected $ or ${offset,width,base} with base d, o, x, X, n or N"
        ),
        (
            "$GENERATE 254-256 a$ 1 A 192.0.2.$",
            "1: “192.0.2.256” is not a valid address; expected an IPv4 address such as 192.0.2.1"
        ),
        ("@ 1 SOA a. b. 1 2 3 4 5", "SOA"),
        (
            "a 1 SOA a. b. 1 2 3 4 5",
            "1: the SOA record of a.example.org. is not at the zone's apex example.org.; expected the SOA record at the apex only"
        ),
        (
            "example.net. 1 A 192.0.2.1",
            "1: example.net. is outside the zone example.org.; expected example.org. or a name below it; a name without a dot at its end is relative"
        ),
        ("a 1 CNAME b\na 1 CNAME c", "1: a.example.org. has several CNAME records; expected one CNAME"),
        ("a 1 DNAME b\na 1 DNAME c", "1: a.example.org. has several DNAME records; expected one DNAME"),
        (
            "a 1 A 192.0.2.1\na 1 CNAME b",
            "1: a.example.org. has a CNAME beside its A record; expected a CNAME alone, or other records without it"
        ),
        (
            "b.a 1 A 192.0.2.1\na 1 DNAME b",
            "1: b.a.example.org. is below the DNAME record of a.example.org.; expected nothing below a DNAME"
        ),
    ])
    func `a fault is told with its line, its column and what would be right`(line: String, expected: String) {
        let message =
            expected == "SOA"
            ? "z:1:1: the zone example.org. has several SOA records; expected one SOA record" : "z:3:\(expected)"
        #expect(messages(head + line) == [message])
    }

    @Test(arguments: [
        (
            "",
            [
                "z:1:1: the zone example.org. has no SOA record; expected @ SOA primary mailbox serial refresh retry expire minimum",
                "z:1:1: the zone example.org. has no NS record at its apex; expected @ NS server, at least once",
            ]
        ),
        (
            "@ 1 NS a.",
            [
                "z:1:1: the zone example.org. has no SOA record; expected @ SOA primary mailbox serial refresh retry expire minimum"
            ]
        ),
        (
            "@ 1 SOA a. b. 1 2 3 4 5\nx 1 NS a.",
            ["z:1:1: the zone example.org. has no NS record at its apex; expected @ NS server, at least once"]
        ),
        (
            " 1 A 192.0.2.1",
            [
                "z:1:2: the first record has no owner; expected a name, or @ for the zone itself, at the start of the line"
            ]
        ),
        (
            "@ A 192.0.2.1",
            [
                "z:1:3: the record has no TTL and there is no default for it; expected a TTL before the type, or $TTL above"
            ]
        ),
    ])
    func `a zone that lacks something says what`(text: String, expected: [String]) {
        #expect(messages(text) == expected)
    }

    @Test func `all faults are told at once, in their order, included files by their own names`() {
        let files = ["inner": "\n\nx 1 A b\n", "circle": "$INCLUDE circle"]
        let text =
            head + """
                a 1 A 192.0.2
                b 1 TXT ( "x
                c 1 A 192.0.2.1
                $INCLUDE inner
                $INCLUDE circle
                d 1 FOO bar
                """
        #expect(
            messages(text, include: { files[$0].map { Array($0.utf8) } }).map { $0.split(separator: " ")[0] } == [
                "z:3:7:", "z:4:11:", "inner:3:7:", "circle:1:10:", "z:8:5:",
            ])
    }

    @Test func `two files that include each other end`() {
        let files = ["a": "$INCLUDE b\n$INCLUDE b", "b": "$INCLUDE a\n$INCLUDE a"]
        let told = messages(head + "$INCLUDE a", include: { files[$0].map { Array($0.utf8) } })
        #expect(told.count == 4)
        #expect(told.allSatisfy { $0.contains("is included by itself") })
    }

    @Test func `files nested without end come to one`() {
        // Each file includes another that has a new name.
        let told = messages(head + "$INCLUDE x", include: { Array("$INCLUDE \($0)x".utf8) })
        #expect(told.count == 1)
        #expect(told[0].contains("more than 16 files deep"))
    }

    @Test func `a flood of faults is cut`() {
        #expect(messages(head + String(repeating: "a 1 A x\n", count: 5000)).count == ZoneFile.maximumFaults)
    }

    @Test func `a set that no message could hold is refused`() {
        let told = messages(head + "$GENERATE 0-5000 a 1 TXT $")
        #expect(
            told == [
                "z:3:1: a.example.org. has more than 4096 records of type TXT; expected fewer, since an answer must fit into 65535 octets"
            ])
    }

    @Test func `a set that is too large is told of once`() {
        let told = messages(head + (0...5000).map { "a 1 TXT \($0)\n" }.joined())
        #expect(
            told == [
                "z:4099:1: a.example.org. has more than 4096 records of type TXT; expected fewer, since an answer must fit into 65535 octets"
            ])
        let long = "a 1 TXT " + String(repeating: "\(String(repeating: "x", count: 255)) ", count: 100)
        #expect(
            messages(head + long + "\n" + long + "y\n" + long + "z\n") == [
                "z:3:1: the TXT records of a.example.org. are too long for one message; expected at most 65535 octets altogether"
            ])
    }

    @Test func `a name with more types than it can have is told of`() {
        #expect(messages(head + (0..<255).map { "a 1 TYPE\(65280 + $0) \\# 0\n" }.joined()) == [])
        #expect(
            messages(head + (0...255).map { "a 1 TYPE\(65000 + $0) \\# 0\n" }.joined()) == [
                "z:258:1: a.example.org. has records of more than 255 types; expected at most 255 types"
            ])
    }

    @Test func `differing TTLs are a warning`() throws {
        var warnings: [String] = []
        let zone = try ZoneFile.parse(
            head + "a 5 A 192.0.2.1\na 3 A 192.0.2.2", file: "z", origin: apex,
            warn: { warnings.append($0.description) }
        ).get()
        #expect(
            warnings == [
                "z:4:1: the A records of a.example.org. have different TTLs; expected one TTL; the smallest is taken"
            ])
        #expect(zone.rrsets.last?.ttlSeconds == 3)
    }

    @Test func `signatures and proofs may stand beside a CNAME, and with other TTLs`() throws {
        let text =
            head + """
                a 5 CNAME b
                a 5 NSEC c CNAME RRSIG NSEC
                a 5 RRSIG CNAME 13 3 5 20300101000000 20200101000000 1 @ AAAA
                a 4 RRSIG NSEC 13 3 5 20300101000000 20200101000000 1 @ AAAA
                """
        var warnings = 0
        let result = ZoneFile.parse(text, file: "z", origin: apex, warn: { _ in warnings += 1 })
        let zone = try result.get()
        #expect(warnings == 0)
        #expect(zone.rrsets.filter { $0.type == .rrsig }.map(\.ttlSeconds) == [5, 4])
    }

    @Test func `random octets never stop the reader`() {
        var random = SplitMix64(seed: 5)
        let pieces = [
            "a", "1", " ", "\n", "(", ")", "\"", ";", "\\", "$GENERATE 1-3 ", "$INCLUDE ", "$ORIGIN ", "$TTL ", "IN",
            "A", "TXT", "SVCB", "192.0.2.1", "\\#", "4", "\t", ".", "@", "${", "}", "$", "=", "\u{0}", "é", "NSEC",
        ]
        for _ in 0..<20000 {
            let text = (0..<Int.random(in: 0...20, using: &random)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &random)]
            }.joined()
            // Without SOA it is never a zone, so there is always something to say.
            #expect(!messages(text).isEmpty)
        }
    }
}
