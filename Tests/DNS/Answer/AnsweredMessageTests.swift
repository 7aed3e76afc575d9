import Addresses
import DNS
import Testing

private let head =
    "@ 900 SOA ns1 host 7 3600 600 86400 60\n@ 900 NS ns1\n@ 900 NS ns2\nns1 900 A 192.0.2.1\nns2 900 A 192.0.2.2\n"

/// `count` A records at one name.
private func addresses(_ count: Int, at owner: String) -> String {
    (0..<count).map { "\(owner) 60 A 198.51.\($0 / 256).\($0 % 256)\n" }.joined()
}

private func authority(_ records: String) throws -> Authority { try Authority([zone("example.test.", head + records)]) }

private func counts(_ lines: [String]) -> [Int] {
    ["an ", "ns ", "ar "].map { section in lines.count { $0.hasPrefix(section) } }
}

@Suite struct LimitTests {
    /// A question of 12 + 18 + 4 octets, records of 16; NS 52 octets in all, glue 32, OPT 11.
    @Test(
        arguments: [
            (20, nil, "NOERROR aa rd", [20, 2, 2]),  // 34 + 320 + 52 + 32 fits into 512
            (25, nil, "NOERROR aa rd", [25, 2, 2]),
            (27, nil, "NOERROR aa rd", [27, 2, 0]),  // without glue
            (29, nil, "NOERROR aa rd", [29, 0, 0]),  // without name servers too
            (30, nil, "NOERROR aa tc rd", [0, 0, 0]),
            (30, 1232, "NOERROR aa rd", [30, 2, 3]),
            (70, 1232, "NOERROR aa rd", [70, 2, 1]),
            (74, 1232, "NOERROR aa rd", [74, 0, 1]),  // 34 + 1184 + 11 = 1229
            (75, 1232, "NOERROR aa tc rd", [0, 0, 1]),
            (75, 4096, "NOERROR aa tc rd", [0, 0, 1]),  // more than 1232 is never sent
            (29, 100, "NOERROR aa rd", [29, 0, 1]),  // less than 512 means 512
        ] as [(Int, UInt16?, String, [Int])])
    func `glue goes first, then name servers, and only then is the answer truncated`(
        records: Int, payload: UInt16?, header: String, expected: [Int]
    ) throws {
        let authority = try authority(addresses(records, at: "big"))
        var options = QueryOptions()
        options.payload = payload
        let lines = try authority.ask("big.example.test A", options)
        #expect(lines.first == header)
        #expect(counts(lines) == expected)
    }

    @Test func `over TCP an answer may be as long as a message can be`() throws {
        let authority = try authority(addresses(4000, at: "big"))
        let lines = try authority.ask("big.example.test A", .tcp)
        #expect(lines.first == "NOERROR aa rd")
        // 64,034 octets of answer: what comes behind could not be pointed to, so it is left out.
        #expect(counts(lines) == [4000, 0, 0])
    }

    @Test func `a referral whose indispensable glue does not fit is truncated`() throws {
        // RFC 9471 §3.1: not silently without it.
        let records = (0..<40).map { "sub 60 NS ns\($0).sub\nns\($0).sub 60 A 192.0.2.\($0)\n" }.joined()
        let authority = try authority(records)
        #expect(try authority.ask("x.sub.example.test A").first == "NOERROR tc rd")
        let whole = try authority.ask("x.sub.example.test A", .tcp)
        #expect(whole.first == "NOERROR rd")
        #expect(counts(whole) == [0, 40, 40])
    }

    @Test func `a referral may do without glue from elsewhere in the zone`() throws {
        let records = (0..<12).map { "sub 60 NS ns\($0).dns\nns\($0).dns 60 AAAA 2001:db8::\($0)\n" }.joined()
        let lines = try authority(records).ask("x.sub.example.test A")
        #expect(lines.first == "NOERROR rd")
        #expect(counts(lines) == [0, 12, 0])
    }

