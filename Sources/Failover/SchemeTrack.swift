/// One scheme's way through the last three stages, and what it has come to.
struct SchemeTrack: Sendable {
    private(set) var scheme: Scheme
    /// The places of its members' indicators, in the order of the members.
    private(set) var members: [Int]
    /// The places of each member's lines' indicators, in their order; empty where no member has lines.
    private(set) var lines: [[Int]] = []
    /// What sets the next evaluation off, beside the members' states.
    var occasion = Occasion()
    /// The alarm that is set for it.
    var alarm: Instant?
    /// While nobody is to be told of it.
    var silence: Override?

    private(set) var candidates: [Candidate] = []
    private(set) var held: Guard?
    private(set) var publishTook: Duration?
    private var selection = Selection()
    private var gate = SwitchGuard()
    private var answering = Answering()

    init(_ scheme: Scheme, members: [Int]) {
        self.scheme = scheme
        self.members = members
    }

    var decision: Decision? { answering.decision }
    /// The members that answered last by themselves, whoever answers now.
    var lastActive: [IndicatorName] { answering.lastActive }
    var pin: Override? { selection.pin }
    /// Seconds, as answered at the moment.
    var ttlSeconds: UInt32 { answering.ttlSeconds ?? scheme.ttlSeconds }

    /// Puts a new revision of the scheme into force; its pin and its decision stay.
    mutating func configure(_ new: Scheme, members: [Int], lines: [[Int]] = []) {
        let providers = scheme.providers
        let ttl = scheme.ttlSeconds
        scheme = new
        self.members = members
        self.lines = lines
        isToBeReconciled = providers != new.providers || ttl != new.ttlSeconds
    }

    /// Set when a new revision moved the record elsewhere or changed its TTL.
    private var isToBeReconciled = false

    /// Goes on answering what an earlier process answered.
    mutating func recall(_ decision: Decision) {
        answering.recall(decision, of: scheme)
        gate.recall(decision.active)
    }

    /// Imposes a pin, or with nil takes it away; returns the one that it ends.
    mutating func pin(_ override: Override?) -> Override? { selection.impose(override) }

    /// Ends a pin that is over and returns it.
    mutating func expirePin(at now: Instant) -> Override? { selection.expire(at: now, members: scheme.members) }

    /// Ends what is imposed and over, and returns it.
    mutating func expire(at now: Instant) -> [Override] {
        let silence = silence.flatMap { silence in silence.until.map { $0 <= now } == true ? silence : nil }
        if silence != nil { self.silence = nil }
        return [expirePin(at: now), silence].compactMap { $0 }
    }

    /// Notes how long the publication of a generation took; a later one with another TTL does not count.
    mutating func published(generation: UInt64, took: Duration) {
        guard generation == decision?.generation, publishTook == nil else { return }
        publishTook = took
    }

    /// Sends the members' states down the last three stages. Returns when to look again.
    mutating func evaluate(
        _ effectives: [Effective], lines: [[Effective]], at now: Instant, into effects: inout Effects
    ) -> Instant? {
        let choice = selection.select(effectives, lines: lines, of: scheme, on: occasion)
        let passage = gate.pass(choice, of: scheme, at: now)
        let answered = answering.answer(passage, of: scheme, at: now)
        occasion = Occasion(vantageDoubt: occasion.vantageDoubt)
        candidates = choice.candidates
        announceHold(passage, at: now, into: &effects)
        switch answered {
        case .unchanged: break
        case .ttlChanged(let decision): effects.publish(decision)
        case .decided(let decision, let previous): announce(decision, previous, at: now, into: &effects)
        }
        if isToBeReconciled, let decision {
            if case .decided = answered {} else { effects.reconcile(decision) }
        }
        isToBeReconciled = false
        return [passage.lookAgainAt, pin?.until, silence?.until].compactMap { $0 }.min()
    }

    private mutating func announceHold(_ passage: Passage, at now: Instant, into effects: inout Effects) {
        if let held = passage.held, held != self.held { effects.append(.held(scheme.name, held), at: now) }
        held = passage.held
        if let (failed, all) = passage.massFailure, silence == nil {
            effects.notify(.massFailure(scheme.name, failed: failed, of: all))
        }
    }

    private mutating func announce(
        _ decision: Decision, _ previous: Decision?, at now: Instant, into effects: inout Effects
    ) {
        publishTook = nil
        effects.publish(decision)
        effects.append(.decided(decision, from: previous?.answer), at: now)
        effects.reconcile(decision)
        if silence != nil { return }
        if let previous, previous.answer != decision.answer { effects.notify(.switched(decision)) }
        if case .allDown(let rule) = decision.selectedBy, previous.map({ !$0.isByAllDownRule }) ?? true {
            effects.notify(.allDown(scheme.name, rule))
        }
    }
}

extension Decision {
    /// The rule that selected it.
    var selectedBy: Rule? {
        for case .selection(_, let rule) in causes.reversed() { return rule }
        return nil
    }

    fileprivate var isByAllDownRule: Bool {
        if case .allDown = selectedBy { true } else { false }
    }
}
