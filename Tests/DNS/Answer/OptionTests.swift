import Addresses
import DNS
import Testing

/// The octets of hexadecimal digits.
func hex(_ hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

func option(_ code: UInt16, _ content: [UInt8] = []) -> [UInt8] { wire(code) + wire(UInt16(content.count)) + content }

/// A zone with a name of every sort, and one whose answer is too long for UDP.
func kittens() throws -> Zone {
    try zone(
        "example.test.",
        """
        @ 900 SOA ns1 host 7 3600 600 86400 60
        @ 900 NS ns1
        ns1 900 A 192.0.2.1
        www 60 A 192.0.2.80
        *.wild 60 A 192.0.2.81
        sub 900 NS ns.sub
        ns.sub 900 A 192.0.2.2
        """ + (0..<100).map { "\nbig 60 A 198.51.100.\($0)" }.joined())
}

private func everything() -> AnswerOptions {
    var options = AnswerOptions()
    options.serverIdentifier = Array("node-1".utf8)
    options.version = "9 lives"
    options.identity = "node-1.example.test"
    options.cookieSecrets = [CookieSecret(hexadecimal: "e5e973e5a6b2a43f48e7dc849e37bfcf")].compactMap { $0 }
    return options
}

private func reply(
    _ question: String, _ options: [UInt8], payload: UInt16 = 1232, over transport: QueryTransport = .datagram,
    `class`: UInt16 = 1, idleLimitTenths: UInt16 = 0, with own: AnswerOptions = everything()
) throws -> ReadReply {
    let asked = QueryOptions(payload: payload, options: options, class: `class`)
    let reply = try Authority([kittens()], options: own).reply(
        to: query(question, asked), over: transport, idleLimitTenths: idleLimitTenths)
    return try ReadReply(try #require(reply))
}

@Suite struct OptionTests {
    @Test(
        arguments: [
            ([], []),
            (option(3), ["3 6e6f64652d31"]),
            (option(3, [1, 2, 3]), ["3 6e6f64652d31"]),  // content that has no meaning (RFC 5001 §2.1)
            (option(65_001, [1]) + option(3) + option(65_002), ["3 6e6f64652d31"]),  // unknown ones around it
            (option(8, hex("00011800c63364")), ["8 00011800c63364"]),
            (option(8, hex("000220002001 0db8")), ["8 0002200020010db8"]),
            (option(8, hex("00011900c6336480")), ["8 00011900c6336480"]),  // the 25th bit is within the prefix
            (option(8, hex("00010000")), ["8 00010000"]),  // no address: a client that wants no subnet used
            (option(8, hex("00000000")), ["8 00000000"]),  // as dig writes it
            (option(8, hex("00011800c63364")) + option(8, hex("00010000")), ["8 00011800c63364"]),  // first wins
            (option(11), []),  // no keepalive over UDP (RFC 7828 §3.3.2)
            (option(11, [0, 1]), []),  // not even one that no client may send
            (option(12, [0, 0]), []),  // no padding in clear text
        ] as [([UInt8], [String])])
    func `options are answered over UDP`(asked: [UInt8], expected: [String]) throws {
        let reply = try reply("www.example.test A", asked)
        #expect(reply.options == expected)
        #expect(reply.lines.first == "NOERROR aa rd")
    }

    @Test(arguments: [
        "",  // nothing
        "000118",  // no scope
        "00031800c63364",  // a family that does not exist
        "00012100c633640100",  // 33 bits of IPv4
        "00028100" + String(repeating: "20", count: 17),  // 129 bits of IPv6
        "00011818c63364",  // a scope in a query
        "00011800c63364ff",  // more address than prefix
        "00011800c633",  // less
        "00011700c63365",  // a bit behind the prefix
        "00000800c6",  // an address of no family
    ])
    func `a client subnet that makes no sense is FORMERR`(content: String) throws {
        // RFC 7871 §7.2.1; the reply is one of EDNS, and has no answer.
        let reply = try reply("www.example.test A", option(8, hex(content)))
        #expect(reply.lines == ["FORMERR rd", "ar OPT size 1232"])
    }

    @Test func `streams say how long they may be idle, if they are asked and have something to say`() throws {
        for transport in [QueryTransport.stream, .encryptedStream] {
            for asked in [option(11), option(11, [0, 1])] {  // a timeout, which clients leave out, means nothing
                let reply = try reply("www.example.test A", asked, over: transport, idleLimitTenths: 100)
                #expect(reply.options == ["11 0064"])
            }
        }
        #expect(try reply("www.example.test A", option(11), over: .stream).options == [])
        #expect(try reply("www.example.test A", [], over: .stream, idleLimitTenths: 100).options == [])
    }

    @Test(
        arguments: [
            ("www.example.test A", option(12), 468), ("big.example.test A", option(12), 1872),
            ("www.example.test A", option(12, Array(repeating: 0, count: 80)) + option(3), 468),
            ("www.example.test A", option(3), nil),  // not asked for
        ] as [(String, [UInt8], Int?)])
    func `encrypted replies are padded to blocks of 468 octets`(question: String, asked: [UInt8], length: Int?) throws {
        let padded = try reply(question, asked, over: .encryptedStream)
        if let length { #expect(padded.message.count == length) } else { #expect(padded.message.count % 468 != 0) }
        #expect(try reply(question, asked, over: .stream).message.count % 468 != 0)
    }

    /// Cookie 28, identifier 10, subnet 11: they stand in every reply, whatever else does not fit.
    @Test func `options have their room in truncated replies`() throws {
        let asked = option(10, hex("2464c4abcf10c957")) + option(3) + option(8, hex("00011800c63364"))
        for payload: UInt16 in [0, 512, 1232] {
            let reply = try reply("big.example.test A", asked, payload: payload)
            #expect(reply.lines.first == "NOERROR aa tc rd")
            #expect(reply.options.map { $0.prefix { $0 != " " } } == ["10", "3", "8"])
        }
        // 512 - 12 - 18 - 4 - 11 - 49 leaves room for 26 records of 16 octets.
        for (count, isTruncated) in [(26, false), (27, true)] {
            let records = (0..<count).map { "big 60 A 198.51.100.\($0)\n" }.joined()
            let zone = try zone("example.test.", "@ 900 SOA ns1 host 7 3600 600 86400 60\n@ 900 NS ns1\n" + records)
            let reply = try #require(
                Authority([zone], options: everything()).reply(
                    to: query("big.example.test A", QueryOptions(payload: 512, options: asked))))
            #expect(reply.count <= 512)
            #expect((reply[2] & 2 != 0) == isTruncated)
        }
    }

    @Test func `the longest question leaves room for all options, within 512 octets`() throws {
        var own = everything()
        own.serverIdentifier = Array(repeating: 1, count: 128)
        let label = String(repeating: "a", count: 63)
        let long = "\(label).\(label).\(label).\(String(repeating: "b", count: 47)).example.test"
        let asked =
            option(10, hex("2464c4abcf10c957")) + option(3)
            + option(8, hex("00028000" + String(repeating: "20", count: 16)))
        let reply = try reply("\(long) A", asked, payload: 512, with: own)
        #expect(reply.message.count <= 512)
        #expect(reply.options.count == 3)
    }

    @Test func `an extended error stands beside the other options`() throws {
        let reply = try reply("example.org A", option(3) + option(10, hex("2464c4abcf10c957")))
        #expect(reply.code == "REFUSED")
        #expect(reply.options.map { $0.prefix { $0 != " " } } == ["10", "3", "15"])
    }

    @Test(arguments: [4, 5, 15] as [UInt8])
    func `an operation that we do not offer is NOTIMP, with EDNS if it came with it`(opcode: UInt8) throws {
        let authority = try Authority([kittens()], options: everything())
        for (asked, expected) in [
            (QueryOptions(), ["NOTIMP rd"]), (.edns, ["NOTIMP rd", "ar OPT size 1232"]),
            (QueryOptions(payload: 1232, options: [0, 3, 0]), ["NOTIMP rd"]),  // an option that is cut off
        ] {
            var message = try query("example.test SOA", asked)
            message[2] |= opcode << 3
            #expect(try ReadReply(#require(authority.reply(to: message))).lines == expected)
        }
    }

    @Test func `a version that we do not know is BADVERS, whatever its options say`() throws {
        let asked = QueryOptions(payload: 1232, version: 1, options: option(10, [1]))
        let authority = try Authority([kittens()], options: everything())
        #expect(try authority.ask("www.example.test A", asked) == ["BADVERS rd", "ar OPT size 1232"])
    }
}

@Suite struct ChaosTests {
    @Test(arguments: [
        ("version.bind", "9 lives"), ("VERSION.bind", "9 lives"), ("version.server", "9 lives"),
        ("id.server", "node-1.example.test"), ("hostname.bind", "node-1.example.test"),
    ])
    func `the server says what it was told to`(name: String, text: String) throws {
        let lines = try reply("\(name) TXT", [], class: 3).lines
        #expect(lines == ["NOERROR aa rd", "an \(name). 0 TXT \(text)", "ar OPT size 1232"])
    }

    @Test(arguments: [
        "version.bind TXT", "version.server TXT", "id.server TXT", "hostname.bind TXT", "www.example.test TXT", ". TXT",
    ])
    func `it refuses what it was not told`(question: String) throws {
        #expect(try reply(question, [], class: 3, with: AnswerOptions()).lines.first == "REFUSED rd")
    }

    @Test(arguments: ["version.bind A", "authors.bind TXT", "www.example.test A"])
    func `it refuses every other question of class CH`(question: String) throws {
        #expect(try reply(question, [], class: 3).lines.first == "REFUSED rd")
    }

    @Test func `in class IN these are names like any other`() throws {
        #expect(try reply("version.bind TXT", []).code == "REFUSED")
    }
}
