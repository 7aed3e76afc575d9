/// Stage 3: lets the operator's word win. The real state is kept beside it.
struct Overruling: Hashable, Sendable {
    /// A maintenance, a forced state or a drain; one at a time, the last word counts.
    @Rare private(set) var imposed: Override? = nil
    /// A planned maintenance, which counts while nothing is imposed.
    @Rare private(set) var window: Override? = nil

    /// Imposes an override, or with nil clears it; returns the one that it ends.
    mutating func impose(_ override: Override?) -> Override? {
        let ended = imposed
        imposed = override
        return ended
    }

    /// Drops an override whose time is up and returns it.
    mutating func expire(at now: Instant) -> Override? {
        guard let until = imposed?.until, until <= now else { return nil }
        return impose(nil)
    }

    /// Opens a window, or with nil closes it; returns the one that it ends.
    mutating func schedule(_ window: Override?) -> Override? {
        let ended = self.window
        self.window = window
        return ended
    }

    /// Drops a window whose time is up and returns it.
    mutating func expireWindow(at now: Instant) -> Override? {
        guard let until = window?.until, until <= now else { return nil }
        return schedule(nil)
    }

    /// Takes the real standing in and returns what the schemes are to go by.
    func overrule(_ standing: Standing, of indicator: Indicator, configuredAt: Instant) -> Effective {
        var effective = Effective(standing, policy: indicator.policy)
        if indicator.isDisabled {
            effective.unusableBecause = .disabled
            effective.isUndecided = false
            return effective
        }
        guard let imposed = imposed ?? window else {
            effective.unusableBecause = Candidate.Unusable(standing.state)
            if standing.state == .unknown { effective.awaits(indicator.policy, since: configuredAt, standing) }
            return effective
        }
        effective.overriddenBy = imposed
        if case .drain = imposed.action {
            effective.isDrained = true
            effective.unusableBecause = Candidate.Unusable(standing.state)
            if standing.state == .unknown { effective.awaits(indicator.policy, since: configuredAt, standing) }
            return effective
        }
        // What probes say now changes nothing, so it neither shortens a TTL, nor holds a failback, nor counts
        // as one of many failures.
        effective.isUndecided = false
        effective.recoveredAt = nil
        effective.failedAt = nil
        if case .force(_, let state) = imposed.action {
            effective.effective = state
            effective.unusableBecause = Candidate.Unusable(state)
        } else {
            effective.unusableBecause = .maintenance
        }
        return effective
    }
}

extension Candidate.Unusable {
    /// Why a member in this state is not usable; nil if it is.
    init?(_ state: State) {
        switch state {
        case .ok: return nil
        case .err: self = .err
        case .unknown: self = .unknown
        }
    }
}

/// An indicator after the operator's word.
struct Effective: Hashable, Sendable {
    var name: IndicatorName
    /// What the probes say.
    var state: State
    /// What counts: the forced state, otherwise the real one. Maintenance is not a state and leaves it as it is.
    var effective: State
    /// nil: usable.
    var unusableBecause: Candidate.Unusable?
    /// Whether an operator wants it chosen only if nothing else is usable.
    var isDrained = false
    /// When the real state last changed.
    var since: Instant?
    var firstVerdictAt: Instant?
    /// When it last came back from err by itself; nil if it never did, or is forced.
    var recoveredAt: Instant?
    /// When it last went from ok to err by itself.
    var failedAt: Instant?
    var isUndecided: Bool
    var probesUntilFlip: Int
    var interval: Duration
    var recheck: Duration
    /// While its first verdict is awaited: until when.
    var verdictDueBy: Instant?
    /// While its first probe is awaited: until when.
    var probeDueBy: Instant?
    private let evidence: Evidence
    /// The operator's word that counts.
    @Rare var overriddenBy: Override? = nil

    init(_ standing: Standing, policy: Policy) {
        name = standing.name
        state = standing.state
        effective = standing.state
        since = standing.since
        firstVerdictAt = standing.firstVerdictAt
        recoveredAt = standing.recoveredAt
        failedAt = standing.failedAt
        isUndecided = standing.isUndecided
        probesUntilFlip = standing.probesUntilFlip
        interval = policy.interval
        recheck = policy.recheck
        evidence = standing.evidence
    }

    /// What made it so: probes, verdicts, state, override.
    var causes: [Cause] {
        evidence.causes(of: name, state) + [overriddenBy].compactMap { $0.map(Cause.overridden) }
    }

    /// Lets what is known count as unknown, unless an operator has spoken.
    mutating func setAside() {
        isUndecided = false
        verdictDueBy = nil
        probeDueBy = nil
        recoveredAt = nil
        failedAt = nil
        guard unusableBecause == nil || unusableBecause == .err || unusableBecause == .unknown else { return }
        if !isDrained, overriddenBy != nil { return }
        effective = .unknown
        unusableBecause = .unknown
    }

    mutating func awaits(_ policy: Policy, since configuredAt: Instant, _ standing: Standing) {
        verdictDueBy = configuredAt + policy.firstVerdictPatience
        if !standing.isProbed { probeDueBy = configuredAt + policy.timeout }
    }
}
