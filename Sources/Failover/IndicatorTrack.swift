/// One indicator's way through the first three stages, and what it has come to.
struct IndicatorTrack: Sendable {
    private(set) var indicator: Indicator
    /// The places of the schemes that have it as a member, ascending.
    var schemes: [Int] = []
    /// The places of the indicators that are worked out from it, ascending.
    var readers: [Int] = []
    /// The alarm that is set for it.
    @Rare var alarm: Instant? = nil
    var tripwire = Tripwire()
    /// While the vantage doubts itself: what is known counts as unknown, and failures so far are forgotten.
    var isSetAside = false {
        didSet {
            guard isSetAside != oldValue else { return }
            if isSetAside { for index in hysteresis.indices { hysteresis[index].forgetFailures() } }
        }
    }

    /// While what is worked out is true but has not been so for long enough to count.
    @Rare private(set) var recovery: Recovery? = nil

    private let configuredAt: Instant
    /// One per vantage, sorted.
    private var hysteresis: [Hysteresis] = []
    private var quorum: Quorum
    private var overruling = Overruling()

    init(_ indicator: Indicator, at now: Instant) {
        self.indicator = indicator
        configuredAt = now
        quorum = Quorum(of: indicator.name)
    }

    var standing: Standing { quorum.standing }
    /// What the schemes go by.
    var effective: Effective {
        var effective = overruling.overrule(standing, of: indicator, configuredAt: configuredAt)
        if isSetAside { effective.setAside() }
        return effective
    }
    var imposed: Override? { overruling.imposed }
    var window: Override? { overruling.window }
    /// While nobody is to be told of it.
    @Rare var silence: Override? = nil

    /// Puts a new revision of the indicator into force; what it knows stays.
    mutating func configure(_ new: Indicator) {
        indicator = new
        if new.logic == nil { recovery = nil }
    }

    /// Takes one probe in; returns the state before it.
    mutating func record(_ record: ProbeRecord) -> State {
        let before = standing.state
        let index = place(of: record.probe.vantage, at: record.at)
        let verdict = hysteresis[index].record(record, policy: indicator.policy)
        _ = quorum.weigh(verdict, of: indicator)
        return before
    }

    /// Takes over what an earlier process knew of the local vantage.
    mutating func believe(_ verdict: Memory.Verdict) {
        hysteresis = [Hysteresis(vantage: .local, state: verdict.state)]
        quorum.believe(verdict)
    }

    /// Takes in what has been worked out. Returns for how long it was held back if it counts now, nil if it must wait.
    mutating func recover(_ isTrue: Bool, at now: Instant) -> Duration? {
        guard isTrue, standing.state == .err, indicator.recovery > .zero else {
            recovery = nil
            return .zero
        }
        let since = recovery?.since ?? now
        let until = since + indicator.recovery
        recovery = now < until ? Recovery(since: since, until: until) : nil
        return recovery == nil ? now - since : nil
    }

    /// Imposes an override, or with nil clears it; returns the one that it ends.
    mutating func impose(_ override: Override?) -> Override? {
        overruling.impose(override)
    }

    /// Opens a maintenance window, or with nil closes it; returns the one that it ends.
    mutating func schedule(_ window: Override?) -> Override? {
        overruling.schedule(window)
    }

    /// Ends what is imposed and whose time is up, and returns it.
    mutating func expire(at now: Instant) -> [Override] {
        let silence = silence.flatMap { silence in silence.until.map { $0 <= now } == true ? silence : nil }
        if silence != nil { self.silence = nil }
        return [overruling.expire(at: now), overruling.expireWindow(at: now), silence].compactMap { $0 }
    }

    /// When the first of what is imposed ends.
    var nextEnd: Instant? { (allImposed.map(\.until) + [recovery?.until]).compactMap { $0 }.min() }

    /// All that is imposed, the silence last.
    var allImposed: [Override] { [imposed, window, silence].compactMap { $0 } }

    /// Takes a probe in that does not count: it is shown, and that is all.
    mutating func setAside(_ record: ProbeRecord) {
        hysteresis[place(of: record.probe.vantage, at: record.at)].show(record)
    }

    /// The place of a vantage. When a new one comes, those that have fallen silent are forgotten.
    private mutating func place(of vantage: Vantage, at now: Instant) -> Int {
        if let index = hysteresis.firstIndex(where: { $0.vantage == vantage }) { return index }
        let freshness = indicator.policy.freshness
        hysteresis.removeAll { known in known.lastAt.map { now - $0 > freshness } ?? true }
        let index = hysteresis.firstIndex { vantage < $0.vantage } ?? hysteresis.endIndex
        hysteresis.insert(Hysteresis(vantage: vantage), at: index)
        return index
    }

    /// When the next probe is due: soon while there is doubt, otherwise at its interval.
    var nextTurn: ProbeTurn {
        guard standing.isUndecided else { return .afterInterval(indicator.policy.interval) }
        let pause = indicator.policy.recheck
        return .recheck(tripwire.isTripped ? min(pause, Tripwire.confirmation) : pause)
    }

    /// After how long without a result a probe from there is quieter than usual.
    func patience(from vantage: Vantage) -> Duration? {
        hysteresis.first { $0.vantage == vantage }?.usual.patience(indicator.policy)
    }

    /// Failures still needed before that vantage says err.
    func failuresUntilErr(from vantage: Vantage) -> Int {
        hysteresis.first { $0.vantage == vantage }?.failuresUntilErr(indicator.policy) ?? indicator.policy.fall
    }

    /// When the first failure came that counts towards err there; nil if none does.
    func failingSince(from vantage: Vantage) -> Instant? {
        hysteresis.first { $0.vantage == vantage }?.failingSince
    }

    /// The last probes from all vantages, oldest first, at most ten.
    var recent: [ProbeRecord] {
        if hysteresis.count <= 1 { return hysteresis.first?.recent ?? [] }
        return hysteresis.flatMap(\.recent).sorted { $0.at < $1.at }.suffix(Hysteresis.memory)
    }

    /// The last probe from all vantages.
    var lastProbe: ProbeRecord? { hysteresis.compactMap(\.last).max { $0.at < $1.at } }
}
