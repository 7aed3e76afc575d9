import Checks
import DNSClient
import Failover
import NIOCore

/// One indicator's check and where it stands in its schedule: what all have, for there may be a hundred thousand.
struct ProbeTarget {
    let name: IndicatorName
    let check: any Check
    let policy: Policy
    /// Whether the probe workers do its probes; otherwise it is probed through `Check.probe`, and has `OwnTurns`.
    let isPlain: Bool
    /// Whether the client reports it (`ReportedCheck`).
    let isReported: Bool
    /// Whether the engine works it out from others: it never has a turn.
    let isLogic: Bool
    var isFirstTurn = true
    /// Whether the engine has asked for a probe since this revision came into force.
    var isAsked = false
    /// Whether it has been probed since this revision came into force.
    var hasStarted = false
    var lastPhases = LastPhases(ProbePhases())
    var latencies = Latencies()

    var interval: Duration { policy.interval }
    var timeout: Duration { policy.timeout }
}

extension [ProbeTarget] {
    /// Where the indicator's is, in targets sorted by name.
    func place(of name: IndicatorName) -> Int? {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].name < name { low = middle + 1 } else { high = middle }
        }
        return low < endIndex && self[low].name == name ? low : nil
    }
}

/// What a target has beside that is not the probe workers'.
struct OwnTurns {
    /// Distinguishes this target from an earlier one of the same name, whose probe may still be under way.
    let version: UInt64
    /// How its probes leave; nil: as the routes say.
    let egress: Egress?
    var startedAt: Instant?
    /// Probes under way.
    var underWay = 0
    var scheduled: Scheduled<Void>?
    /// How many days before the certificate's end people were last to be told; nil before the first look.
    var certificateDays: Int?
}

/// The phases of a probe, kept small: microseconds, -1 for a phase that was not reached.
struct LastPhases {
    private let resolve, connect, tls, firstByte: Int32

    init(_ phases: ProbePhases) {
        func small(_ duration: Duration?) -> Int32 { duration.map { Int32(clamping: $0.nanoseconds / 1000) } ?? -1 }
        resolve = small(phases.resolve)
        connect = small(phases.connect)
        tls = small(phases.tls)
        firstByte = small(phases.firstByte)
    }

    var phases: ProbePhases {
        func duration(_ small: Int32) -> Duration? { small < 0 ? nil : .microseconds(small) }
        var phases = ProbePhases()
        phases.resolve = duration(resolve)
        phases.connect = duration(connect)
        phases.tls = duration(tls)
        phases.firstByte = duration(firstByte)
        return phases
    }
}

/// Random numbers for jitter, which need not be unforeseeable: a system call each would cost more than all else that is
/// done for a turn (SplitMix64).
struct Dice: RandomNumberGenerator {
    private var state = UInt64.random(in: 0 ... .max)

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

/// When the next probe of a target is due. The engine says which turn it is; the shell adds what is random.
struct ProbeTiming {
    /// Every interval is lengthened or shortened by up to this share, so that checks do not fall into step.
    static let jitter = 0.1

    /// How long after the start of the last probe the next regular one comes.
    ///
    /// - Parameter random: 0..<1.
    static func spread(_ interval: Duration, isFirstTurn: Bool, random: Double) -> Duration {
        // The second probe comes after a random part of the interval: from then on the targets that all
        // started together are spread over it.
        interval * (isFirstTurn ? max(random, 0.1) : 1 + jitter * (2 * random - 1))
    }

    /// - Parameter random: 0..<1.
    static func due(_ turn: ProbeTurn, startedAt: Instant?, isFirstTurn: Bool, now: Instant, random: Double) -> Instant
    {
        switch turn {
        case .now, .beside:
            return now
        case .recheck(let pause):
            return now + pause
        case .afterInterval(let interval):
            return max(now, (startedAt ?? now) + spread(interval, isFirstTurn: isFirstTurn, random: random))
        }
    }
}
