import Foundation
import TestSupport
import Testing

@testable import Checks

/// `ping`, `udp`, `dns`, `dnsbl` and `whois-expiry` against real servers.
@Suite struct NetworkTests {
    @Test(arguments: ["127.0.0.1", "::1"])
    func `ping hears an address of either family`(address: String) async throws {
        let result = try await probe("ping", ["host": address, "count": "2"])
        if result.reason.hasPrefix("this process may not send ICMP") { return }
        #expect(result.isSuccess && result.reason.hasPrefix("2 of 2 answered, "), "\(result.reason)")
        #expect(result.address == address)
    }

    @Test func `ping tells silence, slowness and a network that is not there`() async throws {
        let local = try await probe("ping", ["host": "127.0.0.1"])
        if local.reason.hasPrefix("this process may not") { return }
        // 240.0.0.0/4 cannot be sent to.
        let nowhere = try await probe("ping", ["host": "240.0.0.1"], timeout: .milliseconds(300))
        #expect(!nowhere.isSuccess)
        let slow = try await probe("ping", ["host": "127.0.0.1", "max-time": "0ms"])
        #expect(!slow.isSuccess && slow.reason.hasSuffix(", longer than 0 µs"), "\(slow.reason)")
    }

    @Test func `an echo request is what the RFC says`() {
        // 8 0 checksum id sequence token: the checksum over the whole is all ones.
        #expect(internetChecksum([0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7]) == 0x220D)  // RFC 1071 §3
        #expect(EchoExchange.Fault.notPermitted(group: 100).words.contains("net.ipv4.ping_group_range"))
    }

    private static func named(_ port: Int, _ folder: TemporaryFolder, serial: Int) throws -> [String] {
        let zone = try folder.write(
            "zone-\(serial)",
            """
            $TTL 60
            @ SOA ns.example.test. tom.example.test. \(serial) 60 60 600 60
            @ NS ns
            ns A 127.0.0.1
            cat A 192.0.2.1
            cat A 192.0.2.2
            cat AAAA 2001:db8::1
            mail MX 10 cat.example.test.
            25.2.0.192.bl A 127.0.0.2
            1.2.0.192.odd A 127.255.255.254
            1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl A 127.0.0.4

            """)
        let file = try folder.write(
            "named-\(serial).conf",
            """
            options { directory "\(folder.path)"; listen-on port \(port) { 127.0.0.1; }; listen-on-v6 { none; };
              pid-file none; recursion no; allow-query { any; }; session-keyfile "\(folder.path)/key-\(serial)"; };
            controls { };
            zone "example.test" { type primary; file "\(zone)"; };

            """)
        return ["-g", "-c", file]
    }

    /// BIND listens before it has read its zones.
    private static func zoneIsLoaded(_ port: Int) async throws {
        try await eventually("the zone is loaded") {
            try await probe("dns", ["server": "127.0.0.1", "port": "\(port)", "name": "ns.example.test"]).isSuccess
        }
    }

    @Test func `a name server is asked and its answer judged`() async throws {
        try await withFolder { folder in
            try await withServer("named", { try Self.named($0, folder, serial: 41) }) { old in
                try await withServer("named", { try Self.named($0, folder, serial: 42) }) { port in
                    for port in [old, port] { try await Self.zoneIsLoaded(port) }
                    let rows: [([String: String], Bool, String)] = [
                        (["name": "ns.example.test"], true, "A 127.0.0.1"),
                        (
                            [
                                "name": "cat.example.test", "expect": "192.0.2.2|192.0.2.1", "only": "yes",
                                "authoritative": "yes",
                            ], true, "A 192.0.2."
                        ),
                        (
                            ["name": "cat.example.test", "expect": "192.0.2.1", "only": "yes"], false,
                            "192.0.2.2 is among the answers, and not expected"
                        ),
                        (
                            ["name": "cat.example.test", "expect": "192.0.2.9"], false,
                            "192.0.2.9 is not among the answers: 192.0.2."
                        ),
                        (["name": "cat.example.test", "type": "AAAA", "transport": "tcp"], true, "AAAA 2001:db8::1"),
                        (
                            ["name": "mail.example.test", "type": "MX", "expect": "10 CAT.example.test."], true,
                            "MX 10 cat.example.test."
                        ),
                        (["name": "no.example.test"], false, "answers NXDOMAIN, expected NOERROR"),
                        (["name": "no.example.test", "rcode": "NXDOMAIN"], true, "answers NXDOMAIN"),
                        (["name": "mail.example.test"], false, "answers NOERROR without a A record"),
                        (["name": "example.org"], false, "answers REFUSED, expected NOERROR"),
                        (
                            ["name": "example.test", "type": "SOA", "not-behind": "127.0.0.1:\(old)"], true,
                            "serial 42, the other server has 41"
                        ),
                    ]
                    for (more, isSuccess, reason) in rows {
                        let result = try await probe(
                            "dns", ["server": "127.0.0.1", "port": "\(port)"].merging(more) { $1 })
                        #expect(result.reason.hasPrefix(reason), "\(more): \(result.reason)")
                        #expect(result.isSuccess == isSuccess, "\(more): \(result.reason)")
                    }
                    let behind = try await probe(
                        "dns",
                        [
                            "server": "127.0.0.1", "port": "\(old)", "name": "example.test", "type": "SOA",
                            "not-behind": "127.0.0.1:\(port)",
                        ])
                    #expect(behind.reason == "serial 41 is behind 42 of the other server")
                    let lists: [(String, String, Bool, String)] = [
                        ("192.0.2.25", "bl.example.test", false, "listed by bl.example.test. (127.0.0.2)"),
                        ("192.0.2.1", "bl.example.test", true, "on none of 1 list"),
                        ("2001:db8::1", "bl.example.test", false, "listed by bl.example.test. (127.0.0.4)"),
                        (
                            "192.0.2.1", "bl.example.test, odd.example.test", true,
                            "on none of 1 list; no answer from odd.example.test."
                        ),
                        ("192.0.2.1", "bl.example.org", false, "none of the lists answers: bl.example.org."),
                    ]
                    for (address, names, isSuccess, reason) in lists {
                        let result = try await probe(
                            "dnsbl", ["host": address, "lists": names, "resolver": "127.0.0.1:\(port)"])
                        #expect(result.reason == reason)
                        #expect(result.isSuccess == isSuccess)
                    }
                }
            }
        }
    }

