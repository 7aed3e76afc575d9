import Addresses

/// Stage 6: turns what may answer into a decision, if it differs from the one in force.
struct Answering: Hashable, Sendable {
    /// The decision in force; nil before the first.
    private(set) var decision: Decision?
    /// Seconds, as last published.
    private(set) var ttlSeconds: UInt32?
    private var rule: Rule?
    /// The members that answered last, for `hold`.
    private(set) var lastActive: [IndicatorName] = []

    /// Answers as an earlier process did, without knowing any more by which rule.
    mutating func recall(_ decision: Decision, of scheme: Scheme) {
        self.decision = decision
        ttlSeconds = decision.ttlSeconds
        lastActive = decision.active
        rule = nil
        // An answer that was held has no active members; it is held further by those whose values it has.
        if lastActive.isEmpty, case .addresses(let list) = decision.answer {
            lastActive = scheme.members.filter { member in
                member.lines.isEmpty
                    ? member.values.allSatisfy(list.contains) : member.values.contains(where: list.contains)
            }.map(\.indicator)
        }
    }

    /// Takes what may answer in and returns what is to be published, if anything is.
    mutating func answer(_ passage: Passage, of scheme: Scheme, at now: Instant) -> Answered {
        guard let wish = wish(for: passage, of: scheme) else { return republish(passage, of: scheme) }
        let ttl = ttlSeconds(passage, active: wish.active, of: scheme)
        if let decision, decision.answer == wish.answer, decision.active == wish.active,
            rule == wish.rule || rule == nil
        {
            if rule == nil {
                rule = wish.rule
                let why = [.recalled(decision.at)] + causes(of: passage, wish, scheme)
                self.decision?.causes = why
            }
            return republish(passage, of: scheme)
        }
        let previous = decision
        let made = Decision(
            scheme: scheme.name, generation: (previous?.generation ?? 0) + 1, answer: wish.answer, ttlSeconds: ttl,
            active: wish.active, at: now, causes: causes(of: passage, wish, scheme))
        decision = made
        ttlSeconds = ttl
        rule = wish.rule
        if !wish.active.isEmpty { lastActive = wish.active }
        return .decided(made, previous: previous)
    }

    // MARK: What is to be answered

    private struct Wish {
        var rule: Rule
        var active: [IndicatorName]
        var answer: Decision.Answer
    }

    /// nil: leave it as it is.
    private func wish(for passage: Passage, of scheme: Scheme) -> Wish? {
        switch passage.route {
        case .stay: return nil
        case .pinned(let member): return wish(.pinned(member.name), [member])
        case .tier(let tier): return wish(.highestTier(tier.priority), chosen(from: tier, scheme.answers))
        case .awaiting:
            // Before the first decision there is nothing to say yet.
            guard decision != nil else { return nil }
            return Wish(rule: .noVerdictYet, active: [], answer: held(passage.choice))
        case .allDown:
            return Wish(
                rule: .allDown(scheme.allDown), active: [], answer: allDown(scheme.allDown, passage.choice))
        }
    }

    private func wish(_ rule: Rule, _ members: [Seen]) -> Wish {
        Wish(rule: rule, active: members.map(\.name), answer: addresses(members))
    }

    private func chosen(from tier: Tier, _ answers: Answers) -> [Seen] {
        guard answers == .one else { return tier.members }
        let sticky = tier.members.first { decision?.active.first == $0.name }
        return [sticky ?? tier.members[0]]
    }

    private func allDown(_ allDown: AllDown, _ choice: Choice) -> Decision.Answer {
        switch allDown {
        case .hold: held(choice)
        case .primary: primary(choice)
        case .all: addresses(choice.enabled)
        case .sorry(let values): Self.addresses(values)
        case .nodata: .nodata
        case .servfail: .servfail
        }
    }

    /// What answered last, as far as the scheme still has it and with the values that it has now; with nothing
    /// to hold, the highest tier.
    private func held(_ choice: Choice) -> Decision.Answer {
        let held = choice.enabled.filter { lastActive.contains($0.name) }
        return held.isEmpty ? primary(choice) : addresses(held)
    }

