import Addresses
import DNS
import DNSServer
import TestSupport
import Testing

/// A server that says everything about itself.
private func talkative(rateLimit: RateLimit? = RateLimit()) -> AnswerOptions {
    var options = AnswerOptions()
    options.serverIdentifier = Array("ams1".utf8)
    options.version = "ninelives"
    options.identity = "ams1.example.org"
    options.cookieSecrets = [sharedSecret].compactMap { $0 }
    options.rateLimit = rateLimit
    return options
}

let sharedSecret = CookieSecret(hexadecimal: "e5e973e5a6b2a43f48e7dc849e37bfcf")

/// A limit of `perSecond` that holds on loopback too.
private func limit(perSecond: Int, slip: Int = 1) -> RateLimit {
    var limit = RateLimit()
    (limit.perSecond, limit.slip, limit.exempt) = (perSecond, slip, [])
    return limit
}

private func dig(_ listen: DNSListen, _ arguments: [String]) async throws -> String {
    let (output, code) = try await run(
        "dig", ["@\(listen.address)", "-p", "\(listen.port)", "+tries=1", "+time=5", "+norecurse"] + arguments)
    #expect(code == 0, "\(output)")
    return output
}

/// What dig sees of EDNS options, CH TXT and the rate limit.
@Suite struct EDNSDigTests {
    @Test(arguments: [
        (["+nsid", "ns1.example.test"], "NSID: 61 6d 73 31 (\"ams1\")"),
        (["+cookie=0123456789abcdef", "ns1.example.test"], "(good)"),
        (["+tcp", "+cookie=0123456789abcdef", "ns1.example.test"], "(good)"),
        (["+cookie=0123456789abcdef0100000000000000aaaaaaaaaaaaaaaa", "ns1.example.test"], "status: NOERROR"),
        (["+cookie=01234567", "ns1.example.test"], "status: FORMERR"),
        (["+subnet=192.0.2.0/24", "ns1.example.test"], "CLIENT-SUBNET: 192.0.2.0/24/0"),
        (["+subnet=2001:db8::/48", "ns1.example.test"], "CLIENT-SUBNET: 2001:db8::/48/0"),
        (["+subnet=0", "ns1.example.test"], "CLIENT-SUBNET: 0.0.0.0/0/0"),
        (["+ednsopt=8:0001180000c63364", "ns1.example.test"], "status: FORMERR"),
        (["+ednsopt=65001:0102", "ns1.example.test"], "status: NOERROR"),
        (["+ednsflags=0x4321", "ns1.example.test"], "status: NOERROR"),
        (["+edns=1", "+noednsneg", "+nsid", "ns1.example.test"], "status: BADVERS"),
        (["+bufsize=512", "+ignore", "+nsid", "big.example.test"], "NSID: 61 6d 73 31"),
        (["+bufsize=512", "+ignore", "big.example.test"], "flags: qr aa tc;"),
        (["+tcp", "+keepalive", "ns1.example.test"], "TCP KEEPALIVE: 10.0 secs"),
        (["-c", "CH", "-t", "TXT", "version.bind"], "version.bind.\t\t0\tCH\tTXT\t\"ninelives\""),
        (["-c", "CH", "-t", "TXT", "version.server"], "\"ninelives\""),
        (["-c", "CH", "-t", "TXT", "id.server"], "\"ams1.example.org\""),
        (["+tcp", "-c", "CH", "-t", "TXT", "hostname.bind"], "\"ams1.example.org\""),
        (["+opcode=NOTIFY", "example.test", "SOA"], "status: NOTIMP"),
        (["+opcode=UPDATE", "example.test", "SOA"], "status: NOTIMP"),
    ])
    func `dig sees what the server says`(arguments: [String], expected: String) async throws {
        try await withServer(options: talkative()) { _, listening in
            let output = try await dig(listening[0], arguments)
            #expect(output.contains(expected), "\(output)")
            #expect(!output.contains("WARNING") && !output.contains("Warning"), "\(output)")
        }
    }

    @Test(arguments: ["version.bind", "version.server", "id.server", "hostname.bind"])
    func `a server that was told nothing refuses to tell`(name: String) async throws {
        try await withServer { _, listening in
            let output = try await dig(listening[0], ["-c", "CH", "-t", "TXT", name])
            #expect(output.contains("status: REFUSED"), "\(output)")
        }
    }

    @Test func `options are replaced while the server runs`() async throws {
        try await withServer { server, listening in
            #expect(try await !dig(listening[0], ["+nsid", "ns1.example.test"]).contains("ams1"))
            server.replace(talkative())
            #expect(try await dig(listening[0], ["+nsid", "ns1.example.test"]).contains("(\"ams1\")"))
            server.replace(try kittenSnapshot(serial: 8))
            #expect(try await dig(listening[0], ["+nsid", "ns1.example.test"]).contains("(\"ams1\")"))
        }
    }

    @Test func `over the limit dig comes back over TCP, or with its cookie, and gets its answer`() async throws {
        try await withServer(options: talkative(rateLimit: limit(perSecond: 1))) { server, listening in
            // A flood in the same second as the question, because the count begins anew with each.
            let flood = try Client(udp: listening[0])
            let question = query("ns1.example.test.")
            func isLimited() throws -> Bool { try #require(Header(flood.ask(question))).isTruncated }
            try await eventually("the limit is met") {
                try isLimited() && isLimited()
            }
            let limited = server.counters.rateLimitSlipped
            #expect(limited >= 2)
            for options in [["+nocookie"], ["+cookie"]] {
                try await eventually("dig meets the limit too") {
                    guard try isLimited() else { return false }
                    let before = server.counters.rateLimitSlipped
                    let output = try await dig(listening[0], options + ["ns1.example.test"])
                    #expect(output.contains("status: NOERROR") && output.contains("192.0.2.1"), "\(output)")
                    guard server.counters.rateLimitSlipped > before else { return false }
                    return output.contains(
                        options == ["+cookie"] ? "BADCOOKIE, retrying" : "Truncated, retrying in TCP mode")
                }
            }
            #expect(server.counters.rateLimitDropped == 0)
        }
    }

    @Test func `with two workers and many ports the limit is one`() async throws {
        // The kernel gives each client port to one of the workers; they count together.
        try await withServer(workers: 2, options: talkative(rateLimit: limit(perSecond: 5, slip: 0))) {
            server, listening in
            let question = query("ns1.example.test.")
            let clients = try (0..<16).map { _ in try Client(udp: listening[0]) }
            for _ in 0..<4 { for client in clients { try client.send(question) } }
            try await eventually("all were counted") { server.counters.udpQueries == 64 }
            let counters = server.counters
            // The 64 queries fall into two seconds at the most.
            #expect((5...10).contains(counters.replies[0]), "\(counters)")
            #expect(counters.rateLimitDropped == 64 - counters.replies[0])
            #expect(counters.dropped == counters.rateLimitDropped)
        }
    }

    @Test func `loopback is not limited unless that is wanted`() async throws {
        var standard = RateLimit()
        standard.perSecond = 1
        try await withServer(on: ["127.0.0.1", "::1"], options: talkative(rateLimit: standard)) { server, listening in
            for listen in listening {
                let client = try Client(udp: listen)
                for _ in 0..<50 {
                    #expect(try Header(client.ask(query("ns1.example.test.")))?.isTruncated == false)
                }
            }
            #expect(server.counters.rateLimitSlipped == 0)
        }
    }
}
