import Addresses
import DNS
import Testing

/// What comparing with Knot and NSD has brought to light.
@Suite struct RegressionTests {
    private func authority() throws -> Authority {
        let long = ["a", "b", "c"].map { String(repeating: "\($0)bcdefghi.", count: 20) + "example.\($0)." }
        return try Authority([
            try zone(
                "example.test.",
                """
                @ 3600 SOA ns1 host 7 3600 600 86400 60
                @ 900 NS ns1
                loop 300 DNAME x.loop
                first 300 DNAME second
                a.second 300 CNAME b.first
                b.second 300 A 192.0.2.1
                alias 300 CNAME www.cut
                cut 300 NS \(long[0])
                cut 300 NS \(long[1])
                cut 300 NS \(long[2])
                toapex 300 CNAME in
                *.star 300 NS ns.star
                """),
            try zone("in.example.test.", "@ 3600 SOA ns host 9 2 3 4 5\n@ 900 NS ns"),
        ])
    }

    @Test func `a referral that does not fit behind an alias is truncated to a message that can be read`() throws {
        let octets = try #require(try authority().reply(to: query("alias.example.test. A")))
        let message = try Message(wire: octets)
        #expect(message.header.flags.contains(.truncated))
        #expect(message.answers.isEmpty && message.authority.isEmpty)
    }

    @Test func `an alias to the apex of another zone of ours, asked for DS, ends with the alias`() throws {
        let octets = try #require(try authority().reply(to: query("toapex.example.test. DS")))
        let message = try Message(wire: octets)
        #expect(message.answers.map(\.type) == [.cname])
        #expect(message.authority.isEmpty)
    }

    @Test func `a DNAME that leads below itself is given once, with one CNAME`() throws {
        let octets = try #require(try authority().reply(to: query("a.loop.example.test. A")))
        #expect(try Message(wire: octets).answers.map(\.type) == [.dname, .cname])
    }

    @Test func `a DNAME that is met twice stands in the answer once`() throws {
        let octets = try #require(try authority().reply(to: query("a.first.example.test. A")))
        #expect(try Message(wire: octets).answers.map(\.type) == [.dname, .cname, .cname, .cname, .a])
    }

    @Test func `ANY follows a DNAME, since RFC 6672 knows no exception for it`() throws {
        let octets = try #require(try authority().reply(to: query("b.first.example.test. ANY")))
        #expect(try Message(wire: octets).answers.map(\.type) == [.dname, .cname, .a])
    }

    @Test(arguments: [
        ("*.star.example.test. A", false),  // the asterisk itself is cut off
        ("x.*.star.example.test. A", false),
        ("x.star.example.test. A", true),  // but not what it stands for
    ])
    func `NS at a wildcard cuts at the asterisk only`(question: String, isAuthoritative: Bool) throws {
        let message = try Message(wire: try #require(try authority().reply(to: query(question))))
        #expect(message.header.flags.contains(.authoritative) == isAuthoritative)
        #expect(message.rcode == .noError)
    }
}
