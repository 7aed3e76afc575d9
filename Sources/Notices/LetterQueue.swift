import Failover

/// The letters that wait for one channel: which is tried next and when. It has no clock.
///
/// A channel that cannot be reached rests as a whole, longer each time. A letter that is refused rests alone, so that
/// it is in nobody's way.
package struct LetterQueue: Sendable {
    /// How many letters wait; beyond that the oldest are given up.
    package static let capacity = 500
    /// How often a letter is sent that the channel refuses.
    static let refusalLimit = 8
    /// How long a letter is worth sending.
    static let lifetime = Duration.seconds(3 * 86_400)
    private static let pauses: [Double] = [5, 15, 30, 60, 120, 300, 900]

    package struct Waiting: Hashable, Sendable {
        package var letter: Letter
        package var attempts = 0
        package var dueAt: Instant?
    }

    package private(set) var waiting: [Waiting] = []
    /// Attempts in a row that did not reach the channel.
    private(set) var failures = 0
    private(set) var restsUntil: Instant?
    /// The letter that is on its way.
    private var underWay: Int64?

    package init() {}

    /// Returns the letters that are given up for it.
    package mutating func add(_ letter: Letter, attempts: Int = 0) -> [Letter] {
        waiting.append(Waiting(letter: letter, attempts: attempts))
        guard waiting.count > Self.capacity, let oldest = waiting.firstIndex(where: { $0.letter.id != underWay })
        else { return [] }
        return [waiting.remove(at: oldest).letter]
    }

    /// The letter to send now; it is under way until `delivered` or `failed` is told of it.
    package mutating func next(at now: Instant) -> Waiting? {
        guard underWay == nil, restsUntil.map({ $0 <= now }) ?? true,
            let place = waiting.firstIndex(where: { $0.dueAt.map { $0 <= now } ?? true })
        else { return nil }
        underWay = waiting[place].letter.id
        waiting[place].attempts += 1
        return waiting[place]
    }

    /// When there may be something to send; nil while there is nothing, or something is under way.
    package var nextWake: Instant? {
        guard underWay == nil, let first = waiting.map({ $0.dueAt ?? .epoch }).min() else { return nil }
        return max(first, restsUntil ?? .epoch)
    }

    package mutating func delivered(_ id: Int64) {
        underWay = nil
        (failures, restsUntil) = (0, nil)
        waiting.removeAll { $0.letter.id == id }
    }

    /// - Parameter random: 0..<1, so that many servers do not all come back at once.
    /// - Returns: whether the letter is given up.
    package mutating func failed(_ id: Int64, _ error: DeliveryError, at now: Instant, random: Double) -> Bool {
        underWay = nil
        guard let place = waiting.firstIndex(where: { $0.letter.id == id }) else { return true }
        let letter = waiting[place]
        switch error {
        case .refused:
            (failures, restsUntil) = (0, nil)
            waiting[place].dueAt = now + Self.pause(after: letter.attempts, random)
            if letter.attempts < Self.refusalLimit { return false }
        case .unavailable(_, let retryAfter):
            failures += 1
            restsUntil = now + max(Self.pause(after: failures, random), retryAfter ?? .zero)
            if now - letter.letter.at < Self.lifetime { return false }
        }
        waiting.remove(at: place)
        return true
    }

    /// The channel was configured anew: whatever rests is tried at once.
    package mutating func wakeUp() {
        (failures, restsUntil) = (0, nil)
        for place in waiting.indices { waiting[place].dueAt = nil }
    }

    private static func pause(after attempts: Int, _ random: Double) -> Duration {
        let seconds = pauses[min(max(attempts, 1), pauses.count) - 1]
        return .nanoseconds(Int64(seconds * (0.9 + 0.2 * random) * 1e9))
    }
}
