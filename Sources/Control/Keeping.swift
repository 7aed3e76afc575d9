import Addresses
import Failover
import Foundation
import Storage

/// Writes what happens into the store, and reads back after a start what was in force.
///
///     log entry ─► line of the history (+ what a scheme answers, how an indicator stands) ─► `note`
///     operator ─► override ─► `commit`, and only then it is done
struct Keeping: Sendable {
    let store: Store

    init(_ store: Store) { self.store = store }

    /// What an operator must know: what happens now may be forgotten, or what was before is.
    var problems: [String] {
        [
            store.trouble.map { "what happens now would be forgotten at a restart: \($0)" },
            store.repair.map { "what was before is forgotten: \($0)" },
            store.auditProblem.map { "the audit log is not sound: \($0)" },
        ].compactMap(\.self)
    }

    /// What the engine is to go on from.
    func memory() throws(StoreError) -> Memory {
        let state = try store.state()
        return Memory(
            decisions: state.schemes.compactMap(Decision.init),
            verdicts: state.indicators.map {
                Memory.Verdict(indicator: IndicatorName($0.name), state: $0.state, since: $0.since)
            }, overrides: state.overrides.compactMap(Override.init))
    }

    /// The newest lines of the history, and the number that comes next.
    func log() throws(StoreError) -> EventLog {
        var query = EventQuery()
        query.limit = 200
        let lines = try store.events(query).reversed().map(EventReport.init)
        return EventLog(after: lines, nextID: UInt64(try store.state().newestEvent) + 1)
    }

    /// Why a decision was made; nil for what is none.
    static func explanation(for entry: LogEntry, _ engine: Engine) -> Explanation? {
        guard case .decided(let decision, _) = entry.what else { return nil }
        return engine.status(of: decision.scheme).map { Explanation(of: $0) }
    }

    /// The changes that a log entry stands for, beside its line of the history.
    static func changes(
        for entry: LogEntry, _ report: EventReport, _ explanation: Explanation?
    ) -> [StoredChange] {
        var event = StoredEvent(report, at: entry.at)
        var changes: [StoredChange] = []
        switch entry.what {
        case .decided(let decision, _):
            event.explanation = explanation.flatMap(json)
            changes.append(.scheme(StoredScheme(decision)))
        case .stateChanged(let name, _, let state, _):
            changes.append(.indicator(StoredIndicator(name: name.text, state: state, since: entry.at)))
        case .overridden(let override):
            changes += override.changes
        case .overrideEnded(let override):
            if let subject = override.keptSubject {
                changes.append(.overrideEnded(subject: subject, since: override.since))
            }
        case .held, .configured, .reported, .vantageDoubted, .vantageTrusted, .tripwireRetired: break
        }
        return [.event(event)] + changes
    }

    private static func json(_ explanation: Explanation) -> String? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(explanation)).map { String(decoding: $0, as: UTF8.self) }
    }
}

// MARK: - History

extension StoredEvent {
    init(_ report: EventReport, at: Instant) {
        self.init(
            id: Int64(report.id), at: at, kind: report.kind, scheme: report.scheme, indicator: report.indicator,
            tone: report.tone, text: report.text, addresses: report.addresses, generation: report.generation)
    }
}

extension EventReport {
    init(_ stored: StoredEvent) {
        self.init(
            id: UInt64(stored.id), at: stored.at.seconds, kind: stored.kind, indicator: stored.indicator,
            scheme: stored.scheme, text: stored.text, tone: stored.tone, addresses: stored.addresses,
            generation: stored.generation)
    }
}

// MARK: - Decisions

extension StoredScheme {
    init(_ decision: Decision) {
        self.init(
            name: decision.scheme.text, generation: decision.generation, at: decision.at,
            answer: decision.answer.kind, addresses: decision.answer.addressTexts, ttlSeconds: decision.ttlSeconds,
            active: decision.active.map(\.text))
    }
}

