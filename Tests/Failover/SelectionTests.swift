import Testing

@testable import Failover

@Suite struct SelectionTests {
    @Test(arguments: [
        ("✓✓✓", ["a", "b", "c"]),
        ("✗✓✓", ["b", "c"]),
        ("?✓✓", ["b", "c"]),  // not eligible before its first verdict
        ("m✓✓", ["b", "c"]),
        ("d✓✓", ["b", "c"]),
        ("✗✗✗", []),
    ])
    func `the tiers with a usable member are ranked by priority`(marks: String, ranked: [String]) {
        let choice = choice(scheme(100, 95, 85), marks)
        #expect(choice.tiers.map { $0.members.map(\.name.text).joined(separator: "+") } == ranked)
    }

    @Test func `members of one priority share a tier, in configured order`() {
        let choice = choice(scheme(90, 100, 90, 100), "✓✓✓✓")
        #expect(choice.tiers.map { $0.members.map(\.name.text) } == [["b", "d"], ["a", "c"]])
        #expect(choice.candidates.map(\.indicator.text) == ["b", "d", "a", "c"])
    }

    @Test func `a member of priority disabled is never usable`() {
        let choice = choice(scheme(0, 10), "✓✗")
        #expect(choice.tiers.isEmpty)
        #expect(choice.candidates.map(\.unusableBecause) == [.err, .disabled])
    }

    @Test(
        arguments: [
            ("✓", nil), ("✗", .err), ("?", .unknown), ("m", .maintenance), ("d", .disabled),
        ] as [(String, Candidate.Unusable?)])
    func `a candidate says in a word why it is not usable`(mark: String, reason: Candidate.Unusable?) {
        let candidate = choice(scheme(100), mark).candidates.first
        #expect(candidate?.unusableBecause == reason)
        #expect(candidate?.isUsable == (reason == nil))
    }

    @Test(arguments: ["✓✓", "✓✗", "✓?", "✓m", "✓d"])
    func `a pinned member is found whatever its state`(marks: String) {
        #expect(choice(scheme(100, 90), marks, pin: 1).pinned?.name.text == "b")
    }

    @Test func `a pin ends with its time or with its member`() {
        let scheme = scheme(100, 90)
        var selection = Selection()
        let pin = Override(.pin(scheme.name, name(1)), author: "anna", until: .at(60))
        _ = selection.impose(pin)
        #expect(selection.expire(at: .at(59), members: scheme.members) == nil)
        #expect(selection.expire(at: .at(60), members: scheme.members) == pin)
        _ = selection.impose(pin)
        #expect(selection.expire(at: .at(1), members: [scheme.members[0]]) == pin)
    }
}
