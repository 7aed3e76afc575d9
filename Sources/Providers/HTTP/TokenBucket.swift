/// A limit on how often something is done: so many at once, and then as many in every window.
///
/// Pure but for the instants it is told, which never go back.
package struct TokenBucket: Hashable, Sendable {
    private let capacity: Double
    private let perSecond: Double
    private var tokens: Double
    private var filledAt: ContinuousClock.Instant?

    /// Never more than `count` in any span of `window`: `burst` at once, and what is left of `count` evenly.
    ///
    /// - Parameters:
    ///   - count: ≥ 1.
    ///   - burst: 1…`count`; half of it unless given.
    package init(count: Int, per window: Duration, burst: Int? = nil) {
        let burst = min(max(1, burst ?? count / 2), count)
        capacity = Double(burst)
        // With one for each window at least, so that it never stands still.
        perSecond = max(Double(count - burst), 1) / (window / .seconds(1))
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

    package init(count: Int, per window: Duration, burst: Int? = nil) {
        bucket = TokenBucket(count: count, per: window, burst: burst)
    }

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