    @Test func `a message never grows beyond the buffer it is written to`() throws {
        let authority = try authority(addresses(400, at: "big"))
        for room in stride(from: 512, to: 1400, by: 37) {
            let reply = try #require(authority.reply(to: query("big.example.test A", .tcp), over: .stream, room: room))
            #expect(try ReadReply(reply).lines == ["NOERROR aa tc rd"])
        }
    }
}

/// Name servers whose own addresses change, as on a router whose lines come and go.
@Suite struct ChangingGlueTests {
    private func authority(_ answers: [(String, DynamicAnswer?)], more: String = "") throws -> Authority {
        let zone = try zone(
            "example.test.",
            """
            @ 900 SOA ns1 host 7 3600 600 86400 60
            @ 900 NS ns1
            @ 900 NS ns2
            www 60 A 192.0.2.9
            \(more)
            """)
        return try Authority([zone], dynamic: answers)
    }

    private func addresses(_ v4: UInt32..., v6: [UInt128] = []) -> DynamicAnswer {
        DynamicAnswer(
            .addresses(v4: v4.map { IPv4Address(bits: $0) }, v6: v6.map { IPv6Address(bits: $0) }), ttlSeconds: 30)
    }

    private let www = ["NOERROR aa rd", "an www 60 A 192.0.2.9", "ns @ 900 NS ns1", "ns @ 900 NS ns2"]

    @Test func `glue of a name server that is a scheme is what the scheme answers now`() throws {
        let both = addresses(0xCB00_7101, 0xCB00_7102, v6: [0x2001_0db8 << 96 | 1])
        let authority = try authority([("ns1.example.test.", both)], more: "ns2 900 A 192.0.2.2")
        let glue = [
            "ar ns2 900 A 192.0.2.2", "ar ns1 30 A 203.0.113.1", "ar ns1 30 A 203.0.113.2",
            "ar ns1 30 AAAA 2001:db8::1",
        ]
        #expect(try authority.ask("www.example.test A") == www + glue)
        let itself = try authority.ask("example.test NS")
        #expect(itself == ["NOERROR aa rd", "an @ 900 NS ns1", "an @ 900 NS ns2"] + glue)
        authority.table.exchange(slot: 0, addresses(0xCB00_7102))?.free()
        #expect(try authority.ask("www.example.test A") == www + ["ar ns2 900 A 192.0.2.2", "ar ns1 30 A 203.0.113.2"])
    }

    @Test(arguments: [DynamicAnswer(.nodata), DynamicAnswer(.servfail), nil])
    func `a name server without an address has no glue`(answer: DynamicAnswer?) throws {
        let authority = try authority(
            [("ns1.example.test.", answer), ("ns2.example.test.", addresses(0xCB00_7102))])
        #expect(try authority.ask("www.example.test A") == www + ["ar ns2 30 A 203.0.113.2"])
    }

    @Test func `glue that does not fit is left out, without saying that the answer is cut`() throws {
        let many = (0..<26).map { "big 60 A 198.51.100.\($0)\n" }.joined()
        // 34 + 416 + 42 octets of 512 leave room for one address of 16.
        let authority = try authority(
            [("ns1.example.test.", addresses(0xCB00_7101)), ("ns2.example.test.", addresses(0xCB00_7102))], more: many)
        let lines = try authority.ask("big.example.test A")
        #expect(lines.first == "NOERROR aa rd")
        #expect(counts(lines) == [26, 2, 1])
    }

    @Test func `the apex may be its own name server`() throws {
        let zone = try zone("example.test.", "@ 900 SOA @ host 7 3600 600 86400 60\n@ 900 NS @\nwww 60 A 192.0.2.9")
        let authority = try Authority([zone], dynamic: [("example.test.", addresses(0xCB00_7101))])
        #expect(
            try authority.ask("www.example.test A") == [
                "NOERROR aa rd", "an www 60 A 192.0.2.9", "ns @ 900 NS @", "ar @ 30 A 203.0.113.1",
            ])
    }
}

