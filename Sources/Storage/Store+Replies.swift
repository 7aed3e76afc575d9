import Failover
import GRDB

/// What was answered to a request that carried a key of its own, so that the same request answers the same again.
package struct StoredReply: Hashable, Sendable {
    package var actor: String
    package var key: String
    /// A hash of the request: the same key with another request is a mistake.
    package var request: String
    package var status: Int
    /// As JSON.
    package var headers: String
    package var body: String
    package var at: Instant

    package init(
        actor: String, key: String, request: String, status: Int, headers: String, body: String, at: Instant
    ) {
        self.actor = actor
        self.key = key
        self.request = request
        self.status = status
        self.headers = headers
        self.body = body
        self.at = at
    }
}

extension Store {
    /// How long an answer is kept.
    package static let replyLife = Duration.seconds(86_400)

    package func reply(to key: String, of actor: String) throws(StoreError) -> StoredReply? {
        try read { database in
            try Row.fetchOne(
                database, sql: "SELECT * FROM reply WHERE actor = ? AND key = ?", arguments: [actor, key]
            ).map { row in
                StoredReply(
                    actor: row["actor"], key: row["key"], request: row["request"], status: row["status"],
                    headers: row["headers"], body: row["body"], at: Instant(nanoseconds: row["at"]))
            }
        }
    }

    /// Keeps an answer, and forgets those that are too old.
    package func keep(_ reply: StoredReply) async throws(StoreError) {
        try await write { database in
            let oldest = reply.at.nanoseconds - Self.replyLife.nanoseconds
            try database.run("DELETE FROM reply WHERE at < ?", [oldest])
            try database.run(
                "INSERT OR REPLACE INTO reply VALUES (?, ?, ?, ?, ?, ?, ?)",
                [reply.actor, reply.key, reply.request, reply.status, reply.headers, reply.body, reply.at.nanoseconds])
        }
    }
}
