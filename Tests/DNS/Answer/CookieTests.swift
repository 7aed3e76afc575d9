import Addresses
import DNS
import Testing

private let newSecret = CookieSecret(hexadecimal: "445536bcd2513298075a5d379663c962")
private let oldSecret = CookieSecret(hexadecimal: "dd3bdf9344b678b185a6f5cb60fca715")
private let firstSecret = CookieSecret(hexadecimal: "e5e973e5a6b2a43f48e7dc849e37bfcf")

private func authority(_ secrets: CookieSecret?...) throws -> Authority {
    var options = AnswerOptions()
    options.cookieSecrets = secrets.compactMap { $0 }
    return try Authority([kittens()], options: options)
}

/// A query with one COOKIE option, in hexadecimal.
private func query(cookie: String) throws -> [UInt8] {
    try DNSTests.query(
        "www.example.test A", QueryOptions(payload: 1232, options: option(10, hex(cookie))))
}

@Suite struct CookieTests {
    /// RFC 9018 Appendix A, whole: what the client sends, from where and when, and the cookie that it gets.
    @Test(
        arguments: [
            // A.1: a client that knows no server cookie yet.
            ([firstSecret], "198.51.100.100", 1_559_731_985, "", "010000005cf79f111f8130c3eee29480"),
            // A.2: forty minutes later it gets a new one.
            (
                [firstSecret], "198.51.100.100", 1_559_734_385, "010000005cf79f111f8130c3eee29480",
                "010000005cf7a871d4a564a1442aca77"
            ),
            // A.3: reserved octets that are set come back as zeros.
            (
                [firstSecret], "203.0.113.203", 1_559_734_700, "01abcdef5cf78f71a314227b6679ebf5",
                "010000005cf7a9acf73a7810aca2381e"
            ),
            // A.4: over IPv6, made with the secret before.
            (
                [newSecret, oldSecret], "2001:db8:220:1:59de:d0f4:8769:82b8", 1_559_741_961,
                "010000005cf7c57926556bd0934c72f8", "010000005cf7c609a6bb79d16625507a"
            ),
        ] as [([CookieSecret?], String, UInt32, String, String)])
    func `server cookies are those of the RFC`(
        secrets: [CookieSecret?], address: String, now: UInt32, shown: String, expected: String
    ) throws {
        var options = AnswerOptions()
        options.cookieSecrets = secrets.compactMap { $0 }
        let authority = try Authority([kittens()], options: options)
        let halves = [
            "198.51.100.100": "2464c4abcf10c957", "203.0.113.203": "fc93fc62807ddb86",
            "2001:db8:220:1:59de:d0f4:8769:82b8": "22681ab97d52c298",
        ]
        let half = try #require(halves[address])
        let client = try #require(IPAddress(address))
        let reply = try #require(authority.reply(to: query(cookie: half + shown), from: client, at: now))
        #expect(try ReadReply(reply).options == ["10 \(half)\(expected)"])
        #expect(try ReadReply(reply).code == "NOERROR")
    }

