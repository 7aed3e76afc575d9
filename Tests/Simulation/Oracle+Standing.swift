import Addresses
import Failover

/// What must hold of a scheme's answer at any time.
extension Oracle {
    private func usable(of scheme: Scheme) -> [Member] {
        scheme.members.filter { $0.priority != .disabled && indicator($0.indicator)?.isUsable == true }
    }

    private func priority(of names: [IndicatorName], in scheme: Scheme) -> Priority? {
        usable(of: scheme).filter { names.contains($0.indicator) }.map(\.priority).max()
    }

    /// After an event, or after a silence during which nothing may have become overdue.
    mutating func checkStanding(of index: Int, after event: Event?) {
        let known = schemes[index]
        let scheme = known.scheme
        let complain = { (text: String) in
            "\(scheme.name) after \(event.map { "\($0)".prefix(60) } ?? "silence"): \(text)"
        }
        guard let decision = known.decision else {
            if !mayStillWait(scheme) { object(complain("no decision yet, though it is certain")) }
            return
        }
        checkValues(of: decision, known, complain)
        if event != nil { checkTTL(of: decision, known, complain) }
        let usable = usable(of: scheme)
        if let pinned = known.pinned {
            if decision.active != [pinned] { object(complain("the pin is not obeyed")) }
            schemes[index].tier = usable.contains { $0.indicator == pinned } ? [pinned] : []
            return
        }
        if let until = known.brakedUntil, now < until { return }
        if usable.isEmpty {
            checkAllDown(known, decision, complain)
            schemes[index].tier = []
            return
        }
        guard let level = usable.first(where: { decision.active.contains($0.indicator) })?.priority else {
            object(complain("\(usable.map(\.indicator)) usable, but \(decision.active) answer"))
            return
        }
        let tier = usable.filter { $0.priority == level }.map(\.indicator)
        if scheme.answers == .all, decision.active != tier { object(complain("\(decision.active) is not the tier")) }
        if scheme.answers == .one, decision.active.count != 1 { object(complain("more than one answers")) }
        if known.rule != .highestTier(level) { object(complain("the rule is \(String(describing: known.rule))")) }
        for better in Set(usable.map(\.priority)).sorted() where better > level {
            checkMayWait(usable.filter { $0.priority == better }, known, complain)
        }
        schemes[index].tier = tier
    }

    /// Every value belongs to the scheme, and those of who answers are answered, neither more nor fewer.
    private mutating func checkValues(of decision: Decision, _ known: ReferenceScheme, _ complain: (String) -> String) {
        guard case .addresses(let values) = decision.answer else { return }
        if values.isEmpty || values != values.sorted() || Set(values).count != values.count {
            object(complain("the answer is empty or disorderly"))
        }
        if !decision.active.isEmpty {
            if values != known.values(of: decision.active) { object(complain("not the values of who answers")) }
        } else if case .allDown(.sorry(let sorry)) = known.rule {
            if values != Set(sorry).sorted() { object(complain("not the sorry list")) }
        } else if !values.allSatisfy({ value in known.scheme.members.contains { $0.values.contains(value) } }) {
            object(complain("a value that is nobody's"))
        }
    }

    /// The TTL is as configured, unless a member is in doubt whose flip would change the answer.
    private mutating func checkTTL(of decision: Decision, _ known: ReferenceScheme, _ complain: (String) -> String) {
        let scheme = known.scheme
        let isBraked = known.brakedUntil.map { now < $0 } ?? false
        let enabled = enabledMembers(of: scheme)
        let deciding = enabled.filter { decision.active.isEmpty || decision.active.contains($0.indicator.name) }
        guard let ttl = known.ttlSeconds, !isBraked, deciding.allSatisfy(\.isSeenByOne) else {
            return
        }
        let soonest = known.pinned == nil ? deciding.compactMap(\.flipsWithin).min() : nil
        let floor = Double(min(scheme.minimumTTLSeconds, scheme.ttlSeconds))
        let wanted = soonest.map { min(max(($0.milliseconds / 1000).rounded(.up), floor), Double(scheme.ttlSeconds)) }
        if Double(ttl) != wanted ?? Double(scheme.ttlSeconds) { object(complain("the TTL is \(ttl) s")) }
    }

    /// Before the first decision.
    func mayStillWait(_ scheme: Scheme) -> Bool {
        let usable = usable(of: scheme)
        return scheme.members.contains { member in
            guard member.priority != .disabled, let reference = indicator(member.indicator) else { return false }
            guard let best = usable.map(\.priority).max() else { return reference.mayAwaitVerdict(at: now) }
            return member.priority >= best && reference.mayAwaitProbe(at: now)
        }
    }

