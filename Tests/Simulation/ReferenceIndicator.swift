import Failover

/// What an indicator ought to be by the written rules: the oracle's own count, beside the engine's.
struct ReferenceIndicator {
    private struct Sighting {
        var vantage: Vantage
        var state = State.unknown
        var failures: [Instant] = []
        var run = 0
        var at: Instant
    }

    var indicator: Indicator
    let configuredAt: Instant
    var imposed: Override?
    private(set) var state = State.unknown
    private(set) var firstVerdictAt: Instant?
    private(set) var recoveredAt: Instant?
    private(set) var failedAt: Instant?
    private(set) var isProbed = false
    private var sightings: [Sighting] = []

    init(_ indicator: Indicator, at now: Instant) {
        self.indicator = indicator
        configuredAt = now
    }

    mutating func record(_ probe: Probe, at now: Instant) {
        let policy = indicator.policy
        let fresh = policy.interval * 3 + policy.timeout
        isProbed = true
        if !sightings.contains(where: { $0.vantage == probe.vantage }) {
            sightings.removeAll { now - $0.at > fresh }
            sightings.append(Sighting(vantage: probe.vantage, at: now))
        }
        for index in sightings.indices where sightings[index].vantage == probe.vantage {
            sightings[index].at = now
            judge(&sightings[index], probe.outcome, policy, at: now)
        }
        let counting = sightings.filter { now - $0.at <= fresh }
        let new: State =
            if counting.count(where: { $0.state == .err }) >= indicator.quorum {
                .err
            } else if counting.count(where: { $0.state == .ok }) >= indicator.quorum {
                .ok
            } else {
                state
            }
        guard new != state else { return }
        if state == .unknown { firstVerdictAt = now }
        if state == .err { recoveredAt = now }
        if state == .ok { failedAt = now }
        state = new
    }

    private func judge(_ sighting: inout Sighting, _ outcome: Probe.Outcome, _ policy: Policy, at now: Instant) {
        if outcome == .failure {
            sighting.run = 0
            guard sighting.state != .err else { return }
            sighting.failures.append(now)
            if sighting.failures.count >= policy.fall {
                sighting.state = .err
                sighting.failures = []
            }
            return
        }
        sighting.run += 1
        if sighting.state == .unknown { sighting.state = .ok }
        if sighting.state == .err, sighting.run >= policy.rise { sighting.state = .ok }
        if sighting.state == .ok, sighting.run >= policy.forget { sighting.failures = [] }
    }

    // MARK: What follows from it

    /// Failures still needed for err, seen by one vantage.
    var failuresLeft: Int { max(1, indicator.policy.fall - (sightings.first?.failures.count ?? 0)) }

    /// The operator's word if there is one, else the state. A disabled indicator has none.
    var effective: State {
        if indicator.isDisabled { return .unknown }
        return if case .force(_, let forced) = imposed?.action { forced } else { state }
    }

    var isInMaintenance: Bool {
        if case .maintenance = imposed?.action { true } else { false }
    }

    var isUsable: Bool { !indicator.isDisabled && !isInMaintenance && effective == .ok }

    /// Whether its first probe, or its first verdict, may still be waited for.
    func mayAwaitProbe(at now: Instant) -> Bool {
        mayAwait && !isProbed && now < configuredAt + indicator.policy.timeout
    }

    func mayAwaitVerdict(at now: Instant) -> Bool {
        let policy = indicator.policy
        return mayAwait && now < configuredAt + (policy.interval + (policy.timeout + policy.recheck) * policy.fall)
    }

    private var mayAwait: Bool { state == .unknown && !indicator.isDisabled && imposed == nil }

    /// Whether no other vantage has a say.
    var isSeenByOne: Bool { indicator.quorum == 1 && sightings.count <= 1 }

    /// How long the next flip takes at least if every probe from now on opposes; nil if it is not in doubt, if
    /// an operator's word counts instead, or if several vantages have a say.
    var flipsWithin: Duration? {
        guard imposed == nil, !indicator.isDisabled, isSeenByOne else { return nil }
        let policy = indicator.policy
        guard let sighting = sightings.first else { return policy.recheck }
        switch state {
        case .ok where !sighting.failures.isEmpty: return policy.recheck * max(1, policy.fall - sighting.failures.count)
        case .err where sighting.run > 0: return policy.recheck * max(1, policy.rise - sighting.run)
        case .unknown: return policy.recheck
        case .ok, .err: return nil
        }
    }

    /// When it came back, if that is what its being ok is about.
    var comeBackAt: Instant? { imposed == nil ? recoveredAt : nil }

    /// Whether it failed by itself within this time.
    func hasFailed(within window: Duration, before now: Instant) -> Bool {
        guard imposed == nil, state == .err, let failedAt else { return false }
        return now - failedAt < window
    }
}
