import Addresses
import ArgumentParser
import DNS

/// The zone that every server in a comparison serves: `bench.test.`, two name servers with addresses, and as many
/// names as are asked for, each with an A and an AAAA record.
enum Content {
    static let apex = "bench.test."
    static let ttlSeconds: UInt32 = 300

    /// Cookies and the rate limit as they are in production.
    static func options(perSecond: Int = RateLimit().perSecond) -> AnswerOptions {
        var options = AnswerOptions()
        options.cookieSecrets = [CookieSecret(octets: 0..<16)].compactMap { $0 }
        var limit = RateLimit()
        limit.perSecond = perSecond
        options.rateLimit = limit
        return options
    }

    static func name(_ index: Int) -> String { "n\(index).\(apex)" }

    static func v4(_ index: Int) -> UInt32 { 10 << 24 | UInt32(truncatingIfNeeded: index) & 0xFF_FFFF }
    static func v6(_ index: Int) -> UInt128 { 0x2001_0db8 << 96 | UInt128(UInt32(truncatingIfNeeded: index)) }

    static func zone(names: Int) throws -> Zone {
        let origin = try Name(apex)
        let (ns1, ns2) = (try Name("ns1.\(apex)"), try Name("ns2.\(apex)"))
        let numbers: [UInt32] = [1, 3600, 600, 86_400, 60]
        var rrsets = [
            RRset(
                owner: origin, type: .soa, ttlSeconds: 900,
                rdata: [ns1.wire + ns1.wire + numbers.flatMap { withUnsafeBytes(of: $0.bigEndian, Array.init) }]),
            RRset(owner: origin, type: .ns, ttlSeconds: 900, rdata: [ns1.wire, ns2.wire]),
            RRset(owner: ns1, type: .a, ttlSeconds: 900, rdata: [[192, 0, 2, 1]]),
            RRset(owner: ns2, type: .a, ttlSeconds: 900, rdata: [[192, 0, 2, 2]]),
        ]
        rrsets.reserveCapacity(4 + 2 * names)
        for index in 0..<names {
            let owner = try Name(name(index))
            let v4 = withUnsafeBytes(of: v4(index).bigEndian, Array.init)
            let v6 = withUnsafeBytes(of: v6(index).bigEndian, Array.init)
            rrsets.append(RRset(owner: owner, type: .a, ttlSeconds: ttlSeconds, rdata: [v4]))
            rrsets.append(RRset(owner: owner, type: .aaaa, ttlSeconds: ttlSeconds, rdata: [v6]))
        }
        return Zone(apex: origin, rrsets: rrsets)
    }

    /// Names that answer from the dynamic table instead.
    static func dynamicAnswer(_ index: Int) -> DynamicAnswer {
        DynamicAnswer(
            .addresses(v4: [IPv4Address(bits: v4(index))], v6: [IPv6Address(bits: v6(index))]), ttlSeconds: ttlSeconds)
    }

    /// A fixed sequence of queries: two in five for A, two for AAAA, one for a name that does not exist.
    static func queries(_ count: Int, names: Int) throws -> [[UInt8]] {
        var state: UInt64 = 1
        return try (0..<count).map { index in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let pick = Int(state >> 33) % names
            let isMissing = index % 5 == 4
            let owner = try Name(isMissing ? "x\(pick).\(apex)" : name(pick))
            let type: UInt8 = index % 5 < 2 ? 1 : 28
            return [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1] + owner.wire + [0, type, 0, 1]
                + [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]
        }
    }
}

/// Prints the zone in master-file form.
struct PrintZone: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "zone", abstract: "Print the zone that is served.")
    @Argument(help: "How many names.") var names: Int

    func run() throws {
        print(
            """
            $ORIGIN \(Content.apex)
            $TTL \(Content.ttlSeconds)
            @ 900 IN SOA ns1 ns1 1 3600 600 86400 60
            @ 900 IN NS ns1
            @ 900 IN NS ns2
            ns1 900 IN A 192.0.2.1
            ns2 900 IN A 192.0.2.2
            """)
        for index in 0..<names {
            print("n\(index) IN A \(IPv4Address(bits: Content.v4(index)))")
            print("n\(index) IN AAAA \(IPv6Address(bits: Content.v6(index)))")
        }
    }
}
