import Crypto
import Failover
import Foundation
import Storage

/// The audit log: a chain in which every entry seals the one before, with a key that the log's reader does not have.
extension Accounts {
    /// Writes down who did what. Returns once it would survive a power cut.
    package func record(
        _ action: String, _ target: String, by actor: String, from origin: String, detail: String = ""
    ) async throws(AccountsError) {
        let entry = entry(action, target, by: actor, from: origin, detail: detail)
        let chain = AuditChain(box: box)
        try await storedLater { () async throws(StoreError) in
            try await store.audit(entry, by: chain)
        }
    }

    /// An entry that is still to be written, with what it is about.
    package func entry(
        _ action: String, _ target: String, by actor: String, from origin: String, detail: String = ""
    ) -> AuditEntry {
        AuditEntry(at: instant, actor: actor, origin: origin, action: action, target: target, detail: detail)
    }

    /// The newest first, from before an id.
    package func auditEntries(before: Int64? = nil, limit: Int = 100) throws(AccountsError) -> [AuditEntry] {
        try stored { () throws(StoreError) in try store.newestAuditEntries(before: before, limit: limit) }
    }

    /// Reads the whole chain, and compares it with what is noted outside of the store.
    package func verifyAudit() throws(AccountsError) -> AuditFinding {
        try stored { () throws(StoreError) in try AuditChain(box: box).verify(store) }
    }
}

/// What reading the whole audit log has found.
package struct AuditFinding: Hashable, Sendable {
    /// So many entries are sound, from the oldest that is kept up to the first that is not.
    package var sound = 0
    /// So many older ones were forgotten, as the configuration says.
    package var forgotten = 0
    /// What is wrong, in words; nil if nothing is.
    package var problem: String?
}

/// How the entries of the audit log hang together.
struct AuditChain: AuditSealing {
    private let key: SymmetricKey
    private let markKey: SymmetricKey

    init(box: SecretBox) {
        key = box.derivedKey(for: "audit")
        markKey = box.derivedKey(for: "audit mark")
    }

    func verify(_ store: Store) throws(StoreError) -> AuditFinding {
        let outer: AuditMark?
        switch store.outerAuditMark() {
        case nil: outer = nil
        case .failure?:
            return AuditFinding(problem: "\(Store.auditMarkName) beside the store is no mark: it was changed")
        case .success(let mark)?:
            guard mark.isSound(.newest, by: self) else {
                return AuditFinding(
                    problem: "\(Store.auditMarkName) beside the store was changed, or the key is another one")
            }
            outer = mark
        }
        return try store.readAudit { ends, next in try verify(ends, outer, next) }
    }

    private func verify(
        _ ends: Store.AuditEnds, _ outer: AuditMark?, _ next: () throws -> AuditEntry?
    ) rethrows -> AuditFinding {
        var finding = AuditFinding()
        var last = AuditMark(id: 0, entrySeal: "")
        if let text = ends.forgotten {
            guard let mark = AuditMark(text), mark.isSound(.forgotten, by: self) else {
                finding.problem =
                    "what is noted of the entries that were forgotten was changed, or the key is another one"
                return finding
            }
            last = AuditMark(id: mark.id, entrySeal: mark.entrySeal)
            finding.forgotten = Int(mark.id)
        }
        while let entry = try next() {
            guard entry.follows(last.id, last.entrySeal, by: self) else {
                finding.problem = Self.problem(with: entry, after: last.id)
                return finding
            }
            if let outer, outer.id == entry.id, outer.entrySeal != entry.seal {
                finding.problem = "entry \(entry.id) is not the one that \(Store.auditMarkName) tells of"
                return finding
            }
            last = AuditMark(id: entry.id, entrySeal: entry.seal)
            finding.sound += 1
        }
        finding.problem = problem(with: ends.newest, last, outer)
        return finding
    }

    private static func problem(with entry: AuditEntry, after last: Int64) -> String {
        if entry.id <= last { return "entry \(entry.id) was put back, though it was forgotten" }
        if entry.id > last + 1 { return missing(last + 1, entry.id - 1) }
        return "entry \(entry.id) was changed, or the key is another one"
    }

    private static func missing(_ first: Int64, _ last: Int64) -> String {
        first == last ? "entry \(first) is missing" : "entries \(first) to \(last) are missing"
    }

    /// At the newest entry.
    private func problem(with newest: String?, _ last: AuditMark, _ outer: AuditMark?) -> String? {
        if let outer, outer.id > last.id {
            return "\(Self.missing(last.id + 1, outer.id)): \(Store.auditMarkName) tells of them"
        }
        guard let newest else { return last.id == 0 ? nil : "what is noted of the newest entry is missing" }
        guard let mark = AuditMark(newest),
            mark.isSound(.newest, by: self) || outer == nil && mark.seal.isEmpty
        else { return "what is noted of the newest entry was changed, or the key is another one" }
        if mark.id > last.id { return Self.missing(last.id + 1, mark.id) }
        return mark.id < last.id || mark.entrySeal != last.entrySeal
            ? "entry \(last.id) is another one than is noted as the newest" : nil
    }

    func seal(_ mark: AuditMark, as end: AuditMark.End) -> String {
        let message = Data("\(end.rawValue) \(mark.id) \(mark.entrySeal)".utf8)
        return Data(HMAC<SHA256>.authenticationCode(for: message, using: markKey)).base64URL
    }

    func seal(_ entry: AuditEntry, after previous: String) -> String {
        var message = Data()
        let fields = [
            previous, "\(entry.id)", "\(entry.at.nanoseconds)", entry.actor, entry.origin, entry.action, entry.target,
            entry.detail,
        ]
        // Each with its length, so that no two entries have the same octets.
        for field in fields { message.append(Data("\(field.utf8.count):\(field)".utf8)) }
        return Data(HMAC<SHA256>.authenticationCode(for: message, using: key)).base64URL
    }
}
