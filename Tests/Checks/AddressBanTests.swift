import Addresses
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Checks

/// Where checks must not go.
@Suite struct AddressBanTests {
    private func ban(_ words: String...) throws -> AddressBan {
        var ban = AddressBan()
        for word in words {
            let isKnown = ban.forbid(word)
            try #require(isKnown, "\(word)")
        }
        return ban
    }

    private func tcp(_ arguments: [String: String], _ ban: AddressBan) throws(CheckArgumentErrors) -> any Check {
        try CheckMethod.make(method: "tcp", arguments: CheckArguments(arguments, forbidden: ban))
    }

    @Test(arguments: [
        ("10.1.2.3", true), ("172.16.0.1", true), ("172.32.0.1", false), ("192.168.1.1", true), ("100.64.0.1", true),
        ("127.0.0.1", true),  // what listens for this machine only
        ("0.0.0.0", true),  // the same by another name
        ("169.254.169.254", true),  // where clouds tell secrets
        ("192.0.2.1", false), ("198.51.100.7", false),
        ("::1", true), ("fd00::1", true), ("fe80::1", true), ("2001:db8::1", false),
        ("::ffff:10.0.0.1", true),  // mapped
        ("::7f00:1", true),  // compatible
        ("64:ff9b::a00:1", true),  // translated
        ("2002:c0a8:101::1", true),  // 6to4 of 192.168.1.1
        ("64:ff9b::c000:201", false), ("203.0.113.9", true),  // by its prefix
    ])
    func `an address is forbidden in whatever form it comes`(text: String, isForbidden: Bool) throws {
        let ban = try ban("private", "link-local", "203.0.113.0/24")
        #expect(ban.forbids(try #require(IPAddress(text))) == isForbidden)
    }

    @Test func `what is no kind of address and no prefix cannot be forbidden, and nothing is by default`() throws {
        var none = AddressBan()
        let known = ["privat", "10.0.0.1/8", ""].filter { none.forbid($0) }
        #expect(known == [] && none.isEmpty)
        #expect(!none.forbids(.v4(IPv4Address(bits: 0x7F00_0001))))
    }

    @Test(arguments: [
        ("tcp", ["host": "127.0.0.1", "port": "22"], "host"),
        ("tcp", ["host": "www.example.org", "addr": "10.0.0.1", "port": "22"], "addr"),
        ("http-status", ["url": "http://169.254.169.254/latest/meta-data/"], "url"),
        ("http-status", ["url": "http://[::ffff:127.0.0.1]/"], "url"),
        ("ping", ["host": "192.168.0.1"], "host"),
        ("dnsbl", ["host": "192.0.2.1", "lists": "bl.example.org", "resolver": "127.0.0.1:5353"], "resolver"),
        ("exec", ["program": "/bin/true"], "program"),
    ])
    func `an address that is written is refused`(method: String, arguments: [String: String], key: String) throws {
        let ban = try ban("private", "link-local", "programs")
        let error = #expect(throws: CheckArgumentErrors.self) {
            try CheckMethod.make(method: method, arguments: CheckArguments(arguments, forbidden: ban))
        }
        #expect(error?.errors.map(\.key) == [key], "\(String(describing: error))")
    }

    @Test func `a name is looked at when it has been looked up, and nothing is sent`() async throws {
        let server = try await HostileServer([.hang])
        let ban = try ban("private")
        var check = try #require(try tcp(["host": "localhost", "port": "\(server.port)"], ban) as? TCP)
        let group = MultiThreadedEventLoopGroup.singleton
        let result = await check.probe(timeout: .seconds(2), on: group)
        #expect(!result.isSuccess && result.reason.contains("checks are kept from"), "\(result.reason)")
        // Of several addresses, those that are allowed are tried.
        let found = ["127.0.0.1", "10.0.0.1"].compactMap { IPAddress($0) }
        check.resolver = NameResolver { _, loop in loop.makeSucceededFuture(found) }.forbidding(
            try self.ban("10.0.0.0/8"))
        #expect(await check.probe(timeout: .seconds(2), on: group).isSuccess)
    }

    @Test func `a redirect is no way around it`() async throws {
        let inner = try await HostileServer([.hang])
        let outer = try await HostileServer([
            .awaitRequest,
            .send("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2:\(inner.port)/\r\nContent-Length: 0\r\n\r\n"),
        ])
        let arguments = ["url": "http://127.0.0.1:\(outer.port)/", "redirects": "true"]
        let check = try CheckMethod.make(
            method: "http-status", arguments: CheckArguments(arguments, forbidden: try ban("127.0.0.2/32")))
        let result = await check.probe(timeout: .seconds(2), on: MultiThreadedEventLoopGroup.singleton)
        #expect(!result.isSuccess && result.reason.contains("127.0.0.2 is an address that checks are kept from"))
    }
}
