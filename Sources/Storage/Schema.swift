import GRDB

/// The tables, as a row of steps from the first version on. A step that was released never changes.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { try $0.execute(sql: first) }
        return migrator
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
        CREATE TABLE zone (
            apex TEXT PRIMARY KEY, serial INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE note (
            key TEXT PRIMARY KEY, value TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        """
}
