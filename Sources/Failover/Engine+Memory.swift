/// What was in force when the process ended, as far as it was kept.
package struct Memory: Hashable, Sendable {
    /// What an indicator's vantages agreed on, and since when.
    package struct Verdict: Hashable, Sendable {
        package var indicator: IndicatorName
        package var state: State
        package var since: Instant?

        package init(indicator: IndicatorName, state: State, since: Instant?) {
            self.indicator = indicator
            self.state = state
            self.since = since
        }
    }

    /// The last of each scheme; their causes are of no use any more.
    package var decisions: [Decision]
    package var verdicts: [Verdict]
    /// Those that nobody had ended, each with its `since`. One whose time has passed meanwhile ends at once.
    package var overrides: [Override]

    package init(decisions: [Decision] = [], verdicts: [Verdict] = [], overrides: [Override] = []) {
        self.decisions = decisions
        self.verdicts = verdicts
        self.overrides = overrides
    }
}

/// How an engine goes on where another one ended: it answers what was answered, and believes what was known until its
/// own probes say otherwise, `fall` times like ever.
extension Engine {
    /// An engine that remembers. What the first configuration no longer has is forgotten.
    package init(remembering memory: Memory) {
        self.init()
        self.memory = memory
    }

    /// Puts what is remembered into the tracks of the first configuration.
    mutating func recall(at now: Instant, into effects: inout Effects) {
        guard let memory else { return }
        self.memory = nil
        for verdict in memory.verdicts {
            guard let index = place(of: verdict.indicator), !indicatorTracks[index].indicator.isDisabled else {
                continue
            }
            indicatorTracks[index].recall(verdict)
        }
        for override in memory.overrides { recall(override) }
        for decision in memory.decisions {
            guard let index = place(of: decision.scheme) else { continue }
            schemeTracks[index].recall(decision)
            effects.publish(decision)
        }
    }

    private mutating func recall(_ override: Override) {
        switch override.action {
        case .maintenance(let name), .force(let name, _), .drain(let name):
            if let index = place(of: name) { _ = indicatorTracks[index].impose(override) }
        case .window(let name):
            if let index = place(of: name) { _ = indicatorTracks[index].schedule(override) }
        case .pause(let name):
            if let index = place(of: name) { _ = schemeTracks[index].pin(override) }
        case .silence(.indicator(let name)):
            if let index = place(of: name) { indicatorTracks[index].silence = override }
        case .silence(.scheme(let name)):
            if let index = place(of: name) { schemeTracks[index].silence = override }
        case .pin(let name, let member):
            guard let index = place(of: name),
                schemeTracks[index].scheme.members.contains(where: { $0.indicator == member })
            else { return }
            _ = schemeTracks[index].pin(override)
        case .failBack, .clear, .closeWindow, .unpin, .unsilence: break
        }
    }
}

extension IndicatorTrack {
    /// Believes what was known before, until probes say otherwise.
    mutating func recall(_ verdict: Memory.Verdict) {
        guard verdict.state != .unknown, standing.state == .unknown else { return }
        believe(verdict)
    }
}
