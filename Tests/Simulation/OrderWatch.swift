import Failover

/// Watches the worlds in which operators say everything that they can, and objects to what no order may do.
///
/// - An answer is never empty, but for a scheme's own rule.
/// - What is imposed is in force until its time is up, somebody ends it or its subject is gone: no longer, no shorter; its
///   end is told once.
/// - A paused scheme answers what it answered. A pinned one answers with that member and no other.
/// - Nobody answers from a maintenance, planned or not; a drained member only while no other is usable.
/// - A silence changes no answer.
///
/// What is imposed it counts by itself; how a member is, it takes from the read model, which the oracle has checked.
struct OrderWatch {
    private(set) var objections: [String] = []
    private(set) var events = 0
    /// What ought to be in force, by its slot: `word a`, `window a`, `silence a`, `scheme s1`, `silence s1`.
    private var imposed: [String: Override] = [:]
    private var now = Instant(nanoseconds: 0)
    private var isStarted = false
    /// What each scheme answered after the last event.
    private var decisions: [SchemeName: Decision] = [:]

    private mutating func object(_ text: String) { objections.append(text) }

    /// Nothing may be overdue when the next event comes, as all wakes were delivered.
    mutating func wait(until instant: Instant) {
        for (slot, override) in imposed where override.until.map({ $0 < instant && $0 <= now }) ?? false {
            object("\(slot) is overdue, and no wake was asked for")
        }
    }

    mutating func witness(_ event: Event, at instant: Instant, effects: [Effect], _ engine: Engine) {
        events += 1
        now = isStarted ? max(now, instant) : instant
        isStarted = true
        let before = imposed
        var ended = forgetGone(engine)
        ended += expire()
        if case .overridden(let override) = event { ended += take(override, engine) }
        ended += forgetPins(engine)
        checkEnds(effects, ended, after: event)
        checkShown(engine)
        for status in engine.schemes {
            checkAnswer(status, engine)
            checkPause(status, before["scheme \(status.scheme.name)"], event)
        }
        checkSilence(event, engine)
        decisions = [:]
        for status in engine.schemes { decisions[status.scheme.name] = status.decision }
    }

    // MARK: What is imposed

    private static func slot(_ action: Override.Action) -> String {
        switch action {
        case .maintenance(let name), .force(let name, _), .drain(let name), .clear(let name): "word \(name)"
        case .window(let name), .closeWindow(let name): "window \(name)"
        case .pin(let name, _), .pause(let name), .unpin(let name), .failBack(let name): "scheme \(name)"
        case .silence(.indicator(let name)), .unsilence(.indicator(let name)): "silence \(name)"
        case .silence(.scheme(let name)), .unsilence(.scheme(let name)): "silence \(name)"
        }
    }

    /// Returns what it ends.
    private mutating func take(_ override: Override, _ engine: Engine) -> [Override.Action] {
        let subject = override.subject
        if let name = subject.indicator, subject.scheme == nil, engine.status(of: name) == nil { return [] }
        if let name = subject.scheme {
            guard let scheme = engine.status(of: name)?.scheme else { return [] }
            if case .pin(_, let member) = override.action, !scheme.members.contains(where: { $0.indicator == member }) {
                return []
            }
        }
        let slot = Self.slot(override.action)
        switch override.action {
        case .failBack: return []
        case .clear, .closeWindow, .unpin, .unsilence:
            return imposed.removeValue(forKey: slot).map { [$0.action] } ?? []
        default:
            // One whose time is up already is told, and does nothing.
            if let until = override.until, until <= now { return [override.action] }
            return imposed.updateValue(override, forKey: slot).map { [$0.action] } ?? []
        }
    }

    private mutating func expire() -> [Override.Action] {
        let over = imposed.filter { $0.value.until.map { $0 <= now } ?? false }
        for slot in over.keys { imposed[slot] = nil }
        return over.values.map(\.action)
    }

    /// What is imposed on what a revision has taken away ends with it.
    private mutating func forgetGone(_ engine: Engine) -> [Override.Action] {
        let gone = imposed.filter { _, override in
            let subject = override.subject
            if let name = subject.scheme { return engine.status(of: name) == nil }
            return subject.indicator.map { engine.status(of: $0) == nil } ?? false
        }
        for slot in gone.keys { imposed[slot] = nil }
        return gone.values.map(\.action)
    }

    /// A pin ends with its member.
    private mutating func forgetPins(_ engine: Engine) -> [Override.Action] {
        var ended: [Override.Action] = []
        for (slot, override) in imposed {
            guard case .pin(let name, let member) = override.action,
                let scheme = engine.status(of: name)?.scheme,
                !scheme.members.contains(where: { $0.indicator == member })
            else { continue }
            imposed[slot] = nil
            ended.append(override.action)
        }
        return ended
    }

