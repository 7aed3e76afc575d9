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

    /// The seal over an entry with its number, and the seal before it.
    package typealias Seal = @Sendable (AuditEntry, _ previous: String) -> String

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
    package func sealAudit(by seal: @escaping AuditEntry.Seal) { queue.sealAudit(by: seal) }

    /// Appends an entry, sealed by `seal` over the entry with its number, and the seal before it.
    @discardableResult
    package func audit(
        _ entry: AuditEntry, seal: @escaping AuditEntry.Seal
    ) async throws(StoreError) -> AuditEntry {
        try await write { try entry.append(to: $0, seal) }
    }

    /// Appends many, in one transaction.
    package func audit(
        _ entries: [AuditEntry], seal: @escaping AuditEntry.Seal
    ) async throws(StoreError) {
        try await write { database in for entry in entries { _ = try entry.append(to: database, seal) } }
    }

    /// The oldest first, from `after` on.
    package func auditEntries(after: Int64 = 0, limit: Int = 1000) throws(StoreError) -> [AuditEntry] {
        try read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM audit WHERE id > ? ORDER BY id LIMIT ?", arguments: [after, limit]
            ).map(AuditEntry.init)
        }
    }

    /// The same of a backup, which is only read.
    package static func auditEntries(
        ofBackup path: String, after: Int64, limit: Int = 1000
    ) throws(StoreError) -> [AuditEntry] {
        do {
            let backup = try DatabaseQueue(path: path, configuration: readOnly)
            defer { try? backup.close() }
            return try backup.read { database in
                try Row.fetchAll(
                    database, sql: "SELECT * FROM audit WHERE id > ? ORDER BY id LIMIT ?", arguments: [after, limit]
                ).map(AuditEntry.init)
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

    /// `ID SEAL` of the newest entry, kept apart from the entries; nil before the first.
    package func auditHead() throws(StoreError) -> String? { try fact("audit") }
}

extension AuditEntry {
    /// Returns the entry with its number and its seal.
    func append(to database: Database, _ seal: AuditEntry.Seal) throws -> AuditEntry {
        let last = try Row.fetchOne(database, sql: "SELECT id, seal FROM audit ORDER BY id DESC LIMIT 1")
        var entry = self
        entry.id = (last?["id"] ?? 0) + 1
        entry.seal = seal(entry, last?["seal"] ?? "")
        try database.run(
            "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                entry.id, entry.at.nanoseconds, entry.actor, entry.origin, entry.action, entry.target,
                entry.detail, entry.seal,
            ])
        try database.run("INSERT OR REPLACE INTO note VALUES ('audit', ?)", ["\(entry.id) \(entry.seal)"])
        return entry
    }

    fileprivate init(_ row: Row) {
        self.init(
            id: row["id"], at: Instant(nanoseconds: row["at"]), actor: row["actor"], origin: row["origin"],
            action: row["action"], target: row["target"], detail: row["detail"], seal: row["seal"])
    }
}
