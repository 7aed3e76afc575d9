import Testing

@testable import Failover

@Suite struct QuorumTests {
    /// Hands verdicts in, one second apart, written `a✗ b✓ c?` (`?` is unknown); returns the last standing.
    private func standing(quorum: Int, _ text: String, apart: Duration = .seconds(1)) -> Standing? {
        var indicator = Indicator(name: IndicatorName("charlie:cat"))
        indicator.quorum = quorum
        var stage = Quorum(of: indicator.name)
        var now = Instant.epoch
        var last: Standing?
        for word in text.split(separator: " ") {
            let state: State = word.last == "✗" ? .err : word.last == "✓" ? .ok : .unknown
            let verdict = Verdict(
                vantage: Vantage(String(word.dropLast())), state: state, at: now, isUndecided: false,
                probesUntilFlip: 1)
            last = stage.weigh(verdict, of: indicator)
            now = now + apart
        }
        return last
    }

    @Test(
        arguments: [
            (1, "a✓", .ok),
            (1, "a✗", .err),
            (1, "a?", .unknown),
            (1, "a✓ b✗", .err),  // one of any is enough
            (2, "a✗", .unknown),  // too few
            (2, "a✓ b✓ a✗", .ok),  // one of two is not enough
            (2, "a✓ b✓ a✗ b✗", .err),
            (2, "a✗ b✗ a✓", .err),  // one ok is not enough to bring it back
            (2, "a✗ b✗ a✓ b✓", .ok),
            (2, "a✓ b✓ c✗ a✗", .err),  // two of three
            (2, "a✗ b✗ c✗ a✓ b✓", .ok),  // one err against two ok
            (3, "a✗ b✗ c✓ d✓", .unknown),  // nobody has three
            (3, "a✓ b✓ c✓ a✗ b✗", .ok),
        ] as [(Int, String, State)])
    func `k vantages must agree`(quorum: Int, verdicts: String, expected: State) {
        #expect(standing(quorum: quorum, verdicts)?.state == expected)
    }

    @Test func `verdicts that are not fresh do not count, and what was stays`() {
        // Default policy: fresh for three intervals and a timeout, 35 s.
        #expect(standing(quorum: 2, "a✓ b✓ a✗ b✗", apart: .seconds(35))?.state == .err)
        #expect(standing(quorum: 2, "a✓ b✓ a✗ b✗", apart: .seconds(36))?.state == .unknown)
        // b has fallen silent: a alone can neither turn it nor bring it back.
        #expect(standing(quorum: 2, "a✗ b✗ a✗ a✓ a✓ a✓ a✓", apart: .seconds(20))?.state == .err)
    }

    @Test func `for every two rounds of three vantages the counts decide`() {
        let states: [State] = [.ok, .err, .unknown]
        let marks: [State: String] = [.ok: "✓", .err: "✗", .unknown: "?"]
        for quorum in 1...3 {
            for code in 0..<729 {
                let round = (0..<6).map { states[code / [1, 3, 9, 27, 81, 243][$0] % 3] }
                let names = ["a", "b", "c", "a", "b", "c"]
                let words = zip(names, round).map { $0 + (marks[$1] ?? "") }
                let expected = stateByCounting(round, quorum: quorum)
                let actual = standing(quorum: quorum, words.joined(separator: " "))?.state
                if actual != expected { Issue.record("\(quorum) of \(words): \(String(describing: actual))") }
            }
        }
    }

    private func stateByCounting(_ round: [State], quorum: Int) -> State {
        var state = State.unknown
        for index in round.indices {
            // The latest of each vantage up to here: they take turns.
            let latest = round[max(0, index - 2)...index]
            let errs = latest.count { $0 == .err }
            let oks = latest.count { $0 == .ok }
            if errs >= quorum { state = .err } else if oks >= quorum { state = .ok }
        }
        return state
    }

    @Test func `it keeps when it failed, when it came back and when it was first known`() {
        let standing = standing(quorum: 1, "a? a✓ a✗ a✓ a✓")
        #expect(standing?.firstVerdictAt == .at(1))
        #expect(standing?.failedAt == .at(2))
        #expect(standing?.recoveredAt == .at(3))
        #expect(standing?.since == .at(3))
    }

    @Test func `a first verdict of err is no failure of what worked before`() {
        let standing = standing(quorum: 1, "a✗")
        #expect(standing?.failedAt == nil)
        #expect(standing?.firstVerdictAt == .at(0))
    }

    @Test func `the flip is as far away as the last of the vantages that are needed`() {
        var indicator = Indicator(name: IndicatorName("charlie:cat"))
        indicator.quorum = 2
        var stage = Quorum(of: indicator.name)
        let left = [("a", 1), ("b", 2), ("c", 3)].map { name, probes in
            stage.weigh(
                Verdict(
                    vantage: Vantage(name), state: .ok, at: .epoch, isUndecided: probes < 3, probesUntilFlip: probes),
                of: indicator)
        }
        #expect(left.last?.probesUntilFlip == 2)
        #expect(left.last?.isUndecided == true)
    }
}
