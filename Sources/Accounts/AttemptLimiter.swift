import Failover

/// Slows down whoever guesses: after five failures for a name or from an address, each further one doubles the wait.
struct AttemptLimiter: Sendable {
    private struct Failures {
        var count: Int
        var until: Instant
        var last: Instant
    }

    private static let free = 5
    private static let longestWait = 900
    /// Failures are forgotten after an hour without one.
    private static let memory = Duration.seconds(3600)
    private static let capacity = 10_000

    private var failures: [String: Failures] = [:]

    /// Seconds until the next attempt counts; nil if it may be made now.
    func wait(for keys: [String], at now: Instant) -> Int? {
        let until = keys.compactMap { failures[$0]?.until }.max() ?? .epoch
        return until > now ? Int((until - now).nanoseconds / 1_000_000_000) + 1 : nil
    }

    mutating func fail(_ keys: [String], at now: Instant) {
        if failures.count > Self.capacity { failures = failures.filter { now - $0.value.last < Self.memory } }
        if failures.count > Self.capacity { failures = [:] }
        for key in keys {
            var known = failures[key] ?? Failures(count: 0, until: .epoch, last: now)
            if now - known.last > Self.memory { known.count = 0 }
            known.count += 1
            known.last = now
            if known.count >= Self.free {
                known.until = now + .seconds(min(Self.longestWait, 1 << min(known.count - Self.free, 10)))
            }
            failures[key] = known
        }
    }

    mutating func succeed(_ keys: [String]) { for key in keys { failures[key] = nil } }
}
