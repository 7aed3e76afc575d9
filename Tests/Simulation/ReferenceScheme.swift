import Addresses
import Failover

/// What the oracle knows of one scheme: what was decided and what has happened to it.
struct ReferenceScheme {
    var scheme: Scheme
    var pin: Override?
    var decision: Decision?
    /// As last published, seconds.
    var ttlSeconds: UInt32?
    /// The usable members of the tier that answers.
    var tier: [IndicatorName] = []
    /// The members that answered last, for `hold`.
    var lastActive: [IndicatorName] = []
    /// When it failed back by itself.
    var failbacks: [Instant] = []
    var brakedAt: Instant?
    var brakedUntil: Instant?
    /// Whether an operator or a revision touched it in this event, and whether a failback was ordered.
    var isTouched = false
    var isSentBack = false

    init(_ scheme: Scheme) { self.scheme = scheme }

    var pinned: IndicatorName? {
        if case .pin(_, let name) = pin?.action { name } else { nil }
    }

    var rule: Rule? {
        for case .selection(_, let rule) in (decision?.causes ?? []).reversed() { return rule }
        return nil
    }

    /// How long a tier that came back then must wait.
    func wait(after delay: Duration, since recovery: Instant) -> Duration {
        let count = failbacks.count { $0 <= recovery && recovery - $0 < .seconds(3600) }
        var wait = delay
        for _ in 0..<count where wait < .seconds(3600) { wait = min(wait * 2, .seconds(3600)) }
        return wait
    }

    func values(of names: [IndicatorName]) -> [IPAddress] {
        var result: [IPAddress] = []
        for member in scheme.members where names.contains(member.indicator) {
            for value in member.values where !result.contains(value) { result.append(value) }
        }
        return result.sorted()
    }
}
