import Testing

@testable import Failover

@Suite struct SwitchGuardTests {
    /// The route as `a+b`, `pin a`, `all down`, `awaiting` or `stay`.
    private func word(_ passage: Passage) -> String {
        switch passage.route {
        case .tier(let tier): tier.members.map(\.name.text).joined(separator: "+")
        case .pinned(let member): "pin \(member.name)"
        case .allDown: "all down"
        case .awaiting: "awaiting"
        case .stay: "stay"
        }
    }

    /// Passes these choices on, ten minutes apart, and returns the routes.
    private func routes(_ failback: Failback, _ steps: String...) -> [String] {
        var scheme = scheme(100, 95, 85)
        scheme.failback = failback
        scheme.massFailureBrake = false
        var stage = SwitchGuard()
        return steps.enumerated().map { index, marks in
            let now = Instant.at(index * 600)
            return word(stage.pass(choice(scheme, marks, recoveredAt: now), of: scheme, at: now))
        }
    }

    @Test func `failing over downwards is never delayed`() {
        for failback in [Failback.immediate, .after(.seconds(3600)), .manual] {
            #expect(routes(failback, "✓✓✓", "✗✓✓", "✗✗✓", "✗✗✗") == ["a", "b", "c", "all down"])
        }
    }

    @Test func `a better member that has just come back is held as the scheme says`() {
        #expect(routes(.immediate, "✗✓✓", "✓✓✓") == ["b", "a"])
        #expect(routes(.after(.seconds(60)), "✗✓✓", "✓✓✓") == ["b", "b"])
        #expect(routes(.manual, "✗✓✓", "✓✓✓") == ["b", "b"])
    }

    @Test func `out of all down anybody may come at once`() {
        for failback in [Failback.immediate, .after(.seconds(3600)), .manual] {
            #expect(routes(failback, "✗✗✗", "✗✓✗") == ["all down", "b"])
        }
    }

    @Test func `the hold says until when, and when to look again`() {
        let scheme = scheme(100, 95)
        var stage = SwitchGuard()
        _ = stage.pass(choice(scheme, "✗✓"), of: scheme, at: .at(0))
        let held = stage.pass(choice(scheme, "✓✓", recoveredAt: .at(100)), of: scheme, at: .at(130))
        #expect(held.held == .failbackHeld(until: .at(160), for: .seconds(60)))
        #expect(held.lookAgainAt == .at(160))
        let early = stage.pass(choice(scheme, "✓✓", recoveredAt: .at(100)), of: scheme, at: .at(159))
        #expect(word(early) == "b")
        let due = stage.pass(choice(scheme, "✓✓", recoveredAt: .at(100)), of: scheme, at: .at(160))
        #expect(word(due) == "a")
        #expect(due.held == nil)
    }

    @Test func `a pin passes everything, and what follows it is guarded again`() {
        var scheme = scheme(100, 95)
        scheme.failback = .manual
        var stage = SwitchGuard()
        #expect(word(stage.pass(choice(scheme, "✓✗", pin: 1), of: scheme, at: .at(0))) == "pin b")
        #expect(word(stage.pass(choice(scheme, "✓✗"), of: scheme, at: .at(1))) == "a")
        #expect(word(stage.pass(choice(scheme, "✓✓", pin: 1), of: scheme, at: .at(2))) == "pin b")
        #expect(word(stage.pass(choice(scheme, "✓✓"), of: scheme, at: .at(3))) == "b")
    }

    // MARK: The first decision

    private func first(_ marks: String, probeDue: Instant?, verdictDue: Instant) -> Passage {
        let scheme = scheme(100, 95, 85)
        var selected = effectives(marks)
        for index in selected.indices where selected[index].state == .unknown {
            selected[index].verdictDueBy = verdictDue
            selected[index].probeDueBy = probeDue
        }
        let choice = Selection().select(selected, of: scheme, on: Occasion())
        var stage = SwitchGuard()
        return stage.pass(choice, of: scheme, at: .at(1))
    }

    @Test(arguments: [
        ("✓??", "a"),  // nobody could be better
        ("?✓✓", "awaiting"),  // a has not even been probed
        ("✗✓?", "b"),
        ("✗✗?", "awaiting"),  // nobody works, somebody might
        ("???", "awaiting"),
        ("✗✗✗", "all down"),
        ("m?m", "awaiting"),
    ])
    func `the first decision waits until it is certain`(marks: String, expected: String) {
        #expect(word(first(marks, probeDue: .at(5), verdictDue: .at(31))) == expected)
    }

    @Test func `a better member that has been probed without success is not waited for`() {
        #expect(word(first("?✓✓", probeDue: nil, verdictDue: .at(31))) == "b")
    }

    @Test func `waiting has an end`() {
        #expect(first("?✓✓", probeDue: .at(5), verdictDue: .at(31)).lookAgainAt == .at(5))
        #expect(first("???", probeDue: .at(5), verdictDue: .at(31)).lookAgainAt == .at(31))
        #expect(word(first("?✓✓", probeDue: .at(1), verdictDue: .at(31))) == "b")
        #expect(word(first("???", probeDue: .at(1), verdictDue: .at(1))) == "all down")
    }

    // MARK: Mass failure

    /// Members `✗` failed `ago` before the event; returns what was noticed and the route.
    private func failing(_ marks: String, ago: Duration) -> (failed: Int?, route: String) {
        let scheme = scheme(100, 95, 85, 80, 75)
        var short = scheme
        short.members = Array(scheme.members.prefix(marks.count))
        var stage = SwitchGuard()
        _ = stage.pass(
            choice(short, String(repeating: "✓", count: marks.count)), of: short, at: .at(0))
        var failed = effectives(marks)
        for index in failed.indices where failed[index].state == .err {
            failed[index].failedAt = .at(1000)
        }
        let choice = Selection().select(failed, of: short, on: Occasion())
        let passage = stage.pass(choice, of: short, at: .at(1000) + ago)
        return (passage.massFailure?.failed, word(passage))
    }

    @Test(
        arguments: [
            ("✗✗✓", 0, 2, "stay"),
            ("✗✗✗", 0, 3, "stay"),
            ("✗✓✓", 0, nil, "b"),  // one of three
            ("✗✗", 0, nil, "all down"),  // of two members no majority means anything
            ("✗✗✓✓", 0, nil, "c"),  // exactly half
            ("✗✗✗✓✓", 0, 3, "stay"),
            ("✗✗✓", 9, 2, "stay"),  // within the interval of 10 s
            ("✗✗✓", 10, nil, "c"),
            ("✗✗dd", 0, nil, "all down"),  // disabled members are not counted
        ] as [(String, Int, Int?, String)])
    func `more than half of three or more failing within an interval sets the brake`(
        marks: String, ago: Int, failed: Int?, route: String
    ) {
        let (noticed, actual) = failing(marks, ago: .seconds(ago))
        #expect(noticed == failed)
        #expect(actual == route)
    }
}
