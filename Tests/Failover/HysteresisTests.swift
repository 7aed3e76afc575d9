import Testing

@testable import Failover

@Suite struct HysteresisTests {
    /// The verdict after all of these outcomes, one second apart.
    private func verdict(_ outcomes: [Probe.Outcome], _ policy: Policy) -> Verdict? {
        var hysteresis = Hysteresis(vantage: .local)
        var last: Verdict?
        for (second, outcome) in outcomes.enumerated() {
            last = hysteresis.record(ProbeRecord(at: .at(second), probe: Probe(outcome)), policy: policy)
        }
        return last
    }

    @Test(
        arguments: [
            ("✓", .ok),  // one success is a first verdict
            ("✗", .unknown),  // one failure is not
            ("✗✗", .unknown),
            ("✗✗✗", .err),  // `fall` failures are
            ("✗✗✓", .ok),  // a success before that decides
            ("✗✗✓✗", .err),  // but the failures before it still count …
            ("✗✗✓✓✓✗✗", .ok),  // … until they are forgotten
            ("✓✗✗", .ok),
            ("✓✗✗✗", .err),
            ("✓✗✓✗✓✗", .err),  // failures need not follow each other
            ("✓✗✓✗✓✓✗", .err),  // two successes are too few to forget
            ("✓✗✗✓✓✓✗✗", .ok),  // three are enough
            ("✗✗✗✓✓✓✓", .err),  // `rise` is 5
            ("✗✗✗✓✓✓✓✓", .ok),
            ("✗✗✗✓✓✓✓✗✓✓✓✓", .err),  // in a row
            ("✗✗✗✓✓✓✓✗✓✓✓✓✓", .ok),
            ("✗✗✗✓✓✓✓✓✗✗", .ok),  // recovered, it has a clean slate
            ("✗✗✗✓✓✓✓✓✗✗✗", .err),
        ] as [(String, State)])
    func `a verdict turns when its threshold is reached`(sequence: String, expected: State) {
        #expect(verdict(outcomes(sequence), .test())?.state == expected)
    }

    @Test(arguments: [
        ("✓", 3, false),
        ("✓✗", 2, true),
        ("✓✗✗", 1, true),
        ("✓✗✗✓", 1, true),  // not forgotten yet
        ("✓✗✗✓✓✓", 3, false),
        ("✗", 1, true),  // unknown: a success decides
        ("✗✗✗", 5, false),
        ("✗✗✗✓✓", 3, true),
        ("✗✗✗✓✓✗", 5, false),
    ])
    func `it says how many opposing probes are left`(sequence: String, left: Int, isUndecided: Bool) {
        let verdict = verdict(outcomes(sequence), .test())
        #expect(verdict?.probesUntilFlip == left)
        #expect(verdict?.isUndecided == isUndecided)
    }

    @Test(arguments: [
        ("✓✓✓✗✓✗✗", "✗✓✗✗"),  // from the first failure that counted
        ("✓✗✓✓✓✗✗✗", "✗✗✗"),  // not those forgotten
        ("✗✗✗✓✓✗✓✓✓✓✓", "✓✓✓✓✓"),  // the streak that counted
        ("✗✗✓", "✗✗✓"),  // all before a first verdict
    ])
    func `a verdict carries the probes that led to it`(sequence: String, evidence: String) {
        let verdict = verdict(outcomes(sequence), .test())
        #expect(verdict.map { text($0.probes.map(\.probe.outcome)) } == evidence)
    }

    @Test func `a long way to a verdict is told by its last ten probes`() {
        let verdict = verdict(outcomes("✓✗✓✓✗✓✓✗✓✓✗✓✓✗✓✓✗"), .test(fall: 6))
        #expect(verdict?.state == .err)
        #expect(verdict?.probes.count == 10)
        #expect(verdict?.probes.last?.at == .at(16))
    }

    @Test(arguments: [(1, 1, 1), (2, 3, 1), (3, 2, 2), (3, 5, 3), (2, 1, 4)])
    func `for every sequence of outcomes it agrees with the written rules`(fall: Int, rise: Int, forget: Int) {
        let policy = Policy.test(fall: fall, rise: rise, forget: forget)
        withEverySequence(upTo: 11) { sequence in
            guard !sequence.isEmpty else { return }
            let expected = stateByTheRules(sequence, fall: fall, rise: rise, forget: forget)
            let actual = verdict(sequence, policy)
            if actual?.state != expected { Issue.record("\(text(sequence)): \(String(describing: actual?.state))") }
        }
    }

    @Test func `for every sequence of outcomes no fewer probes flip it than it says`() {
        let policy = Policy.test(fall: 3, rise: 3, forget: 2)
        withEverySequence(upTo: 8) { sequence in
            guard let now = verdict(sequence, policy), now.state != .unknown else { return }
            let opposing: Probe.Outcome = now.state == .ok ? .failure : .success
            let left = now.probesUntilFlip
            let before = verdict(sequence + Array(repeating: opposing, count: left - 1), policy)
            let after = verdict(sequence + Array(repeating: opposing, count: left), policy)
            if before?.state != now.state || after?.state == now.state { Issue.record("\(text(sequence))") }
        }
    }
}

/// The rules as the documentation has them, without any state of its own: each answer looks at the whole past.
private func stateByTheRules(_ sequence: [Probe.Outcome], fall: Int, rise: Int, forget: Int) -> State {
    var state = State.unknown
    var start = 0  // where the verdict last turned by a threshold; failures before it do not count
    for index in sequence.indices {
        let past = sequence[start...index]
        switch state {
        case .unknown, .ok:
            if state == .unknown, past.last == .success { state = .ok }
            if failuresThatCount(past, forget: forget) >= fall {
                state = .err
                start = index + 1
            }
        case .err:
            guard past.count >= rise, past.suffix(rise).allSatisfy({ $0 == .success }) else { continue }
            state = .ok
            start = index + 1
        }
    }
    return state
}

/// The failures after the last `forget` successes in a row.
private func failuresThatCount(_ past: ArraySlice<Probe.Outcome>, forget: Int) -> Int {
    var end = past.endIndex
    while end - forget >= past.startIndex {
        if past[(end - forget)..<end].allSatisfy({ $0 == .success }) { break }
        end -= 1
    }
    let first = end - forget >= past.startIndex ? end : past.startIndex
    return past[first...].count { $0 == .failure }
}
