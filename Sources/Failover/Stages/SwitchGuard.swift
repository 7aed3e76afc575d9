/// Stage 5: holds back what would be hasty.
///
/// - The first decision waits until it is certain (docs/decisions/0003-first-verdict.md).
/// - A better tier that has come back waits as the scheme's failback says. Failing over downwards never waits.
/// - The mass-failure brake holds everything for one recheck.
struct SwitchGuard: Hashable, Sendable {
    /// The usable members of the tier that was let through last; empty if no tier answers.
    private var current: [IndicatorName] = []
    /// False until something was let through for the first time.
    private var hasAnswered = false
    /// When a better member took the name back, oldest first.
    private var failbacks: [Instant] = []
    private var brake: Brake?

    private struct Brake: Hashable {
        var at: Instant
        var until: Instant
        var failed: Int
        var of: Int
    }

    /// At most so many failbacks are remembered: doubling a nanosecond that often exceeds any cap.
    private static let memory = 64
    private static let hour = Duration.seconds(3600)

    /// Holds on to the members that answered in an earlier process.
    mutating func recall(_ active: [IndicatorName]) {
        current = active
        hasAnswered = true
    }

    /// Takes the choice in and returns what may answer now, what is held back, and when to look again.
    mutating func pass(_ choice: Choice, of scheme: Scheme, at now: Instant) -> Passage {
        var passage = Passage(choice: choice, route: .stay)
        if choice.occasion.isDeliberate {
            brake?.until = now
        } else if scheme.massFailureBrake {
            passage.massFailure = noticeMassFailure(choice, at: now)
        }
        if let pinned = choice.pinned {
            current = [pinned.name]
            hasAnswered = true
            passage.route = .pinned(pinned)
        } else if let pause = choice.pause, hasAnswered {
            passage.held = .paused(pause)
        } else if let doubt = choice.occasion.vantageDoubt, hasAnswered {
            passage.held = doubt
        } else if let due = awaited(choice, at: now) {
            current = []
            passage.route = .awaiting
            passage.lookAgainAt = due
        } else if let brake, hasAnswered, now < brake.until {
            passage.held = .massFailure(failed: brake.failed, of: brake.of, until: brake.until)
            passage.lookAgainAt = brake.until
        } else {
            climb(choice, of: scheme, at: now, in: &passage)
            hasAnswered = true
        }
        return passage
    }

    // MARK: The first verdicts

    /// Until when the first verdicts are to be waited for; nil if there is nothing to wait for.
    private func awaited(_ choice: Choice, at now: Instant) -> Instant? {
        if let best = choice.tiers.first {
            // Something works. Only those not even probed yet could be better, and they get one timeout.
            guard !hasAnswered else { return nil }
            return choice.members.filter { $0.member.priority >= best.priority }
                .compactMap { $0.effective.probeDueBy }.filter { $0 > now }.max()
        }
        // Nothing works so far. Once there is an answer, one known failure is enough to call them all down.
        if hasAnswered, choice.enabled.contains(where: \.isKnownToFail) { return nil }
        return choice.enabled.compactMap { $0.effective.verdictDueBy }.filter { $0 > now }.max()
    }

    // MARK: Failback

    /// Takes the highest tier that is not held; the current one is never held.
    private mutating func climb(_ choice: Choice, of scheme: Scheme, at now: Instant, in passage: inout Passage) {
        let level = choice.tiers.first { tier in tier.members.contains { current.contains($0.name) } }
        for tier in choice.tiers {
            if let level, !level.isDrained, tier.priority > level.priority {
                if let held = hold(on: tier, choice.occasion, scheme.failback, at: now) {
                    passage.held = passage.held ?? held
                    if case .failbackHeld(let until, _) = held {
                        passage.lookAgainAt = min(passage.lookAgainAt ?? until, until)
                    }
                    continue
                }
                if tier.hasComeBack, !choice.occasion.failsBack { remember(failbackAt: now) }
            }
            current = tier.members.map(\.name)
            passage.route = .tier(tier)
            return
        }
        current = []
        passage.route = .allDown
    }

    /// What keeps this better tier from answering; nil if nothing does.
    private func hold(on tier: Tier, _ occasion: Occasion, _ failback: Failback, at now: Instant) -> Guard? {
        // A first verdict is no failback: the member has not been away.
        if occasion.failsBack || tier.members.contains(where: { $0.effective.firstVerdictAt == now }) { return nil }
        switch failback {
        case .immediate: return nil
        case .manual: return .failbackManual
        case .after(let delay):
            guard tier.hasComeBack else { return nil }
            guard let recoveredAt = tier.members.compactMap(\.effective.recoveredAt).min() else { return nil }
            let whole = doubled(delay, before: recoveredAt)
            let until = recoveredAt + whole
            return now < until ? .failbackHeld(until: until, for: whole) : nil
        }
    }

    /// The delay after a recovery at `instant`, doubled for each failback within the hour before, 1 h at most
    /// unless the configured delay is longer.
    private func doubled(_ delay: Duration, before instant: Instant) -> Duration {
        var result = delay
        for failback in failbacks where failback <= instant && instant - failback < Self.hour {
            result = min(result * 2, max(Self.hour, delay))
        }
        return result
    }

    private mutating func remember(failbackAt now: Instant) {
        failbacks.removeAll { now - $0 > Self.hour * 2 }
        if failbacks.count == Self.memory { failbacks.removeFirst() }
        failbacks.append(now)
    }

    // MARK: Mass failure

    /// Sets the brake if more than half of three or more members went from ok to err within one interval.
    /// One such episode is braked once.
    private mutating func noticeMassFailure(_ choice: Choice, at now: Instant) -> (failed: Int, of: Int)? {
        let members = choice.enabled
        guard members.count >= 3, let window = members.map(\.effective.interval).max(),
            brake.map({ now - $0.at > window }) ?? true
        else { return nil }
        let failed = members.count { seen in
            seen.effective.state == .err && (seen.effective.failedAt.map { now - $0 < window } ?? false)
        }
        guard failed * 2 > members.count, let recheck = members.map(\.effective.recheck).max() else { return nil }
        brake = Brake(at: now, until: now + recheck, failed: failed, of: members.count)
        return (failed, members.count)
    }
}

extension Tier {
    /// Whether each of its members has been err and come back; one that has not needs no waiting.
    var hasComeBack: Bool { members.allSatisfy { $0.effective.recoveredAt != nil } }
}

/// What may answer now.
struct Passage: Sendable {
    enum Route: Hashable, Sendable {
        case tier(Tier)
        case pinned(Seen)
        case allDown
        /// No verdict is in yet.
        case awaiting
        /// Leave the answer as it is.
        case stay
    }

    var choice: Choice
    var route: Route
    /// What holds a better answer back; nil if nothing does.
    var held: Guard?
    /// When what is held, or awaited, is due.
    var lookAgainAt: Instant?
    /// Set when a mass failure has just been noticed.
    var massFailure: (failed: Int, of: Int)?

    init(choice: Choice, route: Route) {
        self.choice = choice
        self.route = route
    }
}
