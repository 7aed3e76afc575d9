import Failover
import Foundation
import GRDB

/// A person as the store keeps one.
package struct StoredUser: Hashable, Sendable {
    package var name: String
    /// The password's hash with its parameters; never the password.
    package var password: String
    /// The sealed secret of a second factor; nil without one.
    package var totp: Data?
    package var created: Instant
    package var isDisabled: Bool
    /// Role by project; `*` is every project.
    package var roles: [String: String]

    package init(
        name: String, password: String, totp: Data? = nil, created: Instant, isDisabled: Bool = false,
        roles: [String: String]
    ) {
        self.name = name
        self.password = password
        self.totp = totp
        self.created = created
        self.isDisabled = isDisabled
        self.roles = roles
    }
}

package struct StoredSession: Hashable, Sendable {
    package var hash: String
    package var user: String
    package var csrf: String
    package var created: Instant
    package var expires: Instant

    package init(hash: String, user: String, csrf: String, created: Instant, expires: Instant) {
        self.hash = hash
        self.user = user
        self.csrf = csrf
        self.created = created
        self.expires = expires
    }
}

package struct StoredToken: Hashable, Sendable {
    /// 0 before it is stored.
    package var id: Int64
    package var hash: String
    package var name: String
    package var user: String
    package var project: String
    package var role: String
    package var created: Instant
    package var expires: Instant?

    package init(
        id: Int64 = 0, hash: String, name: String, user: String, project: String, role: String, created: Instant,
        expires: Instant?
    ) {
        self.id = id
        self.hash = hash
        self.name = name
        self.user = user
        self.project = project
        self.role = role
        self.created = created
        self.expires = expires
    }
}

extension Store {
    // MARK: Users

    package func users() throws(StoreError) -> [StoredUser] {
        try read { try Self.users($0) }
    }

    package func user(_ name: String) throws(StoreError) -> StoredUser? {
        try read { try Self.users($0, named: name).first }
    }

    /// - Throws: `.exists` if there is a user of that name, or with `onlyFirst` any user at all.
    package func add(
        _ user: StoredUser, onlyFirst: Bool = false, noting entry: AuditEntry? = nil
    ) async throws(StoreError) {
        try await write(noting: entry) { database in
            let condition = onlyFirst ? "1" : "name = ?"
            let arguments: StatementArguments = onlyFirst ? [] : [user.name]
            if try Bool.fetchOne(
                database, sql: "SELECT EXISTS (SELECT 1 FROM user WHERE \(condition))", arguments: arguments) == true
            {
                throw StoreError.exists("user \(user.name)")
            }
            try Self.put(user, in: database)
        }
    }

    /// Changes a user as it is at that moment, so that nothing that somebody else has changed meanwhile is lost.
    ///
    /// - Parameter endsSessions: whether its owner has to log in again, as when it is disabled.
    /// - Throws: `.notFound` if there is no user of that name, `.forbidden` if `rule` says no.
    package func update(
        _ name: String, endsSessions: Bool = false, noting entry: AuditEntry? = nil,
        rule: @escaping UserRule = { _, _ in true }, change: @escaping @Sendable (inout StoredUser) -> Void
    ) async throws(StoreError) {
        try await write(noting: entry) { database in
            try Self.apply(rule, in: database) {
                guard var user = try Self.users(database, named: name).first else {
                    throw StoreError.notFound("user \(name)")
                }
                change(&user)
                try Self.put(user, in: database)
                if endsSessions || user.isDisabled {
                    try database.run("DELETE FROM session WHERE user = ?", [name])
                }
            }
        }
    }

    /// Gives a user a role in one project (`*`: in every), or with nil takes it away; other roles stay.
    ///
    /// - Throws: `.notFound` if there is no user of that name, or no role to be taken away, `.forbidden` if `rule` says no.
    package func setRole(
        _ role: String?, of user: String, in project: String, noting entry: AuditEntry? = nil,
        rule: @escaping UserRule = { _, _ in true }
    ) async throws(StoreError) {
        try await write(noting: entry) { database in
            try Self.apply(rule, in: database) {
                guard try !Self.users(database, named: user).isEmpty else {
                    throw StoreError.notFound("user \(user)")
                }
                try database.run("DELETE FROM membership WHERE user = ? AND project = ?", [user, project])
                if let role {
                    try database.run("INSERT INTO membership VALUES (?, ?, ?)", [user, project, role])
                } else if database.changesCount == 0 {
                    throw StoreError.notFound("role of \(user) in \(project)")
                }
            }
        }
    }

