import Addresses
import DNS
import Settings
import Testing

@Suite struct TransferSettingsTests {
    private static let secret = "bmluZSBsaXZlcyBhcmUgYmV0dGVyIHRoYW4gb25lLiA="

    private func read(_ text: String, files: [String: String] = [:]) -> Result<Settings, SettingsErrors> {
        Settings.parse(text, file: "n.yaml", folder: ".", readFile: { files[$0] })
    }

    @Test func `keys, rules and targets are read, a zone's own before the others`() throws {
        let settings = try read(
            """
            keys:
              K1.example.test: { secret-file: k1.key }
              k2: { algorithm: HMAC-SHA512-256, secret: \(Self.secret) }
            transfer: [192.0.2.0/24 key k1.example.test, key k2, "2001:db8::/32", 198.51.100.7]
            notify: [192.0.2.2, "192.0.2.3:5353 key k2", "2001:db8::2", "[2001:db8::3]:53"]
            zones:
              - name: example.test
                transfer: []
                notify: 192.0.2.9 key K2.
                records: ["@ 900 IN SOA ns1 hostmaster 1 3600 600 604800 60", "@ 900 IN NS ns1", "ns1 900 IN A 192.0.2.1"]
            """, files: ["k1.key": Self.secret + "\n"]
        ).get()
        let policy = settings.transfers
        let (k1, k2, zone, other) = try (
            Name("k1.example.test"), Name("k2"), Name("example.test"), Name("example.org")
        )
        let secret = try #require(TSIGSecret(base64: Self.secret))
        #expect(policy.keys.first == TSIGKey(name: k1, algorithm: .sha256, secret: secret))
        #expect(policy.keys.last == TSIGKey(name: k2, algorithm: .sha512, secret: secret, leastMACLength: 32))
        func allows(_ zone: Name, _ address: String, _ key: Name?) throws -> Bool {
            policy.allowsTransfer(of: zone, to: try #require(IPAddress(address)), key: key)
        }
        #expect(try allows(other, "192.0.2.200", k1))
        #expect(try !allows(other, "192.0.2.200", nil), "the key is needed too")
        #expect(try !allows(other, "198.51.100.8", k1), "the address is needed too")
        #expect(try allows(other, "203.0.113.1", k2), "the key is enough")
        #expect(try allows(other, "2001:db8:ffff::1", nil), "the address is enough")
        #expect(try allows(other, "198.51.100.7", nil))
        #expect(try !allows(zone, "198.51.100.7", k2), "the zone's own list is empty")
        #expect(
            policy.targets(ofZone: zone).map { "\($0.address) \($0.port) \($0.key == k2)" } == ["192.0.2.9 53 true"])
        #expect(
            policy.targets(ofZone: other).map { "\($0.address) \($0.port) \($0.key == k2)" } == [
                "192.0.2.2 53 false", "192.0.2.3 5353 true", "2001:db8::2 53 false", "2001:db8::3 53 false",
            ])
    }

    @Test func `without the sections nobody may transfer and nobody is told`() throws {
        let policy = try read("data: x").get().transfers
        #expect(policy == TransferPolicy())
        #expect(try !policy.allowsTransfer(of: Name("example.test"), to: #require(IPAddress("127.0.0.1")), key: nil))
    }

    @Test func `a secret prints and reflects as nothing`() throws {
        let settings = try read("keys: { k1: { secret: \(Self.secret) } }").get()
        var dumped = ""
        dump(settings.transfers, to: &dumped)
        for text in [dumped, "\(settings.transfers)", String(reflecting: settings.transfers)] {
            #expect(text.contains("k1") || text.contains("TSIGKey"))
            #expect(!text.contains(Self.secret) && !text.contains("110, 105, 110, 101"), "\(text)")
        }
    }

    @Test(arguments: [
        ("keys: { k1: {} }", "n.yaml:1:9: keys.k1 has no secret; use secret, secret-file or secret-env"),
        (
            "keys: { k1: { secret: 'not base64!' } }",
            "n.yaml:1:23: keys.k1.secret is not Base64; use what `tsig-keygen` or `openssl rand -base64 32` prints"
        ),  // the wrong secret itself is not told
        (
            "keys: { k1: { secret: YQ==, secret-env: HOME } }",
            "n.yaml:1:29: keys.k1.secret-env stands beside secret; use one of the two"
        ),
        (
            "keys: { k1: { secret-file: absent } }",
            #"n.yaml:1:28: keys.k1.secret-file "absent" cannot be read; use a file that holds the secret in Base64"#
        ),
        (
            "keys: { k1: { secret: YQ==, algorithm: hmac-sha265 } }",
            #"n.yaml:1:40: keys.k1.algorithm "hmac-sha265" is not an algorithm: did you mean "hmac-sha256"?"#
        ),
        (
            "keys: { k1: { secret: YQ==, algorithm: hmac-sha256-64 } }",
            #"n.yaml:1:40: keys.k1.algorithm "hmac-sha256-64" cuts the MAC to a length that it may not have; "#
                + "use hmac-sha256-N with N of 128…256, a multiple of 8"
        ),
        (
            "transfer: [192.0.2.1/24]",
            #"n.yaml:1:12: transfer[0] "192.0.2.1/24" is not an address or a prefix; use 192.0.2.1, 192.0.2.0/24 "#
                + "(no bit set beyond the length), `key NAME`, or `192.0.2.0/24 key NAME`"
        ),
        (
            "transfer: [key absent]", #"n.yaml:1:12: transfer[0] "absent" is not a key; use one that is configured"#
        ),
        (
            "notify: [ns2.example.test]",
            #"n.yaml:1:10: notify[0] "ns2.example.test" is not an address; use 192.0.2.1, 192.0.2.1:5353, "#
                + "[2001:db8::1]:5353, or one of them with `key NAME` behind it"
        ),
    ])
    func `what is wrong is told with its place and without secrets`(text: String, message: String) {
        guard case .failure(let errors) = read(text) else {
            Issue.record("no error")
            return
        }
        #expect(errors.description == message)
    }
}
