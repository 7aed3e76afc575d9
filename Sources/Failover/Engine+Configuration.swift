/// How a new revision comes into force: what both revisions have keeps its state.
extension Engine {
    mutating func configure(_ configuration: Configuration, at now: Instant, into effects: inout Effects) {
        // Sorted once more, as everything here relies on it.
        let new = Configuration(
            indicators: configuration.indicators, schemes: configuration.schemes,
            references: configuration.references)
        effects.append(.configured(indicators: new.indicators.count, schemes: new.schemes.count), at: now)
        replaceIndicators(new.indicators, at: now, into: &effects)
        replaceSchemes(new.schemes, at: now, into: &effects)
        recall(at: now, into: &effects)
        alarms = Alarms()
        for index in indicatorTracks.indices {
            indicatorTracks[index].alarm = indicatorTracks[index].nextEnd
            alarms.move(.indicator(index), from: nil, to: indicatorTracks[index].alarm)
        }
        connectLogic()
        doubt.configure(new.references)
        doubtApplies()
    }

    private mutating func replaceIndicators(_ new: [Indicator], at now: Instant, into effects: inout Effects) {
        let names = new.map(\.name)
        for track in indicatorTracks where names.place(of: track.indicator.name) == nil {
            for ended in track.allImposed { effects.append(.overrideEnded(ended), at: now) }
        }
        indicatorTracks = new.map { indicator in
            let old = place(of: indicator.name).map { indicatorTracks[$0] }
            return succeed(old, by: indicator, at: now, into: &effects)
        }
        indicatorNames = names
    }

    private func succeed(
        _ old: IndicatorTrack?, by indicator: Indicator, at now: Instant, into effects: inout Effects
    ) -> IndicatorTrack {
        guard var track = old, track.indicator.isDisabled == indicator.isDisabled else {
            return start(indicator, after: old, at: now, into: &effects)
        }
        track.configure(indicator)
        track.schemes = []
        // The shell may have dropped the probe that was under way; one in doubt does not wait for its interval.
        if !indicator.isDisabled, indicator.logic == nil, track.standing.isUndecided {
            effects.probe(indicator.name, track.nextTurn)
        }
        return track
    }

    /// Starts an indicator that is new, or enabled or disabled just now: it knows nothing yet. An operator's
    /// word of it stays.
    private func start(
        _ indicator: Indicator, after old: IndicatorTrack?, at now: Instant, into effects: inout Effects
    ) -> IndicatorTrack {
        var track = IndicatorTrack(indicator, at: now)
        if let imposed = old?.imposed { _ = track.impose(imposed) }
        if let window = old?.window { _ = track.schedule(window) }
        track.silence = old?.silence
        if let state = old?.standing.state, state != .unknown {
            effects.append(.stateChanged(indicator.name, from: state, to: .unknown, reason: "disabled"), at: now)
        }
        if !indicator.isDisabled, indicator.logic == nil { effects.probe(indicator.name, .now) }
        return track
    }

    private mutating func replaceSchemes(_ new: [Scheme], at now: Instant, into effects: inout Effects) {
        let names = new.map(\.name)
        for track in schemeTracks where names.place(of: track.scheme.name) == nil {
            for ended in [track.pin, track.silence].compactMap({ $0 }) {
                effects.append(.overrideEnded(ended), at: now)
            }
        }
        let old = schemeTracks
        let oldNames = schemeNames
        schemeTracks = []
        schemeNames = names
        for (index, scheme) in new.enumerated() {
            let members = scheme.members.map { existing($0.indicator, of: scheme) }
            let lines =
                scheme.hasLines ? scheme.members.map { $0.lines.map { existing($0.indicator, of: scheme) } } : []
            for place in members + lines.flatMap({ $0 }) where indicatorTracks[place].schemes.last != index {
                indicatorTracks[place].schemes.append(index)
            }
            var track =
                oldNames.place(of: scheme.name).map { old[$0] }
                ?? SchemeTrack(scheme, members: members)
            track.configure(scheme, members: members, lines: lines)
            track.alarm = nil
            track.occasion.isConfigured = true
            schemeTracks.append(track)
            for ended in schemeTracks[index].expire(at: now) {
                end(ended, ofScheme: index, at: now, into: &effects)
            }
        }
    }

    private func existing(_ name: IndicatorName, of scheme: Scheme) -> Int {
        guard let place = place(of: name) else {
            preconditionFailure("\(scheme.name) has a member or line \(name) that is no indicator")
        }
        return place
    }
}
