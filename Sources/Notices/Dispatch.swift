import Failover

/// Decides which notices go out and when: happenings in, letters out. It has no clock; what it remembers is in its
/// effects, so that whoever keeps them can begin again where it stopped.
///
///     happening ─► wanted? ─► held for N ─► gathered for a while ─► one letter per channel
///                               └─ the opposite came first: dropped
///     told, and still so ─► reminded
package struct Dispatch: Sendable {
    package enum Effect: Hashable, Sendable {
        /// Replaces the matter of the same subscription and key.
        case keep(Matter)
        case forget(subscription: String, key: String)
        case send(Letter)
    }

    /// How many matters a subscription keeps; beyond that, what is new waits for what is over.
    static let matterLimit = 20_000

    private var tracks: [SubscriptionTrack]
    private var nextLetter: Int64
    /// What an earlier one kept, until the subscriptions are known.
    private var remembered: [Matter]

    /// - Parameters:
    ///   - matters: what an earlier one kept; the first `configure` takes them up.
    ///   - nextLetter: the id of the next letter, higher than any before.
    package init(remembering matters: [Matter] = [], nextLetter: Int64 = 1) {
        self.nextLetter = nextLetter
        tracks = []
        remembered = matters
    }

    /// When `wake` is wanted next; nil while there is nothing to wait for.
    package var nextWake: Instant? { tracks.compactMap(\.nextWake).min() }

    /// Puts other subscriptions into force. One of the same name goes on with what it was told.
    package mutating func configure(_ subscriptions: [Subscription]) -> [Effect] {
        let before = tracks.flatMap(\.sorted) + remembered
        tracks = subscriptions.map { SubscriptionTrack($0) }
        remembered = []
        var effects: [Effect] = []
        for matter in before {
            if let place = tracks.firstIndex(where: { $0.subscription.name == matter.subscription }) {
                tracks[place].adopt(matter)
            } else {
                effects.append(.forget(subscription: matter.subscription, key: matter.key))
            }
        }
        return effects
    }

    package mutating func take(_ happening: Happening, at now: Instant) -> [Effect] {
        var effects: [Effect] = []
        for place in tracks.indices where tracks[place].subscription.covers(happening) {
            if let effect = tracks[place].take(happening, at: now) { effects.append(effect) }
        }
        return effects
    }

    /// Forgets everything about an indicator or a scheme that exists no more.
    package mutating func forget(where isGone: (Happening) -> Bool) -> [Effect] {
        var effects: [Effect] = []
        for place in tracks.indices { effects += tracks[place].forget(where: isGone) }
        return effects
    }

    /// Sends what is due.
    ///
    /// - Parameter isSilent: what nobody is to be told of now (maintenance); it is dropped, and told anew by a later
    ///   happening if it still stands then.
    package mutating func wake(at now: Instant, isSilent: (Happening) -> Bool = { _ in false }) -> [Effect] {
        var effects: [Effect] = []
        for place in tracks.indices {
            guard let due = tracks[place].nextWake, due <= now else { continue }
            let subscription = tracks[place].subscription
            let round = tracks[place].collect(at: now, isSilent: isSilent)
            effects += round.effects
            for (purpose, items) in [(Letter.Purpose.news, round.news), (.reminder, round.reminders)] {
                guard !items.isEmpty else { continue }
                effects += letters(subscription, purpose, items, at: now).map { .send($0) }
            }
        }
        return effects
    }

    /// A letter to one channel that says that it works.
    package mutating func test(channel: String, by author: String, at now: Instant) -> Letter {
        defer { nextLetter += 1 }
        let text = "Test notice, sent by \(author): this channel works."
        return Letter(
            id: nextLetter, channel: channel, subscription: "", purpose: .test, at: now,
            items: [Happening(.state, .news, .info, standing: "test", text: text, at: now)])
    }

    private mutating func letters(
        _ subscription: Subscription, _ purpose: Letter.Purpose, _ items: [Happening], at now: Instant
    ) -> [Letter] {
        let sorted = items.sorted {
            let (left, right) = ($0.turn != .better, $1.turn != .better)
            if left != right { return left }
            if $0.severity != $1.severity { return $0.severity > $1.severity }
            return ($0.kind.rank, $0.at, $0.matter) < ($1.kind.rank, $1.at, $1.matter)
        }
        return subscription.channels.map { channel in
            defer { nextLetter += 1 }
            return Letter(
                id: nextLetter, channel: channel, subscription: subscription.name, purpose: purpose, at: now,
                items: Array(sorted.prefix(Letter.itemLimit)), more: max(0, sorted.count - Letter.itemLimit))
        }
    }
}

extension Happening.Kind {
    /// What people look for first.
    fileprivate var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
