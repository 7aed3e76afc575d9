import GRDB

/// The tables, as a row of steps from the first version on. A step that was released never changes.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { try $0.execute(sql: first) }
        migrator.registerMigration("2") { try $0.execute(sql: accounts) }
        migrator.registerMigration("notices") { try $0.execute(sql: notices) }
        migrator.registerMigration("revisions") { try $0.execute(sql: revisions) }
        return migrator
    }

    /// Every table and index as it was made, and all that does not belong there; what only a backup has left out.
    static func shape(_ database: Database) throws -> [String] {
        try String.fetchAll(
            database,
            sql: """
                SELECT type || ' ' || name || ' ' || sql FROM sqlite_master
                WHERE name NOT LIKE 'sqlite_%' AND name NOT IN ('grdb_migrations', '\(SealedFiles.table)') ORDER BY 1
                """)
    }

    /// The same of a store that has just been made.
    static func shape() throws -> [String] {
        let fresh = try DatabaseQueue()
        try migrator.migrate(fresh)
        return try fresh.read(shape)
    }

    /// Times are nanoseconds since 1970. What is open-ended is JSON.
    private static let first = """
        CREATE TABLE revision (
            number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, author TEXT NOT NULL,
            comment TEXT NOT NULL, origin TEXT NOT NULL, document TEXT NOT NULL
        ) STRICT;
        CREATE TABLE scheme (
            name TEXT PRIMARY KEY, generation INTEGER NOT NULL, at INTEGER NOT NULL, answer TEXT NOT NULL,
            addresses TEXT NOT NULL, ttl INTEGER NOT NULL, active TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE indicator (
            name TEXT PRIMARY KEY, state TEXT NOT NULL, since INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE override (
            id INTEGER PRIMARY KEY AUTOINCREMENT, subject TEXT NOT NULL UNIQUE, action TEXT NOT NULL,
            argument TEXT NOT NULL, author TEXT NOT NULL, reason TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER
        ) STRICT;
        CREATE TABLE event (
            id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL, scheme TEXT,
            indicator TEXT, tone TEXT NOT NULL, text TEXT NOT NULL, addresses TEXT, generation INTEGER,
            explanation TEXT
        ) STRICT;
        CREATE INDEX event_at ON event(at);
        CREATE INDEX event_scheme ON event(scheme, id) WHERE scheme IS NOT NULL;
        CREATE INDEX event_indicator ON event(indicator, id) WHERE indicator IS NOT NULL;
        CREATE TABLE note (
            key TEXT PRIMARY KEY, value TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    /// People, how they prove who they are, and what they did. Sessions and tokens are known by a hash only.
    private static let accounts = """
        CREATE TABLE user (
            name TEXT PRIMARY KEY, password TEXT NOT NULL, totp BLOB, created INTEGER NOT NULL,
            disabled INTEGER NOT NULL DEFAULT 0
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE membership (
            user TEXT NOT NULL REFERENCES user(name) ON DELETE CASCADE, project TEXT NOT NULL, role TEXT NOT NULL,
            PRIMARY KEY (user, project)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE session (
            hash TEXT PRIMARY KEY, user TEXT NOT NULL REFERENCES user(name) ON DELETE CASCADE, csrf TEXT NOT NULL,
            created INTEGER NOT NULL, expires INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE token (
            id INTEGER PRIMARY KEY AUTOINCREMENT, hash TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
            user TEXT NOT NULL REFERENCES user(name) ON DELETE CASCADE, project TEXT NOT NULL, role TEXT NOT NULL,
            created INTEGER NOT NULL, expires INTEGER, used INTEGER
        ) STRICT;
        CREATE TABLE audit (
            id INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, origin TEXT NOT NULL,
            action TEXT NOT NULL, target TEXT NOT NULL, detail TEXT NOT NULL, seal TEXT NOT NULL
        ) STRICT;
        CREATE TABLE secret (
            name TEXT PRIMARY KEY, sealed BLOB NOT NULL, at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    /// What people are told: letters on their way, the newest of those that have arrived, and how each matter stands
    /// with each subscription.
    private static let notices = """
        CREATE TABLE letter (
            id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, channel TEXT NOT NULL, state TEXT NOT NULL,
            attempts INTEGER NOT NULL, attempted INTEGER, words TEXT NOT NULL, body TEXT NOT NULL
        ) STRICT;
        CREATE INDEX letter_state ON letter(state, id);
        CREATE INDEX letter_channel ON letter(channel, id);
        CREATE TABLE matter (
            subscription TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,
            PRIMARY KEY (subscription, key)
        ) STRICT, WITHOUT ROWID;
        """

    /// What belongs to a revision beside the file's text, and what was answered to requests that may come twice.
    private static let revisions = """
        ALTER TABLE revision ADD COLUMN managed TEXT NOT NULL DEFAULT '';
        ALTER TABLE revision ADD COLUMN effects TEXT NOT NULL DEFAULT '[]';
        ALTER TABLE revision ADD COLUMN secrets BLOB;
        CREATE TABLE reply (
            actor TEXT NOT NULL, key TEXT NOT NULL, request TEXT NOT NULL, status INTEGER NOT NULL,
            headers TEXT NOT NULL, body TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (actor, key)
        ) STRICT, WITHOUT ROWID;
        """
}
