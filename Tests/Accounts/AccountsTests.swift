import Failover
import Foundation
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Accounts

/// Accounts in a folder of their own, with a clock that the test sets.
private final class House: Sendable {
    let folder: TemporaryFolder
    let store: Store
    let accounts: Accounts

    init() throws {
        folder = try TemporaryFolder()
        store = try Store(folder: folder.path)
        let now = Box()
        accounts = try Accounts(store: store, folder: folder.path, cost: .none) { now.instant }
        box = now
    }

    private let box: Box
    deinit { folder.remove() }

    func advance(_ seconds: Double) { box.advance(seconds) }

    final class Box: Sendable {
        private let seconds = Mutex(1_000_000.0)
        var instant: Instant { Instant(seconds: seconds.withLock { $0 }) }
        func advance(_ more: Double) { seconds.withLock { $0 += more } }
    }

    /// With an admin ann.
    static func withAnn() async throws -> House {
        let house = try House()
        let invitation = try #require(try house.accounts.invite())
        try await house.accounts.acceptInvitation(invitation, name: "ann", password: goodPassword)
        return house
    }
}

private let goodPassword = "correct horse battery"

@Suite struct AccountsTests {
    @Test func `a password costs scrypt's N = 2^15 and r = 8, unless less is asked for`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let store = try Store(folder: folder.path)
        let accounts = try Accounts(store: store, folder: folder.path) { .epoch }
        try await accounts.add(name: "ann", password: goodPassword, roles: [:])
        let kept = try #require(try store.user("ann")?.password)
        #expect(kept.hasPrefix("scrypt$15$8$1$"))
        #expect(Password.verify(goodPassword, against: kept) && !Password.verify("another one", against: kept))
        await store.close()
    }

    @Test func `the one-time link makes one account, an admin, and then none any more`() async throws {
        let house = try House()
        let first = try #require(try house.accounts.invite())
        let second = try #require(try house.accounts.invite())
        await #expect(throws: AccountsError.wrongInvitation) {
            try await house.accounts.acceptInvitation(first, name: "eve", password: goodPassword)
        }
        try await house.accounts.acceptInvitation(second, name: "ann", password: goodPassword)
        #expect(try house.accounts.users().map(\.roles) == [["*": "admin"]])
        await #expect(throws: AccountsError.wrongInvitation) {
            try await house.accounts.acceptInvitation(second, name: "eve", password: goodPassword)
        }
        #expect(try house.accounts.invite() == nil)
    }

    @Test(
        "a poor password is refused with its reason",
        arguments: [
            ("short", "too short"), ("annannannann", "fewer than 4"), (String(repeating: "aé", count: 900), "too long"),
        ])
    func weakPasswords(password: String, why: String) async throws {
        let house = try House()
        let invitation = try #require(try house.accounts.invite())
        do {
            try await house.accounts.acceptInvitation(invitation, name: "ann", password: password)
            Issue.record("\(password) was taken")
        } catch {
            #expect("\(error)".contains(why))
        }
    }

    @Test func `who knows the password gets a session, until it ends or its owner leaves`() async throws {
        let house = try await House.withAnn()
        let secret = try await house.accounts.logIn(name: "ann", password: goodPassword, from: "127.0.0.1")
        let identity = try #require(try house.accounts.identity(session: secret))
        #expect(identity.name == "ann")
        #expect(identity.may(.admin))
        #expect(try house.accounts.identity(session: secret + "x") == nil)
        let dump = try Data(contentsOf: URL(fileURLWithPath: house.store.path))
        #expect(dump.range(of: Data(secret.utf8)) == nil, "the store knows the secret's hash only")
        house.advance(12 * 3600 + 1)
        #expect(try house.accounts.identity(session: secret) == nil)
        let next = try await house.accounts.logIn(name: "ann", password: goodPassword, from: "127.0.0.1")
        try await house.accounts.logOut(try #require(try house.accounts.identity(session: next)))
        #expect(try house.accounts.identity(session: next) == nil)
    }

    @Test func `guessing is slowed down for the name and for the address, and the wait ends`() async throws {
        let house = try await House.withAnn()
        for _ in 0..<5 {
            await #expect(throws: AccountsError.wrongCredentials) {
                _ = try await house.accounts.logIn(name: "ann", password: "wrong password", from: "192.0.2.1")
            }
        }
        await #expect(throws: AccountsError.tooManyAttempts(seconds: 2)) {
            _ = try await house.accounts.logIn(name: "ann", password: goodPassword, from: "192.0.2.2")
        }
        await #expect(throws: AccountsError.tooManyAttempts(seconds: 2)) {
            _ = try await house.accounts.logIn(name: "bob", password: goodPassword, from: "192.0.2.1")
        }
        house.advance(2)
        _ = try await house.accounts.logIn(name: "ann", password: goodPassword, from: "192.0.2.1")
    }

    @Test func `a second factor is wanted once it is set, and no code counts twice`() async throws {
        let house = try await House.withAnn()
        let secret = house.accounts.makeSecondFactor()
        let data = try #require(Data(base32: secret))
        func code() -> String {
            OneTimeCode.code(secret: data, counter: house.accounts.instant.nanoseconds / 30_000_000_000)
        }
        await #expect(throws: AccountsError.wrongCredentials) {
            try await house.accounts.setSecondFactor(secret, code: "000000", of: "ann")
        }
        try await house.accounts.setSecondFactor(secret, code: code(), of: "ann")
        await #expect(throws: AccountsError.codeWanted) {
            _ = try await house.accounts.logIn(name: "ann", password: goodPassword, from: "::1")
        }
        _ = try await house.accounts.logIn(name: "ann", password: goodPassword, code: code(), from: "::1")
        await #expect(throws: AccountsError.wrongCredentials) {
            _ = try await house.accounts.logIn(name: "ann", password: goodPassword, code: code(), from: "::1")
        }
        house.advance(30)
        _ = try await house.accounts.logIn(name: "ann", password: goodPassword, code: code(), from: "::1")
        // It is not exchanged for another one, nor taken away, by whoever has found a session left open.
        await #expect(throws: AccountsError.store(.exists("a second factor of ann"))) {
            try await house.accounts.setSecondFactor(secret, code: code(), of: "ann")
        }
        await #expect(throws: AccountsError.wrongCredentials) {
            try await house.accounts.removeSecondFactor(of: "ann", code: code())
        }
        house.advance(30)
        try await house.accounts.removeSecondFactor(of: "ann", code: code())
        _ = try await house.accounts.logIn(name: "ann", password: goodPassword, from: "::1")
        await #expect(throws: AccountsError.store(.notFound("second factor of ann"))) {
            try await house.accounts.removeSecondFactor(of: "ann", code: nil)
        }
    }

    @Test func `a password is changed by who knows the old one, guessing is slowed down, and sessions end`()
        async throws
    {
        let house = try await House.withAnn()
        let session = try await house.accounts.logIn(name: "ann", password: goodPassword, from: "::1")
        for _ in 0..<5 {
            await #expect(throws: AccountsError.wrongCredentials) {
                try await house.accounts.changePassword(of: "ann", from: "wrong password", to: goodPassword + "!")
            }
        }
        await #expect(throws: AccountsError.tooManyAttempts(seconds: 2)) {
            try await house.accounts.changePassword(of: "ann", from: goodPassword, to: goodPassword + "!")
        }
        house.advance(2)
        #expect(try house.accounts.identity(session: session) != nil)
        try await house.accounts.changePassword(of: "ann", from: goodPassword, to: goodPassword + "!")
        #expect(try house.accounts.identity(session: session) == nil)
        _ = try await house.accounts.logIn(name: "ann", password: goodPassword + "!", from: "::1")
    }

    @Test(
        "one-time codes are those of RFC 6238 Appendix B",
        arguments: [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] as [(Int64, String)])
    func oneTimeCodes(seconds: Int64, code: String) {
        #expect(OneTimeCode.code(secret: Data("12345678901234567890".utf8), counter: seconds / 30) == code)
        #expect(OneTimeCode.base32(Data("foobar".utf8)) == "MZXW6YTBOI", "RFC 4648 §10")
    }

    @Test func `a token never allows more than its owner may, and ends with its time and its owner`() async throws {
        let house = try await House.withAnn()
        try await house.accounts.add(name: "bob", password: goodPassword, roles: ["cats": .operator])
        let (_, wide) = try await house.accounts.makeToken(
            name: "ci", for: "bob", role: .admin, project: "cats", expires: house.accounts.instant + .seconds(60))
        let identity = try #require(try house.accounts.identity(token: wide))
        #expect(identity.may(.operator, in: "cats"))
        #expect(!identity.may(.admin, in: "cats"))
        #expect(!identity.may(.viewer, in: "dogs"))
        #expect(!identity.may(.viewer))
        house.advance(61)
        #expect(try house.accounts.identity(token: wide) == nil)
        let (_, other) = try await house.accounts.makeToken(
            name: "ci", for: "bob", role: .viewer, project: "cats", expires: nil)
        #expect(try house.accounts.identity(token: other) != nil)
        try await house.accounts.remove("bob")
        #expect(try house.accounts.identity(token: other) == nil)
    }

    @Test func `the last admin can neither leave, nor be disabled, nor lose the role`() async throws {
        let house = try await House.withAnn()
        await #expect(throws: AccountsError.lastAdmin) { try await house.accounts.remove("ann") }
        await #expect(throws: AccountsError.lastAdmin) { try await house.accounts.update("ann", isDisabled: true) }
        await #expect(throws: AccountsError.lastAdmin) {
            try await house.accounts.update("ann", roles: ["*": .operator])
        }
        await #expect(throws: AccountsError.lastAdmin) {
            try await house.accounts.setRole(.viewer, of: "ann", in: "*")
        }
        #expect(try house.accounts.users().map(\.roles) == [["*": "admin"]], "what was refused has not happened")
        try await house.accounts.add(name: "bob", password: goodPassword, roles: ["*": .admin])
        try await house.accounts.remove("ann")
    }

    @Test func `where there is no admin, nobody is held back as the last one`() async throws {
        let house = try House()
        try await house.accounts.add(name: "bob", password: goodPassword, roles: ["cats": .operator])
        try await house.accounts.add(name: "eve", password: goodPassword, roles: [:])
        try await house.accounts.update("bob", isDisabled: true)
        try await house.accounts.remove("bob")
        try await house.accounts.remove("eve")
        #expect(try house.accounts.users().isEmpty)
    }

    @Test func `of two admins who leave at the same moment one stays`() async throws {
        for _ in 0..<20 {
            let house = try House()
            for name in ["ann", "bob"] {
                try await house.store.add(
                    StoredUser(name: name, password: "", created: .epoch, roles: ["*": "admin"]))
            }
            let leaving = [
                Task { try await house.accounts.remove("ann") },
                Task { try await house.accounts.update("bob", roles: [:]) },
            ]
            var refused: [any Error] = []
            for one in leaving {
                if case .failure(let error) = await one.result { refused.append(error) }
            }
            #expect(refused.map { "\($0)" } == ["\(AccountsError.lastAdmin)"])
            #expect(try house.accounts.users().contains { $0.roles == ["*": "admin"] })
        }
    }

    @Test func `of two changes of one account at the same moment none is lost`() async throws {
        let house = try await House.withAnn()
        try await house.accounts.add(name: "bob", password: goodPassword, roles: ["cats": .viewer])
        // Hashing the new password takes a while, in which he is disabled and given another role.
        async let slow: Void = house.accounts.update("bob", password: goodPassword + "!")
        try await house.accounts.update("bob", isDisabled: true)
        try await house.accounts.setRole(.operator, of: "bob", in: "dogs")
        try await slow
        let bob = try #require(try house.store.user("bob"))
        #expect(bob.isDisabled)
        #expect(bob.roles == ["cats": "viewer", "dogs": "operator"])
        #expect(Password.verify(goodPassword + "!", against: bob.password))
    }

    /// What can be done with accounts and tokens, on one with ann and bob, who has a token.
    private static let deeds: [(String, @Sendable (Accounts, AuditEntry) async throws -> Void)] = [
        ("add", { try await $0.add(name: "cid", password: goodPassword, roles: [:], noting: $1) }),
        ("update", { try await $0.update("bob", password: goodPassword + "!", roles: [:], noting: $1) }),
        ("role", { try await $0.setRole(.admin, of: "bob", in: "cats", noting: $1) }),
        ("remove", { try await $0.remove("bob", noting: $1) }),
        (
            "token",
            {
                _ = try await $0.makeToken(
                    name: "t", for: "bob", role: .viewer, project: "*", expires: nil, noting: $1)
            }
        ),
        ("token's end", { try await $0.removeToken(1, noting: $1) }),
    ]

    @Test(arguments: deeds.map(\.0))
    func `a deed and its entry in the audit log are written together, or neither is`(name: String) async throws {
        let house = try await House.withAnn()
        try await house.accounts.add(name: "bob", password: goodPassword, roles: ["*": .viewer])
        _ = try await house.accounts.makeToken(name: "x", for: "bob", role: .viewer, project: "*", expires: nil)
        let deed = try #require(Self.deeds.first { $0.0 == name }).1
        func state() throws -> String { try "\(house.accounts.users()) \(house.accounts.tokens())" }
        let entry = house.accounts.entry("test", name, by: "ann", from: "::1")
        let before = try state()
        // The log takes nothing: then nothing is done.
        let refusal = "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END"
        #expect(try await run("sqlite3", [house.store.path, refusal]).code == 0)
        await #expect(throws: AccountsError.self) { try await deed(house.accounts, entry) }
        #expect(try state() == before)
        #expect(try await run("sqlite3", [house.store.path, "DROP TRIGGER full"]).code == 0)
        try await deed(house.accounts, entry)
        #expect(try state() != before)
        #expect(try house.accounts.auditEntries(limit: 1).map(\.action) == ["test"])
        #expect(try house.accounts.verifyAudit().problem == nil)
        // What fails leaves no entry.
        await #expect(throws: AccountsError.self) { try await house.accounts.remove("nobody", noting: entry) }
        #expect(try house.accounts.auditEntries().filter { $0.action == "test" }.count == 1)
    }

    @Test func `whoever can read the data folder is let in, by a token only its owner can read`() throws {
        let house = try House()
        let path = Accounts.localTokenPath(in: house.folder.path)
        let token = try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .newlines)
        #expect(try house.accounts.identity(token: token)?.proof == .local)
        for file in [path, "\(house.folder.path)/secret.key", house.store.path] {
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
            #expect(mode == 0o600, "\(file)")
        }
    }

    @Test(
        "a change of the audit log shows",
        arguments: [
            ("UPDATE audit SET actor = 'eve' WHERE id = 2", "entry 2 was changed"),
            ("DELETE FROM audit WHERE id = 2", "entry 2 is missing"),
            ("DELETE FROM audit WHERE id >= 3", "entries 3 to 4 are missing"),
            ("UPDATE audit SET at = at + 1 WHERE id = 3", "entry 3 was changed"),
        ])
    func auditChain(tampering: String, finding: String) async throws {
        let house = try await House.withAnn()
        for number in 0..<3 { try await house.accounts.record("test", "\(number)", by: "ann", from: "::1") }
        #expect(try house.accounts.verifyAudit() == AuditFinding(sound: 4))
        await house.store.close()
        let sqlite = try ChildProcess(
            "python3",
            [
                "-c", "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()",
                house.store.path, tampering,
            ])
        #expect(await sqlite.end() == 0)
        let store = try Store(folder: house.folder.path)
        let accounts = try Accounts(store: store, folder: house.folder.path) { .epoch }
        #expect(try accounts.verifyAudit().problem?.contains(finding) == true)
    }

    @Test func `what is sealed opens under its own name and with its own key only`() throws {
        let house = try House()
        let box = house.accounts.box
        let sealed = try #require(box.seal(Data("secret".utf8), as: "cloudflare"))
        #expect(box.open(sealed, as: "cloudflare") == Data("secret".utf8))
        #expect(box.open(sealed, as: "route53") == nil)
        #expect(try House().accounts.box.open(sealed, as: "cloudflare") == nil)
        #expect(throws: AccountsError.self) {
            _ = try SecretBox.open(folder: house.folder.path, environment: ["NINELIVES_KEY": "short"])
        }
    }
}
