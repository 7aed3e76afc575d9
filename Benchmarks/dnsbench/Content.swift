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

    /// The answer of a `round`: four A records that are told from those of another round by all but two bits.
    static func flappingAnswer(_ round: Int) -> DynamicAnswer {
        let first = 10 << 24 | UInt32(truncatingIfNeeded: round) << 2 & 0xFF_FFFC
        return DynamicAnswer(
            .addresses(v4: (0..<4).map { IPv4Address(bits: first | $0) }, v6: []), ttlSeconds: ttlSeconds)
    }

    /// A query for A of the zone's first name, or of one that is not there.
    static func query(isFirstName: Bool) throws -> [UInt8] {
        let owner = try Name(isFirstName ? name(0) : "missing.\(apex)")
        return [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0] + owner.wire + [0, 1, 0, 1]
    }
}

/// A fixed sequence of queries: two in five for A, two for AAAA, one for a name that does not exist, over all names of
/// a zone. They lie in one run of memory, as in a receive buffer.
final class QuerySet: @unchecked Sendable {  // nothing of it changes after init
    static let stride = 64
    let count: Int
    private let octets: [UInt8]
    private let lengths: UnsafeMutablePointer<UInt32>

    /// As many queries as there are names, 32768 at the least.
    init(names: Int) throws {
        count = max(1 << 15, names)
        var octets = [UInt8](repeating: 0, count: count * Self.stride)
        lengths = .allocate(capacity: count)
        var state: UInt64 = 1
        for index in 0..<count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let pick = Int(state >> 33) % names
            let isMissing = index % 5 == 4
            let owner = try Name(isMissing ? "x\(pick).\(Content.apex)" : Content.name(pick))
            let query =
                [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1] + owner.wire + [0, index % 5 < 2 ? 1 : 28, 0, 1]
                + [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]
            precondition(query.count <= Self.stride)
            octets.replaceSubrange(index * Self.stride..<index * Self.stride + query.count, with: query)
            lengths[index] = UInt32(query.count)
        }
        self.octets = octets
    }

    func withQueries<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try octets.withUnsafeBytes(body)
    }

    deinit { lengths.deallocate() }

    /// Some of the queries, the first of which lies at `start`.
    func batch(_ start: UnsafeRawPointer, _ first: Int, _ count: Int) -> QueryBatch {
        QueryBatch(start: start, stride: Self.stride, lengths: lengths + first, count: count)
    }

    func length(_ index: Int) -> Int { Int(lengths[index]) }

    /// Copies a query; returns its length.
    func copy(_ index: Int, to target: UnsafeMutablePointer<UInt8>) -> Int {
        octets.withUnsafeBufferPointer { octets in
            guard let base = octets.baseAddress else { return }
            target.update(from: base + index * Self.stride, count: Self.stride)
        }
        return length(index)
    }
}

/// Prints the zone in master-file form.
struct PrintZone: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "zone", abstract: "Print the zone that is served.")
    @Argument(help: "How many names.") var names: Int

    func run() { Content.writeZone(names: names) { print($0, terminator: "") } }
}

extension Content {
    /// In pieces that end with lines.
    static func writeZone(names: Int, _ write: (String) -> Void) {
        write(
            """
            $ORIGIN \(apex)
            $TTL \(ttlSeconds)
            @ 900 IN SOA ns1 ns1 1 3600 600 86400 60
            @ 900 IN NS ns1
            @ 900 IN NS ns2
            ns1 900 IN A 192.0.2.1
            ns2 900 IN A 192.0.2.2

            """)
        for index in 0..<names {
            let (v4, v6) = (IPv4Address(bits: v4(index)), IPv6Address(bits: v6(index)))
            write("n\(index) IN A \(v4)\nn\(index) IN AAAA \(v6)\n")
        }
    }
}
