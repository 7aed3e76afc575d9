/// What can be asked of the engine. Nothing here changes anything.
extension Engine {
    /// One indicator as it stands, nil if it is not configured.
    package func status(of indicator: IndicatorName) -> IndicatorStatus? {
        place(of: indicator).map { indicatorTracks[$0].status }
    }

    /// What an operator has imposed on one indicator.
    package func override(of indicator: IndicatorName) -> Override? {
        place(of: indicator).flatMap { indicatorTracks[$0].imposed }
    }

    /// One scheme as it stands, nil if it is not configured.
    package func status(of scheme: SchemeName) -> SchemeStatus? {
        place(of: scheme).map { schemeTracks[$0].status }
    }

    /// Whether what this node sees is set aside, as most of its references fail.
    package var isDoubtingItself: Bool { doubt.isDoubting }

    /// All of them, sorted by name. Each is made when it is looked at: a hundred thousand at once would take 100 MB.
    package var indicators: some RandomAccessCollection<IndicatorStatus> { indicatorTracks.lazy.map(\.status) }
    /// All of them, sorted by name.
    package var schemes: [SchemeStatus] { schemeTracks.indices.map { schemeTracks[$0].status } }

    // Of thousands only what is asked for is touched: a track that is copied whole costs a dozen reference counts.

    /// What a list of all indicators shows, sorted by name.
    package var outlines: [IndicatorOutline] { indicatorTracks.indices.map { indicatorTracks[$0].outline } }

    /// Some of them with their last probes, sorted by name: so many at most, those that come after a name.
    package func outlines(
        after name: IndicatorName?, limit: Int
    ) -> [(outline: IndicatorOutline, lastProbe: ProbeRecord?)] {
        let first = name.map { name in indicatorNames.firstPlace { $0 > name } } ?? 0
        return indicatorTracks.indices[first...].prefix(limit).map { place in
            (indicatorTracks[place].outline, indicatorTracks[place].lastProbe)
        }
    }

    /// The indicators that an operator's word or a planned window counts for, sorted.
    package var overruled: [IndicatorName] {
        indicatorTracks.indices.filter { indicatorTracks[$0].isOverruled }.map { indicatorTracks[$0].indicator.name }
    }

    /// All that operators and planned windows impose at the moment: on indicators and then on schemes, each sorted by
    /// name.
    package var imposed: [Override] {
        var found: [Override] = []
        for index in indicatorTracks.indices
        where indicatorTracks[index].isOverruled || indicatorTracks[index].isSilenced {
            let (word, window) = (indicatorTracks[index].imposed, indicatorTracks[index].window)
            found += [word == window ? nil : word, window, indicatorTracks[index].silence].compactMap { $0 }
        }
        for index in schemeTracks.indices {
            found += [schemeTracks[index].pin, schemeTracks[index].silence].compactMap { $0 }
        }
        return found
    }
}

/// What a list of thousands shows of each indicator; as in `IndicatorStatus`.
package struct IndicatorOutline: Hashable, Sendable {
    package var name: IndicatorName
    package var state: State
    package var since: Instant?
    package var override: Override?
    package var isDisabled: Bool
    package var isUndecided: Bool
}

package struct IndicatorStatus: Hashable, Sendable {
    package var name: IndicatorName
    package var policy: Policy
    package var state: State
    /// The state after the operator's word: the forced one, else the real one (maintenance is not a state).
    package var effective: State
    /// When `state` last changed; nil before the first verdict.
    package var since: Instant?
    /// What counts of what operators imposed and what was planned; nil if there is nothing.
    package var override: Override?
    /// A maintenance window that is open, also while an operator's word counts instead.
    package var window: Override?
    /// While nobody is to be told of it.
    package var silence: Override?
    package var isDisabled: Bool
    /// The last probes, oldest first, at most ten.
    package var recent: [ProbeRecord]
    /// Opposing outcomes still needed to flip the verdict; before the first verdict 1, as one success is enough.
    package var probesUntilFlip: Int
    package var isUndecided: Bool
    /// What became of the idle connection, in words; nil where the policy asks for none.
    package var tripwire: String?
    /// While it would be ok, had it been so for long enough.
    package var recovery: Recovery? = nil
}

/// A recovery that does not count yet.
package struct Recovery: Hashable, Sendable {
    package var since: Instant
    /// When it counts, if nothing comes between.
    package var until: Instant

    package init(since: Instant, until: Instant) {
        self.since = since
        self.until = until
    }
}

package struct SchemeStatus: Hashable, Sendable {
    package var scheme: Scheme
    /// nil until the first decision.
    package var decision: Decision?
    /// How long the decision's publication took from the event that caused it; nil until it is published.
    package var publishTook: Duration?
    /// A pin or a pause.
    package var pin: Override?
    /// While nobody is to be told of it.
    package var silence: Override?
    /// What holds a better answer back at the moment.
    package var held: Guard?
    /// By descending priority, then configured order.
    package var candidates: [Candidate]
    /// The TTL to answer with at the moment, shrunk while a verdict of an active member is undecided.
    package var ttlSeconds: UInt32
    /// The members that answered last by themselves: while an all-down rule answers, those from before.
    package var lastActive: [IndicatorName] = []
}

extension IndicatorTrack {
    fileprivate var isOverruled: Bool { imposed != nil || window != nil }
    fileprivate var isSilenced: Bool { silence != nil }

    fileprivate var outline: IndicatorOutline {
        IndicatorOutline(
            name: indicator.name, state: standing.state, since: standing.since, override: imposed ?? window,
            isDisabled: indicator.isDisabled, isUndecided: !indicator.isDisabled && standing.isUndecided)
    }

    fileprivate var status: IndicatorStatus {
        IndicatorStatus(
            name: indicator.name, policy: indicator.policy, state: standing.state, effective: effective.effective,
            since: standing.since, override: imposed ?? window, window: window, silence: silence,
            isDisabled: indicator.isDisabled, recent: recent,
            probesUntilFlip: standing.probesUntilFlip, isUndecided: !indicator.isDisabled && standing.isUndecided,
            tripwire: indicator.policy.tripwire ? tripwire.retirement?.rawValue ?? "on" : nil,
            recovery: recovery)
    }
}

extension SchemeTrack {
    fileprivate var status: SchemeStatus {
        SchemeStatus(
            scheme: scheme, decision: decision, publishTook: publishTook, pin: pin, silence: silence, held: held,
            candidates: candidates, ttlSeconds: ttlSeconds, lastActive: lastActive)
    }
}
