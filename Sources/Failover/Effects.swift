/// Effects as they are collected, each kind apart, so that they leave in their one order.
struct Effects {
    private var publications: [Effect] = []
    private var entries: [Effect] = []
    private var reconciliations: [Effect] = []
    private var notices: [Effect] = []
    private var probes: [Effect] = []

    mutating func publish(_ decision: Decision) { publications.append(.publish(decision)) }
    mutating func append(_ what: LogEntry.What, at now: Instant) { entries.append(.append(LogEntry(at: now, what))) }
    mutating func reconcile(_ decision: Decision) { reconciliations.append(.reconcile(decision)) }
    mutating func notify(_ notice: Notice) { notices.append(.notify(notice)) }
    mutating func probe(_ name: IndicatorName, _ turn: ProbeTurn, patience: Duration? = nil) {
        probes.append(.probe(name, turn, patience: patience))
    }
    mutating func retireTripwire(_ name: IndicatorName) { probes.append(.retireTripwire(name)) }

    /// publish, append, reconcile, notify, probe, wake.
    func inOrder(wake: Instant?) -> [Effect] {
        var all = publications
        all += entries
        all += reconciliations
        all += notices
        all += probes
        if let wake { all.append(.wake(at: wake)) }
        return all
    }
}
