import Addresses
import Failover

/// Watches events go in and effects come out, and objects to what must never be.
///
/// It knows the written rules only: it keeps its own count of states, overrides and waits (`Reference…`), and
/// reads nothing of the engine but what a shell would see: effects and the read model.
struct Oracle {
    var objections: [String] = []
    private(set) var events = 0
    var indicators: [ReferenceIndicator] = []
    var schemes: [ReferenceScheme] = []
    /// The time windows of which has been told.
    private var windows: [String: Bool] = [:]
    private(set) var now = Instant(nanoseconds: 0)
    private var isStarted = false

    mutating func object(_ text: String) { objections.append(text) }

    func indicator(_ name: IndicatorName) -> ReferenceIndicator? { indicators.first { $0.indicator.name == name } }

    // MARK: Watching

    /// Nothing may be overdue when the next event comes, as all wakes were delivered.
    mutating func watch(until instant: Instant) {
        let last = now
        now = instant + .nanoseconds(-1)
        for index in schemes.indices { checkStanding(of: index, after: nil) }
        let imposed = indicators.map(\.imposed) + schemes.map(\.pin)
        if imposed.contains(where: { override in override?.until.map { $0 <= now } ?? false }) {
            object("an override is overdue, and no wake was asked for")
        }
        now = last
    }

    mutating func witness(_ event: Event, at instant: Instant, effects: [Effect], _ engine: Engine) {
        events += 1
        now = isStarted ? max(now, instant) : instant
        isStarted = true
        for index in schemes.indices { schemes[index].isTouched = false; schemes[index].isSentBack = false }
        let before = indicators.map { ($0.indicator.name, $0.state) }
        var ended = learn(event)
        ended += endOverrides()
        workOut()
        checkOrder(of: effects)
        checkEntries(effects, before: before, ended: ended)
        checkProbes(after: event, effects)
        for index in schemes.indices {
            checkMassFailure(of: index, after: event, effects)
            checkDecisions(of: index, effects)
            checkStanding(of: index, after: event)
            checkReadModel(of: index, engine)
        }
        checkIndicators(engine)
    }

    // MARK: Learning

    /// Takes the event in; returns the overrides that it ended.
    private mutating func learn(_ event: Event) -> [Override.Action] {
        switch event {
        case .configured(let configuration): return learn(configuration)
        case .probed(let name, let probe):
            for index in indicators.indices
            where indicators[index].indicator.name == name && !indicators[index].indicator.isDisabled
                && indicators[index].indicator.logic == nil
            {
                // What had its time is over before the probe counts.
                indicators[index].record(probe, at: now)
            }
        case .overridden(let override): return learn(override)
        case .window(let name, let isOpen): windows[name] = isOpen
        case .woke, .published, .quiet, .tripped: break
        }
        return []
    }

    /// What is worked out from others; by their names each comes after those that it reads.
    private mutating func workOut() {
        for index in indicators.indices where !indicators[index].indicator.isDisabled {
            guard let logic = indicators[index].indicator.logic, let value = value(of: logic) else { continue }
            indicators[index].record(Probe(value ? .success : .failure), at: now)
        }
    }

    private func value(of logic: Logic) -> Bool? {
        switch logic {
        case .window(let name): return windows[name]
        case .indicator(let name):
            guard let input = indicator(name), !input.isInMaintenance, input.effective != .unknown else { return nil }
            return input.effective == .ok
        case .not(let inner): return value(of: inner).map { !$0 }
        case .all(let parts): return value(of: .atLeast(parts.count, of: parts))
        case .any(let parts): return value(of: .atLeast(1, of: parts))
        case .atLeast(let number, let parts):
            // Whatever becomes of the unknown ones: the same either way, or not known.
            let values = parts.map(value(of:))
            let least = values.count { $0 == true }
            let most = values.count { $0 != false }
            return least >= number ? true : most < number ? false : nil
        }
    }

    private mutating func learn(_ configuration: Configuration) -> [Override.Action] {
        var ended: [Override.Action] = []
        for old in indicators where !configuration.indicators.contains(where: { $0.name == old.indicator.name }) {
            if let action = old.imposed?.action { ended.append(action) }
        }
        indicators = configuration.indicators.map { new in
            var reference = ReferenceIndicator(new, at: now)
            if let old = indicator(new.name) {
                reference.imposed = old.imposed
                if old.indicator.isDisabled == new.isDisabled {
                    reference = old
                    reference.indicator = new
                }
            }
            return reference
        }
        let used = indicators.flatMap { $0.indicator.logic?.leaves ?? [] }
        windows = windows.filter { used.contains(.window($0.key)) }
        for old in schemes where !configuration.schemes.contains(where: { $0.name == old.scheme.name }) {
            if let action = old.pin?.action { ended.append(action) }
        }
        schemes = configuration.schemes.map { new in
            var reference = schemes.first { $0.scheme.name == new.name } ?? ReferenceScheme(new)
            reference.scheme = new
            reference.isTouched = true
            reference.brakedUntil = nil
            if let name = reference.pinned, !new.members.contains(where: { $0.indicator == name }) {
                if let action = reference.pin?.action { ended.append(action) }
                reference.pin = nil
            }
            return reference
        }
        return ended
    }

    private mutating func learn(_ override: Override) -> [Override.Action] {
        let isOver = override.until.map { $0 <= now } ?? false
        switch override.action {
        case .maintenance(let name), .force(let name, _):
            guard indicator(name) != nil else { return [] }
            return isOver ? [override.action] : impose(override, on: name)
        case .clear(let name): return indicator(name)?.imposed == nil ? [] : impose(nil, on: name)
        case .pin(let name, let member):
            guard let index = schemes.firstIndex(where: { $0.scheme.name == name }),
                schemes[index].scheme.members.contains(where: { $0.indicator == member })
            else { return [] }
            return isOver ? [override.action] : pin(override, index)
        case .unpin(let name):
            guard let index = schemes.firstIndex(where: { $0.scheme.name == name }), schemes[index].pin != nil
            else { return [] }
            return pin(nil, index)
        case .failBack(let name):
            for index in schemes.indices where schemes[index].scheme.name == name {
                schemes[index].isSentBack = true
                touch(index)
            }
            return []
        // The worlds' operators never say so.
        case .drain, .window, .pause, .silence, .closeWindow, .unsilence: return []
        }
    }

    private mutating func impose(_ override: Override?, on name: IndicatorName) -> [Override.Action] {
        var ended: [Override.Action] = []
        for index in indicators.indices where indicators[index].indicator.name == name {
            // One that had its time ends by itself, in `endOverrides`.
            if let action = indicators[index].imposed?.action { ended.append(action) }
            indicators[index].imposed = override
        }
        for index in schemes.indices where schemes[index].scheme.members.contains(where: { $0.indicator == name }) {
            touch(index)
        }
        return ended
    }

    private mutating func pin(_ override: Override?, _ index: Int) -> [Override.Action] {
        let ended = schemes[index].pin?.action
        schemes[index].pin = override
        touch(index)
        return ended.map { [$0] } ?? []
    }

    private mutating func touch(_ index: Int) {
        schemes[index].isTouched = true
        schemes[index].brakedUntil = nil
    }

    private mutating func endOverrides() -> [Override.Action] {
        var ended: [Override.Action] = []
        for index in indicators.indices {
            guard let imposed = indicators[index].imposed, let until = imposed.until, until <= now else { continue }
            ended += impose(nil, on: indicators[index].indicator.name)
        }
        for index in schemes.indices {
            guard let until = schemes[index].pin?.until, until <= now else { continue }
            ended += pin(nil, index)
        }
        return ended
    }
}
