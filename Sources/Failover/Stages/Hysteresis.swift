/// Stage 1: turns the probes of one vantage into a steady verdict.
///
///     unknown ──first success──► ok ──`fall` failures──► err ──`rise` successes in a row──► ok
///        └──────────`fall` failures──────────────────────►┘
///
/// Failures need not follow each other; those counted so far are forgotten after `forget` successes in a row.
/// A working server rarely looks broken by chance and a broken one hardly ever looks well, so that one success
/// is enough for a first verdict, but failures before it still count against it.
struct Hysteresis: Hashable, Sendable {
    let vantage: Vantage
    private(set) var state = State.unknown
    private var kept = KeptProbes()

    /// Failures that have not been forgotten, while the verdict is not err.
    private var failures = 0
    /// Successes since the last failure.
    private var successes = 0
    /// Probes since the first that counts towards the next flip.
    private var probesInDoubt = 0
    private var flip: Flip?
    /// When the first of `failures` came.
    private(set) var failingSince: Instant?
    private(set) var usual = Usual()

    static let memory = KeptProbes.capacity

    init(vantage: Vantage, state: State = .unknown) {
        self.vantage = vantage
        self.state = state
    }

    /// Takes one probe in and returns the verdict that now stands.
    mutating func record(_ record: ProbeRecord, policy: Policy) -> Verdict {
        probesInDoubt = isUndecided ? probesInDoubt + 1 : 1
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
            probesUntilFlip: probesUntilFlip(policy), probes: flip?.probes ?? recent, flip: flip)
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
    func failuresUntilErr(_ policy: Policy) -> Int { state == .err ? 0 : max(1, policy.fall - failures) }

    private mutating func succeed(_ policy: Policy) {
        successes += 1
        switch state {
        case .unknown: turn(.ok, streak: 1, threshold: 1)
        case .err where successes >= policy.rise: turn(.ok, streak: successes, threshold: policy.rise)
        case .ok, .err: break
        }
        if state == .ok, successes >= policy.forget { failures = 0 }
    }

    private mutating func fail(_ policy: Policy) {
        successes = 0
        guard state != .err else { return }
        failures += 1
        guard failures >= policy.fall else { return }
        turn(.err, streak: failures, threshold: policy.fall)
        failures = 0
    }

    private mutating func turn(_ new: State, streak: Int, threshold: Int) {
        state = new
        flip = Flip(probes: recent.suffix(probesInDoubt), streak: streak, threshold: threshold)
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
        case .ok: max(1, policy.fall - failures)
        case .err: max(1, policy.rise - successes)
        }
    }
}

/// What one vantage thinks of an indicator.
struct Verdict: Hashable, Sendable {
    var vantage: Vantage
    var state: State
    /// When its last probe came in.
    var at: Instant
    var isUndecided: Bool
    /// ≥ 1.
    var probesUntilFlip: Int
    /// What led to the verdict; without one, the probes so far.
    var probes: [ProbeRecord]
    /// How the verdict came about; nil while it is unknown.
    var flip: Flip?
}

/// The moment at which a verdict turned.
struct Flip: Hashable, Sendable {
    var probes: [ProbeRecord]
    /// Probes counted, and how many it took.
    var streak: Int
    var threshold: Int

    init(probes: ArraySlice<ProbeRecord>, streak: Int, threshold: Int) {
        self.probes = Array(probes)
        self.streak = streak
        self.threshold = threshold
    }
}
