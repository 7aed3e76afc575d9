import DNS
import Testing

private let name = Name(validWire: [3] + "www".utf8 + [7] + "example".utf8 + [4] + "test".utf8 + [0])

/// Octets from hexadecimal with blanks, and text in between as 'text'.
private func octets(_ text: String) -> [UInt8] {
    text.split(separator: " ").flatMap { word in
        word.hasPrefix("'")
            ? Array(word.dropFirst().utf8)
            : stride(from: 0, to: word.count, by: 2).compactMap { UInt8(word.dropFirst($0).prefix(2), radix: 16) }
    }
}

@Suite struct MessageTests {
    @Test func `a query has one question and EDNS`() {
        let query = Message.query(name, .aaaa, id: 0xABCD, recursionDesired: true)
        #expect(
            query.wire
                == octets(
                    "ABCD 0100 0001 0000 0000 0001 03 'www 07 'example 04 'test 00 001C 0001 00 0029 04D0 00000000 0000"
                ))
        #expect(Message.query(.root, .ns, id: 1, recursionDesired: false, edns: nil).wire.count == 17)
    }

    @Test func `a response with compressed names is expanded`() throws {
        let message = try Message(
            wire: octets(
                """
                ABCD 8583 0001 0003 0001 0002 03 'www 07 'example 04 'test 00 001C 0001 \
                C00C 0005 0001 0000001E 0006 03 'cat C010 \
                C02E 000F 0001 0000001E 0009 000A 04 'mail C010 \
                C02E FF00 0001 FFFFFFFF 0002 C00C \
                C010 0006 0001 00000384 001B 02 'ns C010 C010 00000001 00000002 00000003 00000004 00000005 \
                01 'x 00 0001 00FE 00000000 0000 \
                00 0029 04D0 01008000 0007 000F 0003 00 'hi
                """))
        #expect(message.header.id == 0xABCD)
        #expect(message.header.flags == [.response, .authoritative, .recursionDesired, .recursionAvailable])
        #expect(message.rcode == ResponseCode(rawValue: 19))  // 1 from EDNS, 3 from the header
        #expect(
            (message.answers + message.authority + message.additional).map(\.description) == [
                "www.example.test. 30 IN CNAME cat.example.test.",
                "cat.example.test. 30 IN MX 10 mail.example.test.",
                "cat.example.test. 0 IN TYPE65280 \\# 2 C00C",  // no pointers in unknown types; no such TTL
                "example.test. 900 IN SOA ns.example.test. example.test. 1 2 3 4 5",
                "x. 0 NONE A \\# 0",  // as in an update
            ])
        #expect(
            message.edns
                == EDNS(highRcode: 1, wantsDNSSEC: true, options: [EDNS.Option(code: 15, octets: [0, 0x68, 0x69])]))
        #expect(try Message(wire: message.wire) == message)
    }

    @Test(
        arguments: [
            ("", .truncated),
            ("ABCD 8000 0000 0000 0000 00", .truncated),
            ("ABCD 8000 0001 0000 0000 0000", .truncated),  // the question is not there
            ("ABCD 8000 0001 0000 0000 0000 05 'abc", .truncated),
            ("ABCD 8000 0001 0000 0000 0000 C0", .truncated),
            ("ABCD 8000 0001 0000 0000 0000 C00C 0001 0001", .badPointer(at: 12)),  // to itself
            ("ABCD 8000 0001 0000 0000 0000 C00E C00C 0001 0001", .badPointer(at: 12)),  // forwards
            ("ABCD 8000 0001 0000 0000 0000 01 'a C00C 0001 0001", .badPointer(at: 14)),  // a circle
            ("ABCD 8000 0001 0000 0000 0000 40 0001 0001", .badLabel(at: 12)),
            ("ABCD 8000 0001 0000 0000 0000 80 0001 0001", .badLabel(at: 12)),
            ("ABCD 8000 0000 0000 0000 0000 00", .surplus(octets: 1)),
            ("ABCD 8000 0000 0001 0000 0000 00 0001 0001 00000001 0005 01020304", .truncated),
            ("ABCD 8000 0000 0001 0000 0000 00 0001 0001 00000001 0003 010203", .badData(.a, at: 23)),
            ("ABCD 8000 0000 0001 0000 0000 00 0001 0001 00000001 0005 0102030405", .badData(.a, at: 23)),
            ("ABCD 8000 0000 0001 0000 0000 00 0002 0001 00000001 0002 0000", .badData(.ns, at: 23)),
            ("ABCD 8000 0000 0001 0000 0000 00 0002 0001 00000001 0001 01 00", .truncated),  // runs over its data
            ("ABCD 8000 0000 0001 0000 0000 00 0010 0001 00000001 0002 0261", .badData(.txt, at: 23)),
            ("ABCD 8000 0000 0001 0000 0000 00 0010 0001 00000001 0000", .badData(.txt, at: 23)),
            ("ABCD 8000 0000 0001 0000 0000 00 0029 04D0 00000000 0000", .badEDNS),  // among the answers
            ("ABCD 8000 0000 0000 0000 0002 00 0029 04D0 00000000 0000 00 0029 04D0 00000000 0000", .badEDNS),
            ("ABCD 8000 0000 0000 0000 0001 01 'a 00 0029 04D0 00000000 0000", .badEDNS),
            ("ABCD 8000 0000 0000 0000 0001 00 0029 04D0 00000000 0003 000000", .badEDNS),
            ("ABCD 8000 0000 0000 0000 0001 00 0029 04D0 00000000 0004 00000001", .badEDNS),
        ] as [(String, MessageError)])
    func `what is not a message is refused for its reason`(text: String, error: MessageError) {
        #expect(throws: error) { try Message(wire: octets(text)) }
    }

    @Test func `a name that grows too long by a pointer is refused`() {
        let label = "3F '" + String(repeating: "x", count: 63)
        let long = [label, label, label].joined(separator: " ")  // 192 octets, and as many again
        #expect(throws: MessageError.nameTooLong(at: 209)) {
            try Message(wire: octets("ABCD 8000 0002 0000 0000 0000 \(long) 00 0001 0001 \(long) C00C 0001 0001"))
        }
    }

    @Test func `a long chain of pointers is cut short`() {
        // Pointers that each point to the one before, and names that start at the last of them.
        var wire = octets("ABCD 8000 0000 0001 0000 0000 00 FF00 0001 00000000") + [0x10, 0]
        let first = wire.count
        wire += [0, 0]
        for index in 1..<2048 {
            wire += [0xC0 | UInt8((first + 2 * index - 2) >> 8), UInt8((first + 2 * index - 2) & 0xFF)]
        }
        let last = wire.count - 2
        wire += [0xC0 | UInt8(last >> 8), UInt8(last & 0xFF), 0, 1, 0, 1]
        wire[5] = 0
        wire[7] = 2
        #expect(throws: MessageError.badPointer(at: last - 2 * 126)) { try Message(wire: wire) }
    }

    @Test func `only the answer to a query is one`() throws {
        let query = Message.query(name, .a, id: 7, recursionDesired: false)
        var answer = query
        answer.header.flags = [.response]
        #expect(answer.answers(query))
        #expect(!query.answers(query))  // no answer at all
        var other = answer
        other.header.id = 8
        #expect(!other.answers(query))
        other = answer
        other.header.opcode = 4
        #expect(!other.answers(query))
        other = answer
        other.questions = []
        #expect(!other.answers(query))
        other.header.lowRcode = 1
        #expect(other.answers(query))  // FORMERR comes without a question
        other.questions = [Question(name: name, type: .mx)]
        #expect(!other.answers(query))
        other.questions = [Question(name: try Name("WWW.example.TEST."), type: .a)]
        #expect(other.answers(query))
    }

    @Test func `random octets never stop the reader, and what it reads it writes the same`() throws {
        var random = SplitMix64(seed: 1)
        let seed = octets(
            """
            ABCD 8583 0001 0002 0001 0001 03 'www 07 'example 04 'test 00 001C 0001 \
            C00C 0005 0001 0000001E 0006 03 'cat C010 C02E 000F 0001 0000001E 0009 000A 04 'mail C010 \
            C010 0006 0001 00000384 001B 02 'ns C010 C010 00000001 00000002 00000003 00000004 00000005 \
            00 0029 04D0 00008000 0007 000F 0003 00 'hi
            """)
        _ = try Message(wire: seed)
        var read = 0
        for round in 0..<60000 {
            var wire =
                round.isMultiple(of: 10)
                ? (0..<Int.random(in: 0...200, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
                : seed
            for _ in 0..<Int.random(in: 1...4, using: &random) where !wire.isEmpty {
                wire[Int.random(in: 0..<wire.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) { wire.removeLast(Int.random(in: 0...min(4, wire.count), using: &random)) }
            guard let message = try? Message(wire: wire) else { continue }
            read += 1
            for record in message.answers { #expect(!record.description.isEmpty) }
            #expect(try Message(wire: message.wire) == message)
        }
        #expect(read > 1000)
    }
}

@Suite struct SerialTests {
    @Test(
        arguments: [
            (1, 0, true), (0, 1, false), (0, 0, false), (0, .max, true), (.max, 0, false), (0x8000_0000, 0, false),
            (0, 0x8000_0000, false),  // neither comes first
            (0x7FFF_FFFF, 0, true), (100, 0x8000_0065, true), (100, 0x8000_0063, false),
        ] as [(UInt32, UInt32, Bool)])
    func `a serial is newer within half the circle`(left: UInt32, right: UInt32, expected: Bool) {
        #expect(Serial(left).isNewer(than: Serial(right)) == expected)
    }

    @Test func `a serial goes on past its end`() {
        #expect(Serial(.max).advanced() == Serial(0))
        #expect(Serial(5).advanced(by: 0x7FFF_FFFF).isNewer(than: Serial(5)))
    }
}