    /// With nobody usable, the rule answers, and as it says.
    private mutating func checkAllDown(
        _ known: ReferenceScheme, _ decision: Decision, _ complain: (String) -> String
    ) {
        let enabled = enabledMembers(of: known.scheme)
        if !decision.active.isEmpty { object(complain("\(decision.active) answer without being usable")) }
        if known.rule == .noVerdictYet {
            if enabled.contains(where: { $0.effective == .err })
                || !enabled.contains(where: { $0.mayAwaitVerdict(at: now) })
            {
                object(complain("a verdict is in, or nobody's is to be waited for"))
            }
            return
        }
        let rule = known.scheme.allDown
        if known.rule != .allDown(rule) { object(complain("the rule is \(String(describing: known.rule))")) }
        let highest = known.scheme.members.filter { member in
            enabled.contains { $0.indicator.name == member.indicator }
        }.map(\.priority).max()
        let all = known.values(of: enabled.map(\.indicator.name))
        let primary = known.values(
            of: known.scheme.members.filter { member in
                member.priority == highest && enabled.contains { $0.indicator.name == member.indicator }
            }.map(\.indicator))
        let remaining = enabled.map(\.indicator.name).filter(known.lastActive.contains)
        let held = remaining.isEmpty ? primary : known.values(of: remaining)
        let expected: Decision.Answer =
            switch rule {
            case .hold: held.isEmpty ? .nodata : .addresses(held)
            case .primary: primary.isEmpty ? .nodata : .addresses(primary)
            case .all: all.isEmpty ? .nodata : .addresses(all)
            case .sorry(let values): .addresses(Set(values).sorted())
            case .nodata: .nodata
            case .servfail: .servfail
            }
        if decision.answer != expected { object(complain("\(rule) answers \(decision.answer)")) }
    }

    // MARK: Failback

    /// A better tier may be kept waiting only as the scheme's failback says.
    private mutating func checkMayWait(
        _ better: [Member], _ known: ReferenceScheme, _ complain: (String) -> String
    ) {
        let names = better.map(\.indicator)
        switch known.scheme.failback {
        case .immediate: object(complain("\(names) ought to answer at once"))
        case .manual: if known.isSentBack { object(complain("\(names) ought to answer as ordered")) }
        case .after(let delay):
            let comebacks = names.map { indicator($0)?.comeBackAt }
            guard let recovery = comebacks.compactMap({ $0 }).min(), !comebacks.contains(nil) else {
                object(complain("\(names) have not been away and ought to answer"))
                return
            }
            if now >= recovery + known.wait(after: delay, since: recovery) {
                object(complain("\(names) wait too long"))
            }
            if known.isSentBack { object(complain("\(names) ought to answer as ordered")) }
        }
    }

    /// A better tier may take over from one that works only after its wait.
    mutating func checkFailback(to decision: Decision, from known: ReferenceScheme) {
        let scheme = known.scheme
        guard known.pinned == nil, let old = priority(of: known.tier, in: scheme),
            let new = priority(of: decision.active, in: scheme), new > old
        else { return }
        let better = usable(of: scheme).filter { $0.priority == new }.compactMap { indicator($0.indicator) }
        let comebacks = better.map(\.comeBackAt)
        if !comebacks.contains(nil), !known.isSentBack {
            for index in schemes.indices where schemes[index].scheme.name == scheme.name {
                schemes[index].failbacks.append(now)
            }
        }
        if known.isSentBack || better.contains(where: { $0.firstVerdictAt == now }) { return }
        switch scheme.failback {
        case .immediate: return
        case .manual: object("\(scheme.name) failed back without being told")
        case .after(let delay):
            guard let recovery = comebacks.compactMap({ $0 }).min(), !comebacks.contains(nil) else { return }
            if now < recovery + known.wait(after: delay, since: recovery) {
                object("\(scheme.name) failed back too early")
            }
        }
    }

    // MARK: The read model

    mutating func checkReadModel(of index: Int, _ engine: Engine) {
        let known = schemes[index]
        guard let status = engine.status(of: known.scheme.name) else {
            object("\(known.scheme.name) cannot be read")
            return
        }
        if status.decision != known.decision { object("\(known.scheme.name): another decision is shown") }
        if let ttl = known.ttlSeconds, status.ttlSeconds != ttl { object("\(known.scheme.name): another TTL is shown") }
        if status.pin?.action != known.pin?.action { object("\(known.scheme.name): another pin") }
        if let until = status.pin?.until, until <= now { object("\(known.scheme.name): a pin is overdue") }
        for candidate in status.candidates {
            let member = known.scheme.members.first { $0.indicator == candidate.indicator }
            let isUsable = member?.priority != .disabled && indicator(candidate.indicator)?.isUsable == true
            if candidate.isUsable != isUsable {
                object("\(candidate.indicator) is shown usable: \(candidate.isUsable)")
            }
        }
    }

    /// Each indicator's states are right, and no override whose time is up is shown any more.
    mutating func checkIndicators(_ engine: Engine) {
        let shown = engine.indicators
        guard shown.count == indicators.count else { return object("other indicators are shown") }
        for (status, reference) in zip(shown, indicators) {
            if status.name != reference.indicator.name { object("\(status.name) is shown out of place") }
            if status.state != reference.state { object("\(status.name) ought to be \(reference.state)") }
            if status.effective != reference.effective {
                object("\(status.name) ought to count as \(reference.effective)")
            }
            if status.override?.action != reference.imposed?.action { object("\(status.name): another override") }
            if let until = status.override?.until, until <= now { object("\(status.name): an override is overdue") }
        }
    }
}
