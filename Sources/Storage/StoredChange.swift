import Failover
import GRDB

/// One thing that is to be on the disk.
package enum StoredChange: Hashable, Sendable {
    case event(StoredEvent)
    /// What a scheme answers from now on.
    case scheme(StoredScheme)
    case schemeRemoved(String)
    case indicator(StoredIndicator)
    case indicatorRemoved(String)
    /// Replaces the subject's earlier override.
    case override(StoredOverride)
    /// Ends the subject's override, if it is the one that began then; with nil, whichever it is.
    case overrideEnded(subject: String, since: Instant?)
    /// Any small fact, under a key; nil forgets it.
    case fact(key: String, value: String?)
    /// A notice on its way, or what has become of it.
    case letter(StoredLetter)
    /// Who did what, with the next number and seal of the audit log.
    case audit(AuditEntry)
    /// How a matter stands with a subscription, as JSON; nil forgets it.
    case matter(subscription: String, key: String, body: String?)
}

/// A line of the history.
package struct StoredEvent: Hashable, Sendable {
    /// Goes up, never used twice. Chosen by the one who notes it, so that readers know it at once.
    package var id: Int64
    package var at: Instant
    package var kind: String
    package var scheme: String?
    package var indicator: String?
    package var tone: String
    package var text: String
    package var addresses: [String]?
    package var generation: UInt64?
    /// The explanation of a decision, as the API's JSON.
    package var explanation: String?

    package init(
        id: Int64, at: Instant, kind: String, scheme: String? = nil, indicator: String? = nil, tone: String,
        text: String, addresses: [String]? = nil, generation: UInt64? = nil, explanation: String? = nil
    ) {
        self.id = id
        self.at = at
        self.kind = kind
        self.scheme = scheme
        self.indicator = indicator
        self.tone = tone
        self.text = text
        self.addresses = addresses
        self.generation = generation
        self.explanation = explanation
    }
}

/// What a scheme answered last.
package struct StoredScheme: Hashable, Sendable {
    package var name: String
    package var generation: UInt64
    package var at: Instant
    /// `addresses`, `nodata` or `servfail`.
    package var answer: String
    package var addresses: [String]
    package var ttlSeconds: UInt32
    /// The indicators of the members that answer.
    package var active: [String]

    package init(
        name: String, generation: UInt64, at: Instant, answer: String, addresses: [String], ttlSeconds: UInt32,
        active: [String]
    ) {
        self.name = name
        self.generation = generation
        self.at = at
        self.answer = answer
        self.addresses = addresses
        self.ttlSeconds = ttlSeconds
        self.active = active
    }
}

package struct StoredIndicator: Hashable, Sendable {
    package var name: String
    package var state: State
    /// When the state last changed.
    package var since: Instant?

    package init(name: String, state: State, since: Instant?) {
        self.name = name
        self.state = state
        self.since = since
    }
}

/// What an operator imposed and nobody has ended yet.
package struct StoredOverride: Hashable, Sendable {
    /// One override each: `indicator:charlie:cat`, `scheme:cat.example.org`.
    package var subject: String
    /// `maintenance`, `force`, `pin`, …
    package var action: String
    /// The state that is forced, the member that is pinned; empty if the action needs none.
    package var argument: String
    package var author: String
    package var reason: String
    package var since: Instant
    package var until: Instant?

    package init(
        subject: String, action: String, argument: String, author: String, reason: String, since: Instant,
        until: Instant?
    ) {
        self.subject = subject
        self.action = action
        self.argument = argument
        self.author = author
        self.reason = reason
        self.since = since
        self.until = until
    }
}

extension StoredChange {
    /// Under which fact is kept who has set a secret of the encrypted store last.
    package static func setterKey(_ name: String) -> String { "secret.setter:\(name)" }

    /// Performs the change; the same one twice does no harm.
    ///
    /// - Parameter sealing: seals entries of the audit log; only they need it.
    func perform(in database: Database, by sealing: (any AuditSealing)? = nil) throws {
        switch self {
        case .audit(let entry):
            guard let sealing else { throw StoreError.notFound("seal for the audit log") }
            _ = try entry.append(to: database, sealing)
        case .event(let event): try event.insert(into: database)
        case .scheme(let scheme): try scheme.replace(in: database)
        case .schemeRemoved(let name): try database.run("DELETE FROM scheme WHERE name = ?", [name])
        case .indicator(let indicator):
            try database.run(
                "INSERT OR REPLACE INTO indicator VALUES (?, ?, ?)",
                [indicator.name, indicator.state.rawValue, indicator.since?.nanoseconds])
        case .indicatorRemoved(let name): try database.run("DELETE FROM indicator WHERE name = ?", [name])
        case .override(let override): try override.replace(in: database)
        case .overrideEnded(let subject, let since):
            try database.run(
                "DELETE FROM override WHERE subject = ?1 AND since = ifnull(?2, since)",
                [subject, since?.nanoseconds])
        case .fact(let key, let value?):
            try database.run("INSERT OR REPLACE INTO note VALUES (?, ?)", [key, value])
        case .fact(let key, nil): try database.run("DELETE FROM note WHERE key = ?", [key])
        case .letter(let letter): try letter.replace(in: database)
        case .matter(let subscription, let key, let body?):
            try database.run("INSERT OR REPLACE INTO matter VALUES (?, ?, ?)", [subscription, key, body])
        case .matter(let subscription, let key, nil):
            try database.run("DELETE FROM matter WHERE subscription = ? AND key = ?", [subscription, key])
        }
    }
}

extension StoredEvent {
    fileprivate func insert(into database: Database) throws {
        try database.run(
            "INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                id, at.nanoseconds, kind, scheme, indicator, tone, text, addresses?.joined(separator: " "),
                generation.map { Int64(bitPattern: $0) }, explanation,
            ])
    }
}

extension StoredScheme {
    fileprivate func replace(in database: Database) throws {
        try database.run(
            "INSERT OR REPLACE INTO scheme VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                name, Int64(bitPattern: generation), at.nanoseconds, answer, addresses.joined(separator: " "),
                Int64(ttlSeconds), active.joined(separator: " "),
            ])
    }
}

extension StoredOverride {
    fileprivate func replace(in database: Database) throws {
        try database.run("DELETE FROM override WHERE subject = ?", [subject])
        try database.run(
            """
            INSERT INTO override (subject, action, argument, author, reason, since, until) VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [subject, action, argument, author, reason, since.nanoseconds, until?.nanoseconds])
    }
}

extension Database {
    /// Runs one statement, prepared once and kept.
    func run(_ sql: String, _ arguments: [(any DatabaseValueConvertible)?]) throws {
        try cachedStatement(sql: sql).execute(arguments: StatementArguments(arguments))
    }
}