    @Test func `a port that nobody listens on is known at once over UDP`() async throws {
        let port = try freePort()
        let arguments = ["host": "127.0.0.1", "port": "\(port)", "send": "x"]
        #expect(try await probe("udp", arguments).reason == "connection refused")
        let question = ["server": "127.0.0.1", "port": "\(port)", "name": "example.test"]
        #expect(try await probe("dns", question).reason == "connection refused")
    }

    @Test func `a datagram is answered as expected`() async throws {
        try await withFolder { folder in
            try await withServer("named", { try Self.named($0, folder, serial: 1) }) { port in
                try await Self.zoneIsLoaded(port)
                // A question for example.test NS, written out, and part of what must come back.
                let query = "\\x12\\x34\\0\\0\\0\\x01\\0\\0\\0\\0\\0\\0\\x07example\\x04test\\0\\0\\x02\\0\\x01"
                let server = ["host": "127.0.0.1", "port": "\(port)", "send": query]
                #expect(try await probe("udp", server.merging(["expect": "\\x12\\x34\\x84"]) { $1 }).isSuccess)
                #expect(try await probe("udp", server).reason.hasPrefix("answers with "))
                let other = try await probe("udp", server.merging(["expect": "purr"]) { $1 })
                #expect(other.reason.hasPrefix("text \"purr\" not found in "))
                // BIND says nothing to what is no query.
                let silence = "timed out after TIME waiting for an answer"
                let silent = try await outcome(of: silence) {
                    try await probe("udp", ["host": "127.0.0.1", "port": "\(port)", "send": "x"], timeout: $0)
                }
                #expect(silent.said == silence)
            }
        }
    }

    @Test func `an RDAP server is asked when a domain expires`() async throws {
        try await withFolder { folder in
            func site(_ port: Int) -> String {
                func answer(_ name: String, _ body: String) -> String {
                    "location = /domain/\(name) { default_type application/rdap+json; return 200 '\(body)'; }\n"
                }
                func expiry(_ date: String) -> String {
                    "{\"events\":[{\"eventAction\":\"registration\",\"eventDate\":\"1995-01-01T00:00:00Z\"},{\"eventAction\":\"expiration\",\"eventDate\":\"\(date)\"}]}"
                }
                return "server { listen 127.0.0.1:\(port);"
                    + answer("long.example", expiry("2090-01-01T00:00:00Z"))
                    + answer("fraction.example", expiry("2090-01-01T00:00:00.123Z"))
                    + answer("gone.example", expiry("2001-02-03T00:00:00Z"))
                    + answer("mute.example", "{\"events\":[]}") + answer("odd.example", "<html>") + "}"
            }
            try await withNginx(in: folder, site) { port in
                let rows: [(String, Bool, String)] = [
                    ("long.example", true, "long.example expires in "),
                    ("fraction.example", true, "fraction.example expires in "),
                    ("gone.example", false, "gone.example expired on 2001-02-03"),
                    ("mute.example", false, "the registry does not say when mute.example expires"),
                    ("odd.example", false, "the answer is not RDAP"),
                    ("none.example", false, "status 404, expected 200"),
                ]
                for (domain, isSuccess, reason) in rows {
                    let result = try await probe(
                        "whois-expiry", ["domain": domain, "server": "http://127.0.0.1:\(port)"])
                    #expect(result.reason.hasPrefix(reason), "\(result.reason)")
                    #expect(result.isSuccess == isSuccess)
                }
            }
        }
    }
}
