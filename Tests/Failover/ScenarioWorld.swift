import Addresses
import Failover

/// Plays a scenario: servers that are up or down, probes that take no time, a clock that jumps from event to event.
struct ScenarioWorld {
    private enum Reachability {
        case up, down, lost
    }

    private struct Server {
        var name: IndicatorName
        var reachability = Reachability.up
        /// The next outcomes, before its reachability counts again.
        var script: [Character] = []
        var isDisabled = false
        var probeAt: Instant?
    }

    private(set) var engine = Engine()
    /// Everything that came of it, as a scenario's expectations read.
    private(set) var transcript: [String] = []
    private(set) var effects: [Effect] = []
    private var scenario: Scenario
    private var servers: [Server] = []
    private var wakeAt: Instant?

    init(_ scenario: Scenario) { self.scenario = scenario }

    /// Tells the whole story and returns the transcript.
    static func transcript(of text: String) throws -> (expected: [String], actual: [String]) {
        let scenario = try Scenario(text)
        var world = ScenarioWorld(scenario)
        try world.play()
        return (scenario.expected, world.transcript)
    }

    mutating func play() throws(ScenarioError) {
        configure(at: .epoch)
        var story = scenario.story[...]
        while true {
            let next = servers.compactMap(\.probeAt) + [wakeAt, story.first?.at].compactMap { $0 }
            guard let now = next.min(), now <= scenario.end else { return }
            if let line = story.first, line.at == now {
                story.removeFirst()
                try happen(line.text, at: now)
            } else if wakeAt == now {
                wakeAt = nil
                hand(in: .woke, at: now)
            } else if let index = servers.firstIndex(where: { $0.probeAt == now }) {
                probe(index, at: now)
            }
        }
    }

    // MARK: What happens

    private mutating func happen(_ text: String, at now: Instant) throws(ScenarioError) {
        let words = text.split(separator: " ").map(String.init)
        if words[0] == "set" {
            for word in words.dropFirst() { try scenario.set(word) }
            return configure(at: now)
        }
        let verbs = [
            "up", "down", "lost", "says", "maintenance", "force", "clear", "pin", "unpin", "failback", "member",
            "leaves", "replaces", "disable", "enable", "drain", "window", "pause", "silence", "hush",
        ]
        guard let place = words.firstIndex(where: verbs.contains) else { throw .notUnderstood(text) }
        let names = words[0] == "all" ? servers.map(\.name) : words[..<place].map { IndicatorName($0) }
        let rest = Array(words[(place + 1)...])
        switch words[place] {
        case "unpin": impose(.unpin(scenario.scheme.name), [], at: now)
        case "pause": impose(.pause(scenario.scheme.name), rest, at: now)
        case "hush": impose(.silence(.scheme(scenario.scheme.name)), rest, at: now)
        case "failback": impose(.failBack(scenario.scheme.name), [], at: now)
        case let verb: for name in names { try apply(verb, to: name, rest, at: now) }
        }
    }

    private mutating func apply(
        _ verb: String, to name: IndicatorName, _ rest: [String], at now: Instant
    ) throws(ScenarioError) {
        let index = servers.firstIndex { $0.name == name }
        switch (verb, index) {
        case ("up", let index?): servers[index].reachability = .up
        case ("down", let index?): servers[index].reachability = .down
        case ("lost", let index?): servers[index].reachability = .lost
        case ("says", let index?): servers[index].script = Array(rest.joined())
        case ("maintenance", _): impose(.maintenance(name), rest, at: now)
        case ("force", _): impose(.force(name, rest[0] == "ok" ? .ok : .err), Array(rest.dropFirst()), at: now)
        case ("drain", _): impose(.drain(name), rest, at: now)
        case ("window", _): impose(.window(name), rest, at: now)
        case ("silence", _): impose(.silence(.indicator(name)), rest, at: now)
        case ("clear", _): impose(.clear(name), [], at: now)
        case ("pin", _): impose(.pin(scenario.scheme.name, name), rest, at: now)
        case ("member", _):
            try scenario.add(member: name.text, priority: rest[0])
            configure(at: now)
        case ("leaves", _):
            scenario.scheme.members.removeAll { $0.indicator == name }
            configure(at: now)
        case ("replaces", _):
            scenario.scheme.members.removeAll { $0.indicator.text == rest[0] }
            try scenario.add(member: name.text, priority: rest[1])
            configure(at: now)
        case ("disable", let index?), ("enable", let index?):
            servers[index].isDisabled = verb == "disable"
            configure(at: now)
        default: throw .notUnderstood("\(name) \(verb)")
        }
    }

    private mutating func impose(_ action: Override.Action, _ rest: [String], at now: Instant) {
        let length = rest.first == "for" ? try? Scenario.duration(rest[1]) : nil
        hand(in: .overridden(Override(action, author: "anna", until: length.map { now + $0 })), at: now)
    }