    // MARK: What must hold

    private mutating func checkEnds(_ effects: [Effect], _ ended: [Override.Action], after event: Event) {
        var told: [String] = []
        for case .append(let entry) in effects {
            if case .overrideEnded(let override) = entry.what { told.append("\(override.action)") }
        }
        let expected = ended.map { "\($0)" }
        if told.sorted() != expected.sorted() { object("after \(event): ended \(told), ought to be \(expected)") }
    }

    private mutating func checkShown(_ engine: Engine) {
        var shown: [String: Override] = [:]
        for status in engine.indicators {
            if let window = status.window { shown["window \(status.name)"] = window }
            if let word = status.override, word != status.window { shown["word \(status.name)"] = word }
            if let silence = status.silence { shown["silence \(status.name)"] = silence }
        }
        for status in engine.schemes {
            if let pin = status.pin { shown["scheme \(status.scheme.name)"] = pin }
            if let silence = status.silence { shown["silence \(status.scheme.name)"] = silence }
        }
        for slot in Set(shown.keys).union(imposed.keys).sorted() {
            let (found, wanted) = (shown[slot], imposed[slot])
            if found?.action != wanted?.action || found?.until != wanted?.until {
                object("\(slot) is \(word(found)), ought to be \(word(wanted))")
            }
        }
    }

    private func word(_ override: Override?) -> String { override.map { "\($0.action)" } ?? "free" }

    private mutating func checkAnswer(_ status: SchemeStatus, _ engine: Engine) {
        let (name, scheme) = (status.scheme.name, status.scheme)
        guard let decision = status.decision else { return }
        let isOutOfService = scheme.members.allSatisfy { member in
            member.priority == .disabled || engine.status(of: member.indicator)?.isDisabled != false
        }
        switch decision.answer {
        case .addresses(let values): if values.isEmpty { object("\(name) answers nothing") }
        case .nodata:
            // What was so when it was paused or braked stays so.
            if scheme.allDown != .nodata, !isOutOfService, decision != decisions[name] { object("\(name) is empty") }
        case .servfail: if scheme.allDown != .servfail, decision != decisions[name] { object("\(name) fails") }
        }
        guard decision.generation != decisions[name]?.generation else { return }
        if case .pin(_, let member) = status.pin?.action {
            if decision.active != [member] { object("\(name): the pin on \(member) is not obeyed") }
            return
        }
        for active in decision.active {
            guard let candidate = status.candidates.first(where: { $0.indicator == active }) else { continue }
            if !candidate.isUsable { object("\(name): \(active) answers and is \(candidate.unusableBecause as Any)") }
            let isInMaintenance = ["word", "window"].contains { slot in
                switch imposed["\(slot) \(active)"]?.action {
                case .maintenance: true
                // A word counts before what was planned.
                case .window: imposed["word \(active)"] == nil
                default: false
                }
            }
            if isInMaintenance { object("\(name): \(active) answers from its maintenance") }
            let isDrained = if case .drain = imposed["word \(active)"]?.action { true } else { false }
            if isDrained, status.candidates.contains(where: { $0.isUsable && !$0.isDrained }) {
                object("\(name): \(active) is drained and answers, though others are usable")
            }
        }
    }

    private mutating func checkPause(_ status: SchemeStatus, _ before: Override?, _ event: Event) {
        let name = status.scheme.name
        guard case .pause = imposed["scheme \(name)"]?.action, let old = decisions[name], let new = status.decision,
            case .pause? = before?.action
        else { return }
        if old.answer != new.answer || old.generation != new.generation {
            object("\(name) is paused and answers otherwise after \(event)")
        }
    }

    private mutating func checkSilence(_ event: Event, _ engine: Engine) {
        guard case .overridden(let override) = event, override.until.map({ $0 > now }) ?? true else { return }
        switch override.action {
        case .silence, .unsilence:
            // What the hour brings is another matter.
            for status in engine.schemes where status.decision?.at != now {
                if let old = decisions[status.scheme.name], status.decision?.answer != old.answer {
                    object("\(status.scheme.name): a silence has changed the answer")
                }
            }
        default: return
        }
    }
}

extension Override {
    /// What it is about; of a pin, the scheme.
    fileprivate var subject: (indicator: IndicatorName?, scheme: SchemeName?) {
        switch action {
        case .maintenance(let name), .force(let name, _), .drain(let name), .window(let name): (name, nil)
        case .clear(let name), .closeWindow(let name): (name, nil)
        case .silence(.indicator(let name)), .unsilence(.indicator(let name)): (name, nil)
        case .pin(let name, _), .pause(let name), .unpin(let name), .failBack(let name): (nil, name)
        case .silence(.scheme(let name)), .unsilence(.scheme(let name)): (nil, name)
        }
    }
}
