import DNS
import Settings
import Testing

private let first = "e5e973e5a6b2a43f48e7dc849e37bfcf"
private let second = "445536bcd2513298075a5d379663c962"

private func readDNS(_ text: String, files: [String: String] = [:]) throws -> DNSSettings {
    try Settings.parse(text, file: "n.yaml", readFile: { files[$0] }).get().dns
}

private func errors(_ text: String, files: [String: String] = [:]) -> [String] {
    guard case .failure(let errors) = Settings.parse(text, file: "n.yaml", readFile: { files[$0] }) else { return [] }
    return errors.errors.map(\.description)
}

@Suite struct DNSSettingsTests {
    @Test(arguments: ["", "dns:", "dns: {}", "dns: { cookies: on, rate-limit: yes, nsid: off, version: no }"])
    func `nothing is said, cookies are on and loopback alone is not limited`(text: String) throws {
        let settings = try readDNS(text)
        var options = AnswerOptions()
        options.rateLimit = RateLimit()
        #expect(settings.options == options && settings.hasCookies)
        #expect(options.rateLimit?.exempt.map(\.description) == ["127.0.0.0/8", "::1/128"])
        let secret = try #require(CookieSecret(hexadecimal: first))
        #expect(settings.options(randomSecret: secret).cookieSecrets == [secret])
    }

    @Test func `everything that can be written arrives`() throws {
        let settings = try readDNS(
            """
            dns:
              nsid: ams1
              version: "off"
              id: ams1.example.org
              cookies: { secrets: shared }
              rate-limit:
                { per-second: 500, slip: 2, ipv4-prefix: 32, ipv6-prefix: 64, exempt: [192.0.2.0/24, "2001:db8::1"] }
            """, files: ["shared": "# in force\n\(first)\n\n \(second) # accepted\n"])
        let options = settings.options
        #expect(options.serverIdentifier == Array("ams1".utf8))
        #expect(options.version == "off")  // in quotes it is a text
        #expect(options.identity == "ams1.example.org")
        #expect(options.cookieSecrets == [first, second].compactMap { CookieSecret(hexadecimal: $0) })
        let limit = try #require(options.rateLimit)
        #expect(limit.perSecond == 500 && limit.slip == 2 && limit.v4PrefixLength == 32 && limit.v6PrefixLength == 64)
        #expect(
            limit.exempt.map(\.description) == ["127.0.0.0/8", "::1/128", "192.0.2.0/24", "2001:db8::1/128"])
        let other = try #require(CookieSecret(hexadecimal: second))
        #expect(settings.options(randomSecret: other).cookieSecrets.count == 2)
    }

    @Test func `cookies and the limit can be turned off`() throws {
        let settings = try readDNS("dns: { cookies: off, rate-limit: off }")
        let secret = try #require(CookieSecret(hexadecimal: first))
        #expect(settings.options(randomSecret: secret).cookieSecrets.isEmpty)
        #expect(settings.options.rateLimit == nil)
    }

    @Test(
        arguments: [
            (
                "dns: { nsdi: x }", [:],
                #"n.yaml:1:8: dns.nsdi is not a key that exists here: did you mean "nsid"?"#
            ),
            ("dns: { id: [] }", [:], "n.yaml:1:12: dns.id is not a single value; use one value"),
            ("dns: { cookies: maybe }", [:], #"n.yaml:1:17: dns.cookies "maybe" is neither on nor off; use on or off"#),
            (
                "dns: { cookies: { secrets: none } }", [:],
                #"n.yaml:1:28: dns.cookies.secrets "none" cannot be read; use a file of one or two secrets; "#
                    + "its path begins at the folder of n.yaml"
            ),
            (
                "dns: { cookies: { secrets: f } }", ["f": "# nothing\n"],
                #"n.yaml:1:28: dns.cookies.secrets "f" holds no secret; use a file of one or two secrets"#
            ),
            // A secret that is nearly right is not printed.
            (
                "dns: { cookies: { secrets: f } }", ["f": "\n" + first + "00\n"],
                "f:2:1: dns.cookies.secrets is not a secret; use 32 hexadecimal digits, as from: openssl rand -hex 16"
            ),
            (
                "dns: { cookies: { secrets: f } }", ["f": "\(first)\n\(second)\n\(first)"],
                "f:3:1: dns.cookies.secrets is a third secret; use two at most: the one in force, and one that is "
                    + "accepted too"
            ),
            (
                "dns: { rate-limit: { per-second: 0 } }", [:],
                #"n.yaml:1:34: dns.rate-limit.per-second "0" is out of range; use 1…1000000"#
            ),
            (
                "dns: { rate-limit: { exempt: [192.0.2.1/24] } }", [:],
                #"n.yaml:1:31: dns.rate-limit.exempt[0] "192.0.2.1/24" is not a network; "#
                    + "use ADDRESS/LENGTH such as 192.0.2.0/24, nothing behind it"
            ),
        ] as [(String, [String: String], String)])
    func `a mistake is told with its place`(text: String, files: [String: String], expected: String) {
        #expect(errors(text, files: files) == [expected])
    }

    @Test func `a text that is too long is a mistake`() {
        let long = String(repeating: "é", count: 65)
        #expect(errors("dns: { nsid: \(long) }").count == 1)
        #expect(errors("dns: { version: \(long) }").isEmpty)
    }
}