extension Decision {
    /// Nil if the row cannot be understood, as when a newer version wrote it.
    init?(_ stored: StoredScheme) {
        let answer: Answer
        switch stored.answer {
        case "nodata": answer = .nodata
        case "servfail": answer = .servfail
        case "addresses":
            let addresses = stored.addresses.compactMap { IPAddress($0) }
            guard !addresses.isEmpty, addresses.count == stored.addresses.count else { return nil }
            answer = .addresses(addresses)
        default: return nil
        }
        self.init(
            scheme: SchemeName(stored.name), generation: stored.generation, answer: answer,
            ttlSeconds: stored.ttlSeconds, active: stored.active.map { IndicatorName($0) }, at: stored.at)
    }
}

// MARK: - Overrides

extension Override {
    /// What it is kept under: there is one for each subject. Nil for what happens once and is not kept.
    var keptSubject: String? {
        switch action {
        case .maintenance(let name), .force(let name, _), .drain(let name), .clear(let name): "indicator:\(name)"
        case .window(let name), .closeWindow(let name): "window:\(name)"
        case .pin(let name, _), .pause(let name), .unpin(let name): "scheme:\(name)"
        case .silence(.indicator(let name)), .unsilence(.indicator(let name)): "silence:indicator:\(name)"
        case .silence(.scheme(let name)), .unsilence(.scheme(let name)): "silence:scheme:\(name)"
        case .failBack: nil
        }
    }

    /// What is written of an order before it is in force.
    func changes(since now: Instant) -> [StoredChange] {
        var given = self
        given.since = now
        return given.changes
    }

    var changes: [StoredChange] {
        guard let subject = keptSubject else { return [] }
        let (action, argument): (String, String)
        switch self.action {
        case .maintenance: (action, argument) = ("maintenance", "")
        case .force(_, let state): (action, argument) = ("force", state.rawValue)
        case .pin(_, let member): (action, argument) = ("pin", member.text)
        case .drain: (action, argument) = ("drain", "")
        case .window: (action, argument) = ("window", "")
        case .pause: (action, argument) = ("pause", "")
        case .silence: (action, argument) = ("silence", "")
        case .clear, .closeWindow, .unpin, .unsilence: return [.overrideEnded(subject: subject, since: nil)]
        case .failBack: return []
        }
        return [
            .override(
                StoredOverride(
                    subject: subject, action: action, argument: argument, author: author, reason: reason,
                    since: since ?? .epoch, until: until))
        ]
    }

    /// Nil if the row cannot be understood.
    init?(_ stored: StoredOverride) {
        let parts = stored.subject.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        let action: Action
        switch (parts[0], stored.action) {
        case ("indicator", "maintenance"): action = .maintenance(IndicatorName(parts[1]))
        case ("indicator", "force"):
            guard let state = State(rawValue: stored.argument) else { return nil }
            action = .force(IndicatorName(parts[1]), state)
        case ("indicator", "drain"): action = .drain(IndicatorName(parts[1]))
        case ("window", "window"): action = .window(IndicatorName(parts[1]))
        case ("scheme", "pin"): action = .pin(SchemeName(parts[1]), IndicatorName(stored.argument))
        case ("scheme", "pause"): action = .pause(SchemeName(parts[1]))
        case ("silence", "silence"):
            guard let subject = Override.Silenced(parts[1]) else { return nil }
            action = .silence(subject)
        default: return nil
        }
        self.init(action, author: stored.author, reason: stored.reason, until: stored.until)
        since = stored.since
    }
}

extension Override.Silenced {
    /// `indicator:charlie:cat` or `scheme:cat.example.org`.
    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        switch (parts.first, parts.count) {
        case ("indicator", 2): self = .indicator(IndicatorName(parts[1]))
        case ("scheme", 2): self = .scheme(SchemeName(parts[1]))
        default: return nil
        }
    }
}

extension HistoryQuery {
    var stored: EventQuery {
        var query = EventQuery()
        query.scheme = scheme
        query.indicator = indicator
        query.kind = kind
        query.before = before.map { Int64(clamping: $0) }
        query.after = after.map { Int64(clamping: $0) }
        query.from = from.map { Instant(seconds: $0) }
        query.until = until.map { Instant(seconds: $0) }
        query.limit = limit
        return query
    }
}
