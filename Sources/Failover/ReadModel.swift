/// What can be asked of the engine. Nothing here changes anything.
extension Engine {
    /// One indicator as it stands, nil if it is not configured.
    package func status(of indicator: IndicatorName) -> IndicatorStatus? { nil }
    /// One scheme as it stands, nil if it is not configured.
    package func status(of scheme: SchemeName) -> SchemeStatus? { nil }
    /// All of them, sorted by name.
    package var indicators: [IndicatorStatus] { [] }
    package var schemes: [SchemeStatus] { [] }
}

package struct IndicatorStatus: Hashable, Sendable {
    package var name: IndicatorName
    package var policy: Policy
    package var state: State
    /// The state after the operator's word.
    package var effective: State
    package var since: Instant?
    package var override: Override?
    package var isDisabled: Bool
    /// The last probes, oldest first, at most ten.
    package var recent: [ProbeRecord]
    /// Opposing outcomes still needed to flip the verdict.
    package var probesUntilFlip: Int
    package var isUndecided: Bool
}

package struct SchemeStatus: Hashable, Sendable {
    package var scheme: Scheme
    /// nil until the first decision.
    package var decision: Decision?
    /// How long the last publication took from the event that caused it.
    package var publishTook: Duration?
    package var pin: Override?
    /// What holds a better answer back at the moment.
    package var held: Guard?
    /// By descending priority, then configured order.
    package var candidates: [Candidate]
    /// The TTL to answer with at the moment, shrunk while a verdict of an active member is undecided.
    package var ttlSeconds: UInt32
}
