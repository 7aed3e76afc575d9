import Checks
import Failover
import NIOCore

/// One indicator's check and where it stands in its schedule.
struct ProbeTarget {
    let check: any Check
    let policy: Policy
    /// Distinguishes this target from an earlier one of the same name, whose probe may still be under way.
    let version: UInt64
    var startedAt: Instant?
    var isFirstTurn = true
    var isRunning = false
    var scheduled: Scheduled<Void>?
    var lastPhases: ProbePhases?
}

/// When the next probe of a target is due. The engine says which turn it is; the shell adds what is random.
struct ProbeTiming {
    /// Every interval is lengthened or shortened by up to this share, so that checks do not fall into step.
    static let jitter = 0.1

    /// - Parameter random: 0..<1.
    static func due(_ turn: ProbeTurn, startedAt: Instant?, isFirstTurn: Bool, now: Instant, random: Double) -> Instant
    {
        switch turn {
        case .now:
            return now
        case .recheck(let pause):
            return now + pause
        case .afterInterval(let interval):
            // The second probe comes after a random part of the interval: from then on the targets that all
            // started together are spread over it.
            let factor = isFirstTurn ? max(random, 0.1) : 1 + jitter * (2 * random - 1)
            return max(now, (startedAt ?? now) + interval * factor)
        }
    }
}
