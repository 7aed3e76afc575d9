/// Stage 4: weighs a scheme's members and finds the tiers that could answer.
struct Selection: Hashable, Sendable {
    /// The operator's pin, if there is one.
    private(set) var pin: Override?

    /// Imposes a pin, or with nil takes it away; returns the one that it ends.
    mutating func impose(_ override: Override?) -> Override? {
        let ended = pin
        pin = override
        return ended
    }

    /// Drops a pin whose time is up, or whose member is gone, and returns it.
    mutating func expire(at now: Instant, members: [Member]) -> Override? {
        guard let pin else { return nil }
        let isOver = pin.until.map { $0 <= now } ?? false
        let isThere =
            if case .pin(_, let name) = pin.action { members.contains { $0.indicator == name } } else { false }
        return isOver || !isThere ? impose(nil) : nil
    }

    /// Takes the members' indicators in, in the order of the scheme's members, and returns the choice there is.
    func select(_ effectives: [Effective], of scheme: Scheme, on occasion: Occasion) -> Choice {
        let seen = zip(scheme.members, effectives).map(Seen.init)
        let order = seen.indices.sorted {
            (seen[$1].member.priority, $0) < (seen[$0].member.priority, $1)
        }
        let ranked = order.map { seen[$0] }
        var tiers: [Tier] = []
        for member in ranked where member.isUsable {
            if tiers.last?.priority == member.member.priority {
                tiers[tiers.count - 1].members.append(member)
            } else {
                tiers.append(Tier(priority: member.member.priority, members: [member]))
            }
        }
        return Choice(members: ranked, tiers: tiers, pin: pin, occasion: occasion)
    }
}

/// Which members there are and which tiers of them could answer.
struct Choice: Hashable, Sendable {
    /// By descending priority, then configured order.
    var members: [Seen]
    /// Those with a usable member, the highest first; of each its usable members, in configured order.
    var tiers: [Tier]
    var pin: Override?
    var occasion: Occasion

    var candidates: [Candidate] { members.map(\.candidate) }

    /// The pinned member.
    var pinned: Seen? {
        guard case .pin(_, let name) = pin?.action else { return nil }
        return members.first { $0.name == name }
    }

    /// The members that an all-down rule may fall back to: all but the disabled ones.
    var enabled: [Seen] { members.filter { $0.unusableBecause != .disabled } }
}

struct Tier: Hashable, Sendable {
    var priority: Priority
    /// At least one.
    var members: [Seen]
}

/// A member and how its indicator stands.
struct Seen: Hashable, Sendable {
    var member: Member
    var effective: Effective

    var name: IndicatorName { member.indicator }
    var isUsable: Bool { unusableBecause == nil }
    var unusableBecause: Candidate.Unusable? {
        member.priority == .disabled ? .disabled : effective.unusableBecause
    }

    var candidate: Candidate {
        Candidate(
            indicator: name, priority: member.priority, state: effective.state, effective: effective.effective,
            unusableBecause: unusableBecause)
    }
}

/// What beside the members' states set the selection off.
struct Occasion: Hashable, Sendable {
    /// A new revision came into force.
    var isConfigured = false
    /// Set while the vantage doubts itself: what then holds every answer as it is.
    var vantageDoubt: Guard?
    /// An operator ordered the failback.
    var failsBack = false
    /// An operator's words that came or ended just now.
    var causes: [Cause] = []

    /// Whether somebody has just said what is to be: then nothing is held back as a mass failure.
    var isDeliberate: Bool { isConfigured || !causes.isEmpty }
}
