import DNS
import Failover

// How far a change has got: what each server answers, who still answers something else and since when, and when the
// last cache lets go of it. Pure.
//
//   observations ─► judged against what is expected ─► dissent since …
//                                                  └─► forecast: when every authority has changed, plus the old TTL

/// What a name is to answer, and what is known of how it came to be so.
package struct PropagationAim: Hashable, Sendable {
    /// Each of these is right: a provider may hold less than was decided. Empty: nothing can be expected.
    package var expected: [FittedWish]
    /// When the answer was decided.
    package var decidedAt: Instant
    /// When each place had it: our own server at once, a provider when it was verified; nil for one that has it not.
    package var arrivals: [Instant?]
    /// The longest that what was there before may be kept, seconds.
    package var oldTTLSeconds: UInt32

    package init(expected: [FittedWish], decidedAt: Instant, arrivals: [Instant?], oldTTLSeconds: UInt32) {
        self.expected = expected
        self.decidedAt = decidedAt
        self.arrivals = arrivals
        self.oldTTLSeconds = oldTTLSeconds
    }
}

/// What all servers were seen to answer for one name, judged.
package struct Propagation: Hashable, Sendable {
    /// One server's answer.
    package struct Line: Hashable, Sendable {
        package var observation: Observation
        /// nil if it gave no answer, or nothing can be expected.
        package var agrees: Bool?
        /// Since when it was seen to answer otherwise.
        package var dissentsSince: Instant?
    }

    package enum Forecast: Hashable, Sendable {
        /// Nothing is decided, or nothing can be expected.
        case unknown
        /// Some authority answers otherwise, or a provider has it not: caches may still take in the old answer.
        case notYet
        /// The last cache lets go of the old answer.
        case clear(at: Instant)
        /// No cache holds the old answer any more.
        case isClear
    }

    package private(set) var lines: [Line]
    package private(set) var forecast: Forecast
    package private(set) var askedAt: Instant
    /// When an authority was last seen to answer otherwise.
    private var authorityDissentedAt: Instant?

    /// - Parameter before: what was seen of the same name the last time: from it is known since when somebody dissents.
    package init(_ observations: [Observation], aim: PropagationAim, at now: Instant, before: Propagation?) {
        askedAt = now
        lines = observations.map { observation in
            var line = Line(observation: observation)
            guard case .success = observation.result, !aim.expected.isEmpty else { return line }
            line.agrees = aim.expected.contains { observation.agrees(with: $0) }
            guard line.agrees == false else { return line }
            let known = before?.lines.first {
                $0.observation.server == observation.server && $0.observation.role == observation.role
            }
            // A dissent of before the decision was none.
            line.dissentsSince = known?.dissentsSince.map { max($0, aim.decidedAt) } ?? now
            return line
        }
        let hasDissent = lines.contains { $0.observation.role == .authority && $0.agrees == false }
        authorityDissentedAt = hasDissent ? now : before?.authorityDissentedAt
        forecast = .unknown
        forecast = hasDissent && !aim.expected.isEmpty ? .notYet : forecast(for: aim)
    }

    /// All authorities that answered answer as they should.
    private func forecast(for aim: PropagationAim) -> Forecast {
        let now = askedAt
        guard !aim.expected.isEmpty else { return .unknown }
        let arrivals = aim.arrivals.compactMap { $0 }
        guard arrivals.count == aim.arrivals.count else { return .notYet }
        let arrived = max(arrivals.max() ?? aim.decidedAt, authorityDissentedAt ?? aim.decidedAt, aim.decidedAt)
        let bound = arrived + .seconds(Int64(aim.oldTTLSeconds))
        // What a resolver was seen to hold counts even if it should have let go of it.
        let seen = lines.filter { $0.observation.role == .resolver && $0.agrees == false }.map { line in
            now + .seconds(Int64(line.observation.longestTTLSeconds))
        }
        let last = max(bound, seen.max() ?? bound)
        return last > now ? .clear(at: last) : .isClear
    }
}

extension Observation {
    /// Whether it answers exactly these values, and nothing of the other types.
    func agrees(with wish: FittedWish) -> Bool {
        ServerAnswer(server: "", result: result).agrees(with: wish)
    }

    /// Of all sets that it answered; 0 if it answered none.
    package var longestTTLSeconds: UInt32 {
        ((try? result.get()) ?? []).map(\.rrset.ttlSeconds).max() ?? 0
    }
}
