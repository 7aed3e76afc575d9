/// What operators impose, and how it ends.
extension Engine {
    mutating func impose(_ override: Override, at now: Instant, into effects: inout Effects) {
        var override = override
        override.since = now
        switch override.action {
        case .maintenance(let name), .force(let name, _), .drain(let name), .window(let name):
            guard let index = place(of: name) else { return }
            begin(override, ofIndicator: index, at: now, into: &effects)
        case .clear(let name):
            guard let index = place(of: name), let ended = indicatorTracks[index].impose(nil) else { return }
            note(override, in: indicatorTracks[index].schemes, at: now, into: &effects)
            end(ended, ofIndicator: index, at: now, into: &effects)
        case .closeWindow(let name):
            guard let index = place(of: name), let ended = indicatorTracks[index].schedule(nil) else { return }
            end(ended, ofIndicator: index, at: now, into: &effects)
        case .pin(let name, let member):
            guard let index = place(of: name),
                schemeTracks[index].scheme.members.contains(where: { $0.indicator == member })
            else { return }
            begin(override, ofScheme: index, at: now, into: &effects)
        case .pause(let name):
            guard let index = place(of: name) else { return }
            begin(override, ofScheme: index, at: now, into: &effects)
        case .unpin(let name):
            guard let index = place(of: name), let ended = schemeTracks[index].pin(nil) else { return }
            note(override, in: [index], at: now, into: &effects)
            end(ended, ofScheme: index, at: now, into: &effects)
        case .failBack(let name):
            guard let index = place(of: name) else { return }
            schemeTracks[index].occasion.failsBack = true
            note(override, in: [index], at: now, into: &effects)
        case .silence(let subject): silence(subject, override, at: now, into: &effects)
        case .unsilence(let subject): silence(subject, nil, at: now, into: &effects)
        }
    }

    /// Lets nobody be told of a subject, or with nil lets them be told again. No answer changes by it.
    private mutating func silence(
        _ subject: Override.Silenced, _ override: Override?, at now: Instant, into effects: inout Effects
    ) {
        var ended: Override?
        switch subject {
        case .indicator(let name):
            guard let index = place(of: name) else { return }
            if let override, isOver(override, at: now) { return pass(override, at: now, into: &effects) }
            ended = indicatorTracks[index].silence
            indicatorTracks[index].silence = override
            moveAlarm(ofIndicator: index)
        case .scheme(let name):
            guard let index = place(of: name) else { return }
            if let override, isOver(override, at: now) { return pass(override, at: now, into: &effects) }
            ended = schemeTracks[index].silence
            schemeTracks[index].silence = override
            // Its alarm is set where it is weighed.
            weigh([index])
        }
        if let override { effects.append(.overridden(override), at: now) }
        if let ended { effects.append(.overrideEnded(ended), at: now) }
    }

    private func isOver(_ override: Override, at now: Instant) -> Bool { override.until.map { $0 <= now } ?? false }

    private mutating func begin(
        _ override: Override, ofIndicator index: Int, at now: Instant, into effects: inout Effects
    ) {
        // One whose end has passed already is told, and does nothing.
        if isOver(override, at: now) { return pass(override, at: now, into: &effects) }
        let ended: Override?
        if case .window = override.action {
            ended = indicatorTracks[index].schedule(override)
        } else {
            ended = indicatorTracks[index].impose(override)
        }
        note(override, in: indicatorTracks[index].schemes, at: now, into: &effects)
        if let ended { effects.append(.overrideEnded(ended), at: now) }
        turned(index)
        moveAlarm(ofIndicator: index)
    }

    private mutating func begin(
        _ override: Override, ofScheme index: Int, at now: Instant, into effects: inout Effects
    ) {
        if isOver(override, at: now) { return pass(override, at: now, into: &effects) }
        let ended = schemeTracks[index].pin(override)
        note(override, in: [index], at: now, into: &effects)
        if let ended { effects.append(.overrideEnded(ended), at: now) }
    }

    private func pass(_ override: Override, at now: Instant, into effects: inout Effects) {
        effects.append(.overridden(override), at: now)
        effects.append(.overrideEnded(override), at: now)
    }

    /// Tells that an operator has spoken, and lets the schemes that it concerns know why they are weighed.
    private mutating func note(
        _ override: Override, in schemes: [Int], at now: Instant, into effects: inout Effects
    ) {
        effects.append(.overridden(override), at: now)
        for scheme in schemes { schemeTracks[scheme].occasion.causes.append(.overridden(override)) }
        weigh(schemes)
    }

    /// Tells that an override of an indicator has ended.
    mutating func end(_ ended: Override, ofIndicator index: Int, at now: Instant, into effects: inout Effects) {
        effects.append(.overrideEnded(ended), at: now)
        if case .silence = ended.action { return moveAlarm(ofIndicator: index) }
        for scheme in indicatorTracks[index].schemes {
            schemeTracks[scheme].occasion.causes.append(.overrideEnded(ended))
        }
        turned(index)
        moveAlarm(ofIndicator: index)
    }

    /// Tells that a pin has ended. The scheme's alarm follows when it is weighed.
    mutating func end(_ ended: Override, ofScheme index: Int, at now: Instant, into effects: inout Effects) {
        effects.append(.overrideEnded(ended), at: now)
        if case .silence = ended.action { return }
        schemeTracks[index].occasion.causes.append(.overrideEnded(ended))
        weigh([index])
    }

    mutating func moveAlarm(ofIndicator index: Int) {
        let until = indicatorTracks[index].nextEnd
        alarms.move(.indicator(index), from: indicatorTracks[index].alarm, to: until)
        indicatorTracks[index].alarm = until
    }
}
