import Crypto
import Failover
import Foundation
import Storage
import Synchronization

/// People and programs: who they are, how they prove it, and what they may do.
///
///     password (+ code) ─► session ─┐
///     token ────────────────────────┼─► Identity ─► may(role, in: project)
///     the data folder's own token ──┘
package final class Accounts: Sendable {
    let store: Store
    let box: SecretBox
    private let cost: PasswordCost
    private let now: @Sendable () -> Instant
    private let limiter = Mutex(AttemptLimiter())
    /// Hash of the one-time link's secret, while there is no account.
    private let invitation: Mutex<String?>
    private let localToken: String
    private let folder: String
    /// Codes that were used, so that none counts twice: the newest period of each user.
    private let usedCodes = Mutex<[String: Int64]>([:])
    private let hashing = HashingQueue()

    /// How long a session lasts without its owner logging in again.
    package static let sessionLength = Duration.seconds(12 * 3600)

    /// - Parameters:
    ///   - folder: where the key lies, and the token by which commands on this machine prove themselves.
    ///   - cost: of the passwords that are set from now on.
    package init(
        store: Store, folder: String, cost: PasswordCost = .full, now: @escaping @Sendable () -> Instant
    ) throws(AccountsError) {
        self.store = store
        self.cost = cost
        self.folder = folder
        self.now = now
        box = try SecretBox.open(folder: folder)
        localToken =
            Data(
                HMAC<SHA256>.authenticationCode(for: Data("local".utf8), using: box.derivedKey(for: "local token"))
            ).base64URL
        invitation = Mutex(nil)
        let path = Self.localTokenPath(in: folder)
        try? FileManager.default.removeItem(atPath: path)
        guard
            FileManager.default.createFile(
                atPath: path, contents: Data((localToken + "\n").utf8), attributes: [.posixPermissions: 0o600])
        else { throw .badKey("\(path) cannot be written") }
        store.sealAudit(by: AuditChain(box: box))
        try finishSecrets()
    }

    /// The file that whoever runs commands on this machine must be able to read.
    package static func localTokenPath(in folder: String) -> String {
        (folder as NSString).appendingPathComponent("local.token")
    }

    /// Providers' keys and passwords, in the same data folder.
    package func sealedSecrets() throws(AccountsError) -> SealedSecrets { try SealedSecrets(dataFolder: folder) }

    // MARK: The first account

    package var hasAccounts: Bool {
        get throws(AccountsError) { try stored { () throws(StoreError) in try !store.users().isEmpty } }
    }

    /// A secret that makes the first account, once; nil if there are accounts already. An earlier one is void.
    package func invite() throws(AccountsError) -> String? {
        if try hasAccounts { return nil }
        let secret = Secret.make()
        invitation.withLock { $0 = Secret.hash(secret) }
        return secret
    }

    package func isInvited(_ secret: String) -> Bool { invitation.withLock { $0 == Secret.hash(secret) } }

    /// Makes the first account, an admin of everything, and ends the invitation.
    package func acceptInvitation(
        _ secret: String, name: String, password: String, from origin: String = "local"
    ) async throws(AccountsError) {
        guard isInvited(secret) else { throw .wrongInvitation }
        let user = try await makeUser(name: name, password: password, roles: ["*": .admin])
        do {
            try await store.add(user, onlyFirst: true, noting: entry("account.first", name, by: name, from: origin))
        } catch .exists {
            throw .wrongInvitation
        } catch {
            throw .store(error)
        }
        invitation.withLock { $0 = nil }
    }

    // MARK: People

    package func users() throws(AccountsError) -> [StoredUser] {
        try stored { () throws(StoreError) in try store.users() }
    }

    /// - Parameter entry: what the audit log says of it, written with it or not at all; so too below.
    package func add(
        name: String, password: String, roles: [String: Role], noting entry: AuditEntry? = nil
    ) async throws(AccountsError) {
        let user = try await makeUser(name: name, password: password, roles: roles)
        try await storedLater { () async throws(StoreError) in try await store.add(user, noting: entry) }
    }

    /// Changes whatever is not nil. A new password ends all sessions.
    package func update(
        _ name: String, password: String? = nil, roles: [String: Role]? = nil, isDisabled: Bool? = nil,
        noting entry: AuditEntry? = nil
    ) async throws(AccountsError) {
        var hash: String?
        if let password {
            if let weakness = Password.weakness(password, of: name) { throw .weakPassword(weakness) }
            hash = await hashing.run { Password.hash(password, at: cost) }
        }
        let newHash = hash
        try await storedLater { () async throws(StoreError) in
            try await store.update(name, endsSessions: newHash != nil, noting: entry, rule: Self.leavesAdmin) { user in
                if let newHash { user.password = newHash }
                if let roles { user.roles = roles.mapValues(\.rawValue) }
                if let isDisabled { user.isDisabled = isDisabled }
            }
        }
    }

    /// Gives somebody a role in one project, or with nil takes it away; other roles stay.
    package func setRole(
        _ role: Role?, of name: String, in project: String, noting entry: AuditEntry? = nil
    ) async throws(AccountsError) {
        try await storedLater { () async throws(StoreError) in
            try await store.setRole(
                role?.rawValue, of: name, in: project, noting: entry, rule: Self.leavesAdmin)
        }
    }

    package func remove(_ name: String, noting entry: AuditEntry? = nil) async throws(AccountsError) {
        try await storedLater { () async throws(StoreError) in
            try await store.removeUser(name, noting: entry, rule: Self.leavesAdmin)
        }
    }

    /// Where there is an admin, one must be left. Where there is none, nothing gets worse.
    private static let leavesAdmin: Store.UserRule = { before, after in
        after.contains(where: isAdmin) || !before.contains(where: isAdmin)
    }

    private static func isAdmin(_ user: StoredUser) -> Bool {
        !user.isDisabled && user.roles["*"] == Role.admin.rawValue
    }

    private func makeUser(
        name: String, password: String, roles: [String: Role]
    ) async throws(AccountsError) -> StoredUser {
        let allowed = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "._-@"))
        guard (1...64).contains(name.count), name.unicodeScalars.allSatisfy(allowed.contains) else {
            throw .badName(name)
        }
        if let weakness = Password.weakness(password, of: name) { throw .weakPassword(weakness) }
        let hash = await hashing.run { Password.hash(password, at: cost) }
        return StoredUser(name: name, password: hash, created: now(), roles: roles.mapValues(\.rawValue))
    }

    // MARK: Logging in

    /// A session's secret, for the cookie.
    package func logIn(
        name: String, password: String, code: String? = nil, from address: String
    ) async throws(AccountsError) -> String {
        let keys = ["name:\(name)", "address:\(address)"]
        let instant = now()
        if let seconds = limiter.withLock({ $0.wait(for: keys, at: instant) }) {
            throw .tooManyAttempts(seconds: seconds)
        }
        let user = try stored { () throws(StoreError) in try store.user(name) }
        let isRight = await hashing.run {
            guard let user, password.utf8.count <= 1000 else {
                Password.waste("", at: cost)
                return false
            }
            return Password.verify(password, against: user.password)
        }
        guard isRight, let user, !user.isDisabled else {
            limiter.withLock { $0.fail(keys, at: instant) }
            try await record("login.failed", name, by: name, from: address)
            throw .wrongCredentials
        }
        if let sealed = user.totp {
            guard let code, !code.isEmpty else { throw .codeWanted }
            guard accept(code, sealed: sealed, of: name) else {
                limiter.withLock { $0.fail(keys, at: instant) }
                try await record("login.failed", name, by: name, from: address)
                throw .wrongCredentials
            }
        }
        limiter.withLock { $0.succeed(keys) }
        let secret = Secret.make()
        let session = StoredSession(
            hash: Secret.hash(secret), user: name, csrf: Secret.make(), created: instant,
            expires: instant + Self.sessionLength)
        let entry = entry("login", name, by: name, from: address)
        try await storedLater { () async throws(StoreError) in try await store.add(session, noting: entry) }
        return secret
    }

    package func logOut(_ identity: Identity) async throws(AccountsError) {
        guard case .session(let hash, _) = identity.proof else { return }
        try await storedLater { () async throws(StoreError) in try await store.removeSession(hash: hash) }
    }

    private func accept(_ code: String, sealed: Data, of name: String) -> Bool {
        guard let secret = box.open(sealed, as: "totp:\(name)"),
            let period = OneTimeCode.period(of: code, secret: secret, at: now().nanoseconds / 1_000_000_000)
        else { return false }
        return usedCodes.withLock { used in
            guard used[name].map({ period > $0 }) ?? true else { return false }
            used[name] = period
            return true
        }
    }

    /// A new secret for a second factor, not in force yet: base32, for an authenticator app.
    package func makeSecondFactor() -> String { OneTimeCode.base32(Data(SystemRandomNumberGenerator.bytes(20))) }

    /// Puts a second factor into force once its owner has shown a code of it.
    ///
    /// - Throws: `.wrongCredentials` if it is not this secret's code, `.store(.exists)` if there is a second factor.
    package func setSecondFactor(
        _ secret: String, code: String, of name: String, noting entry: AuditEntry? = nil
    ) async throws(AccountsError) {
        guard let data = Data(base32: secret), data.count >= 16,
            OneTimeCode.period(of: code, secret: data, at: now().nanoseconds / 1_000_000_000) != nil
        else { throw .wrongCredentials }
        if try stored({ () throws(StoreError) in try store.user(name) })?.totp != nil {
            throw .store(.exists("a second factor of \(name)"))
        }
        let sealed = box.seal(data, as: "totp:\(name)")
        try await storedLater { () async throws(StoreError) in
            try await store.update(name, noting: entry) { $0.totp = sealed }
        }
    }

    /// Takes a second factor away: by its owner with a code of it, or with nil by an admin.
    ///
    /// - Throws: `.wrongCredentials`, `.tooManyAttempts`, or `.store(.notFound)` if there is none.
    package func removeSecondFactor(
        of name: String, code: String?, noting entry: AuditEntry? = nil
    ) async throws(AccountsError) {
        guard let sealed = try stored({ () throws(StoreError) in try store.user(name) })?.totp else {
            throw .store(.notFound("second factor of \(name)"))
        }
        if let code { try await prove(name) { accept(code, sealed: sealed, of: name) } }
        try await storedLater { () async throws(StoreError) in
            try await store.update(name, noting: entry) { $0.totp = nil }
        }
    }

    /// Changes one's own password; all sessions end.
    ///
    /// - Throws: `.wrongCredentials` if `old` is not the present one, `.tooManyAttempts`, `.weakPassword`.
    package func changePassword(
        of name: String, from old: String, to new: String, noting entry: AuditEntry? = nil
    ) async throws(AccountsError) {
        let user = try stored { () throws(StoreError) in try store.user(name) }
        try await prove(name) {
            await hashing.run {
                guard let user, old.utf8.count <= 1000 else { return false }
                return Password.verify(old, against: user.password)
            }
        }
        try await update(name, password: new, noting: entry)
    }

    /// Slows down whoever guesses while they are logged in as somebody.
    private func prove(_ name: String, _ isRight: () async -> Bool) async throws(AccountsError) {
        let (keys, instant) = (["name:\(name)"], now())
        if let seconds = limiter.withLock({ $0.wait(for: keys, at: instant) }) {
            throw .tooManyAttempts(seconds: seconds)
        }
        guard await isRight() else {
            limiter.withLock { $0.fail(keys, at: instant) }
            throw .wrongCredentials
        }
    }

    // MARK: Proofs

    /// Who holds this session's secret; nil if nobody does any more.
    package func identity(session secret: String) throws(AccountsError) -> Identity? {
        guard let session = try stored({ () throws(StoreError) in try store.session(hash: Secret.hash(secret)) }),
            session.expires > now(), let user = try stored({ () throws(StoreError) in try store.user(session.user) }),
            !user.isDisabled
        else { return nil }
        return Identity(
            name: user.name, proof: .session(hash: session.hash, csrf: session.csrf),
            roles: user.roles.compactMapValues { Role(rawValue: $0) })
    }

    /// Who holds this token: never more than its owner may by now.
    package func identity(token secret: String) throws(AccountsError) -> Identity? {
        if constantTimeEqual(Data(secret.utf8), Data(localToken.utf8)) {
            return Identity(name: "local", proof: .local, roles: ["*": .admin])
        }
        guard let token = try stored({ () throws(StoreError) in try store.token(hash: Secret.hash(secret)) }),
            token.expires.map({ $0 > now() }) ?? true,
            let user = try stored({ () throws(StoreError) in try store.user(token.user) }), !user.isDisabled,
            let role = Role(rawValue: token.role)
        else { return nil }
        let owner = Identity(
            name: user.name, proof: .local, roles: user.roles.compactMapValues { Role(rawValue: $0) })
        let highest = Role.allCases.last { owner.may($0, in: token.project == "*" ? nil : token.project) }
        guard let highest else { return nil }
        return Identity(
            name: "\(user.name)/\(token.name)", proof: .token(id: token.id), roles: [token.project: min(role, highest)])
    }

    // MARK: Tokens

    /// Makes a token; its secret is told this once.
    package func makeToken(
        name: String, for user: String, role: Role, project: String, expires: Instant?,
        noting entry: AuditEntry? = nil
    ) async throws(AccountsError) -> (id: Int64, secret: String) {
        let secret = Secret.make(prefix: "nl_")
        let token = StoredToken(
            hash: Secret.hash(secret), name: name, user: user, project: project, role: role.rawValue, created: now(),
            expires: expires)
        let stored = try await storedLater { () async throws(StoreError) in try await store.add(token, noting: entry) }
        return (stored.id, secret)
    }

    package func tokens() throws(AccountsError) -> [StoredToken] {
        try stored { () throws(StoreError) in try store.tokens() }
    }

    package func removeToken(_ id: Int64, noting entry: AuditEntry? = nil) async throws(AccountsError) {
        try await storedLater { () async throws(StoreError) in try await store.removeToken(id, noting: entry) }
    }

    // MARK: -

    func stored<Value>(_ body: () throws(StoreError) -> Value) throws(AccountsError) -> Value {
        do { return try body() } catch { throw .store(error) }
    }

    @discardableResult
    func storedLater<Value>(_ body: () async throws(StoreError) -> Value) async throws(AccountsError) -> Value {
        do {
            return try await body()
        } catch .forbidden {
            throw .lastAdmin
        } catch {
            throw .store(error)
        }
    }

    // MARK: Requests that may come twice

    /// What was answered to the request that carried this key; nil if none did within a day.
    package func reply(to key: String, of actor: String) throws(AccountsError) -> StoredReply? {
        let reply = try stored { () throws(StoreError) in try store.reply(to: key, of: actor) }
        return reply.flatMap { now() - $0.at < Store.replyLife ? $0 : nil }
    }

    package func keep(_ reply: StoredReply) async throws(AccountsError) {
        var reply = reply
        reply.at = now()
        let kept = reply
        try await storedLater { () async throws(StoreError) in try await store.keep(kept) }
    }

    var instant: Instant { now() }
}

/// Runs what takes a tenth of a second and 32 MiB one after the other, so that a flood of logins cannot take more.
actor HashingQueue {
    func run<Value: Sendable>(_ body: @Sendable () -> Value) -> Value { body() }
}

extension Data {
    /// Base32 (RFC 4648 §6), padding and spaces ignored; nil if another character is in it.
    init?(base32 text: String) {
        var value = 0
        var bits = 0
        var data = Data()
        for character in text.uppercased() where character != "=" && character != " " {
            guard let index = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".firstIndex(of: character) else { return nil }
            value =
                value << 5
                | "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".distance(
                    from: "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".startIndex, to: index)
            bits += 5
            if bits >= 8 {
                bits -= 8
                data.append(UInt8(value >> bits & 255))
                value &= (1 << bits) - 1
            }
        }
        self = data
    }
}
