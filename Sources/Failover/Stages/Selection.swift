/// Stage 4: weighs a scheme's members and finds the tiers that could answer.
struct Selection: Hashable, Sendable {
    /// The operator's pin or pause, if there is one.
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
            if case .pin(_, let name) = pin.action { members.contains { $0.indicator == name } } else { true }
        return isOver || !isThere ? impose(nil) : nil
    }

    /// Takes the members' indicators in, in the order of the scheme's members, and returns the choice there is.
    ///
    /// - Parameter lines: how each member's lines stand, in their order; empty where no member has any.
    func select(
        _ effectives: [Effective], lines: [[Effective]] = [], of scheme: Scheme, on occasion: Occasion
    ) -> Choice {
        let seen = scheme.members.indices.map {
            Seen(scheme.members[$0], effectives[$0], lines: lines.isEmpty ? [] : lines[$0])
        }
        let order = seen.indices.sorted {
            (seen[$1].member.priority, $0) < (seen[$0].member.priority, $1)
        }
        let ranked = order.map { seen[$0] }
        var tiers: [Tier] = []
        // Those that are drained come after all others.
        let usable = ranked.filter(\.isUsable)
        for member in usable.filter({ !$0.isDrained }) + usable.filter(\.isDrained) {
            if let last = tiers.last, last.priority == member.member.priority, last.isDrained == member.isDrained {
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
    /// Those with a usable member, the highest first, then those of drained members; of each its usable members, in configured order.
    var tiers: [Tier]
    var pin: Override?
    var occasion: Occasion

    var candidates: [Candidate] { members.map(\.candidate) }

    /// The pinned member.
    var pinned: Seen? {
        guard case .pin(_, let name) = pin?.action else { return nil }
        return members.first { $0.name == name }
    }

    /// The pause, if the answer is to stay as it is.
    var pause: Override? {
        if case .pause = pin?.action { pin } else { nil }
    }

    /// The members that an all-down rule may fall back to: all but the disabled ones.
    var enabled: [Seen] { members.filter { $0.unusableBecause != .disabled } }
}

struct Tier: Hashable, Sendable {
    var priority: Priority
    /// At least one.
    var members: [Seen]

    /// Whether all of its members are drained; otherwise none is.
    var isDrained: Bool { members[0].isDrained }
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