    private func primary(_ choice: Choice) -> Decision.Answer {
        let highest = choice.enabled.first?.member.priority
        return addresses(choice.enabled.filter { $0.member.priority == highest })
    }

    /// A member whose lines are all down stands for what it answered with last: never for nothing.
    private func addresses(_ members: [Seen]) -> Decision.Answer {
        let last: [IPAddress] = if case .addresses(let list)? = decision?.answer { list } else { [] }
        return Self.addresses(members.flatMap { $0.values(holding: last) })
    }

    /// Sorted, without repetition. Without any (a scheme whose members are all disabled) it is NODATA.
    private static func addresses(_ values: [IPAddress]) -> Decision.Answer {
        var unique: [IPAddress] = []
        for value in values.sorted() where unique.last != value { unique.append(value) }
        return unique.isEmpty ? .nodata : .addresses(unique)
    }

    // MARK: How long it may be kept

    /// Publishes the decision in force once more if its TTL has changed.
    private mutating func republish(_ passage: Passage, of scheme: Scheme) -> Answered {
        guard var again = decision else { return .unchanged }
        let ttl = ttlSeconds(passage, active: again.active, of: scheme)
        guard ttl != ttlSeconds else { return .unchanged }
        ttlSeconds = ttl
        again.ttlSeconds = ttl
        return .ttlChanged(again)
    }

    /// The TTL in seconds: no longer than the next flip that would change the answer can take, within the
    /// scheme's bounds. Those flips are the active members'; with none active, anybody's.
    private func ttlSeconds(_ passage: Passage, active: [IndicatorName], of scheme: Scheme) -> UInt32 {
        let floor = min(scheme.minimumTTLSeconds, scheme.ttlSeconds)
        switch passage.route {
        case .pinned: return scheme.ttlSeconds
        case .stay:
            if case .paused = passage.held { return scheme.ttlSeconds }
            return floor
        case .tier, .allDown, .awaiting: break
        }
        let deciding = passage.choice.enabled.filter { active.isEmpty || active.contains($0.name) }
        let soonest = deciding.filter(\.effective.isUndecided)
            .map { ($0.effective.recheck * $0.effective.probesUntilFlip).nanoseconds }.min()
        guard let soonest else { return scheme.ttlSeconds }
        let seconds = (soonest + 999_999_999) / 1_000_000_000
        return UInt32(clamping: min(max(seconds, Int64(floor)), Int64(scheme.ttlSeconds)))
    }

    // MARK: Why

    /// At most so many members are explained, lest a decision of a huge scheme carries them all.
    private static let explained = 16

    private func causes(of passage: Passage, _ wish: Wish, _ scheme: Scheme) -> [Cause] {
        let choice = passage.choice
        var causes = choice.occasion.causes
        if choice.occasion.isConfigured { causes.append(.selection([], rule: .configured)) }
        if case .pinned = wish.rule, let pin = choice.pin, !causes.contains(.overridden(pin)) {
            causes.append(.overridden(pin))
        }
        let told = causes
        // Members on the same line have its causes in common.
        let hasLines = scheme.hasLines
        for cause in mattering(choice, wish).flatMap(\.causes) where !told.contains(cause) {
            if !hasLines || !causes.contains(cause) { causes.append(cause) }
        }
        causes.append(.selection(choice.candidates, rule: wish.rule))
        causes.append(.guarded(passage.held ?? .passed))
        return causes
    }

    /// The members that answer, and the better ones that do not; all if none does. The state that changed
    /// last comes last.
    private func mattering(_ choice: Choice, _ wish: Wish) -> [Seen] {
        let lowest = choice.members.last { wish.active.contains($0.name) }?.member.priority ?? .disabled
        let mattering = choice.members.filter { $0.member.priority >= lowest }.prefix(Self.explained)
        return mattering.indices.sorted {
            (mattering[$0].effective.since ?? .epoch, $0) < (mattering[$1].effective.since ?? .epoch, $1)
        }.map { mattering[$0] }
    }
}

/// What is to be published.
enum Answered: Hashable, Sendable {
    case unchanged
    /// The same generation with another TTL.
    case ttlChanged(Decision)
    case decided(Decision, previous: Decision?)
}
