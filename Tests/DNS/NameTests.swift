import DNS
import Testing

private let origin = Name(validWire: [7] + "example".utf8 + [3] + "org".utf8 + [0])
private let label63 = String(repeating: "x", count: 63)
/// Four labels that fill 255 octets to the last: 3 × 64 + 62 + 1.
private let longest = "\(label63).\(label63).\(label63).\(String(repeating: "y", count: 61))."

@Suite struct NameTests {
    @Test(arguments: [
        ("www", "www.example.org."),  // relative to the origin
        ("www.example.net.", "www.example.net."),  // absolute
        ("@", "example.org."),  // the origin itself
        (".", "."),  // the root
        ("a.b", "a.b.example.org."),
        ("*.a", "*.a.example.org."),
        (#"a\.b"#, #"a\.b.example.org."#),  // a dot inside a label
        (#"a\046b"#, #"a\.b.example.org."#),  // the same, in digits
        (#"\097"#, "a.example.org."),  // an escape that was not needed
        (#"\@"#, #"\@.example.org."#),  // a label that is an at sign
        (#"a\ b"#, #"a\032b.example.org."#),
        (#"\000\255."#, #"\000\255."#),
        (#"\\\"\;\(\)\$."#, #"\\\"\;\(\)\$."#),
        ("WwW.", "WwW."),  // case is kept
        ("\(label63).", "\(label63)."),
        (longest, longest),
    ])
    func `a name is read and printed by the rules of a zone file`(text: String, printed: String) throws {
        let name = try Name(text, relativeTo: origin)
        #expect(name.description == printed)
        #expect(try Name(name.description) == name)
    }

    @Test(
        arguments: [
            ("", .empty),
            ("a..b", .emptyLabel("a..b")),
            (".a", .emptyLabel(".a")),
            ("..", .emptyLabel("..")),
            ("\(label63)x", .labelTooLong("\(label63)x")),
            ("\(label63)x.a", .labelTooLong("\(label63)x")),
            ("y." + longest, .tooLong("y." + longest)),
            (String(longest.dropLast()), .tooLong(String(longest.dropLast()))),  // fits alone, but not with the origin
            (#"a\"#, .badEscape(#"a\"#)),
            (#"a\25"#, .badEscape(#"a\25"#)),
            (#"a\256"#, .badEscape(#"a\256"#)),
            (#"a\2x5"#, .badEscape(#"a\2x5"#)),
            ("кот", .badCharacter("кот")),
            ("a b", .badCharacter("a b")),
            ("a\tb", .badCharacter("a\tb")),
            ("a\u{7F}", .badCharacter("a\u{7F}")),
        ] as [(String, NameError)])
    func `what is not a name is refused for its reason`(text: String, error: NameError) {
        #expect(throws: error) { try Name(text, relativeTo: origin) }
    }

    @Test func `a text of any length ends in an error, not in memory`() {
        let huge = String(repeating: "x", count: 1_000_000)
        #expect(throws: NameError.tooLong(huge)) { try Name(huge) }
        #expect(throws: NameError.self) { try Name(String(repeating: "x.", count: 500_000)) }
    }

    @Test func `the parent chain ends at the root`() throws {
        var chain: [String] = []
        var name: Name? = try Name(#"a\.b.c.d."#)
        while let current = name {
            chain.append("\(current) \(current.labelCount)")
            name = current.parent
        }
        #expect(chain == [#"a\.b.c.d. 3"#, "c.d. 2", "d. 1", ". 0"])
    }

    @Test(arguments: [
        ("www.example.org.", true),
        ("example.org.", true),  // itself
        ("EXAMPLE.ORG.", true),  // without case
        ("a.b.example.org.", true),
        ("badexample.org.", false),  // ends alike, not at a label
        (#"bad\007example.org."#, false),  // the length octet's value inside a label
        ("org.", false),
        (".", false),
        ("example.net.", false),
    ])
    func `a name is at or below another at a label boundary only`(text: String, expected: Bool) throws {
        #expect(try Name(text).isAtOrBelow(origin) == expected)
    }

    @Test func `everything is at or below the root`() throws {
        #expect(try Name("a.b.").isAtOrBelow(.root))
        #expect(Name.root.isAtOrBelow(.root))
    }

    @Test(arguments: [
        ("*.example.org.", true), ("*.", true), (#"\042.a."#, true), ("a.*.", false), ("**.a.", false), (".", false),
    ])
    func `a wildcard has the asterisk alone as its first label`(text: String, expected: Bool) throws {
        #expect(try Name(text).isWildcard == expected)
    }

    @Test func `names equal without case and hash alike`() throws {
        let names: Set = [try Name("WWW.Example.ORG."), try Name("www.example.org."), try Name("ww.wexample.org.")]
        #expect(names.count == 2)
    }

    @Test func `the canonical order goes from the root down, without case`() throws {
        let ordered = [
            ".", "example.", "a.example.", "yljkjljk.a.example.", "Z.a.example.", "zABC.a.EXAMPLE.", "z.example.",
            #"\001.z.example."#, "*.z.example.", #"\200.z.example."#,
        ]
        let names = try ordered.map { try Name($0) }
        #expect(names.reversed().sorted().map(\.description) == ordered)
        for (index, name) in names.enumerated() {
            #expect(!(name < name))
            for later in names[(index + 1)...] { #expect(name < later && !(later < name)) }
        }
    }

    @Test func `a label in front must fit`() throws {
        #expect(try origin.prepending("a.b".utf8).description == #"a\.b.example.org."#)
        #expect(try origin.prepending("*".utf8).isWildcard)
        #expect(throws: NameError.self) { try origin.prepending([]) }
        #expect(throws: NameError.self) { try origin.prepending(Array(repeating: 0x61, count: 64)) }
        #expect(throws: NameError.self) { try Name(longest).prepending("a".utf8) }
    }

    @Test func `lower case touches letters only`() throws {
        #expect(try Name(#"A[Z\065\192."#).inLowerCase.description == #"a[za\192."#)
    }
}

@Suite struct RRTypeTests {
    @Test(
        arguments: [
            ("A", 1, "A"), ("aaaa", 28, "AAAA"), ("Nsec3Param", 51, "NSEC3PARAM"), ("TYPE65280", 65280, "TYPE65280"),
            ("type1", 1, "A"), ("TYPE0", 0, "TYPE0"), ("HTTPS", 65, "HTTPS"), ("CAA", 257, "CAA"),
        ] as [(String, UInt16, String)])
    func `a type is read in any case and printed by its mnemonic`(text: String, number: UInt16, printed: String) {
        #expect(RRType(text) == RRType(rawValue: number))
        #expect(RRType(rawValue: number).description == printed)
    }

    @Test(arguments: ["", "AA", "TYPE", "TYPE65536", "TYPE-1", "TYPE1x", "TYPE 1", "A ", "NSEC3PARAMNSEC3PARAM"])
    func `what is not a type is refused`(text: String) {
        #expect(RRType(text) == nil)
    }
}

@Suite struct TTLTests {
    @Test(
        arguments: [
            ("0", 0, "0s"), ("30", 30, "30s"), ("1h30m", 5400, "1h30m"), ("1W2d3H4m5s", 788_645, "1w2d3h4m5s"),
            ("1h30", 3630, "1h30s"), ("2147483647", 2_147_483_647, "3550w5d3h14m7s"), ("90m", 5400, "1h30m"),
        ] as [(String, UInt32, String)])
    func `a TTL is read with and without units`(text: String, seconds: UInt32, printed: String) {
        #expect(TTL(text)?.seconds == seconds)
        #expect(TTL(text)?.description == printed)
    }

    @Test(arguments: ["", "h", "1x", "-1", "1 h", "2147483648", "9999999999999999999999", "4000w", "1h m", "1.5h"])
    func `what is not a TTL is refused`(text: String) {
        #expect(TTL(text) == nil)
    }
}
