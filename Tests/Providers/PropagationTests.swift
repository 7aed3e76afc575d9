import Addresses
import DNS
import Failover
import Providers
import Testing

/// What is made of the answers of many servers.
@Suite struct PropagationTests {
    private static let decidedAt = Instant(seconds: 1000)

    @Test func `who answers otherwise is told since when it was seen, and not from before the decision`() throws {
        let new = try aim("192.0.2.2")
        var seen = Propagation(
            [answer("ns1", "192.0.2.1")], aim: try aim("192.0.2.9", at: 900), at: at(950), before: nil)
        #expect(seen.lines[0].dissentsSince == at(950))
        seen = Propagation(
            [answer("ns1", "192.0.2.1"), answer("ns2", "192.0.2.2")], aim: new, at: at(1010), before: seen)
        #expect(seen.lines.map(\.agrees) == [false, true])
        #expect(seen.lines[0].dissentsSince == at(1000), "what it answered before the decision was right then")
        seen = Propagation([answer("ns1", "192.0.2.1")], aim: new, at: at(1030), before: seen)
        #expect(seen.lines[0].dissentsSince == at(1000))
        seen = Propagation([answer("ns1", "192.0.2.2")], aim: new, at: at(1040), before: seen)
        #expect(seen.lines[0].dissentsSince == nil)
        seen = Propagation([answer("ns1", "192.0.2.1")], aim: new, at: at(1050), before: seen)
        #expect(seen.lines[0].dissentsSince == at(1050), "a new disagreement")
    }

    @Test func `a server without an answer is no dissent`() throws {
        let silent = Observation(
            role: .authority, server: server("ns1"), result: .failure(.silent("no answer within 1.2 seconds")))
        let seen = Propagation([silent], aim: try aim("192.0.2.2"), at: at(1010), before: nil)
        #expect(seen.lines[0].agrees == nil)
        #expect(seen.forecast == .clear(at: at(1060)))
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let authorities: [String]
        let resolvers: [String]
        let now: Double
        let expected: Propagation.Forecast
        var arrivals: [Double?] = [1000]
    }

    // Decided at 1000; what was there before had a TTL of 60 s.
    @Test(arguments: [
        Row(
            testDescription: "the old TTL runs from when the last place had it", authorities: ["192.0.2.2"],
            resolvers: [], now: 1010, expected: .clear(at: at(1060))),
        Row(
            testDescription: "of two places the later counts", authorities: ["192.0.2.2"], resolvers: [], now: 1010,
            expected: .clear(at: at(1064)), arrivals: [1000, 1004]),
        Row(
            testDescription: "a place that has it not leaves the end open", authorities: ["192.0.2.2"], resolvers: [],
            now: 1010, expected: .notYet, arrivals: [1000, nil]),
        Row(
            testDescription: "one name server that answers otherwise leaves the end open",
            authorities: ["192.0.2.2", "192.0.2.1"], resolvers: ["192.0.2.2"], now: 1010, expected: .notYet),
        Row(
            testDescription: "after the old TTL it is over", authorities: ["192.0.2.2"], resolvers: ["192.0.2.2"],
            now: 1061, expected: .isClear),
        Row(
            testDescription: "a resolver that keeps it longer than it should is believed",
            authorities: ["192.0.2.2"], resolvers: ["192.0.2.1"], now: 1061, expected: .clear(at: at(1091))),
    ])
    func `the last cache lets go when the old TTL has run down`(row: Row) throws {
        let observations =
            row.authorities.enumerated().map { answer("ns\($0.offset)", $0.element) }
            + row.resolvers.map { answer("resolver", $0, role: .resolver, ttl: 30) }
        var aim = try aim("192.0.2.2")
        aim.arrivals = row.arrivals.map { $0.map { at($0) } }
        #expect(Propagation(observations, aim: aim, at: at(row.now), before: nil).forecast == row.expected)
    }

    @Test func `a name server that was late starts the old TTL anew`() throws {
        let new = try aim("192.0.2.2")
        let late = Propagation([answer("ns1", "192.0.2.1")], aim: new, at: at(1030), before: nil)
        #expect(late.forecast == .notYet)
        let then = Propagation([answer("ns1", "192.0.2.2")], aim: new, at: at(1035), before: late)
        #expect(then.forecast == .clear(at: at(1090)), "it may have given out the old answer until 1030")
    }

    @Test func `a provider that holds less than was decided is right with less`() throws {
        var both = try aim("192.0.2.1", "192.0.2.2")
        both.expected += try aim("192.0.2.1").expected
        let seen = Propagation([answer("ns1", "192.0.2.1")], aim: both, at: at(1010), before: nil)
        #expect(seen.lines[0].agrees == true)
    }

    private func aim(_ texts: String..., at decidedAt: Double = 1000) throws -> PropagationAim {
        let wish = Wish(
            owner: try Name("www.example.org"), addresses: texts.compactMap { IPAddress($0) }, ttlSeconds: 60)
        return PropagationAim(
            expected: [FittedWish(sets: wish.sets, types: [.a, .aaaa], remarks: [])], decidedAt: at(decidedAt),
            arrivals: [at(decidedAt)], oldTTLSeconds: 60)
    }
}

private func at(_ seconds: Double) -> Instant { Instant(seconds: seconds) }

private func server(_ name: String) -> NameServer {
    NameServer(name: name, address: .v4(IPv4Address(bits: 0xC000_0235)))
}

private func answer(
    _ name: String, _ address: String, role: Observation.Role = .authority, ttl: UInt32 = 60
) -> Observation {
    let owner = (try? Name("www.example.org")) ?? .root
    let sets = RRset.sets(owner: owner, addresses: [address].compactMap { IPAddress($0) }, ttlSeconds: ttl)
    return Observation(role: role, server: server(name), result: .success(sets.map { HeldSet($0) }))
}
