/// A limit on how often something is done: so many at once, and then as many in every window.
///
/// Pure but for the instants it is told, which never go back.
package struct TokenBucket: Hashable, Sendable {
    private let capacity: Double
    private let perSecond: Double
    private var tokens: Double
    private var filledAt: ContinuousClock.Instant?

    /// At most `count` in `window`, in the long run; `count` ≥ 1.
    package init(count: Int, per window: Duration) {
        capacity = Double(count)
        perSecond = Double(count) / (window / .seconds(1))
        tokens = capacity
    }

    /// Takes one. Returns how long to wait before it may be used; zero if it was there.
    package mutating func take(at now: ContinuousClock.Instant) -> Duration {
        if let filledAt {
            tokens = min(capacity, tokens + max(0, (now - filledAt) / .seconds(1)) * perSecond)
        }
        filledAt = now
        tokens -= 1
        return tokens >= 0 ? .zero : .seconds(-tokens / perSecond)
    }

    /// Gives back one that was not used.
    package mutating func giveBack() { tokens = min(capacity, tokens + 1) }
}

/// A token bucket that several calls of one account share.
package actor RateLimit {
    private var bucket: TokenBucket

    package init(count: Int, per window: Duration) { bucket = TokenBucket(count: count, per: window) }

    /// Waits for its turn; throws `rateLimited` at once if that would be after the deadline.
    package func wait(until deadline: Deadline) async throws(ProviderError) {
        let pause = bucket.take(at: .now)
        guard pause > .zero else { return }
        guard pause < deadline.remaining else {
            bucket.giveBack()
            throw .unavailable(
                .rateLimited, words: "our own limit for this provider is reached", retryAfter: pause)
        }
        do {
            try await ContinuousClock().sleep(for: pause)
        } catch {
            throw .unavailable(.timedOut, words: "cancelled")
        }
    }
}
