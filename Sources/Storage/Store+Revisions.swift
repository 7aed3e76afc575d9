import Failover
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
    /// The YAML text; empty where only the list was asked for.
    package var document: String
}

extension Store {
    /// Adds a revision.
    ///
    /// - Parameter base: the revision that the author began from; nil takes whatever is newest.
    /// - Throws: `.conflict` if another revision than `base` is the newest.
    package func addRevision(
        _ document: String, author: String, comment: String, origin: String, at: Instant, base: Int? = nil
    ) async throws(StoreError) -> StoredRevision {
        try await write { database in
            let newest = try Int.fetchOne(database, sql: "SELECT max(number) FROM revision") ?? 0
            if let base, base != newest { throw StoreError.conflict(newest: newest) }
            try database.run(
                "INSERT INTO revision (at, author, comment, origin, document) VALUES (?, ?, ?, ?, ?)",
                [at.nanoseconds, author, comment, origin, document])
            return StoredRevision(
                number: Int(database.lastInsertedRowID), at: at, author: author, comment: comment, origin: origin,
                document: document)
        }
    }

    /// The newest first, without their documents.
    package func revisions(limit: Int = 100, before: Int? = nil) throws(StoreError) -> [StoredRevision] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT number, at, author, comment, origin, '' AS document FROM revision WHERE number < ?
                    ORDER BY number DESC LIMIT ?
                    """, arguments: [before ?? Int.max, limit]
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
            comment: row["comment"], origin: row["origin"], document: row["document"])
    }
}