@Suite struct AnsweredMessageTests {
    private func sample() throws -> Authority {
        try Authority(
            [zone("example.test.", head + "www 60 A 192.0.2.9")],
            dynamic: [
                (
                    "failed.example.test.",
                    DynamicAnswer(.servfail, extendedError: ExtendedError(code: 22, text: "all members are down"))
                ),
                (
                    "held.example.test.",
                    DynamicAnswer(
                        .addresses(v4: [IPv4Address(bits: 0xC000_0209)], v6: []),
                        extendedError: ExtendedError(code: ExtendedError.staleAnswer, text: "held"))
                ),
                ("new.example.test.", nil),
            ])
    }

    @Test(
        arguments: [
            ("www.example.test A", QueryOptions(payload: 512), "NOERROR aa rd", "ar OPT size 1232"),
            ("www.example.test A", QueryOptions(payload: 512, dnssecOK: true), "NOERROR aa rd", "ar OPT size 1232 do"),
            // An unknown version gets no answer, but learns ours (RFC 6891 §6.1.3).
            ("www.example.test A", QueryOptions(payload: 512, version: 1), "BADVERS rd", "ar OPT size 1232"),
            // An option nobody knows is ignored.
            (
                "www.example.test A", QueryOptions(payload: 512, options: [0xFD, 0xE9, 0, 2, 1, 2]), "NOERROR aa rd",
                "ar OPT size 1232"
            ),
            ("example.org A", QueryOptions(payload: 512), "REFUSED rd", "ar OPT size 1232 ede 20 "),
            ("new.example.test A", QueryOptions(payload: 512), "SERVFAIL rd", "ar OPT size 1232 ede 14 "),
            (
                "failed.example.test AAAA", QueryOptions(payload: 512), "SERVFAIL rd",
                "ar OPT size 1232 ede 22 all members are down"
            ),
            ("held.example.test A", QueryOptions(payload: 512), "NOERROR aa rd", "ar OPT size 1232 ede 3 held"),
            // Another class is not ours; ANY means the one we have.
            ("www.example.test A", QueryOptions(payload: 512, class: 3), "REFUSED rd", "ar OPT size 1232"),
            ("www.example.test A", QueryOptions(payload: 512, class: 255), "NOERROR aa rd", "ar OPT size 1232"),
        ])
    func `EDNS is answered with EDNS`(question: String, options: QueryOptions, header: String, opt: String) throws {
        let lines = try sample().ask(question, options)
        #expect(lines.first == header)
        #expect(lines.last == opt)
    }

    @Test func `without EDNS there is no OPT record`() throws {
        #expect(try sample().ask("failed.example.test A") == ["SERVFAIL rd"])
        #expect(try !sample().ask("www.example.test A").contains { $0.contains("OPT") })
    }

    @Test func `RD is the client's, CD is cleared, and the id is given back`() throws {
        var options = QueryOptions()
        options.recursionDesired = false
        var message = try query("www.example.test A", options)
        message[3] = 0x10
        let reply = try #require(try sample().reply(to: message))
        #expect(Array(reply[..<4]) == [0xAB, 0xCD, 0x84, 0x00])
    }

    @Test func `the letter case of the question comes back as it was`() throws {
        let message = try query("wWw.ExAmPlE.tEsT A")
        let reply = try #require(try sample().reply(to: message))
        #expect(Array(reply[12..<message.count]) == Array(message[12...]))
        #expect(reply[7] == 1)
    }

    @Test(arguments: damages)
    private func `a message that is not a query gets what the RFCs say`(damage: Damage) throws {
        var message = try query("www.example.test A")
        damage.apply(&message)
        let reply = try sample().reply(to: message)
        #expect(reply.map { Array($0[2..<4]) } == damage.flags)
        if let reply { _ = try ReadReply(reply) }
    }

