import Failover

/// What must hold of the effects of one event.
extension Oracle {
    /// publish, append, reconcile, notify, probe, wake; at most one wake, and that in the future.
    mutating func checkOrder(of effects: [Effect]) {
        let ranks = effects.map { effect in
            switch effect {
            case .publish: 0
            case .append: 1
            case .reconcile: 2
            case .notify: 3
            case .probe, .retireTripwire: 4
            case .wake: 5
            }
        }
        if ranks != ranks.sorted() { object("effects out of order: \(ranks)") }
        if ranks.count(where: { $0 == 5 }) > 1 { object("two wakes at once") }
        for case .wake(let instant) in effects where instant <= now { object("a wake for the past") }
    }

    /// Each change of state and each end of an override is told exactly once, at its time.
    mutating func checkEntries(
        _ effects: [Effect], before: [(IndicatorName, State)], ended: [Override.Action]
    ) {
        var changes: [String] = []
        var ends: [String] = []
        for case .append(let entry) in effects {
            if entry.at != now { object("an entry of another time") }
            switch entry.what {
            case .stateChanged(let name, let from, let to, _): changes.append("\(name) \(from) \(to)")
            case .overrideEnded(let override): ends.append("\(override.action)")
            case .decided, .held, .overridden, .configured, .reported, .vantageDoubted, .vantageTrusted,
                .tripwireRetired:
                break
            }
        }
        var expected: [String] = []
        for (name, old) in before {
            guard let new = indicator(name)?.state, new != old else { continue }
            expected.append("\(name) \(old) \(new)")
        }
        if changes != expected { object("told \(changes), ought to be \(expected)") }
        let expectedEnds = ended.map { "\($0)" }
        if ends.sorted() != expectedEnds.sorted() { object("ended \(ends), ought to be \(expectedEnds)") }
    }

    /// Whoever was probed is probed again, and whoever is new is probed now.
    mutating func checkProbes(after event: Event, _ effects: [Effect]) {
        var asked: [IndicatorName] = []
        for case .probe(let name, let turn, _) in effects {
            asked.append(name)
            guard let reference = indicator(name), !reference.indicator.isDisabled else {
                object("a probe of \(name), which is not to be probed")
                continue
            }
            if case .probed = event, reference.isSeenByOne, reference.imposed == nil {
                let policy = reference.indicator.policy
                let isInDoubt = reference.flipsWithin != nil
                let isConfirmed = isInDoubt && policy.tripwire && turn == .recheck(.milliseconds(20))
                if !isConfirmed, turn != (isInDoubt ? .recheck(policy.recheck) : .afterInterval(policy.interval)) {
                    object("\(name) is in doubt: \(isInDoubt), but is probed \(turn)")
                }
            }
            if reference.indicator.logic != nil { object("\(name) is worked out, and probed") }
            if turn == .now, reference.isProbed { object("\(name) is probed as if it were new") }
            if turn != .now, !reference.isProbed, case .probed = event { object("\(name) ought to be probed now") }
        }
        switch event {
        case .probed(let name, _):
            let expected = indicator(name).map { $0.indicator.isDisabled ? [] : [name] } ?? []
            if asked != expected { object("probes asked for: \(asked) instead of \(expected)") }
        case .configured:
            for reference in indicators
            where !reference.isProbed && !reference.indicator.isDisabled && reference.indicator.logic == nil
                && !asked.contains(reference.indicator.name)
            {
                object("\(reference.indicator.name) is new and not probed")
            }
        case .quiet(let name, _, let underWay, _):
            checkBeside(name, underWay: underWay, effects)
        case .tripped(let name, _):
            let hastens = indicator(name).map { isHastened($0) } ?? false
            if asked != (hastens ? [name] : []) { object("\(name) tripped: probes asked for are \(asked)") }
        case .overridden, .window, .woke, .published:
            if !asked.isEmpty { object("probes asked for out of turn") }
        }
    }

    private func isHastened(_ reference: ReferenceIndicator) -> Bool {
        !reference.indicator.isDisabled && reference.indicator.policy.tripwire && reference.state != .err
    }

    /// A quiet probe brings another on as long as each of those under way could be a failure that counts.
    private mutating func checkBeside(_ name: IndicatorName, underWay: Int, _ effects: [Effect]) {
        for case .probe(let asked, let turn, _) in effects {
            if asked != name || turn != .beside { object("\(asked) is probed \(turn) as \(name) is quiet") }
            if underWay >= indicator(name)?.indicator.policy.fall ?? 0 { object("\(name): too many probes at once") }
            if indicator(name)?.state == .err { object("\(name) is err and probed beside") }
        }
        guard let reference = indicator(name), reference.isSeenByOne, !reference.indicator.isDisabled,
            reference.state != .err, underWay < reference.failuresLeft
        else { return }
        if !effects.contains(where: { if case .probe(name, .beside, _) = $0 { true } else { false } }) {
            object("\(name) is quiet and nothing comes of it")
        }
    }

