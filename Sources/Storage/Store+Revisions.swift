import Failover
import Foundation
import GRDB

/// One whole version of the configuration, never changed once made.
package struct StoredRevision: Hashable, Sendable {
    /// From 1, in order.
    package var number: Int
    package var at: Instant
    package var author: String
    package var comment: String
    /// Where it came from: `file`, `api`, `page`, `rollback`.
    package var origin: String
    /// The file's text, without its secrets; empty where only the list was asked for.
    package var document: String
    /// What the page and the API have added; empty where only the list was asked for.
    package var managed = ""
    /// What it was to do, as JSON.
    package var effects = "[]"
    /// The secrets of both texts, sealed; nil if there are none.
    package var secrets: Data?
}

extension Store {
    /// Adds a revision.
    ///
    /// - Parameters:
    ///   - base: the revision that the author began from; nil takes whatever is newest.
    ///   - facts: what is to be remembered with it, by key.
    ///   - entry: goes into the audit log with it; its target becomes the revision.
    /// - Throws: `.conflict` if another revision than `base` is the newest.
    package func addRevision(
        _ document: String, managed: String = "", effects: String = "[]", secrets: Data? = nil, author: String,
        comment: String, origin: String, at: Instant, base: Int? = nil, facts: [String: String] = [:],
        entry: AuditEntry? = nil
    ) async throws(StoreError) -> StoredRevision {
        let sealing = queue.sealing
        return try await write { database in
            let newest = try Int.fetchOne(database, sql: "SELECT max(number) FROM revision") ?? 0
            if let base, base != newest { throw StoreError.conflict(newest: newest) }
            try database.run(
                """
                INSERT INTO revision (at, author, comment, origin, document, managed, effects, secrets)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [at.nanoseconds, author, comment, origin, document, managed, effects, secrets])
            let number = Int(database.lastInsertedRowID)
            if var entry {
                entry.target = "revision \(number)"
                try StoredChange.audit(entry).perform(in: database, by: sealing)
            }
            for (key, value) in facts { try StoredChange.fact(key: key, value: value).perform(in: database) }
            return StoredRevision(
                number: number, at: at, author: author, comment: comment, origin: origin, document: document,
                managed: managed, effects: effects, secrets: secrets)
        }
    }

    /// The newest first, without their documents.
    ///
    /// - Parameter after: only those that are newer.
    package func revisions(
        limit: Int = 100, before: Int? = nil, after: Int? = nil
    ) throws(StoreError) -> [StoredRevision] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT number, at, author, comment, origin, effects, '' AS document, '' AS managed,
                        NULL AS secrets
                    FROM revision WHERE number < ? AND number > ? ORDER BY number DESC LIMIT ?
                    """, arguments: [before ?? Int.max, after ?? 0, limit]
            ).map(StoredRevision.init)
        }
    }

    /// One revision, or the newest; nil if there is no such.
    package func revision(_ number: Int? = nil) throws(StoreError) -> StoredRevision? {
        try read { database in
            let row =
                if let number {
                    try Row.fetchOne(database, sql: "SELECT * FROM revision WHERE number = ?", arguments: [number])
                } else {
                    try Row.fetchOne(database, sql: "SELECT * FROM revision ORDER BY number DESC LIMIT 1")
                }
            return row.map(StoredRevision.init)
        }
    }
}

extension StoredRevision {
    fileprivate init(_ row: Row) {
        self.init(
            number: row["number"], at: Instant(nanoseconds: row["at"]), author: row["author"],
            comment: row["comment"], origin: row["origin"], document: row["document"], managed: row["managed"],
            effects: row["effects"], secrets: row["secrets"])
    }
}
