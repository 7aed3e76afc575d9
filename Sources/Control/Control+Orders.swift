import Failover
import Foundation
import Settings
import Storage

/// What operators order and ask.
extension Control: OperatorInterface {
    package func carryOut(
        _ order: Order, by author: String, noting entry: AuditEntry?
    ) async throws(OrderError) -> [OverrideReport] {
        let until = order.seconds.map { clock.now + .nanoseconds(Int64($0 * 1e9)) }
        let given = try actions(of: order).map { Override($0, author: author, reason: order.reason, until: until) }
        try await give(given, noting: entry)
        let subjects = Set(given.compactMap(\.keptSubject))
        return overrides().filter { subjects.contains($0.subject) }
    }

    package func reach(of order: Order) throws(OrderError) -> (indicators: [String], schemes: [String]) {
        let subjects = try actions(of: order).map { Override($0, author: "").subject }
        return (
            // A pin names the member's indicator, too; it is the scheme that is pinned.
            subjects.compactMap { $0.scheme == nil ? $0.indicator?.text : nil }, subjects.compactMap(\.scheme?.text)
        )
    }

    private func actions(of order: Order) throws(OrderError) -> [Override.Action] {
        switch order.action {
        case .maintenance: return try indicators(order.target).map { .maintenance($0) }
        case .forceOK: return try indicators(order.target).map { .force($0, .ok) }
        case .forceErr: return try indicators(order.target).map { .force($0, .err) }
        case .failBack: return try schemes(order.target).map { .failBack($0) }
        case .drain: return try indicators(order.target).map { .drain($0) }
        case .pause: return try schemes(order.target).map { .pause($0) }
        case .silence:
            let indicators = engine.indicators.map(\.name).filter { fits($0.text, order.target) }
            let schemes = engine.schemes.map(\.scheme.name).filter { fits($0.text, order.target) }
            if indicators.isEmpty, schemes.isEmpty { throw .nothingFits(order.target, kind: "indicator or scheme") }
            return indicators.map { .silence(.indicator($0)) } + schemes.map { .silence(.scheme($0)) }
        case .pin:
            guard let member = order.member, !member.isEmpty else { throw .memberWanted }
            var actions: [Override.Action] = []
            for name in try schemes(order.target) {
                let members = engine.status(of: name)?.scheme.members.map(\.indicator.text) ?? []
                guard members.contains(member) else {
                    throw .noSuchMember(member, scheme: name.text, members: members)
                }
                actions.append(.pin(name, IndicatorName(member)))
            }
            return actions
        }
    }

    private func indicators(_ pattern: String) throws(OrderError) -> [IndicatorName] {
        let fitting = engine.indicators.map(\.name).filter { fits($0.text, pattern) }
        if fitting.isEmpty { throw .nothingFits(pattern, kind: "indicator") }
        return fitting
    }

    private func schemes(_ pattern: String) throws(OrderError) -> [SchemeName] {
        let fitting = engine.schemes.map(\.scheme.name).filter { fits($0.text, pattern) }
        if fitting.isEmpty { throw .nothingFits(pattern, kind: "scheme") }
        return fitting
    }

    /// Imposes an operator's word once it would survive a power cut.
    package func impose(_ override: Override) async throws(OrderError) { try await give([override], noting: nil) }

    /// Writes orders and who gave them in one transaction, and only then puts them into force: all, or none.
    private func give(_ given: [Override], noting entry: AuditEntry?) async throws(OrderError) {
        if let store = keeping?.store {
            let now = clock.now
            let changes = given.flatMap { $0.changes(since: now) } + (entry.map { [.audit($0)] } ?? [])
            do {
                try await store.commit(changes)
            } catch {
                throw .notKept("\(error)")
            }
        }
        guard !isStopped else { throw .notKept("the server is stopping") }
        for override in given { perform(event: .overridden(override)) }
        let changes = unwritten
        unwritten = []
        finishTaking()
        // What the orders have brought about is on the disk too before they are acknowledged; it is kept if it cannot be.
        try? await keeping?.store.commit(changes, isKept: true)
    }

    package func overrides() -> [OverrideReport] { engine.overrideReports }

