/// Stage 1: turns the probes of one vantage into a steady verdict.
///
///     unknown ──first success──► ok ──`fall` failures──► err ──`rise` successes in a row──► ok
///        └──────────`fall` failures──────────────────────►┘
///
/// Failures need not follow each other; those counted so far are forgotten after `forget` successes in a row.
/// A working server rarely looks broken by chance and a broken one hardly ever looks well, so that one success
/// is enough for a first verdict, but failures before it still count against it.
struct Hysteresis: Hashable, Sendable {
    // In an order that leaves few gaps: there may be a hundred thousand.
    let vantage: Vantage
    private var kept = KeptProbes()
    private(set) var usual = Usual()
    /// How the verdict came about; nil while it is unknown.
    private var flip: Grounds?
    /// When the first of `failures` came.
    private(set) var failingSince: Instant?
    private(set) var state = State.unknown
    /// Failures that have not been forgotten, while the verdict is not err.
    private var failures: Int32 = 0
    /// Successes since the last failure, as far as they matter.
    private var successes: Int32 = 0
    /// Probes since the first that counts towards the next flip, as far as they are remembered.
    private var probesInDoubt: Int32 = 0

    static let memory = KeptProbes.capacity
    /// No threshold is higher.
    private static let most: Int32 = 100

    init(vantage: Vantage, state: State = .unknown) {
        self.vantage = vantage
        self.state = state
    }

    /// Takes one probe in and returns the verdict that now stands.
    mutating func record(_ record: ProbeRecord, policy: Policy) -> Verdict {
        probesInDoubt = isUndecided ? min(probesInDoubt + 1, Int32(Self.memory)) : 1
        show(record)
        switch record.probe.outcome {
        case .success:
            // What comes late from a server that has just been woken says nothing of how it is when it is well.
            if state != .err { usual.note(record.probe.took) }
            succeed(policy)
        case .failure:
            if failures == 0 { failingSince = record.at }
            fail(policy)
        }
        if failures == 0 { failingSince = nil }
        return Verdict(
            vantage: vantage, state: state, at: record.at, isUndecided: isUndecided,
            probesUntilFlip: probesUntilFlip(policy), grounds: flip ?? .soFar(kept))
    }

    /// Remembers a probe without counting it.
    mutating func show(_ record: ProbeRecord) { kept.append(record) }

    /// The last probes, oldest first, at most `Self.memory`.
    var recent: [ProbeRecord] { kept.records(from: vantage) }
    var last: ProbeRecord? { kept.last(from: vantage) }
    var lastAt: Instant? { kept.lastAt }

    /// Lets the failures that have not led to err be as if they had not been.
    mutating func forgetFailures() {
        failures = 0
        failingSince = nil
    }

    /// Failures still needed for err; 0 if it is err.
    func failuresUntilErr(_ policy: Policy) -> Int { state == .err ? 0 : max(1, policy.fall - Int(failures)) }

    private mutating func succeed(_ policy: Policy) {
        successes = min(successes + 1, Self.most)
        switch state {
        case .unknown: turn(.ok, streak: 1, threshold: 1)
        case .err where successes >= policy.rise: turn(.ok, streak: Int(successes), threshold: policy.rise)
        case .ok, .err: break
        }
        if state == .ok, successes >= policy.forget { failures = 0 }
    }

    private mutating func fail(_ policy: Policy) {
        successes = 0
        guard state != .err else { return }
        failures += 1
        guard failures >= policy.fall else { return }
        turn(.err, streak: Int(failures), threshold: policy.fall)
        failures = 0
    }

    private mutating func turn(_ new: State, streak: Int, threshold: Int) {
        state = new
        flip = .turn(kept.newest(Int(probesInDoubt)), streak: Int32(streak), threshold: Int32(threshold))
    }

    /// True while probes contradict the verdict but not yet often enough, or while there is none.
    private var isUndecided: Bool {
        switch state {
        case .unknown: true
        case .ok: failures > 0
        case .err: successes > 0
        }
    }

    /// Opposing probes still needed to flip. Times the recheck pause, it bounds a safe TTL.
    private func probesUntilFlip(_ policy: Policy) -> Int {
        switch state {
        case .unknown: 1
        case .ok: max(1, policy.fall - Int(failures))
        case .err: max(1, policy.rise - Int(successes))
        }
    }
}

/// What one vantage thinks of an indicator.
struct Verdict: Hashable, Sendable {
    var vantage: Vantage
    /// When its last probe came in.
    var at: Instant
    var grounds: Grounds
    var state: State
    var isUndecided: Bool
    private var left: Int32

    /// - Parameter probesUntilFlip: ≥ 1.
    init(
        vantage: Vantage, state: State, at: Instant, isUndecided: Bool, probesUntilFlip: Int,
        grounds: Grounds = .soFar(KeptProbes())
    ) {
        self.vantage = vantage
        self.at = at
        self.grounds = grounds
        self.state = state
        self.isUndecided = isUndecided
        left = Int32(probesUntilFlip)
    }

    var probesUntilFlip: Int { Int(left) }
    /// What led to it.
    var probes: [ProbeRecord] { grounds.probes.records(from: vantage) }
}

/// What a verdict rests on.
indirect enum Grounds: Hashable, Sendable {
    /// There is none yet: the probes so far.
    case soFar(KeptProbes)
    /// The probes that turned it; how many were counted, and how many it took.
    case turn(KeptProbes, streak: Int32, threshold: Int32)

    var probes: KeptProbes {
        switch self {
        case .soFar(let probes), .turn(let probes, _, _): probes
        }
    }
}
