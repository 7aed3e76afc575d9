import Failover
import Storage

/// Secrets are files beside the store, and who has set or removed one is in its audit log: both happen, or neither.
///
///     staged beside the one in use ─► audit entry and a note of what is to be done, one transaction
///                                 ─► put into use ─► the note is forgotten
///
/// After a power cut in between, what was noted is done at the next start.
extension Accounts {
    private static let pendingPrefix = "secret.pending:"

    /// Keeps a secret, sealed, under a name.
    package func setSecret(
        _ secret: String, as name: String, noting entry: AuditEntry? = nil
    ) async throws(AccountsError) {
        let secrets = try sealedSecrets()
        let mark = Secret.make()
        do throws(AccountsError) {
            try secrets.stage(secret, as: name, mark)
            let setter = secrets.stagedMark(name, mark).map { "\($0) \(entry?.actor ?? "")" }
            try await commit("set \(name)", mark, entry, [.fact(key: StoredChange.setterKey(name), value: setter)])
        } catch {
            secrets.dropStaged(name, mark)
            throw error
        }
        try secrets.putStaged(name, mark)
        forget(mark)
    }

    /// False if there is none of that name.
    package func removeSecret(_ name: String, noting entry: AuditEntry? = nil) async throws(AccountsError) -> Bool {
        let secrets = try sealedSecrets()
        guard secrets.has(name) else { return false }
        let mark = Secret.make()
        try await commit("remove \(name)", mark, entry)
        let isRemoved = secrets.remove(name)
        forget(mark)
        return isRemoved
    }

    private func commit(
        _ deed: String, _ mark: String, _ entry: AuditEntry?, _ more: [StoredChange] = []
    ) async throws(AccountsError) {
        let pending = StoredChange.fact(key: Self.pendingPrefix + mark, value: deed)
        let changes = [pending] + more + (entry.map { [.audit($0)] } ?? [])
        try await storedLater { () async throws(StoreError) in try await store.commit(changes) }
    }

    private func forget(_ mark: String) { store.note([.fact(key: Self.pendingPrefix + mark, value: nil)]) }

    /// Does what was acknowledged in the audit log and not done before the power went.
    func finishSecrets() throws(AccountsError) {
        let pending = try stored { () throws(StoreError) in try store.facts(prefix: Self.pendingPrefix) }
        if pending.isEmpty { return }
        let secrets = try sealedSecrets()
        for (key, deed) in pending {
            let mark = String(key.dropFirst(Self.pendingPrefix.count))
            let parts = deed.split(separator: " ", maxSplits: 1).map(String.init)
            guard parts.count == 2, SealedSecrets.isName(parts[1]) else { continue }
            if parts[0] == "set" { try secrets.putStaged(parts[1], mark) } else { _ = secrets.remove(parts[1]) }
            forget(mark)
        }
    }
}
