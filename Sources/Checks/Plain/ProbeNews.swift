/// What a probe worker tells of one target.
package struct ProbeNews: Sendable {
    package enum Kind: Sendable {
        /// A probe has its result.
        case ended(ProbeResult)
        /// A probe has been quiet for longer than its patience; it goes on. An idle connection that was held
        /// beside it is let go, in case that is what it waits for.
        case quiet(letWireGo: Bool)
        /// The idle connection was ended by the server.
        case tripped
    }

    /// The target's key, as it was given to `ProbeWorkers.add`.
    package var key: UInt32
    /// The revision whose target it is.
    package var epoch: UInt32
    package var kind: Kind
    /// Probes of this target that are under way now.
    package var underWay: Int
}

/// What the workers have counted since they were made.
package struct ProbeCounts: Hashable, Sendable {
    /// Upper bounds of the classes of `lateness`, milliseconds; one more class is above them all.
    package static let latenessBounds: [Int64] = [1, 2, 5, 10, 20, 50, 100, 1000]

    package var started: UInt64 = 0
    package var failed: UInt64 = 0
    /// How far from their turn probes began, class by class.
    package var lateness = [UInt64](repeating: 0, count: latenessBounds.count + 1)
    /// Probes and idle connections that are open.
    package var openNow = 0
    /// Probes that wait because a limit is reached.
    package var waitingNow = 0

    package init() {}

    mutating func begin(lateBy nanoseconds: Int64) {
        started += 1
        let milliseconds = abs(nanoseconds) / 1_000_000
        lateness[Self.latenessBounds.firstIndex { milliseconds < $0 } ?? Self.latenessBounds.count] += 1
    }

    package static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum.started += right.started
        sum.failed += right.failed
        for index in sum.lateness.indices { sum.lateness[index] += right.lateness[index] }
        sum.openNow += right.openNow
        sum.waitingNow += right.waitingNow
        return sum
    }
}
