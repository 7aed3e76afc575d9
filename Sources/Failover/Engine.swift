/// The failover engine: a state machine without clock, randomness, sockets or disk.
///
///     event ─► hysteresis ─► quorum ─► overruling ─► selection ─► guard ─► answering ─► effects
///              └───────────── per indicator ────┘   └────────── per scheme ────────┘
///
/// Each stage is a small value type (`Stages/`) whose one step takes the output type of the stage before.
/// The same events at the same instants give the same effects, byte for byte, in any process: what there is
/// is kept in sorted arrays and walked in their order.
package struct Engine: Sendable {
    /// Both sorted by name, and their names in the same places, to be searched.
    var indicatorTracks: [IndicatorTrack] = []
    var schemeTracks: [SchemeTrack] = []
    var indicatorNames: [IndicatorName] = []
    var schemeNames: [SchemeName] = []
    var alarms = Alarms()
    var doubt = VantageDoubt()
    /// The places of the schemes to be weighed anew before the event has been dealt with.
    var due: [Int] = []
    /// The places of the indicators that are worked out from others, each after those that it reads.
    var logicOrder: [Int] = []
    /// Those among them that are to be worked out anew before the event has been dealt with.
    var stale: [Int] = []
    /// The time windows of which the shell has told, sorted by name.
    var windows: [(name: String, isOpen: Bool)] = []
    /// The latest instant handed in. Should one come from before it, it counts as this one.
    private var latest: Instant?
    /// The wake that the shell still has to deliver.
    private var wished: Instant?
    /// What was in force before the process began, until the first configuration is in.
    var memory: Memory?

    package init() {}

    /// Takes one event in and returns what is to be done about it, in order.
    ///
    /// Names that are not configured are ignored: a probe may come back after the revision that removed it.
    package mutating func handle(_ event: Event, at instant: Instant) -> [Effect] {
        let now = max(instant, latest ?? instant)
        latest = now
        var effects = Effects()
        if case .configured(let configuration) = event { configure(configuration, at: now, into: &effects) }
        expire(at: now, into: &effects)
        switch event {
        case .configured: break
        case .probed(let name, let probe): record(probe, of: name, at: now, into: &effects)
        case .quiet(let name, let vantage, let underWay, let letWireGo):
            grewQuiet(name, vantage, underWay: underWay, letWireGo: letWireGo, into: &effects)
        case .tripped(let name, let vantage): tripped(name, vantage, into: &effects)
        case .window(let name, let isOpen): windowTurned(name, isOpen: isOpen)
        case .overridden(let override): impose(override, at: now, into: &effects)
        case .woke: wished = nil
        case .published(let name, let generation, let took):
            if let index = place(of: name) { schemeTracks[index].published(generation: generation, took: took) }
        }
        workOut(at: now, into: &effects)
        evaluate(at: now, into: &effects)
        return effects.inOrder(wake: wake(at: now))
    }

    // MARK: Time

    /// Ends what is over, and has the schemes weighed anew whose time has come.
    private mutating func expire(at now: Instant, into effects: inout Effects) {
        for owner in alarms.takeDue(at: now) {
            switch owner {
            case .indicator(let index):
                indicatorTracks[index].alarm = nil
                for ended in indicatorTracks[index].expire(at: now) {
                    end(ended, ofIndicator: index, at: now, into: &effects)
                }
                if indicatorTracks[index].recovery != nil { stale.append(index) }
                moveAlarm(ofIndicator: index)
            case .scheme(let index):
                schemeTracks[index].alarm = nil
                for ended in schemeTracks[index].expire(at: now) {
                    end(ended, ofScheme: index, at: now, into: &effects)
                }
                due.append(index)
            }
        }
    }

    /// The wake to ask for: the earliest alarm, unless the shell has been asked for it already.
    private mutating func wake(at now: Instant) -> Instant? {
        if let asked = wished, asked <= now { wished = nil }
        guard let earliest = alarms.earliest, earliest != wished else { return nil }
        wished = earliest
        return earliest
    }

    // MARK: Schemes

    /// Has these schemes weighed anew before the event has been dealt with.
    mutating func weigh(_ places: some Sequence<Int>) { due += places }

    private mutating func evaluate(at now: Instant, into effects: inout Effects) {
        var last: Int?
        for index in due.sorted() where index != last {
            last = index
            let effectives = schemeTracks[index].members.map { indicatorTracks[$0].effective }
            let lines = schemeTracks[index].lines.map { $0.map { indicatorTracks[$0].effective } }
            let lookAgainAt = schemeTracks[index].evaluate(effectives, lines: lines, at: now, into: &effects)
            alarms.move(.scheme(index), from: schemeTracks[index].alarm, to: lookAgainAt)
            schemeTracks[index].alarm = lookAgainAt
        }
        due = []
    }

    // MARK: Names

    func place(of name: IndicatorName) -> Int? { indicatorNames.place(of: name) }
    func place(of name: SchemeName) -> Int? { schemeNames.place(of: name) }
}

extension Array where Element: Comparable {
    /// Where in this sorted array the element is.
    func place(of element: Element) -> Int? {
        let place = firstPlace { !($0 < element) }
        return place < endIndex && self[place] == element ? place : nil
    }

    /// Where in this sorted array the first element is from which on all fulfil a condition; the end if none does.
    func firstPlace(where isBeyond: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = (low + high) / 2
            if isBeyond(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