    /// Removes a user with all sessions and tokens.
    ///
    /// - Throws: `.notFound` if there is no user of that name, `.forbidden` if `rule` says no.
    package func removeUser(
        _ name: String, noting entry: AuditEntry? = nil, rule: @escaping UserRule = { _, _ in true }
    ) async throws(StoreError) {
        try await write(noting: entry) { database in
            try Self.apply(rule, in: database) {
                try database.run("DELETE FROM user WHERE name = ?", [name])
                guard database.changesCount > 0 else { throw StoreError.notFound("user \(name)") }
            }
        }
    }

    /// Whether all users may become from what they were to what they would be.
    package typealias UserRule = @Sendable (_ before: [StoredUser], _ after: [StoredUser]) -> Bool

    private static func apply(_ rule: UserRule, in database: Database, to change: () throws -> Void) throws {
        let before = try users(database)
        try change()
        // What is thrown takes the change back.
        guard rule(before, try users(database)) else { throw StoreError.forbidden }
    }

    private static func put(_ user: StoredUser, in database: Database) throws {
        try database.run(
            """
            INSERT INTO user VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (name) DO UPDATE SET password = ?2, totp = ?3, disabled = ?5
            """,
            [user.name, user.password, user.totp, user.created.nanoseconds, user.isDisabled])
        try database.run("DELETE FROM membership WHERE user = ?", [user.name])
        for (project, role) in user.roles.sorted(by: { $0.key < $1.key }) {
            try database.run("INSERT INTO membership VALUES (?, ?, ?)", [user.name, project, role])
        }
    }

    /// By name: all, or the one.
    private static func users(_ database: Database, named name: String? = nil) throws -> [StoredUser] {
        try Row.fetchAll(
            database, sql: "SELECT * FROM user WHERE name = ifnull(?, name) ORDER BY name", arguments: [name]
        ).map { row in
            let name: String = row["name"]
            let roles = try Row.fetchAll(
                database, sql: "SELECT project, role FROM membership WHERE user = ?", arguments: [name])
            return StoredUser(
                name: name, password: row["password"], totp: row["totp"],
                created: Instant(nanoseconds: row["created"]), isDisabled: row["disabled"],
                roles: Dictionary(uniqueKeysWithValues: roles.map { ($0["project"], $0["role"]) }))
        }
    }

    // MARK: Sessions

    /// Adds a session, and forgets those that have expired.
    package func add(_ session: StoredSession, noting entry: AuditEntry? = nil) async throws(StoreError) {
        try await write(noting: entry) { database in
            try database.run("DELETE FROM session WHERE expires <= ?", [session.created.nanoseconds])
            try database.run(
                "INSERT INTO session VALUES (?, ?, ?, ?, ?)",
                [
                    session.hash, session.user, session.csrf, session.created.nanoseconds,
                    session.expires.nanoseconds,
                ])
        }
    }

    package func session(hash: String) throws(StoreError) -> StoredSession? {
        try read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM session WHERE hash = ?", arguments: [hash]).map { row in
                StoredSession(
                    hash: row["hash"], user: row["user"], csrf: row["csrf"],
                    created: Instant(nanoseconds: row["created"]), expires: Instant(nanoseconds: row["expires"]))
            }
        }
    }

    package func removeSession(hash: String) async throws(StoreError) {
        try await write { try $0.run("DELETE FROM session WHERE hash = ?", [hash]) }
    }

    // MARK: Tokens

    /// Adds a token; returns it with its id.
    package func add(_ token: StoredToken, noting entry: AuditEntry? = nil) async throws(StoreError) -> StoredToken {
        try await write(noting: entry) { database in
            try database.run(
                """
                INSERT INTO token (hash, name, user, project, role, created, expires) VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    token.hash, token.name, token.user, token.project, token.role, token.created.nanoseconds,
                    token.expires?.nanoseconds,
                ])
            var stored = token
            stored.id = database.lastInsertedRowID
            return stored
        }
    }

    package func token(hash: String) throws(StoreError) -> StoredToken? {
        try tokens(where: "hash = ?", [hash]).first
    }

    package func tokens() throws(StoreError) -> [StoredToken] { try tokens(where: "1", []) }

    private func tokens(where condition: String, _ arguments: StatementArguments) throws(StoreError) -> [StoredToken] {
        try read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM token WHERE \(condition) ORDER BY id", arguments: arguments
            ).map { row in
                let expires: Int64? = row["expires"]
                return StoredToken(
                    id: row["id"], hash: row["hash"], name: row["name"], user: row["user"], project: row["project"],
                    role: row["role"], created: Instant(nanoseconds: row["created"]),
                    expires: expires.map { Instant(nanoseconds: $0) })
            }
        }
    }

    package func removeToken(_ id: Int64, noting entry: AuditEntry? = nil) async throws(StoreError) {
        try await write(noting: entry) { database in
            try database.run("DELETE FROM token WHERE id = ?", [id])
            guard database.changesCount > 0 else { throw StoreError.notFound("token \(id)") }
        }
    }
}