    private mutating func configure(at now: Instant) {
        for member in scenario.scheme.members where !servers.contains(where: { $0.name == member.indicator }) {
            servers.append(Server(name: member.indicator))
        }
        let indicators = servers.map { server in
            var indicator = Indicator(name: server.name, policy: scenario.policy)
            indicator.isDisabled = server.isDisabled
            return indicator
        }
        hand(in: .configured(Configuration(indicators: indicators, schemes: [scenario.scheme])), at: now)
    }

    private mutating func probe(_ index: Int, at now: Instant) {
        servers[index].probeAt = nil
        let scripted = servers[index].script.isEmpty ? nil : servers[index].script.removeFirst()
        switch (scripted, servers[index].reachability) {
        case (nil, .lost): servers[index].probeAt = now + scenario.policy.interval
        case ("✓", _), (nil, .up): hand(in: .probed(servers[index].name, Probe(.success)), at: now)
        default: hand(in: .probed(servers[index].name, Probe(.failure, reason: "refused")), at: now)
        }
    }

    // MARK: What comes of it

    private mutating func hand(in event: Event, at now: Instant) {
        for effect in engine.handle(event, at: now) {
            effects.append(effect)
            switch effect {
            case .wake(let instant) where instant <= now:
                transcript.append("\(Scenario.clock(now)) a wake for the past")
            case .wake(let instant): wakeAt = instant
            case .probe(let name, let turn, _):
                guard let index = servers.firstIndex(where: { $0.name == name }) else { continue }
                switch turn {
                case .now, .beside: servers[index].probeAt = now
                case .recheck(let pause): servers[index].probeAt = now + pause
                case .afterInterval(let interval): servers[index].probeAt = next(interval, after: now)
                }
            case .append(let entry): tell(entry.what, at: entry.at)
            case .notify(.allDown): transcript.append("\(Scenario.clock(now)) !! all down")
            case .notify(.massFailure(_, let failed, let all)):
                transcript.append("\(Scenario.clock(now)) !! \(failed) of \(all) failed")
            case .notify(.vantageDoubted(let failed, let all)):
                transcript.append("\(Scenario.clock(now)) !! \(failed) of \(all) references failed")
            case .notify(.vantageTrusted): transcript.append("\(Scenario.clock(now)) !! references answer")
            case .notify(.switched), .publish, .reconcile, .retireTripwire: break
            }
        }
    }

    /// Regular probes come at multiples of the interval, so that a story's times can be worked out by hand.
    private func next(_ interval: Duration, after now: Instant) -> Instant {
        let length = interval.nanoseconds
        return Instant(nanoseconds: (now.nanoseconds / length + 1) * length)
    }

    private mutating func tell(_ what: LogEntry.What, at now: Instant) {
        let clock = Scenario.clock(now)
        switch what {
        case .decided(let decision, _): transcript.append("\(clock) => \(words(for: decision))")
        case .held(_, .failbackHeld(let until, _)):
            transcript.append("\(clock) ~~ until \(Scenario.clock(until))")
        case .held(_, .failbackManual): transcript.append("\(clock) ~~ until told")
        case .held(_, .massFailure(_, _, let until)):
            transcript.append("\(clock) ~~ brake until \(Scenario.clock(until))")
        case .held(_, .vantageDoubted): transcript.append("\(clock) ~~ in doubt of ourselves")
        case .held(_, .paused): transcript.append("\(clock) ~~ paused")
        case .held(_, .passed): transcript.append("\(clock) ~~ passed")
        case .overrideEnded(let override): transcript.append("\(clock) -- \(words(for: override.action))")
        case .overridden, .stateChanged, .configured, .reported, .vantageDoubted, .vantageTrusted, .tripwireRetired:
            break
        }
    }

    /// `charlie+echo`, `pinned echo`, `all down: charlie`, `no verdict yet: charlie`.
    private func words(for decision: Decision) -> String {
        let who: String
        switch decision.answer {
        case .nodata: who = "nodata"
        case .servfail: who = "servfail"
        case .addresses(let values): who = values.map(word).joined(separator: "+")
        }
        for case .selection(_, let rule) in decision.causes.reversed() {
            switch rule {
            case .highestTier: return who
            case .pinned: return "pinned \(who)"
            case .allDown: return "all down: \(who)"
            case .noVerdictYet: return "no verdict yet: \(who)"
            case .configured: return "configured: \(who)"
            }
        }
        return "without a rule: \(who)"
    }

    private func word(for value: IPAddress) -> String {
        scenario.scheme.members.first { $0.values.contains(value) }?.indicator.text ?? value.description
    }

    private func words(for action: Override.Action) -> String {
        switch action {
        case .maintenance(let name): "\(name) maintenance"
        case .force(let name, let state): "\(name) force \(state.rawValue)"
        case .pin(_, let name): "\(name) pin"
        case .drain(let name): "\(name) drain"
        case .window(let name): "\(name) window"
        case .pause: "pause"
        case .silence(.indicator(let name)): "\(name) silence"
        case .silence(.scheme): "silence"
        case .clear, .closeWindow, .unpin, .unsilence, .failBack: "an order cannot end"
        }
    }
}
