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
            try await store.audit(entry) { entry, previous in chain.seal(entry, previous) }
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

    /// Reads the whole chain; returns how many entries are sound, and what is wrong with the first that is not.
    package func verifyAudit() throws(AccountsError) -> (sound: Int, problem: String?) {
        try stored { () throws(StoreError) in try AuditChain(box: box).verify(store) }
    }
}

/// How the entries of the audit log hang together.
struct AuditChain: Sendable {
    private let key: SymmetricKey

    init(box: SecretBox) { key = box.derivedKey(for: "audit") }

    func verify(_ store: Store) throws(StoreError) -> (sound: Int, problem: String?) {
        var previous = AuditEntry(at: .epoch, actor: "", origin: "", action: "", target: "", detail: "")
        while true {
            let entries = try store.auditEntries(after: previous.id)
            if entries.isEmpty { break }
            for entry in entries {
                if entry.id != previous.id + 1 {
                    return (Int(previous.id), "entry \(previous.id + 1) is missing")
                }
                if entry.seal != seal(entry, previous.seal) {
                    return (Int(previous.id), "entry \(entry.id) was changed, or the key is another one")
                }
                previous = entry
            }
        }
        if let head = try store.auditHead(), head != "\(previous.id) \(previous.seal)" {
            return (Int(previous.id), "entries after \(previous.id) are missing")
        }
        return (Int(previous.id), nil)
    }

    func seal(_ entry: AuditEntry, _ previous: String) -> String {
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
