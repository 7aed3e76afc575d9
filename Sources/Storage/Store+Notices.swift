import Failover
import GRDB

/// A notice for one channel, and what has become of it.
package struct StoredLetter: Hashable, Sendable {
    /// Goes up, never used twice. Chosen by the one who notes it.
    package var id: Int64
    package var at: Instant
    package var channel: String
    /// `waiting`, `delivered` or `given-up`.
    package var state: String
    package var attempts: Int
    package var attemptedAt: Instant?
    /// What the service said last.
    package var words: String
    /// The letter as JSON.
    package var body: String

    package static let waiting = "waiting"
    /// How many that are no longer waiting are kept.
    package static let keptCount = 5000

    package init(
        id: Int64, at: Instant, channel: String, state: String, attempts: Int, attemptedAt: Instant?, words: String,
        body: String
    ) {
        self.id = id
        self.at = at
        self.channel = channel
        self.state = state
        self.attempts = attempts
        self.attemptedAt = attemptedAt
        self.words = words
        self.body = body
    }

    /// A letter that has arrived never waits again, in whichever order the news of it come.
    func replace(in database: Database) throws {
        try database.run(
            """
            INSERT INTO letter VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            ON CONFLICT (id) DO UPDATE SET state = ?4, attempts = ?5, attempted = ?6, words = ?7
            WHERE state = 'waiting'
            """,
            [id, at.nanoseconds, channel, state, attempts, attemptedAt?.nanoseconds, words, body])
        if state != Self.waiting {
            try database.run(
                "DELETE FROM letter WHERE id <= ? AND state != 'waiting'", [id - Int64(Self.keptCount)])
        }
    }
}

/// Which letters are wanted.
package struct LetterQuery: Hashable, Sendable {
    package var channel: String?
    package var state: String?
    /// Only those with a lower id, for the next page.
    package var before: Int64?
    /// 1…1000.
    package var limit = 100

    package init() {}
}

extension Store {
    /// The newest first.
    package func letters(_ query: LetterQuery) throws(StoreError) -> [StoredLetter] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM letter
                    WHERE id < ?1 AND channel = ifnull(?2, channel) AND state = ifnull(?3, state)
                    ORDER BY id DESC LIMIT ?4
                    """,
                arguments: [
                    query.before ?? .max, query.channel, query.state, min(max(query.limit, 1), 1000),
                ]
            ).map(StoredLetter.init)
        }
    }

    /// All that wait, the oldest first.
    package func waitingLetters() throws(StoreError) -> [StoredLetter] {
        try read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM letter WHERE state = 'waiting' ORDER BY id")
                .map(StoredLetter.init)
        }
    }

    /// The id of the newest letter that there ever was; 0 before the first.
    package func newestLetter() throws(StoreError) -> Int64 {
        try read { database in
            try Int64.fetchOne(database, sql: "SELECT max(seq) FROM sqlite_sequence WHERE name = 'letter'") ?? 0
        }
    }

    /// The JSON of all matters, by subscription and key.
    package func matters() throws(StoreError) -> [String] {
        try read { database in
            try String.fetchAll(database, sql: "SELECT body FROM matter ORDER BY subscription, key")
        }
    }
}

extension StoredLetter {
    fileprivate init(_ row: Row) {
        let attempted: Int64? = row["attempted"]
        self.init(
            id: row["id"], at: Instant(nanoseconds: row["at"]), channel: row["channel"], state: row["state"],
            attempts: row["attempts"], attemptedAt: attempted.map { Instant(nanoseconds: $0) }, words: row["words"],
            body: row["body"])
    }
}