    @Test func `random, cut and bent messages by the thousand do no harm`() throws {
        let authority = try sample()
        var random = SplitMix(state: 0x5EED)
        let names = ["www.example.test", "failed.example.test", "x.y.z.example.test", "example.org", "."]
        let types = ["A", "AAAA", "NS", "SOA", "ANY", "DS", "TXT"]
        for round in 0..<20_000 {
            var message: [UInt8]
            if round % 4 == 0 {
                message = (0..<random.next(below: 80)).map { _ in UInt8(random.next(below: 256)) }
                if message.count > 2 { message[2] &= 0x7F }
            } else {
                var options = QueryOptions()
                options.payload = random.next(below: 2) == 0 ? nil : UInt16(random.next(below: 65_536))
                options.options = (0..<random.next(below: 12)).map { _ in UInt8(random.next(below: 8)) }
                message = try query(
                    "\(names[random.next(below: names.count)]) \(types[random.next(below: types.count)])", options)
                for _ in 0..<random.next(below: 4) {
                    message[random.next(below: message.count)] = UInt8(random.next(below: 256))
                }
                message.removeLast(random.next(below: 3) == 0 ? random.next(below: message.count) : 0)
            }
            let transport = random.next(below: 2) == 0 ? QueryTransport.datagram : .stream
            guard let reply = authority.reply(to: message, over: transport) else { continue }
            #expect(transport == .stream || reply.count <= 1232)
            #expect(throws: Never.self, "seed 0x5EED, round \(round): \(message)") { _ = try ReadReply(reply) }
            #expect(Array(reply[..<2]) == Array(message[..<2]))
            #expect(reply[2] & 0x80 != 0)
        }
    }
}

/// A small generator of fixed sequences (SplitMix64).
struct SplitMix {
    var state: UInt64

    mutating func next(below limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((word ^ (word >> 31)) % UInt64(limit))
    }
}

/// One way for a query for `www.example.test A` to be wrong, and octets 2 and 3 of what it gets.
private struct Damage: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let flags: [UInt8]?
    let apply: @Sendable (inout [UInt8]) -> Void

    init(_ what: String, _ flags: [UInt8]?, _ apply: @escaping @Sendable (inout [UInt8]) -> Void) {
        testDescription = what
        self.flags = flags
        self.apply = apply
    }
}

private let opt: [UInt8] = [0, 0, 41, 4, 0, 0, 0, 0, 0, 0, 0]

private func withRecords(_ message: [UInt8], _ count: UInt8, _ records: [UInt8]) -> [UInt8] {
    var message = message
    message[11] = count
    return message + records
}

private let damages: [Damage] = [
    Damage("a reply is not a question", nil) { $0[2] = 0x81 },
    Damage("an unknown opcode", [0xA8, 0x04]) { $0[2] = 0x28 },
    Damage("NOTIFY is not taken here", [0xA0, 0x04]) { $0[2] = 0x20 },
    Damage("no question", [0x81, 0x01]) { $0[5] = 0 },
    Damage("two questions", [0x81, 0x01]) { $0[5] = 2 },
    Damage("an answer in a question", [0x81, 0x01]) { $0[7] = 1 },
    Damage("AUTHORITY without IXFR", [0x81, 0x01]) { $0[9] = 1 },
    Damage("a record that is not there", [0x81, 0x01]) { $0[11] = 1 },
    Damage("a compressed name", [0x81, 0x01]) { $0[12] = 0xC0 },
    Damage("a label of 64 octets", [0x81, 0x01]) { $0[12] = 64 },
    Damage("no type", [0x81, 0x01]) { $0.removeLast(3) },
    Damage("no end of the name", [0x81, 0x01]) { $0.removeLast(5) },
    Damage("half a header", nil) { $0.removeLast($0.count - 11) },
    Damage("nothing", nil) { $0 = [] },
    Damage("a header alone", [0x81, 0x01]) { $0.removeLast($0.count - 12) },
    Damage("two OPT records", [0x81, 0x01]) { $0 = withRecords($0, 2, opt + opt) },
    Damage("an OPT record that is not the root's", [0x81, 0x01]) { $0 = withRecords($0, 1, [1, 65] + opt) },
    Damage("an option that is cut off", [0x81, 0x01]) {
        $0 = withRecords($0, 1, opt.dropLast(2) + [0, 4, 0, 10, 0, 9])
    },
    // Others may sign their queries with what we do not know: the record is passed over.
    Damage("a record before OPT", [0x85, 0x00]) {
        $0 = withRecords($0, 2, [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0] + opt)
    },
    Damage("octets behind the end", [0x85, 0x00]) { $0 += [1, 2, 3] },
]
