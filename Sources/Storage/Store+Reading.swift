import Failover
import GRDB

/// What there is to know after a start.
package struct StoredState: Hashable, Sendable {
    /// Each sorted by name.
    package var schemes: [StoredScheme]
    package var indicators: [StoredIndicator]
    package var overrides: [StoredOverride]
    /// The id of the newest event; 0 if there is none.
    package var newestEvent: Int64
}

/// Which lines of the history are wanted.
package struct EventQuery: Hashable, Sendable {
    package var scheme: String?
    package var indicator: String?
    package var kind: String?
    /// Only events before this id, for the next page.
    package var before: Int64?
    /// Only events after this id, for a reader that resumes.
    package var after: Int64?
    package var from: Instant?
    package var until: Instant?
    /// 1…1000.
    package var limit = 100

    package init() {}
}

extension Store {
    package func state() throws(StoreError) -> StoredState {
        try read { database in
            StoredState(
                schemes: try Row.fetchAll(database, sql: "SELECT * FROM scheme ORDER BY name").map(StoredScheme.init),
                indicators: try Row.fetchAll(database, sql: "SELECT * FROM indicator ORDER BY name")
                    .map(StoredIndicator.init),
                overrides: try Row.fetchAll(database, sql: "SELECT * FROM override ORDER BY subject")
                    .map(StoredOverride.init),
                newestEvent: try Int64.fetchOne(
                    database, sql: "SELECT max(seq) FROM sqlite_sequence WHERE name = 'event'") ?? 0)
        }
    }

    /// The newest first, or with `after` the oldest first.
    package func events(_ query: EventQuery) throws(StoreError) -> [StoredEvent] {
        var conditions: [String] = ["1"]
        var arguments: [(any DatabaseValueConvertible)?] = []
        func require(_ condition: String, _ argument: (any DatabaseValueConvertible)?) {
            guard let argument else { return }
            conditions.append(condition)
            arguments.append(argument)
        }
        require("scheme = ?", query.scheme)
        require("indicator = ?", query.indicator)
        require("kind = ?", query.kind)
        require("id < ?", query.before)
        require("id > ?", query.after)
        require("at >= ?", query.from?.nanoseconds)
        require("at <= ?", query.until?.nanoseconds)
        let order = query.after == nil ? "DESC" : "ASC"
        let sql =
            "SELECT * FROM event WHERE \(conditions.joined(separator: " AND ")) ORDER BY id \(order) "
            + "LIMIT \(min(max(query.limit, 1), 1000))"
        let all = StatementArguments(arguments)
        return try read { try Row.fetchAll($0, sql: sql, arguments: all).map(StoredEvent.init) }
    }

    /// The last decision of a scheme that was made at or before `instant`.
    package func decision(of scheme: String, at instant: Instant) throws(StoreError) -> StoredEvent? {
        var query = EventQuery()
        query.scheme = scheme
        query.kind = "decision"
        query.until = instant
        query.limit = 1
        return try events(query).first
    }

    /// The value of a fact that was stored under a key.
    package func fact(_ key: String) throws(StoreError) -> String? {
        try read { try String.fetchOne($0, sql: "SELECT value FROM note WHERE key = ?", arguments: [key]) }
    }

    /// The facts whose keys begin so, by key.
    package func facts(prefix: String) throws(StoreError) -> [String: String] {
        try read { database in
            let rows = try Row.fetchAll(
                database, sql: "SELECT key, value FROM note WHERE substr(key, 1, length(?1)) = ?1", arguments: [prefix])
            return Dictionary(rows.map { ($0["key"], $0["value"]) }) { $1 }
        }
    }

    /// Forgets the oldest history: what is older than `oldest`, and what is beyond the newest `count` events. The
    /// last decision of each scheme stays. A bounded number at a time, so that writers do not wait long.
    ///
    /// - Returns: how many events were forgotten; call again until it is 0.
    @discardableResult
    package func forgetEvents(before oldest: Instant, keeping count: Int) async throws(StoreError) -> Int {
        try await write { database in
            try database.execute(
                sql: """
                    DELETE FROM event WHERE id IN (
                        SELECT id FROM event
                        WHERE (at < ? OR id <= (SELECT max(id) FROM event) - ?)
                            AND NOT (kind = 'decision' AND id = (
                                SELECT max(id) FROM event AS newest
                                WHERE newest.scheme = event.scheme AND newest.kind = 'decision'))
                        ORDER BY id LIMIT 5000)
                    """, arguments: [oldest.nanoseconds, count])
            return database.changesCount
        }
    }

    /// Gives room that is free inside the file back to the disk, a bounded piece at a time.
    ///
    /// - Returns: whether there may be more; call again until it is false.
    package func compact() async throws(StoreError) -> Bool {
        try await writeAlone { database in
            let pages = try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
            guard pages > 0 else { return false }
            // The pragma frees one page for each row that is read.
            _ = try Row.fetchAll(database, sql: "PRAGMA incremental_vacuum(1000)")
            let left = try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
            return left > 0 && left < pages
        }
    }
}

// MARK: - Rows

extension StoredScheme {
    fileprivate init(_ row: Row) {
        self.init(
            name: row["name"], generation: UInt64(bitPattern: row["generation"]),
            at: Instant(nanoseconds: row["at"]), answer: row["answer"], addresses: words(row["addresses"]),
            ttlSeconds: UInt32(truncatingIfNeeded: row["ttl"] as Int64), active: words(row["active"]))
    }
}

extension StoredIndicator {
    fileprivate init(_ row: Row) {
        let since: Int64? = row["since"]
        self.init(
            name: row["name"], state: State(rawValue: row["state"]) ?? .unknown,
            since: since.map { Instant(nanoseconds: $0) })
    }
}

extension StoredOverride {
    fileprivate init(_ row: Row) {
        let until: Int64? = row["until"]
        self.init(
            subject: row["subject"], action: row["action"], argument: row["argument"], author: row["author"],
            reason: row["reason"], since: Instant(nanoseconds: row["since"]),
            until: until.map { Instant(nanoseconds: $0) })
    }
}

extension StoredEvent {
    fileprivate init(_ row: Row) {
        let generation: Int64? = row["generation"]
        let addresses: String? = row["addresses"]
        self.init(
            id: row["id"], at: Instant(nanoseconds: row["at"]), kind: row["kind"], scheme: row["scheme"],
            indicator: row["indicator"], tone: row["tone"], text: row["text"], addresses: addresses.map(words),
            generation: generation.map { UInt64(bitPattern: $0) }, explanation: row["explanation"])
    }
}

private func words(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }
