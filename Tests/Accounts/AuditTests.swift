import Failover
import Foundation
import Storage
import TestSupport
import Testing

@testable import Accounts

/// Who can write the store, and has not its key, changes nothing in the audit log without being found out.
@Suite struct AuditTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// With `days` entries, one a day, the newest of which is noted outside of the store.
    private func log(days: Int) async throws -> (store: Store, accounts: Accounts) {
        let (store, accounts) = try open()
        try await store.markAudit(at: .epoch)
        for day in 1...days {
            try await store.audit(
                AuditEntry(
                    at: Instant(seconds: Double(day) * 86_400), actor: "ann", origin: "::1", action: "test",
                    target: "\(day)", detail: ""), by: AuditChain(box: accounts.box))
        }
        try await store.markAudit(at: .epoch)
        #expect(try accounts.verifyAudit() == AuditFinding(sound: days))
        return (store, accounts)
    }

    private func open() throws -> (store: Store, accounts: Accounts) {
        let store = try Store(folder: folder.path)
        return (store, try Accounts(store: store, folder: folder.path, cost: .none) { .epoch })
    }

    private func tamper(_ statements: String) async throws {
        let program = "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2]); c.commit()"
        let sqlite = try ChildProcess("python3", ["-c", program, "\(folder.path)/\(Store.fileName)", statements])
        #expect(await sqlite.end() == 0)
    }

    private static let cut = "DELETE FROM audit WHERE id > 3;"
    /// What versions before 0.2 noted, and anybody can write.
    private static let plainNote =
        "UPDATE note SET value = (SELECT '3 ' || seal FROM audit WHERE id = 3) WHERE key = 'audit';"

    @Test(
        "what was done to the log is told exactly, also after more was written",
        arguments: [
            (cut, "entries 4 to 5 are missing"),  // the newest, but not what is noted of them
            (cut + plainNote, "entries 4 to 5 are missing: audit.mark tells of them"),  // both
            (cut + "DELETE FROM note WHERE key = 'audit';", "entries 4 to 5 are missing: audit.mark tells of them"),
            ("DELETE FROM audit; DELETE FROM note;", "entries 1 to 5 are missing: audit.mark tells of them"),  // all
            ("DELETE FROM audit WHERE id < 3;", "entries 1 to 2 are missing"),  // as if they had been forgotten
            // The same with a note of it, which takes the key.
            (
                "DELETE FROM audit WHERE id < 3; INSERT INTO note SELECT 'audit.forgotten', '2 x y';",
                "what is noted of the entries that were forgotten was changed"
            ),
            ("UPDATE audit SET target = 'another' WHERE id = 5;", "entry 5 was changed"),
        ])
    func tampering(statements: String, finding: String) async throws {
        let (store, _) = try await log(days: 5)
        await store.close()
        try await tamper(statements)
        let (again, accounts) = try open()
        let found = try accounts.verifyAudit()
        #expect(found.problem?.contains(finding) == true, "\(found)")
        // What comes now does not heal it.
        for _ in 0..<4 { try await accounts.record("test", "later", by: "ann", from: "::1") }
        try await again.markAudit(at: .epoch)
        #expect(try accounts.verifyAudit().problem != nil)
        await again.close()
    }

    @Test func `an earlier copy of the whole store in its place is found out, and told`() async throws {
        let (store, _) = try await log(days: 3)
        await store.close()
        let file = URL(fileURLWithPath: store.path)
        let copy = try Data(contentsOf: file)
        let (later, accounts) = try open()
        try await accounts.record("user.remove", "ben", by: "eve", from: "::1")
        try await later.markAudit(at: .epoch)
        await later.close()
        try copy.write(to: file)
        let (again, found) = try open()
        #expect(
            try found.verifyAudit()
                == AuditFinding(sound: 3, problem: "entry 4 is missing: audit.mark tells of them"))
        guard case .problem(let words) = try await again.markAudit(at: .epoch) else {
            Issue.record("nothing is told")
            return
        }
        #expect(words.contains("entry 4") && again.auditProblem == words)
        await again.close()
    }

    @Test func `a store of an older version goes on, and an entry says from where on the log is noted outside`()
        async throws
    {
        let (store, _) = try await log(days: 3)
        await store.close()
        try await tamper(Self.plainNote)
        try FileManager.default.removeItem(atPath: "\(folder.path)/\(Store.auditMarkName)")
        let (again, accounts) = try open()
        #expect(try accounts.verifyAudit() == AuditFinding(sound: 3), "an older version's note is enough for now")
        #expect(try await again.markAudit(at: .epoch) == .begun(entry: 4))
        #expect(try accounts.auditEntries(limit: 1).map(\.action) == ["audit.mark"])
        #expect(try accounts.verifyAudit() == AuditFinding(sound: 4))
        await again.close()
        try await tamper(Self.plainNote)
        let tampered = try open().accounts.verifyAudit()
        #expect(tampered.problem != nil, "from then on it is not")
    }

    @Test(
        "a mark that was changed is told",
        arguments: [
            ("nonsense", "is no mark"), ("3 abc", "was changed"), ("0 - abc", "was changed"), ("", "is no mark"),
        ])
    func changedMark(text: String, finding: String) async throws {
        let (store, accounts) = try await log(days: 3)
        let path = "\(folder.path)/\(Store.auditMarkName)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        #expect(try accounts.verifyAudit().problem?.contains(finding) == true)
        try await accounts.record("test", "later", by: "ann", from: "::1")
        guard case .problem = try await store.markAudit(at: .epoch) else {
            Issue.record("nothing is told")
            return
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(text.utf8), "it is left to be looked at")
        await store.close()
    }

    @Test func `what is old is forgotten, and what is left is still sound, newest and all`() async throws {
        let (store, accounts) = try await log(days: 20)
        func forget(before day: Double, keeping count: Int) async throws -> Int {
            try await store.forgetAudit(before: Instant(seconds: day * 86_400), keeping: count)
        }
        #expect(try await forget(before: 8, keeping: 100) == 7)
        #expect(try await forget(before: 8, keeping: 100) == 0)
        #expect(try accounts.verifyAudit() == AuditFinding(sound: 13, forgotten: 7))
        #expect(try await forget(before: 0, keeping: 5) == 8)
        #expect(try accounts.verifyAudit() == AuditFinding(sound: 5, forgotten: 15))
        #expect(try await forget(before: 1000, keeping: 100) == 4, "the newest stays")
        #expect(try accounts.verifyAudit() == AuditFinding(sound: 1, forgotten: 19))
        try await accounts.record("test", "later", by: "ann", from: "::1")
        try await store.markAudit(at: .epoch)
        #expect(try accounts.verifyAudit() == AuditFinding(sound: 2, forgotten: 19))
        await store.close()
    }

    @Test func `what is not sound is not forgotten`() async throws {
        let (store, _) = try await log(days: 20)
        await store.close()
        try await tamper("UPDATE audit SET actor = 'eve' WHERE id = 4;")
        let (again, accounts) = try open()
        #expect(try await again.forgetAudit(before: Instant(seconds: 9 * 86_400), keeping: 100) == 3)
        #expect(try await again.forgetAudit(before: Instant(seconds: 9 * 86_400), keeping: 100) == 0)
        let finding = try accounts.verifyAudit()
        #expect(finding.forgotten == 3 && finding.problem?.contains("entry 4 was changed") == true)
        await again.close()
    }
}
