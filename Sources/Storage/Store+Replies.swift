import Failover
import Foundation
import GRDB

/// What was answered to a request that came with a key of its own.
package struct StoredReply: Hashable, Sendable {
    package var key: String
    /// Of what was asked for, so that a key that is used for something else is noticed.
    package var fingerprint: String
    package var status: Int
    /// The body's media type; empty without a body.
    package var type: String
    package var body: Data
    package var at: Instant

    package init(key: String, fingerprint: String, status: Int, type: String, body: Data, at: Instant) {
        self.key = key
        self.fingerprint = fingerprint
        self.status = status
        self.type = type
        self.body = body
        self.at = at
    }
}

extension Store {
    package func reply(_ key: String) throws(StoreError) -> StoredReply? {
        try read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM reply WHERE key = ?", arguments: [key]).map { row in
                StoredReply(
                    key: row["key"], fingerprint: row["fingerprint"], status: row["status"], type: row["type"],
                    body: row["body"], at: Instant(nanoseconds: row["at"]))
            }
        }
    }

    /// Keeps a reply, and forgets those from before `oldest`.
    package func keep(_ reply: StoredReply, forgettingBefore oldest: Instant) async throws(StoreError) {
        try await write { database in
            try database.run("DELETE FROM reply WHERE at < ?", [oldest.nanoseconds])
            try database.run(
                "INSERT OR REPLACE INTO reply VALUES (?, ?, ?, ?, ?, ?)",
                [reply.key, reply.fingerprint, reply.status, reply.type, reply.body, reply.at.nanoseconds])
        }
    }
}
