import Addresses
import DNS
import Testing

private func limited(_ change: (inout RateLimit) -> Void = { _ in }, cookies: Bool = true) throws -> (
    Authority, RateTable
) {
    var options = AnswerOptions()
    var limit = RateLimit()
    limit.perSecond = 3
    change(&limit)
    options.rateLimit = limit
    if cookies { options.cookieSecrets = [CookieSecret(octets: 1...16)].compactMap { $0 } }
    let rates = RateTable(seed: 7)
    return (try Authority([kittens()], options: options, rates: rates), rates)
}

/// What came of each of several equal queries: the code, with `tc` where it was set, or `-` for silence.
private func outcomes(
    _ count: Int, _ question: String, _ authority: Authority, from address: String = "198.51.100.1",
    at now: UInt32 = 100, over transport: QueryTransport = .datagram, options: QueryOptions = QueryOptions()
) throws -> String {
    let query = try query(question, options)
    return try (0..<count).map { _ in
        guard
            let reply = authority.reply(to: query, over: transport, from: try #require(IPAddress(address)), at: now)
        else { return "-" }
        let read = try ReadReply(reply)
        return read.code + (reply[2] & 2 != 0 ? "/tc" : "") + (read.records.contains { $0.type != 41 } ? "" : "/empty")
    }.joined(separator: " ")
}

@Suite struct RateLimitTests {
    @Test(arguments: [
        (1, "NOERROR NOERROR NOERROR NOERROR/tc/empty NOERROR/tc/empty NOERROR/tc/empty NOERROR/tc/empty"),
        (2, "NOERROR NOERROR NOERROR - NOERROR/tc/empty - NOERROR/tc/empty"),
        (3, "NOERROR NOERROR NOERROR - - NOERROR/tc/empty -"),
        (0, "NOERROR NOERROR NOERROR - - - -"),
    ])
    func `what is over the limit is truncated or dropped`(slip: Int, expected: String) throws {
        let (authority, rates) = try limited { $0.slip = slip }
        #expect(try outcomes(7, "www.example.test A", authority) == expected)
        #expect(rates.slipped == expected.split(separator: " ").count { $0.contains("tc") })
        #expect(rates.dropped == expected.split(separator: " ").count { $0 == "-" })
    }

    @Test func `each second is counted anew`() throws {
        let (authority, _) = try limited { $0.slip = 0 }
        #expect(try outcomes(4, "www.example.test A", authority, at: 100) == "NOERROR NOERROR NOERROR -")
        #expect(try outcomes(4, "www.example.test A", authority, at: 101) == "NOERROR NOERROR NOERROR -")
        // The clock may be set back.
        #expect(try outcomes(4, "www.example.test A", authority, at: 99) == "NOERROR NOERROR NOERROR -")
    }

    @Test func `answers, denials, errors and referrals are counted apart`() throws {
        let (authority, _) = try limited { $0.slip = 0 }
        for (question, code) in [
            ("www.example.test A", "NOERROR"), ("nowhere.example.test A", "NXDOMAIN"),
            ("example.org A", "REFUSED/empty"),
            ("x.sub.example.test A", "NOERROR"),
        ] {
            #expect(try outcomes(4, question, authority) == "\(code) \(code) \(code) -", "\(question)")
        }
        // Another name of the same kind is no way around it: also not one that a wildcard has.
        #expect(try outcomes(1, "ns1.example.test A", authority) == "-")
        #expect(try outcomes(1, "other.example.test A", authority) == "-")
        #expect(try outcomes(1, "cat.wild.example.test A", authority) == "-")
        #expect(try outcomes(1, "example.com A", authority) == "-")
        #expect(try outcomes(1, "y.sub.example.test A", authority) == "-")
    }

    @Test(arguments: [
        ("198.51.100.1", "198.51.100.254", true), ("198.51.100.1", "198.51.101.1", false),
        ("2001:db8:0:ff00::1", "2001:db8:0:ffff::2", true), ("2001:db8:0:ff00::1", "2001:db8:0:fe00::1", false),
        ("0.0.0.1", "::1:0", false),  // the same number in the other family
    ])
    func `a network shares one limit`(first: String, second: String, isShared: Bool) throws {
        let (authority, _) = try limited { $0.slip = 0 }
        _ = try outcomes(3, "www.example.test A", authority, from: first)
        #expect(try outcomes(1, "www.example.test A", authority, from: second) == (isShared ? "-" : "NOERROR"))
    }

    @Test func `the length of the prefixes can be chosen`() throws {
        let (authority, _) = try limited {
            $0.slip = 0
            $0.v4PrefixLength = 32
            $0.v6PrefixLength = 128
        }
        for address in ["198.51.100.1", "198.51.100.2", "2001:db8::1", "2001:db8::2"] {
            #expect(try outcomes(4, "www.example.test A", authority, from: address) == "NOERROR NOERROR NOERROR -")
        }
    }

    @Test(arguments: ["127.0.0.1", "127.255.0.9", "::1", "192.0.2.77", "2001:db8:1::9"])
    func `exempt networks are not limited`(address: String) throws {
        let (authority, rates) = try limited {
            $0.exempt += ["192.0.2.0/24", "2001:db8:1::/48"].compactMap { Network($0) }
        }
        #expect(try !outcomes(20, "www.example.test A", authority, from: address).contains("tc"))
        #expect(rates.slipped == 0)
    }

    @Test func `over a stream nobody is limited`() throws {
        let (authority, _) = try limited()
        #expect(try !outcomes(20, "www.example.test A", authority, over: .stream).contains("tc"))
    }

    @Test func `whoever shows a good cookie is not limited, and a wrong one gets BADCOOKIE`() throws {
        let (authority, _) = try limited()
        func cookie(_ content: [UInt8]) -> QueryOptions { QueryOptions(payload: 1232, options: option(10, content)) }
        let half: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
        _ = try outcomes(3, "www.example.test A", authority)
        #expect(try outcomes(1, "www.example.test A", authority, options: cookie(half)) == "BADCOOKIE/empty")
        #expect(try outcomes(1, "nowhere.example.test A", authority, options: cookie(half)) == "NXDOMAIN")
        let refused = try #require(
            authority.reply(to: query("www.example.test A", cookie(half + Array(repeating: 9, count: 16))), at: 100))
        let given = try #require(ReadReply(refused).options.first).dropFirst(3)
        #expect(try ReadReply(refused).lines == ["BADCOOKIE rd", "ar OPT size 1232 option 10"])
        let again = cookie(hex(String(given)))
        #expect(
            try outcomes(9, "www.example.test A", authority, options: again)
                == Array(repeating: "NOERROR", count: 9).joined(separator: " "))
        // From elsewhere the same cookie is worth nothing.
        _ = try outcomes(3, "www.example.test A", authority, from: "203.0.113.1")
        #expect(
            try outcomes(1, "www.example.test A", authority, from: "203.0.113.1", options: again) == "BADCOOKIE/empty")
    }

    @Test func `without cookies, a cookie changes nothing`() throws {
        let (authority, _) = try limited(cookies: false)
        _ = try outcomes(3, "www.example.test A", authority)
        let options = QueryOptions(payload: 1232, options: option(10, [1, 2, 3, 4, 5, 6, 7, 8]))
        #expect(try outcomes(1, "www.example.test A", authority, options: options) == "NOERROR/tc/empty")
    }

    @Test func `an error stays an error, and a denial is not told to whoever may not have asked`() throws {
        let (authority, _) = try limited()
        #expect(try outcomes(4, "example.org A", authority).hasSuffix(" REFUSED/tc/empty"))
        #expect(try outcomes(4, "nowhere.example.test A", authority).hasSuffix(" NOERROR/tc/empty"))
        var notify = try query("www.example.test A")
        notify[2] = 0x20
        let codes = (0..<4).map { _ in authority.reply(to: notify, at: 200).map { [$0[2] & 2, $0[3], UInt8($0.count)] }
        }
        #expect(codes == [[0, 4, 12], [0, 4, 12], [0, 4, 12], [2, 4, 12]])
    }

    /// With a slip of 1, what a forged question can make us send is no longer than the question; with a cookie in it,
    /// 16 octets longer.
    @Test(arguments: ["www.example.test A", "big.example.test A", "nowhere.example.test A", "x.sub.example.test A"])
    func `a reply over the limit is as short as its question`(question: String) throws {
        let (authority, _) = try limited()
        let all = option(3) + option(8, hex("00011800c63364"))
        for (options, more) in [
            (QueryOptions(), 0), (QueryOptions(payload: 1232), 0), (QueryOptions(payload: 1232, options: all), 0),
            (QueryOptions(payload: 1232, options: option(10, [1, 2, 3, 4, 5, 6, 7, 8])), 16),
        ] {
            let query = try query(question, options)
            for _ in 0..<3 { _ = authority.reply(to: query, at: 100) }
            let reply = try #require(authority.reply(to: query, at: 100))
            #expect(reply.count <= query.count + more)
        }
    }

    @Test func `a crowd of other networks does not make the table forget a busy one`() throws {
        let (authority, _) = try limited { $0.slip = 0 }
        let query = try query("www.example.test A")
        for _ in 0..<1000 { _ = authority.reply(to: query, from: standardClient, at: 100) }
        for number in 0..<50_000 as Range<UInt32> {
            let address = IPAddress.v4(IPv4Address(bits: 0x0A00_0000 + number << 8))
            _ = authority.reply(to: query, from: address, at: 100)
        }
        #expect(authority.reply(to: query, from: standardClient, at: 100) == nil)
    }

    @Test(arguments: ["192.0.2.0/24", "192.0.2.1", "0.0.0.0/0", "2001:db8::/32", "::1", "2001:db8::/33", "::/0"])
    func `networks are read`(text: String) throws {
        let network = try #require(Network(text))
        #expect(network.description == (text.contains("/") ? text : text + (text.contains(":") ? "/128" : "/32")))
    }

    @Test(arguments: [
        "", "192.0.2.0/", "192.0.2.0/33", "192.0.2.1/24", "192.0.2.0/24/8", "192.0.2.0/+8", "::/129", "2001:db8::1/64",
        "example.org", "/8", "192.0.2.0/0024",
    ])
    func `what is no network is refused`(text: String) { #expect(Network(text) == nil) }
}
