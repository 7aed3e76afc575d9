/// Stage 2: makes one state of what several vantages think.
///
/// Only fresh verdicts count. With a quorum of k: k that say err make it err; k that say ok, while fewer than
/// k say err, make it ok; anything else (too few are fresh, or they disagree) leaves it what it was.
struct Quorum: Hashable, Sendable {
    private(set) var standing: Standing
    /// The latest verdict of each vantage that is fresh, sorted by vantage.
    private var verdicts: [Verdict] = []

    init(of name: IndicatorName) { standing = Standing(name: name) }

    /// Stands as it did in an earlier process, until verdicts say otherwise.
    mutating func believe(_ verdict: Memory.Verdict) {
        standing.state = verdict.state
        standing.since = verdict.since
        standing.isProbed = true
        standing.isUndecided = false
    }

    /// Takes one vantage's verdict in and returns how the indicator now stands.
    mutating func weigh(_ verdict: Verdict, of indicator: Indicator) -> Standing {
        let freshness = indicator.policy.freshness
        verdicts.removeAll { $0.vantage == verdict.vantage || verdict.at - $0.at > freshness }
        verdicts.insert(verdict, at: verdicts.firstIndex { verdict.vantage < $0.vantage } ?? verdicts.endIndex)

        let errs = verdicts.count { $0.state == .err }
        let oks = verdicts.count { $0.state == .ok }
        let state: State =
            errs >= indicator.quorum ? .err : oks >= indicator.quorum ? .ok : standing.state
        standing.isProbed = true
        standing.isUndecided = state == .unknown || verdicts.contains { $0.isUndecided }
        standing.probesUntilFlip = probesUntilFlip(of: state, errs: errs, oks: oks, quorum: indicator.quorum)
        if state != standing.state {
            turn(state, at: verdict.at)
            collectEvidence()
        } else if state == .unknown {
            collectEvidence()
        }
        return standing
    }

    private mutating func turn(_ state: State, at now: Instant) {
        switch (standing.state, state) {
        case (.unknown, _): standing.firstVerdictAt = now
        case (_, .ok): standing.recoveredAt = now
        case (_, _): standing.failedAt = now
        }
        standing.state = state
        standing.since = now
    }

    private mutating func collectEvidence() {
        standing.evidence = Evidence(of: verdicts.filter { $0.state == standing.state }, among: verdicts.count)
    }

    /// The vantages probe side by side: the state flips when as many of them as are needed have flipped.
    private func probesUntilFlip(of state: State, errs: Int, oks: Int, quorum: Int) -> Int {
        let holding = verdicts.filter { state == .err ? $0.state == .err : $0.state != .err }
            .map(\.probesUntilFlip).sorted()
        let needed = state == .err ? max(errs - quorum + 1, quorum - oks, 1) : max(quorum - errs, 1)
        return holding.isEmpty ? 1 : holding[min(needed, holding.count) - 1]
    }
}

/// How an indicator stands by what the vantages agree on, and since when.
struct Standing: Hashable, Sendable {
    var name: IndicatorName
    var state = State.unknown
    /// When it last changed; nil before the first verdict.
    var since: Instant?
    /// When it got its first verdict.
    var firstVerdictAt: Instant?
    /// When it last came back from err.
    var recoveredAt: Instant?
    /// When it last went from ok to err.
    var failedAt: Instant?
    var isProbed = false
    var isUndecided = true
    /// ≥ 1.
    var probesUntilFlip = 1
    /// What the state rests on.
    var evidence = Evidence.none

    init(name: IndicatorName) { self.name = name }
}
