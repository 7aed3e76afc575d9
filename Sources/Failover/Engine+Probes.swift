/// What comes of probes, and what hastens them.
extension Engine {
    mutating func record(_ probe: Probe, of name: IndicatorName, at now: Instant, into effects: inout Effects) {
        guard let index = place(of: name), !indicatorTracks[index].indicator.isDisabled,
            indicatorTracks[index].indicator.logic == nil
        else { return }
        if doubt.isWatched {
            if doubt.isReference(name) {
                if doubt.hear(name, probe.outcome, at: now) { doubtTurned(at: now, into: &effects) }
            } else if isSetAside(probe, of: index, at: now, into: &effects) {
                return
            }
        }
        let state = count(probe, at: index, at: now, into: &effects)
        if indicatorTracks[index].tripwire.probed(probe.outcome, state: state, at: now) {
            effects.retireTripwire(name)
            let because = indicatorTracks[index].tripwire.retirement?.rawValue ?? ""
            effects.append(.tripwireRetired(name, because: because), at: now)
        }
        askForNext(index, probe.vantage, into: &effects)
    }

    /// Takes in what counts, and has it weighed by whoever goes by it. Returns the state that now stands.
    @discardableResult
    mutating func count(_ probe: Probe, at index: Int, at now: Instant, into effects: inout Effects) -> State {
        let name = indicatorTracks[index].indicator.name
        let old = indicatorTracks[index].effective
        let before = indicatorTracks[index].record(ProbeRecord(at: now, probe: probe))
        let state = indicatorTracks[index].standing.state
        if state != before {
            effects.append(.stateChanged(name, from: before, to: state, reason: probe.reason), at: now)
        }
        if indicatorTracks[index].effective != old { turned(index) }
        return state
    }

    private func askForNext(_ index: Int, _ vantage: Vantage, into effects: inout Effects) {
        let patience = indicatorTracks[index].patience(from: vantage)
        effects.probe(indicatorTracks[index].indicator.name, indicatorTracks[index].nextTurn, patience: patience)
    }

    // MARK: What hastens probes

    /// A probe has gone quiet: another one starts beside it, as long as each of those under way could still be a
    /// failure that counts. Whatever they come to counts as it comes.
    mutating func grewQuiet(
        _ name: IndicatorName, _ vantage: Vantage, underWay: Int, letWireGo: Bool, into effects: inout Effects
    ) {
        guard let index = place(of: name), !indicatorTracks[index].indicator.isDisabled else { return }
        if letWireGo { indicatorTracks[index].tripwire.trip(.servesOneAtATime) }
        guard indicatorTracks[index].standing.state != .err, !doubt.isDoubting else { return }
        if !doubt.isReference(name) { askReferences(doubt.names, into: &effects) }
        if underWay < indicatorTracks[index].failuresUntilErr(from: vantage) {
            effects.probe(name, .beside, patience: indicatorTracks[index].patience(from: vantage))
        }
    }

    /// The idle connection has been ended: a probe at once says what that means.
    mutating func tripped(_ name: IndicatorName, _ vantage: Vantage, into effects: inout Effects) {
        guard let index = place(of: name), !indicatorTracks[index].indicator.isDisabled,
            indicatorTracks[index].indicator.policy.tripwire, indicatorTracks[index].standing.state != .err
        else { return }
        indicatorTracks[index].tripwire.trip(.closesIdleConnections)
        effects.probe(name, .recheck(.zero), patience: indicatorTracks[index].patience(from: vantage))
    }

    // MARK: The vantage's doubt of itself

    /// Whether this probe of no reference is not to count: while the vantage is in doubt, and for a failure that
    /// would turn the verdict until the references have been heard since the doubt about this indicator began.
    private mutating func isSetAside(
        _ probe: Probe, of index: Int, at now: Instant, into effects: inout Effects
    ) -> Bool {
        let track = indicatorTracks[index]
        if doubt.isDoubting {
            indicatorTracks[index].setAside(ProbeRecord(at: now, probe: probe))
            effects.probe(
                track.indicator.name, .afterInterval(track.indicator.policy.interval),
                patience: track.patience(from: probe.vantage))
            return true
        }
        guard probe.outcome == .failure, track.standing.state != .err else { return false }
        let unheard = doubt.unheard(since: track.failingSince(from: probe.vantage) ?? now)
        if unheard.isEmpty { return false }
        askReferences(unheard, into: &effects)
        guard track.failuresUntilErr(from: probe.vantage) <= 1 else { return false }
        indicatorTracks[index].setAside(ProbeRecord(at: now, probe: probe))
        effects.probe(
            track.indicator.name, .recheck(track.indicator.policy.recheck),
            patience: track.patience(from: probe.vantage))
        return true
    }

    private func askReferences(_ names: [IndicatorName], into effects: inout Effects) {
        for name in names {
            guard let index = place(of: name), !indicatorTracks[index].indicator.isDisabled else { continue }
            effects.probe(name, .recheck(.zero), patience: nil)
        }
    }

    private mutating func doubtTurned(at now: Instant, into effects: inout Effects) {
        if doubt.isDoubting {
            effects.append(.vantageDoubted(failed: doubt.failing, of: doubt.count), at: now)
            effects.notify(.vantageDoubted(failed: doubt.failing, of: doubt.count))
        } else {
            effects.append(.vantageTrusted, at: now)
            effects.notify(.vantageTrusted)
        }
        doubtApplies()
    }

    /// Sets every verdict but the references' aside, or lets them count again.
    mutating func doubtApplies() {
        for index in indicatorTracks.indices where !doubt.isReference(indicatorTracks[index].indicator.name) {
            indicatorTracks[index].isSetAside = doubt.isDoubting
        }
        stale = logicOrder
        let held: Guard? = doubt.isDoubting ? .vantageDoubted(failed: doubt.failing, of: doubt.count) : nil
        for index in schemeTracks.indices { schemeTracks[index].occasion.vantageDoubt = held }
        weigh(schemeTracks.indices)
    }
}
