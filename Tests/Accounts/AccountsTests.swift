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
        try await house.accounts.add(name: "bob", password: goodPassword, roles: ["*": .admin])
        try await house.accounts.remove("ann")
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
            ("DELETE FROM audit WHERE id >= 3", "entries after 2 are missing"),
            ("UPDATE audit SET at = at + 1 WHERE id = 3", "entry 3 was changed"),
        ])
    func auditChain(tampering: String, finding: String) async throws {
        let house = try await House.withAnn()
        for number in 0..<3 { try await house.accounts.record("test", "\(number)", by: "ann", from: "::1") }
        #expect(try house.accounts.verifyAudit() == (4, nil))
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
