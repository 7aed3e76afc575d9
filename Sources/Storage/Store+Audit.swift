import Failover
import GRDB

/// Who did what, from where. Each entry carries a seal over itself and the seal before it.
package struct AuditEntry: Hashable, Sendable {
    /// From 1, without gaps.
    package var id: Int64
    package var at: Instant
    package var actor: String
    /// The address that the request came from, or `local`.
    package var origin: String
    package var action: String
    package var target: String
    package var detail: String
    package var seal: String

    package init(
        id: Int64 = 0, at: Instant, actor: String, origin: String, action: String, target: String, detail: String,
        seal: String = ""
    ) {
        self.id = id
        self.at = at
        self.actor = actor
        self.origin = origin
        self.action = action
        self.target = target
        self.detail = detail
        self.seal = seal
    }
}

extension Store {
    /// How entries are sealed that are committed with other changes.
    package func sealAudit(by sealing: any AuditSealing) { queue.sealAudit(by: sealing) }

    /// Appends an entry, sealed over the entry with its number, and the seal before it.
    @discardableResult
    package func audit(_ entry: AuditEntry, by sealing: any AuditSealing) async throws(StoreError) -> AuditEntry {
        try await write { try entry.append(to: $0, sealing) }
    }

    /// Appends many, in one transaction.
    package func audit(_ entries: [AuditEntry], by sealing: any AuditSealing) async throws(StoreError) {
        try await write { database in for entry in entries { _ = try entry.append(to: database, sealing) } }
    }

    /// The oldest first, from `after` on.
    package func auditEntries(after: Int64 = 0, limit: Int = 1000) throws(StoreError) -> [AuditEntry] {
        try read { try AuditEntry.read(from: $0, after: after, limit: limit) }
    }

    /// What the log's ends are noted to be, as text; nil where nothing is.
    package struct AuditEnds: Hashable, Sendable {
        package var forgotten: String?
        package var newest: String?

        init(_ database: Database) throws {
            forgotten = try AuditMark.text(.forgotten, in: database)
            newest = try AuditMark.text(.newest, in: database)
        }
    }

    /// Reads the whole log as it stands at one moment, whoever writes meanwhile.
    ///
    /// - Parameter body: `next` is the next entry, the oldest first, and nil after the newest.
    package func readAudit<Value>(
        _ body: (_ ends: AuditEnds, _ next: () throws -> AuditEntry?) throws -> Value
    ) throws(StoreError) -> Value {
        try read { database in
            let rows = try Row.fetchCursor(database, sql: "SELECT * FROM audit ORDER BY id")
            return try body(try AuditEnds(database)) { try rows.next().map(AuditEntry.init) }
        }
    }

    /// A part of a backup's log, which is only read, and what the log's ends are.
    package static func audit(
        ofBackup path: String, after: Int64, limit: Int = 1000
    ) throws(StoreError) -> (ends: AuditEnds, entries: [AuditEntry]) {
        do {
            let backup = try DatabaseQueue(path: path, configuration: readOnly)
            defer { try? backup.close() }
            return try backup.read { database in
                (try AuditEnds(database), try AuditEntry.read(from: database, after: after, limit: limit))
            }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// The newest first.
    package func newestAuditEntries(before: Int64? = nil, limit: Int = 100) throws(StoreError) -> [AuditEntry] {
        try read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?",
                arguments: [before ?? Int64.max, limit]
            ).map(AuditEntry.init)
        }
    }

    /// What is noted of the newest entry, apart from the entries; nil before the first.
    package func auditHead() throws(StoreError) -> String? { try read { try AuditMark.text(.newest, in: $0) } }

    /// The number of the newest entry that was forgotten because it was old; 0 if none was.
    package func forgottenAudit(by sealing: any AuditSealing) throws(StoreError) -> Int64 {
        try read { try AuditMark.forgotten(in: $0, by: sealing)?.id ?? 0 }
    }

