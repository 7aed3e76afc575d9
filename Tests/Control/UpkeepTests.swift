import Accounts
import Failover
import Foundation
import Settings
import Storage
import TestSupport
import Testing

@testable import Control

/// From what the configuration says of history to rows that are gone, and a file that is shorter.
@Suite struct UpkeepTests {
    private static let document = """
        zones:
          - name: example.test
            records: "@ 300 IN SOA ns1 host 1 2 3 4 5\\n@ 300 IN NS ns1\\nns1 300 IN A 127.0.0.1"
        history: { keep: 2d, events: 5000, audit: 30d, audit-entries: 10000 }
        """

    @Test func `history is forgotten as the configuration says, at once and by a new revision`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let store = try Store(folder: folder.path)
        let now = Instant(seconds: 1_000_000)
        _ = try Accounts(store: store, folder: folder.path, cost: .none) { now }
        /// Written so many days ago.
        func at(_ days: Double) -> Instant { now + .seconds(-days * 86_400) }
        func event(_ id: Int64, _ days: Double) -> StoredChange {
            .event(
                StoredEvent(
                    id: id, at: at(days), kind: "state", tone: "good",
                    text: String(repeating: "because ", count: 100)))
        }
        try await store.commit((1...8000).map { event(Int64($0), 50) })
        try await store.commit((8001...9000).map { event(Int64($0), 1) })
        try await store.commit(
            [100.0, 40, 20, 10, 0].map { days in
                .audit(
                    AuditEntry(
                        at: at(days), actor: "ann", origin: "::1", action: "test", target: "\(days)", detail: ""))
            })
        func length() throws -> Int {
            try FileManager.default.attributesOfItem(atPath: store.path)[.size] as? Int ?? 0
        }
        await store.close()
        let full = try length()

        let again = try Store(folder: folder.path)
        let stage = try Stage(store: again)
        let accounts = try Accounts(store: again, folder: folder.path, cost: .none) { now }
        await stage.control.apply(try Settings.parse(Self.document, file: "n.yaml").get())
        let forgotten = try await stage.control.forgetOldHistory()
        #expect(forgotten == (8000, 2))
        var oldest = EventQuery()
        oldest.before = 8001
        #expect(try again.events(oldest).isEmpty)
        oldest.before = nil
        oldest.limit = 1000
        #expect(try again.events(oldest).count == 1000)
        #expect(
            try accounts.auditEntries().map(\.target).filter { $0 != Store.auditMarkName } == ["0.0", "10.0", "20.0"])
        let finding = try accounts.verifyAudit()
        #expect(finding.problem == nil && finding.sound == 3 && finding.forgotten == 2)
        #expect(try await stage.control.forgetOldHistory() == (0, 0))
        await again.close()
        #expect(try length() < full / 4, "the room is the disk's again")
    }
}