    /// The brake is set when more than half of three or more fail within an interval, once per interval.
    mutating func checkMassFailure(of index: Int, after event: Event, _ effects: [Effect]) {
        let scheme = schemes[index].scheme
        let enabled = enabledMembers(of: scheme)
        let window = enabled.map(\.indicator.policy.interval).max() ?? .zero
        let failed = enabled.count { $0.hasFailed(within: window, before: now) }
        let isFresh = schemes[index].brakedAt.map { now - $0 > window } ?? true
        let isDue =
            scheme.massFailureBrake && enabled.count >= 3 && failed * 2 > enabled.count && isFresh
            && !schemes[index].isTouched
        var isTold = false
        for case .notify(.massFailure(scheme.name, let told, let all)) in effects {
            isTold = true
            if told != failed || all != enabled.count { object("mass failure \(told) of \(all): not so") }
        }
        if isTold, !isDue { object("\(scheme.name): a mass failure without reason") }
        // Only an event that concerned the scheme makes it look; a failure does.
        if isDue, !isTold, case .probed(let name, _) = event, indicator(name)?.failedAt == now,
            enabled.contains(where: { $0.indicator.name == name })
        {
            object("\(scheme.name): a mass failure was not told")
        }
        guard isTold else { return }
        schemes[index].brakedAt = now
        schemes[index].brakedUntil = now + (enabled.map(\.indicator.policy.recheck).max() ?? .zero)
    }

    func enabledMembers(of scheme: Scheme) -> [ReferenceIndicator] {
        scheme.members.compactMap { member in
            guard member.priority != .disabled, let reference = indicator(member.indicator),
                !reference.indicator.isDisabled
            else { return nil }
            return reference
        }
    }

    /// Generations count one by one, nothing is decided twice, and every decision is published, logged and
    /// reconciled.
    mutating func checkDecisions(of index: Int, _ effects: [Effect]) {
        let name = schemes[index].scheme.name
        var published: [Decision] = []
        var logged: [Decision] = []
        var reconciled: [Decision] = []
        for effect in effects {
            switch effect {
            case .publish(let decision) where decision.scheme == name: published.append(decision)
            case .append(let entry):
                if case .decided(let decision, let from) = entry.what, decision.scheme == name {
                    logged.append(decision)
                    if from != schemes[index].decision?.answer { object("\(name): came from another answer") }
                }
            case .reconcile(let decision) where decision.scheme == name: reconciled.append(decision)
            default: break
            }
        }
        if published.count > 1 || logged.count > 1 { object("\(name): decided twice in one event") }
        if let decision = published.last { learn(decision, of: index, isLogged: logged == published) }
        if let decision = logged.last, !published.contains(decision) || !reconciled.contains(decision) {
            object("\(name): logged but not published and reconciled")
        }
    }

    private mutating func learn(_ decision: Decision, of index: Int, isLogged: Bool) {
        let known = schemes[index]
        let scheme = known.scheme
        let floor = min(scheme.minimumTTLSeconds, scheme.ttlSeconds)
        if decision.ttlSeconds < floor || decision.ttlSeconds > scheme.ttlSeconds { object("TTL out of bounds") }
        if decision.generation == known.decision?.generation {
            var same = decision
            same.ttlSeconds = known.decision?.ttlSeconds ?? 0
            if same != known.decision { object("\(scheme.name): published the same generation with another content") }
            if decision.ttlSeconds == known.ttlSeconds { object("\(scheme.name): published for nothing") }
            if isLogged { object("\(scheme.name): logged a decision again") }
            schemes[index].ttlSeconds = decision.ttlSeconds
            return
        }
        if decision.generation != (known.decision?.generation ?? 0) + 1 { object("\(scheme.name): generation gap") }
        if decision.at != now { object("\(scheme.name): decided at another time") }
        if !isLogged { object("\(scheme.name): a decision was not logged") }
        var next = known
        next.decision = decision
        next.ttlSeconds = decision.ttlSeconds
        if next.decision?.answer == known.decision?.answer, decision.active == known.decision?.active,
            next.rule == known.rule
        {
            object("\(scheme.name): decided without a change")
        }
        checkFailback(to: decision, from: known)
        checkHaste(of: decision, known)
        schemes[index].decision = decision
        if !decision.active.isEmpty { schemes[index].lastActive = decision.active }
        schemes[index].ttlSeconds = decision.ttlSeconds
        if let until = known.brakedUntil, now < until, schemes[index].brakedAt != now, !known.isTouched {
            object("\(scheme.name): decided while the brake was on")
        }
    }

    /// The first decision is not made before it is certain, and one answer does not make way for its equal.
    private mutating func checkHaste(of decision: Decision, _ known: ReferenceScheme) {
        let scheme = known.scheme
        if known.pinned != nil { return }
        if known.decision == nil, mayStillWait(scheme) { object("\(scheme.name): decided before it was certain") }
        guard scheme.answers == .one, let old = known.decision?.active.first, let new = decision.active.first,
            new != old
        else { return }
        let priority = { (name: IndicatorName) in scheme.members.first { $0.indicator == name }?.priority }
        if indicator(old)?.isUsable == true, priority(old) == priority(new) {
            object("\(scheme.name): \(old) was usable and made way for its equal")
        }
    }
}
