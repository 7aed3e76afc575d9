import DNS
import DNSServer
import TestSupport
import Testing

/// Knot Resolver in front of us: what its clients get is what we hold, though it asks in its own way.
@Suite struct KnotResolverTests {
    /// How it reaches us; none of our zones is signed, and it believes nothing else.
    enum Way: String, CaseIterable {
        case stub = "policy.STUB('%')"
        case forward = "policy.FORWARD('%')"
        case stubWithoutEDNS = "policy.STUB('%'), policy.FLAGS({'NO_EDNS'})"
    }

    @Test(arguments: Way.allCases)
    func `its clients get our answers, chains, denials and long answers`(way: Way) async throws {
        try await withServer(snapshot: try snapshot(), options: options()) { server, listening in
            server.publish("cat.example.test.", kittens(0xC000_0263, 0xC000_0264))
            try await withResolver(way, before: listening[0].port) { port in
                let cats = ["192.0.2.100", "192.0.2.99"]
                #expect(try await dig(port, "cat.example.test", "+short").sorted() == cats)
                #expect(try await dig(port, "cat.example.test", "+short", "+tcp").sorted() == cats)
                let mixed = try await dig(port, "CaT.eXample.TEST", "AAAA")
                #expect(mixed.contains { $0.contains("status: NOERROR") })
                #expect(mixed.contains { $0.contains("\tSOA\t") }, "no data comes with its proof: \(mixed)")
                let chain = try await dig(port, "start.example.org", "+short")
                #expect(Array(chain.prefix(2)) == ["www.example.test.", "cat.example.test."], "\(chain)")
                #expect(chain.dropFirst(2).sorted() == cats)
                let absent = try await dig(port, "absent.example.test")
                #expect(
                    absent.contains { $0.contains("status: NXDOMAIN") } && absent.contains { $0.contains("\tSOA\t") })
                // 200 addresses fit into no datagram: it comes back over TCP.
                #expect(try await dig(port, "big.example.test", "+short", "+tcp").count == 200)
                #expect(server.counters.truncated >= 1 && server.counters.tcpQueries >= 1)
                let wishes = ["+dnssec", "+nsid", "+cookie", "+subnet=192.0.2.0/24", "+bufsize=4096"]
                #expect(try await dig(port, "ns1.example.test", ["+short"] + wishes) == ["192.0.2.1"])
                #expect(try await dig(port, "ns1.example.test", ["+short", "+noedns"]) == ["192.0.2.1"])
                let refused = server.counters.replies[1] + server.counters.replies[2] + server.counters.replies[4]
                #expect(refused == 0, "no FORMERR, SERVFAIL or NOTIMP: \(server.counters)")
            }
        }
    }

    @Test func `it sees a new answer as soon as the old one's TTL is over`() async throws {
        try await withServer(snapshot: try snapshot(), options: options()) { server, listening in
            server.publish("cat.example.test.", fleeting(0xC000_0263))
            try await withResolver(.stub, before: listening[0].port) { port in
                #expect(try await dig(port, "cat.example.test", "+short") == ["192.0.2.99"])
                server.publish("cat.example.test.", fleeting(0xC000_0264))
                try await eventually("the cache has let go") {
                    try await dig(port, "cat.example.test", "+short") == ["192.0.2.100"]
                }
            }
        }
    }

    // MARK: -

    /// An answer that caches keep for a second.
    private func fleeting(_ address: UInt32) -> DynamicAnswer {
        var answer = kittens(address)
        answer.ttlSeconds = 1
        return answer
    }

    /// The kitten site's zone, and one whose name leads there.
    private func snapshot() throws -> ZoneSnapshot {
        let (apex, server): (Name, Name) = ("example.org.", "ns1.example.test.")
        let numbers: [UInt8] = (0..<5).flatMap { _ in [0, 0, 0, 9] }
        let other = Zone(
            apex: apex,
            rrsets: [
                RRset(owner: apex, type: .soa, ttlSeconds: 900, rdata: [server.wire + server.wire + numbers]),
                RRset(owner: apex, type: .ns, ttlSeconds: 900, rdata: [server.wire]),
                RRset(
                    owner: "start.example.org.", type: .cname, ttlSeconds: 300, rdata: [Name("www.example.test.").wire]),
            ])
        return try ZoneSnapshot(zones: [kittenZone(), other], dynamicNames: ["cat.example.test."])
    }

    /// With cookies, which it never sends.
    private func options() -> AnswerOptions {
        var options = AnswerOptions()
        options.cookieSecrets = [sharedSecret].compactMap { $0 }
        options.serverIdentifier = Array("ams1".utf8)
        return options
    }

    /// Knot Resolver on a port of its own, which asks nobody but us.
    private func withResolver(_ way: Way, before port: Int, _ body: (Int) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let own = try freePort()
        let names = "{ todname('example.test.'), todname('example.org.') }"
        let rules = way.rawValue.replacing("%", with: "127.0.0.1@\(port)").replacing("), ", with: ")\n").split(
            separator: "\n")
        let configuration = try folder.write(
            "kresd.conf",
            """
            for _, name in ipairs({ 'ta_signal_query', 'ta_update', 'priming', 'detect_time_skew', 'detect_time_jump' }) do
                modules.unload(name)
            end
            trust_anchors.remove('.')
            net.listen('127.0.0.1', \(own), { kind = 'dns' })
            cache.open(10 * MB, 'lmdb://cache')
            cache.min_ttl(0)
            \(rules.reversed().map { "policy.add(policy.suffix(\($0), \(names)))" }.joined(separator: "\n"))
            policy.add(policy.all(policy.DENY))

            """)
        let resolver = try ChildProcess("kresd", ["-n", "-q", "-c", configuration, folder.path])
        try await eventually("Knot Resolver answers") {
            try await dig(own, "ns2.example.test", "+short", "+time=1", "+tries=1").first?.hasPrefix(";") == false
        }
        do { try await body(own) } catch {
            Issue.record("\(error): \(resolver.printed)")
        }
        await resolver.stop()
    }

    private func dig(_ port: Int, _ arguments: String...) async throws -> [String] {
        try await dig(port, arguments[0], Array(arguments.dropFirst()))
    }

    private func dig(_ port: Int, _ name: String, _ options: [String]) async throws -> [String] {
        let (output, _) = try await run("dig", ["@127.0.0.1", "-p", "\(port)", "+time=3", "+tries=2", name] + options)
        return output.split(separator: "\n").map(String.init)
    }
}
