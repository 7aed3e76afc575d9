import Failover

/// One subscription with everything that it was told or is about to be told.
struct SubscriptionTrack: Sendable {
    let subscription: Subscription
    private var matters: [String: Matter] = [:]
    /// Never later than the first thing to do; earlier if that has gone meanwhile.
    private(set) var nextWake: Instant?

    init(_ subscription: Subscription) { self.subscription = subscription }

    var sorted: [Matter] { matters.keys.sorted().compactMap { matters[$0] } }

    mutating func adopt(_ matter: Matter) {
        var matter = matter
        if matter.told == nil || subscription.remind == nil {
            matter.remindAt = nil
        } else if matter.remindAt == nil, let told = matter.told, let remind = subscription.remind {
            matter.remindAt = told.at + remind
        }
        matters[matter.key] = matter
        expect(matter)
    }

    private mutating func expect(_ matter: Matter) {
        let wakes = [nextWake, matter.pending.map { $0.due + subscription.group }, matter.remindAt]
        nextWake = wakes.compactMap { $0 }.min()
    }

    // MARK: In

    /// Returns what has changed, if anything has.
    mutating func take(_ happening: Happening, at now: Instant) -> Dispatch.Effect? {
        let isMinor = happening.severity < subscription.severity
        let key = happening.matter
        let known = matters[key]
        var matter = known ?? Matter(subscription: subscription.name, key: key)
        switch happening.turn {
        case .news:
            if isMinor || known != nil { return nil }
            matter.pending = Matter.Pending(happening: happening, due: subscription.due(happening, at: now))
        // What has become less than they want to know of is over for them.
        case .worse where isMinor, .better: matter.relax(happening, subscription, at: now)
        case .worse: matter.worsen(happening, subscription, at: now)
        }
        if matter == (known ?? Matter(subscription: subscription.name, key: key)) { return nil }
        if known == nil, matters.count >= Dispatch.matterLimit { return nil }
        return keep(matter)
    }

    private mutating func keep(_ matter: Matter) -> Dispatch.Effect {
        if matter.isOver {
            matters[matter.key] = nil
            return .forget(subscription: subscription.name, key: matter.key)
        }
        matters[matter.key] = matter
        expect(matter)
        return .keep(matter)
    }

    mutating func forget(where isGone: (Happening) -> Bool) -> [Dispatch.Effect] {
        var effects: [Dispatch.Effect] = []
        for var matter in sorted {
            guard let happening = matter.pending?.happening ?? matter.told, isGone(happening) else { continue }
            (matter.told, matter.pending) = (nil, nil)
            effects.append(keep(matter))
        }
        return effects
    }

    // MARK: Out

    struct Round {
        var news: [Happening] = []
        var reminders: [Happening] = []
        var effects: [Dispatch.Effect] = []
    }

    /// Until when reminders are brought forward, so that they come together: half an interval, once one is due.
    private func remindable(_ matters: [Matter], at now: Instant) -> Instant {
        guard let remind = subscription.remind, matters.contains(where: { $0.remindAt.map { $0 <= now } ?? false })
        else { return now }
        return now + remind / 2
    }

    /// Takes out what is due. The first that is due opens a group; all that are due when it closes are in it.
    mutating func collect(at now: Instant, isSilent: (Happening) -> Bool) -> Round {
        var round = Round()
        let all = sorted
        nextWake = nil
        let first = all.compactMap { $0.pending?.due }.min()
        let closes = first.map { $0 + subscription.group <= now } ?? false
        let reminded = remindable(all, at: now)
        for var matter in all {
            let before = matter
            if let pending = matter.pending, closes, pending.due <= now {
                matter.pending = nil
                if pending.happening.turn == .better || !isSilent(pending.happening) {
                    round.news.append(pending.happening)
                    matter.tell(pending.happening, subscription, at: now)
                }
            } else if let told = matter.told, let due = matter.remindAt, due <= reminded,
                let remind = subscription.remind
            {
                let awake = subscription.awake(now, for: told.severity)
                if awake > now {
                    matter.remindAt = awake
                } else {
                    matter.remindAt = now + remind
                    if !isSilent(told), matter.pending == nil { round.reminders.append(told) }
                }
            }
            if matter == before { expect(matter) } else { round.effects.append(keep(matter)) }
        }
        return round
    }
}

extension Matter {
    /// A trouble has begun, or is another one now.
    fileprivate mutating func worsen(_ happening: Happening, _ subscription: Subscription, at now: Instant) {
        if let told, told.standing == happening.standing {
            // It is again as they know it: what was about to be told in between is not worth telling.
            pending = nil
            return
        }
        let due = subscription.due(happening, at: now)
        if let pending, pending.happening.turn == .worse {
            // The hold counts from the beginning of the trouble, not from its last change.
            self.pending = Pending(happening: happening, due: min(pending.due, due))
        } else {
            pending = Pending(happening: happening, due: due)
        }
    }

    /// A trouble is over.
    fileprivate mutating func relax(_ happening: Happening, _ subscription: Subscription, at now: Instant) {
        guard told != nil else {
            pending = nil
            return
        }
        var happening = happening
        happening.turn = .better
        if let pending, pending.happening.turn == .better {
            self.pending = Pending(happening: happening, due: pending.due)
        } else {
            pending = Pending(happening: happening, due: subscription.due(happening, at: now))
        }
    }

    fileprivate mutating func tell(_ happening: Happening, _ subscription: Subscription, at now: Instant) {
        told = happening.turn == .worse ? happening : nil
        remindAt = told == nil ? nil : subscription.remind.map { now + $0 }
    }
}