    package func end(
        _ subject: String, by author: String, noting entry: AuditEntry?
    ) async throws(OrderError) {
        guard overrides().contains(where: { $0.subject == subject }) else { throw .notInForce(subject) }
        let parts = subject.split(separator: ":", maxSplits: 1).map(String.init)
        let action: Override.Action
        switch parts[0] {
        case "scheme": action = .unpin(SchemeName(parts[1]))
        case "window": action = .closeWindow(IndicatorName(parts[1]))
        case "silence":
            guard let silenced = Override.Silenced(parts[1]) else { throw .notInForce(subject) }
            action = .unsilence(silenced)
        default: action = .clear(IndicatorName(parts[1]))
        }
        try await give([Override(action, author: author)], noting: entry)
    }

    /// Tries it on a copy of the engine, whose effects nobody performs.
    package func whatIf(down: [String], up: [String]) throws(OrderError) -> [WhatIfReport] {
        var trial = engine
        let before = engine.schemes
        for (patterns, state) in [(down, State.err), (up, State.ok)] {
            for pattern in patterns {
                for name in try indicators(pattern) {
                    _ = trial.handle(.overridden(Override(.force(name, state), author: "what-if")), at: clock.now)
                }
            }
        }
        // What only waits (a failback, the brake) has its way as well.
        for scheme in before {
            _ = trial.handle(.overridden(Override(.failBack(scheme.scheme.name), author: "what-if")), at: clock.now)
        }
        return zip(before, trial.schemes).map { old, new in
            let now = old.decision?.answer.texts ?? []
            let then = new.decision?.answer.texts ?? []
            return WhatIfReport(
                scheme: old.scheme.name.text, now: now, then: then,
                rule: Wording.rule(new.decision?.rule ?? .noVerdictYet), changes: now != then)
        }
    }

    /// The store is asked outside: the engine goes on meanwhile.
    package nonisolated func history(_ query: HistoryQuery) throws(OrderError) -> [EventReport] {
        guard let keeping else { throw .noHistory("there is no store") }
        do {
            return try keeping.store.events(query.stored).map(EventReport.init)
        } catch {
            throw .noHistory("\(error)")
        }
    }

    package func newestEvent() -> UInt64 { log.nextID - 1 }

    package func events(after id: UInt64, limit: Int) throws(OrderError) -> [EventReport] {
        if let lines = log.lines(after: id, limit: limit) { return lines }
        var query = HistoryQuery()
        query.after = id
        query.limit = limit
        return try history(query)
    }

    package func explanation(of scheme: String, at seconds: Double) throws(OrderError) -> Explanation? {
        // What has just been decided is not written yet, and the store would tell of the decision before it.
        let recent = log.decision(of: scheme, at: seconds)
        if let explanation = recent?.explanation { return explanation }
        guard let keeping else { throw .noHistory("there is no store") }
        do {
            let event = try keeping.store.decision(of: scheme, at: Instant(seconds: seconds))
            if let recent, event.map({ UInt64($0.id) }) != recent.line.id { return nil }
            guard let text = event?.explanation else { return nil }
            return try? JSONDecoder().decode(Explanation.self, from: Data(text.utf8))
        } catch {
            throw .noHistory("\(error)")
        }
    }
}

extension IndicatorStatus {
    /// The operator's word, the window, the silence.
    var imposed: [Override] {
        let word = override == window ? nil : override
        return [word, window, silence].compactMap { $0 }
    }
}

extension Decision.Answer {
    /// The addresses, or the word for what is answered instead.
    var texts: [String] { addressTexts.isEmpty ? [kind] : addressTexts }
}

extension OverrideReport {
    /// Nil for what is not kept in force.
    init?(_ override: Override) {
        guard let subject = override.keptSubject else { return nil }
        self.init(
            subject: subject, action: "", member: nil, author: override.author, reason: override.reason,
            since: override.since?.seconds ?? 0, until: override.until?.seconds)
        switch override.action {
        case .maintenance: action = Order.Action.maintenance.rawValue
        case .force(_, .ok): action = Order.Action.forceOK.rawValue
        case .force: action = Order.Action.forceErr.rawValue
        case .pin(_, let pinned): (action, member) = (Order.Action.pin.rawValue, pinned.text)
        case .drain: action = Order.Action.drain.rawValue
        case .window: action = "window"
        case .pause: action = Order.Action.pause.rawValue
        case .silence: action = Order.Action.silence.rawValue
        case .failBack, .clear, .closeWindow, .unpin, .unsilence: return nil
        }
    }
}
