import Synchronization

/// Keys and passwords that somebody has typed into a form and not saved yet, so that they can look at what came of a
/// trial without typing them twice. They are in memory only, and whoever typed one is the only one it is given to.
final class TypedSecrets: Sendable {
    private struct Typed {
        var secret: String
        var owner: String
        var until: ContinuousClock.Instant
    }

    /// How long one is kept.
    static let life = Duration.seconds(900)
    /// So many at the most: the oldest is forgotten first.
    static let limit = 200

    private let typed = Mutex<[String: Typed]>([:])

    /// Keeps a secret, and says by which word it is to be asked for.
    func keep(_ secret: String, for owner: String, at now: ContinuousClock.Instant = .now) -> String {
        var generator = SystemRandomNumberGenerator()
        let word = (0..<4).map { _ in String(generator.next(), radix: 36) }.joined()
        typed.withLock { typed in
            typed = typed.filter { $0.value.until > now }
            if typed.count >= Self.limit, let oldest = typed.min(by: { $0.value.until < $1.value.until }) {
                typed[oldest.key] = nil
            }
            typed[word] = Typed(secret: secret, owner: owner, until: now + Self.life)
        }
        return word
    }

    /// Nil for another's, and for one that is forgotten.
    func secret(_ word: String, for owner: String, at now: ContinuousClock.Instant = .now) -> String? {
        typed.withLock { typed in
            guard let found = typed[word], found.owner == owner, found.until > now else { return nil }
            return found.secret
        }
    }
}
