import Failover
import Foundation
import GRDB
import Synchronization

/// The audit log's newest entry is noted outside of the store as well, in a file beside it: whoever puts an earlier copy
/// of the store in its place, or cuts off the newest entries together with what the store says of them, is found out.
///
///     entry ─► store, synced ─► at most a few seconds later: `audit.mark`, synced
///                                  │ never ahead of the store, however the power goes
///     next look: is what it tells of still there? ── no ──► it is left as it is, and told
extension Store {
    /// The file's name inside the data folder.
    package static let auditMarkName = "audit.mark"

    /// What a look at the mark found.
    package enum AuditMarking: Hashable, Sendable {
        case fine
        /// There was no mark: from this entry on there is one.
        case begun(entry: Int64)
        /// In words.
        case problem(String)
    }

    /// What is wrong with the mark, as the last look found; nil if nothing is.
    package var auditProblem: String? { auditLook.withLock(\.problem) }

    /// Looks whether all is there that was noted outside of the store, and notes what has come since.
    @discardableResult
    package func markAudit(at now: Instant) async throws(StoreError) -> AuditMarking {
        guard let sealing = queue.sealing, let path = auditMarkPath else { return .fine }
        let newest = try auditHead()
        if auditLook.withLock({ $0.problem == nil && $0.noted == .some(newest ?? "") }),
            FileManager.default.fileExists(atPath: path)
        {
            return .fine
        }
        let marking = try await mark(path, newest, by: sealing, at: now)
        if case .problem(let words) = marking { auditLook.withLock { $0.problem = words } }
        return marking
    }

    /// Notes what came last, where there is a mark already.
    func markLastAudit() async {
        guard let path = auditMarkPath, FileManager.default.fileExists(atPath: path) else { return }
        _ = try? await markAudit(at: .epoch)
    }

    /// What the file says; nil if there is none.
    package func outerAuditMark() -> Result<AuditMark, MarkTrouble>? {
        guard let path = auditMarkPath, let octets = FileManager.default.contents(atPath: path) else { return nil }
        let mark = AuditMark(String(decoding: octets, as: UTF8.self))
        return mark.map { .success($0) } ?? .failure(.unreadable)
    }

    package enum MarkTrouble: Error, Hashable, Sendable { case unreadable }

    /// In a draft there is none: it is another store's.
    private var auditMarkPath: String? {
        let url = URL(fileURLWithPath: path)
        guard url.lastPathComponent == Self.fileName else { return nil }
        return url.deletingLastPathComponent().appendingPathComponent(Self.auditMarkName).path
    }

    private func mark(
        _ path: String, _ newest: String?, by sealing: any AuditSealing, at now: Instant
    ) async throws(StoreError) -> AuditMarking {
        switch outerAuditMark() {
        case nil:
            let first = newest.flatMap { AuditMark($0) }
            guard let first, first.id > 0 else {
                try write(AuditMark(id: 0, entrySeal: "", .newest, by: sealing).text, to: path, newest)
                return .fine
            }
            let entry = try await audit(
                AuditEntry(
                    at: now, actor: "ninelives", origin: "local", action: "audit.mark", target: Self.auditMarkName,
                    detail: "there was none: what was before entry \(first.id) may have been more"), by: sealing)
            try write(try auditHead() ?? "", to: path, try auditHead())
            return .begun(entry: entry.id)
        case .failure?:
            return .problem("\(path) is no mark of the audit log: it was changed")
        case .success(let mark)?:
            guard mark.isSound(.newest, by: sealing) else {
                return .problem(
                    "\(path) was not sealed with this server's key: it was changed, or the key is another one")
            }
            guard try isThere(mark, by: sealing) else {
                return .problem(
                    "entry \(mark.id), which \(path) tells of, is missing or another one: somebody has cut off the log, "
                        + "or put an earlier copy of the store in its place")
            }
            if let newest, AuditMark(newest)?.isSound(.newest, by: sealing) != true {
                return .problem("what the store notes of the newest entry was changed")
            }
            try write(newest ?? mark.text, to: path, newest)
            return .fine
        }
    }

    /// Whether the entry is there that the mark tells of, or was forgotten because it was old.
    private func isThere(_ mark: AuditMark, by sealing: any AuditSealing) throws(StoreError) -> Bool {
        if mark.id == 0 { return true }
        return try read { database in
            if let forgotten = try AuditMark.forgotten(in: database, by: sealing), forgotten.id >= mark.id {
                return true
            }
            let seal = try String.fetchOne(database, sql: "SELECT seal FROM audit WHERE id = ?", arguments: [mark.id])
            return seal == mark.entrySeal
        }
    }

    /// Writes it whole, and returns once it would survive a power cut.
    private func write(_ text: String, to path: String, _ newest: String?) throws(StoreError) {
        guard use.begin() else { throw .closed(path: self.path) }
        defer { use.end() }
        try Self.writeAuditMark(text, to: path)
        auditLook.withLock { $0 = AuditLook(problem: nil, noted: newest ?? "") }
    }

    static func writeAuditMark(_ text: String, to path: String) throws(StoreError) {
        let draft = path + ".new"
        do {
            guard
                FileManager.default.createFile(
                    atPath: draft, contents: Data((text + "\n").utf8), attributes: [.posixPermissions: 0o600])
            else { throw StoreError.unusable(path: path, why: "it cannot be written") }
            try sync(draft)
            guard rename(draft, path) == 0 else {
                throw StoreError.unusable(path: path, why: String(cString: strerror(errno)))
            }
        } catch {
            throw StoreError(error, path: path)
        }
    }
}

/// What was found when the audit log's mark was looked at last.
struct AuditLook: Sendable {
    var problem: String?
    /// What the store said of the newest entry then; nil before the first look.
    var noted: String?
}
