import Addresses
import Testing

@testable import Failover

@Suite struct AnsweringTests {
    private func passage(_ scheme: Scheme, _ marks: String, pin: Int? = nil) -> Passage {
        let choice = choice(scheme, marks, pin: pin)
        if let pinned = choice.pinned { return Passage(choice: choice, route: .pinned(pinned)) }
        return Passage(choice: choice, route: choice.tiers.first.map { .tier($0) } ?? .allDown)
    }

    private func decision(_ answered: Answered) -> Decision? {
        if case .decided(let decision, _) = answered { decision } else { nil }
    }

    /// The last octets of the answers after each of these situations; nil where nothing was decided.
    private func answers(_ scheme: Scheme, _ steps: String...) -> [[Int]?] {
        var stage = Answering()
        return steps.map { marks in
            guard let made = decision(stage.answer(passage(scheme, marks), of: scheme, at: .epoch)) else { return nil }
            guard case .addresses(let values) = made.answer else { return [] }
            return values.map { Int($0.octets[3]) }
        }
    }

    @Test func `all usable members of the tier answer, or one that stays`() {
        #expect(answers(scheme(100, 100, 90), "✓✓✓", "✗✓✓", "✓✓✓") == [[1, 2], [2], [1, 2]])
        #expect(answers(scheme(100, 100, 90, answers: .one), "✓✓✓", "✗✓✓", "✓✓✓", "✓✗✓") == [[1], [2], nil, [1]])
    }

    @Test func `nothing is decided while the answer stays what it is`() {
        #expect(answers(scheme(100, 90), "✓✓", "✓✗", "✓✓", "✗✓", "✗✓") == [[1], nil, nil, [2], nil])
    }

    @Test(
        arguments: [
            (.hold, [2]), (.primary, [1]), (.all, [1, 2]), (.sorry([value(9), value(8), value(9)]), [8, 9]),
            (.nodata, []), (.servfail, []),
        ] as [(AllDown, [Int])])
    func `each all-down rule gives its answer`(rule: AllDown, expected: [Int]) {
        #expect(answers(scheme(100, 90, allDown: rule), "✗✓", "✗✗").last == expected)
    }

    @Test func `a hold that changes nothing but the rule is still a decision`() {
        #expect(answers(scheme(100), "✓", "✗", "✓") == [[1], [1], [1]])
    }

    @Test func `with nothing to hold the highest tier answers, without its disabled members`() {
        #expect(answers(scheme(100, 100, 90), "✗✗✗") == [[1, 2]])
        #expect(answers(scheme(100, 100, 90), "d✗✗") == [[2]])
        #expect(answers(scheme(100, 100, 90), "dd✗") == [[3]])
        #expect(answers(scheme(100), "d") == [[]])
    }

    @Test func `values are sorted and none comes twice`() throws {
        var scheme = scheme(100, 100)
        let six = try #require(IPAddress("2001:db8::1"))
        scheme.members[0].values = [six, value(7), value(2)]
        scheme.members[1].values = [value(2), value(3)]
        var stage = Answering()
        let made = decision(stage.answer(passage(scheme, "✓✓"), of: scheme, at: .epoch))
        #expect(made?.answer == .addresses([value(2), value(3), value(7), six]))
    }

    @Test func `generations count from one without a gap`() {
        let scheme = scheme(100, 90)
        var stage = Answering()
        let generations = ["✓✓", "✓✓", "✗✓", "✗✗", "✗✗", "✓✓"].map { marks in
            decision(stage.answer(passage(scheme, marks), of: scheme, at: .epoch))?.generation
        }
        #expect(generations == [1, nil, 2, 3, nil, 4])
    }

    // MARK: TTL

    /// The TTL while `a` answers and is so many probes from a flip.
    private func ttl(_ left: Int, recheck: Duration, ttl: UInt32 = 30, minimum: UInt32 = 5, pin: Int? = nil) -> UInt32?
    {
        var scheme = scheme(100, 90)
        scheme.ttlSeconds = ttl
        scheme.minimumTTLSeconds = minimum
        var doubted = effectives("✓✓")
        doubted[0].isUndecided = true
        doubted[0].probesUntilFlip = left
        doubted[0].recheck = recheck
        var selection = Selection()
        if let pin { _ = selection.impose(Override(.pin(scheme.name, name(pin)), author: "anna")) }
        let choice = selection.select(doubted, of: scheme, on: Occasion())
        let route = choice.pinned.map(Passage.Route.pinned) ?? .tier(choice.tiers[0])
        var stage = Answering()
        return decision(stage.answer(Passage(choice: choice, route: route), of: scheme, at: .epoch))?.ttlSeconds
    }

    @Test func `the TTL ends no later than the next flip can come, within its bounds`() {
        #expect(ttl(4, recheck: .seconds(2)) == 8)
        #expect(ttl(3, recheck: .milliseconds(2500)) == 8)  // rounded up
        #expect(ttl(1, recheck: .seconds(2)) == 5)  // never below the minimum
        #expect(ttl(9, recheck: .seconds(9)) == 30)  // never above the TTL
        #expect(ttl(1, recheck: .seconds(2), ttl: 3) == 3)  // a minimum above the TTL is the TTL
        #expect(ttl(1, recheck: .seconds(2), minimum: 1) == 2)
        #expect(ttl(1, recheck: .seconds(2), pin: 0) == 30)  // a pin does not flip
    }

    @Test func `only members whose flip would change the answer shorten its TTL`() {
        let scheme = scheme(100, 90)
        var stage = Answering()
        _ = stage.answer(passage(scheme, "✓✓"), of: scheme, at: .epoch)
        var spare = effectives("✓✓")
        spare[1].isUndecided = true
        let choice = Selection().select(spare, of: scheme, on: Occasion())
        #expect(
            stage.answer(Passage(choice: choice, route: .tier(choice.tiers[0])), of: scheme, at: .epoch) == .unchanged)
    }

    @Test func `a TTL that changes alone is published with the same generation`() {
        let scheme = scheme(100, 90)
        var stage = Answering()
        _ = stage.answer(passage(scheme, "✓✓"), of: scheme, at: .epoch)
        var doubted = effectives("✓✓")
        doubted[0].isUndecided = true
        let choice = Selection().select(doubted, of: scheme, on: Occasion())
        let answered = stage.answer(Passage(choice: choice, route: .tier(choice.tiers[0])), of: scheme, at: .at(9))
        guard case .ttlChanged(let again) = answered else {
            Issue.record("\(answered)")
            return
        }
        #expect(again.generation == 1)
        #expect(again.ttlSeconds == 5)
        #expect(again.at == .epoch)
        #expect(stage.decision?.ttlSeconds == 30)
        #expect(stage.ttlSeconds == 5)
    }
}
