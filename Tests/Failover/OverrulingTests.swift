import Testing

@testable import Failover

@Suite struct OverrulingTests {
    private let indicator = Indicator(name: IndicatorName("charlie:cat"))

    private func standing(_ state: State) -> Standing {
        var standing = Standing(name: indicator.name)
        standing.state = state
        standing.isUndecided = true
        standing.recoveredAt = .at(1)
        standing.failedAt = .at(2)
        return standing
    }

    private func overruled(_ state: State, by action: Override.Action?) -> Effective {
        var stage = Overruling()
        if let action { _ = stage.impose(Override(action, author: "anna")) }
        return stage.overrule(standing(state), of: indicator, configuredAt: .epoch)
    }

    @Test(
        arguments: [
            (.ok, nil, .ok, nil),
            (.err, nil, .err, .err),
            (.unknown, nil, .unknown, .unknown),
            (.ok, .err, .err, .err),  // the operator's word wins
            (.err, .ok, .ok, nil),
            (.unknown, .ok, .ok, nil),
            (.ok, .unknown, .unknown, .unknown),
        ] as [(State, State?, State, Candidate.Unusable?)])
    func `a forced state counts and the real one is kept beside it`(
        state: State, forced: State?, expected: State, unusable: Candidate.Unusable?
    ) {
        let effective = overruled(state, by: forced.map { .force(indicator.name, $0) })
        #expect(effective.state == state)
        #expect(effective.effective == expected)
        #expect(effective.unusableBecause == unusable)
    }

    @Test(arguments: [State.ok, .err, .unknown])
    func `maintenance makes unusable and is no state`(state: State) {
        let effective = overruled(state, by: .maintenance(indicator.name))
        #expect(effective.effective == state)
        #expect(effective.unusableBecause == .maintenance)
    }

    @Test func `while an operator's word counts the probes shorten no TTL and hold no failback`() {
        for action in [Override.Action.force(indicator.name, .ok), .maintenance(indicator.name)] {
            let effective = overruled(.ok, by: action)
            #expect(!effective.isUndecided)
            #expect(effective.recoveredAt == nil)
            #expect(effective.failedAt == nil)
        }
    }

    @Test func `a disabled indicator is not usable whatever an operator forces`() {
        var disabled = indicator
        disabled.isDisabled = true
        var stage = Overruling()
        _ = stage.impose(Override(.force(indicator.name, .ok), author: "anna"))
        let effective = stage.overrule(standing(.ok), of: disabled, configuredAt: .epoch)
        #expect(effective.unusableBecause == .disabled)
    }

    @Test func `the last word counts, and it ends when its time is up`() {
        var stage = Overruling()
        let first = Override(.force(indicator.name, .err), author: "anna")
        let second = Override(.maintenance(indicator.name), author: "boris", until: .at(60))
        #expect(stage.impose(first) == nil)
        #expect(stage.impose(second) == first)
        #expect(stage.expire(at: .at(59)) == nil)
        #expect(stage.expire(at: .at(60)) == second)
        #expect(stage.imposed == nil)
    }

    @Test func `an unknown indicator is awaited, for a timeout its first probe and longer its verdict`() {
        let effective = overruled(.unknown, by: nil)
        #expect(effective.probeDueBy == .at(5))
        #expect(effective.verdictDueBy == .at(31))
        #expect(overruled(.err, by: nil).verdictDueBy == nil)
        #expect(overruled(.unknown, by: .maintenance(indicator.name)).verdictDueBy == nil)
    }
}
