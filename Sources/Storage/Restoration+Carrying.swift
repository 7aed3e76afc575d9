import GRDB

/// What a restore takes over from the store that was there.
///
/// A backup brings back what people have decided. What the server has seen of the world since then is still true, and
/// numbers that others have been given are not given a second time.
extension Restoration {
    /// - Parameter present: the path of the backup that `keepPresent` has made.
    package func carry(from present: String) async throws(StoreError) {
        try await draft.writeAlone { database in
            try database.execute(sql: "ATTACH DATABASE ? AS present", arguments: [present])
            defer { try? database.execute(sql: "DETACH DATABASE present") }
            try database.inTransaction {
                for step in Self.steps { try database.execute(sql: step) }
                return .commit
            }
        }
    }

    private static let steps = [
        // How servers are, and what clients have reported.
        "INSERT OR REPLACE INTO indicator SELECT * FROM present.indicator",
        """
        INSERT OR REPLACE INTO note SELECT * FROM present.note
        WHERE key LIKE 'report:%' OR key = 'configuration.seen'
        """,
        // What people were told, and still are to be.
        "DELETE FROM letter", "INSERT INTO letter SELECT * FROM present.letter",
        "DELETE FROM matter", "INSERT INTO matter SELECT * FROM present.matter",
        // What has happened since, if it is the same server's.
        """
        INSERT OR IGNORE INTO event SELECT * FROM present.event
        WHERE id > (SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'event')
            AND EXISTS (SELECT 1 FROM revision JOIN present.revision AS other USING (number, at, document)
                WHERE number = 1)
        """,
        // A session that was ended stays ended; whoever is logged in stays so, while the password is the same.
        "DELETE FROM session",
        """
        INSERT INTO session SELECT other.* FROM present.session AS other
        JOIN user ON user.name = other.user JOIN present.user AS owner ON owner.name = other.user
        WHERE user.password = owner.password AND NOT user.disabled
        """,
        // Numbers go up.
        """
        UPDATE scheme SET generation = max(generation, ifnull(
            (SELECT other.generation + 1 FROM present.scheme AS other WHERE other.name = scheme.name), 0))
        """,
        """
        UPDATE sqlite_sequence SET seq = max(seq, ifnull(
            (SELECT max(other.seq) FROM present.sqlite_sequence AS other WHERE other.name = sqlite_sequence.name), 0))
        """,
        """
        INSERT INTO sqlite_sequence SELECT other.name, other.seq FROM present.sqlite_sequence AS other
        WHERE other.name NOT IN (SELECT name FROM sqlite_sequence)
        """,
    ]
}
