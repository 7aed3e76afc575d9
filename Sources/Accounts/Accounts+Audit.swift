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
        let entry = AuditEntry(
            at: instant, actor: actor, origin: origin, action: action, target: target, detail: detail)
        let key = box.derivedKey(for: "audit")
        try await storedLater { () async throws(StoreError) in
            try await store.audit(entry) { entry, previous in Self.seal(entry, previous, key) }
        }
    }

    /// The newest first, from before an id.
    package func auditEntries(before: Int64? = nil, limit: Int = 100) throws(AccountsError) -> [AuditEntry] {
        try stored { () throws(StoreError) in try store.newestAuditEntries(before: before, limit: limit) }
    }

    /// Reads the whole chain; returns how many entries are sound, and what is wrong with the first that is not.
    package func verifyAudit() throws(AccountsError) -> (sound: Int, problem: String?) {
        let key = box.derivedKey(for: "audit")
        var previous = AuditEntry(at: .epoch, actor: "", origin: "", action: "", target: "", detail: "")
        while true {
            let last = previous.id
            let entries = try stored { () throws(StoreError) in try store.auditEntries(after: last) }
            if entries.isEmpty { break }
            for entry in entries {
                if entry.id != previous.id + 1 {
                    return (Int(previous.id), "entry \(previous.id + 1) is missing")
                }
                if entry.seal != Self.seal(entry, previous.seal, key) {
                    return (Int(previous.id), "entry \(entry.id) was changed, or the key is another one")
                }
                previous = entry
            }
        }
        let head = try stored { () throws(StoreError) in try store.auditHead() }
        if let head, head != "\(previous.id) \(previous.seal)" {
            return (Int(previous.id), "entries after \(previous.id) are missing")
        }
        return (Int(previous.id), nil)
    }

    private static func seal(_ entry: AuditEntry, _ previous: String, _ key: SymmetricKey) -> String {
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