    /// What a server cookie made at second 0 is worth later: a good one comes back as it was.
    @Test(
        arguments: [
            (0, true), (1800, true),
            (1801, false),  // renewed after half an hour
            (3601, false),  // not believed after an hour
            (-300, true),  // a peer whose clock is ahead
            (-301, false),
        ])
    func `a server cookie is good for half an hour`(age: Int, isKept: Bool) throws {
        let authority = try authority(firstSecret)
        let made: UInt32 = 1_600_000_000
        let first = try #require(authority.reply(to: query(cookie: "2464c4abcf10c957"), at: made))
        let cookie = try #require(ReadReply(first).options.first).dropFirst(3)
        let second = try #require(
            authority.reply(to: query(cookie: String(cookie)), at: UInt32(Int(made) + age)))
        let again = try #require(ReadReply(second).options.first).dropFirst(3)
        #expect((again == cookie) == isKept)
    }

    @Test(arguments: [
        ("2464c4abcf10c957" + "010000005cf79f110000000000000000", true),  // a wrong hash: as if it were not there
        ("2464c4abcf10c957" + "020000005cf79f111f8130c3eee29480", true),  // another version
        ("2464c4abcf10c957" + "0102030405060708", true),  // somebody else's server cookie of 8 octets
        ("2464c4abcf10c957" + String(repeating: "aa", count: 32), true),  // and one of 32
        ("", false), ("2464c4abcf10c9", false),  // a client half of less than eight octets
        ("2464c4abcf10c957" + "01020304050607", false),  // a server half of 7
        ("2464c4abcf10c957" + String(repeating: "aa", count: 33), false),  // and of 33
    ])
    func `a bad cookie is answered with a good one, a malformed one with FORMERR`(cookie: String, isAnswered: Bool)
        throws
    {
        let reply = try ReadReply(try #require(authority(firstSecret).reply(to: query(cookie: cookie))))
        #expect(reply.code == (isAnswered ? "NOERROR" : "FORMERR"))
        #expect(reply.options.map { $0.prefix(19) } == (isAnswered ? ["10 2464c4abcf10c957"] : []))
        #expect(reply.lines.contains { $0.hasPrefix("ar OPT") })
    }

    /// RFC 7873 §5.4.
    @Test(
        arguments: [
            (option(10, hex("2464c4abcf10c957")), "NOERROR"),
            (option(3) + option(10, hex("2464c4abcf10c957")), "NOERROR"),
            (option(10, hex("2464c4abcf10c957" + "0102030405060708")), "BADCOOKIE"),  // not one of ours
            (option(10, hex("2464c4abcf10c9")), "FORMERR"),  // too short
            (option(3), "FORMERR"),  // no cookie, no question
        ] as [([UInt8], String)])
    func `a query without a question can ask for a cookie`(options: [UInt8], code: String) throws {
        let authority = try authority(firstSecret)
        var message = try DNSTests.query(". A", QueryOptions(payload: 1232, options: options))
        message.removeSubrange(12..<17)
        message[5] = 0
        let reply = try ReadReply(try #require(authority.reply(to: message)))
        #expect(reply.code == code)
        #expect(reply.question == nil)
        #expect(reply.records.count == (code == "FORMERR" ? 0 : 1))
        #expect(reply.options.map { $0.prefix(19) } == (code == "FORMERR" ? [] : ["10 2464c4abcf10c957"]))
        guard code == "NOERROR" else { return }
        let given = hex(String(try #require(reply.options.first).dropFirst(3)))
        var again = try DNSTests.query(". A", QueryOptions(payload: 1232, options: option(10, given)))
        again.removeSubrange(12..<17)
        again[5] = 0
        #expect(try ReadReply(try #require(authority.reply(to: again))).code == "NOERROR")
    }

    @Test func `a cookie is one client's own`() throws {
        let authority = try authority(firstSecret)
        let given = try #require(authority.reply(to: query(cookie: "2464c4abcf10c957")))
        let cookie = try #require(ReadReply(given).options.first).dropFirst(3)
        for other in ["198.51.100.2", "::ffff:198.51.100.1", "2001:db8::1"] {
            let client = try #require(IPAddress(other))
            let reply = try #require(authority.reply(to: query(cookie: String(cookie)), from: client))
            #expect(try ReadReply(reply).options.first != "10 \(cookie)", "\(other)")
        }
    }

    @Test func `without a secret there are no cookies`() throws {
        let reply = try #require(authority().reply(to: query(cookie: "2464c4abcf10c957")))
        #expect(try ReadReply(reply).options == [])
    }

    @Test(arguments: [
        "", "e5e973e5a6b2a43f48e7dc849e37bfc", "e5e973e5a6b2a43f48e7dc849e37bfcg", "é5e973e5a6b2a43f48e7dc849e37bfc",
    ])
    func `a secret is 32 hexadecimal digits`(text: String) { #expect(CookieSecret(hexadecimal: text) == nil) }
}