    /// Forgets the oldest entries: what is older than `oldest`, and what is beyond the newest `count`. The newest stays.
    /// A bounded number at a time, so that writers do not wait long. What is not sound is kept, to be looked at.
    ///
    /// - Returns: how many were forgotten; call again until it is 0.
    package func forgetAudit(before oldest: Instant, keeping count: Int) async throws(StoreError) -> Int {
        guard let sealing = queue.sealing else { return 0 }
        return try await write { database in
            let newest = try Int64.fetchOne(database, sql: "SELECT max(id) FROM audit") ?? 0
            let young =
                try Int64.fetchOne(
                    database, sql: "SELECT id FROM audit WHERE at >= ? ORDER BY id LIMIT 1",
                    arguments: [oldest.nanoseconds]) ?? newest
            let last = min(max(young - 1, newest - Int64(count)), newest - 1)
            guard var mark = try AuditMark.forgotten(in: database, by: sealing), mark.id < last else { return 0 }
            let first = mark.id
            let entries = try AuditEntry.read(from: database, after: first, limit: 5000)
            for entry in entries.prefix(while: { $0.id <= last }) {
                guard entry.follows(mark.id, mark.entrySeal, by: sealing) else { break }
                (mark.id, mark.entrySeal) = (entry.id, entry.seal)
            }
            guard mark.id > first else { return 0 }
            try database.run("DELETE FROM audit WHERE id <= ?", [mark.id])
            try AuditMark(id: mark.id, entrySeal: mark.entrySeal, .forgotten, by: sealing).put(.forgotten, in: database)
            return Int(mark.id - first)
        }
    }
}

extension AuditEntry {
    /// Whether it is the next one after an entry, and as it was written.
    package func follows(_ previous: Int64, _ seal: String, by sealing: any AuditSealing) -> Bool {
        id == previous + 1 && self.seal == sealing.seal(self, after: seal)
    }

    /// Returns the entry with its number and its seal. Where the log was cut off or its end was written anew, a number
    /// is left out: what comes now never makes it whole again.
    func append(to database: Database, _ sealing: any AuditSealing) throws -> AuditEntry {
        let row = try Row.fetchOne(database, sql: "SELECT id, seal FROM audit ORDER BY id DESC LIMIT 1")
        let last = AuditMark(id: row?["id"] ?? 0, entrySeal: row?["seal"] ?? "")
        var (number, previous) = (last.id + 1, last.entrySeal)
        let mark = try AuditMark.text(.newest, in: database).flatMap { AuditMark($0) }
        if let mark, mark.isSound(.newest, by: sealing) {
            (number, previous) = (max(mark.id, last.id) + 1, mark.entrySeal)
        } else if mark.map({ $0 != last }) ?? (last.id != 0) {
            number += 1
        }
        var entry = self
        entry.id = number
        entry.seal = sealing.seal(entry, after: previous)
        try database.run(
            "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                entry.id, entry.at.nanoseconds, entry.actor, entry.origin, entry.action, entry.target,
                entry.detail, entry.seal,
            ])
        try AuditMark(id: entry.id, entrySeal: entry.seal, .newest, by: sealing).put(.newest, in: database)
        return entry
    }

    fileprivate static func read(from database: Database, after: Int64, limit: Int) throws -> [AuditEntry] {
        try Row.fetchAll(
            database, sql: "SELECT * FROM audit WHERE id > ? ORDER BY id LIMIT ?", arguments: [after, limit]
        ).map(AuditEntry.init)
    }

    fileprivate init(_ row: Row) {
        self.init(
            id: row["id"], at: Instant(nanoseconds: row["at"]), actor: row["actor"], origin: row["origin"],
            action: row["action"], target: row["target"], detail: row["detail"], seal: row["seal"])
    }
}

extension AuditMark {
    /// What it is kept under in the store.
    private static func key(_ end: End) -> String { end == .newest ? "audit" : "audit.forgotten" }

    static func text(_ end: End, in database: Database) throws -> String? {
        try String.fetchOne(database, sql: "SELECT value FROM note WHERE key = ?", arguments: [key(end)])
    }

    func put(_ end: End, in database: Database) throws {
        try StoredChange.fact(key: Self.key(end), value: text).perform(in: database)
    }

    /// Where the log begins; nil if that is noted, and not by us.
    static func forgotten(in database: Database, by sealing: any AuditSealing) throws -> AuditMark? {
        guard let text = try text(.forgotten, in: database) else { return AuditMark(id: 0, entrySeal: "") }
        return AuditMark(text).flatMap { $0.isSound(.forgotten, by: sealing) ? $0 : nil }
    }
}
