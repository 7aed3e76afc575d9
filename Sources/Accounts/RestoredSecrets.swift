import Crypto
import Foundation
import Storage

/// What of a backup depends on the data folder's key: sealed secrets, and the audit log.
package struct RestoredSecrets: Sendable {
    private let box: SecretBox

    /// With the key of a data folder, which is made if it is missing and the backup needs none.
    ///
    /// - Throws: `.badKey` if anything in the backup was sealed with another key, or was changed.
    package init(dataFolder: String, for restoration: Restoration) throws(AccountsError) {
        let sealed: [(name: String, sealed: Data)]
        do {
            sealed = try restoration.sealed()
            let needsKey = try !sealed.isEmpty || restoration.draft.auditHead() != nil
            if needsKey, !SecretBox.hasKey(in: dataFolder) {
                throw AccountsError.badKey(
                    "the backup's secrets cannot be opened: put the `secret.key` that belongs to it into \(dataFolder)")
            }
        } catch let error as AccountsError {
            throw error
        } catch {
            throw .badKey("\(error)")
        }
        box = try SecretBox.open(folder: dataFolder)
        let finding: AuditFinding
        do {
            finding = try AuditChain(box: box).verify(restoration.draft)
        } catch {
            throw .store(error)
        }
        let foreign = sealed.filter { box.open($0.sealed, as: $0.name) == nil }
        if !foreign.isEmpty || finding.sound == 0 && finding.problem != nil {
            throw .badKey(
                "the backup's secrets were sealed with another key: put the `secret.key` (or NINELIVES_KEY) in place that belongs to it"
            )
        }
        if let problem = finding.problem { throw .badKey("the backup's audit log is not sound: \(problem)") }
    }

    /// SHA-256 of a file, in hexadecimal digits.
    package static func digest(of path: String) throws(AccountsError) -> String {
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? file.close() }
            var hash = SHA256()
            while let part = try file.read(upToCount: 1 << 20), !part.isEmpty { hash.update(data: part) }
            return hash.finalize().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        } catch {
            throw .badKey("\(path) cannot be read")
        }
    }

    /// Appends to the draft's audit log what the one that was there has beyond it, and `entry`: nothing that somebody
    /// did is forgotten by a restore. Where the two have parted, the later entries get new numbers. What is not sound
    /// is not taken over, and the entry says so.
    ///
    /// - Parameter present: the path of a backup of the store that was there; nil if there was none.
    package func carryAudit(
        from present: String?, into draft: Store, adding entry: AuditEntry
    ) async throws(StoreError) {
        let chain = AuditChain(box: box)
        var entry = entry
        if let present {
            var last = AuditMark(id: 0, entrySeal: "")
            var hasParted = false
            var isFirst = true
            while true {
                let (ends, read) = try Store.audit(ofBackup: present, after: last.id)
                if isFirst, let mark = ends.forgotten.flatMap({ AuditMark($0) }), mark.isSound(.forgotten, by: chain) {
                    last = AuditMark(id: mark.id, entrySeal: mark.entrySeal)
                }
                isFirst = false
                var entries: [AuditEntry] = []
                for next in read where next.follows(last.id, last.entrySeal, by: chain) {
                    entries.append(next)
                    last = AuditMark(id: next.id, entrySeal: next.seal)
                }
                if entries.isEmpty {
                    if let broken = read.first { entry.detail += "; its audit log was not sound from \(broken.id) on" }
                    break
                }
                let known = Dictionary(
                    try draft.auditEntries(after: entries[0].id - 1).map { ($0.id, $0.seal) }
                ) { $1 }
                let forgotten = try draft.forgottenAudit(by: chain)
                let common = hasParted ? 0 : entries.prefix { $0.id <= forgotten || known[$0.id] == $0.seal }.count
                hasParted = common < entries.count
                try await draft.audit(Array(entries.dropFirst(common)), by: chain)
            }
        }
        try await draft.audit(entry, by: chain)
    }
}
