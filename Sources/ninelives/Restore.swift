import Accounts
import Control
import Failover
import Foundation
import Settings
import Storage

/// A backup that has been looked over and may be put in the place of a store, whether a server runs or not.
struct Restore {
    let restoration: Restoration
    private let secrets: RestoredSecrets
    private let digest: String

    /// Copies and checks the backup; nothing is changed yet.
    ///
    /// - Throws: `.unfit` if it is no backup for this data folder.
    init(of file: String, in folder: String) throws(RestoreRefusal) {
        let restoration: Restoration
        do {
            restoration = try Restoration(of: file, in: folder)
        } catch {
            switch error {
            case .noBackup, .newer, .broken: throw .unfit("\(error)")
            default: throw .failed("\(error)")
            }
        }
        self.restoration = restoration
        do {
            secrets = try RestoredSecrets(dataFolder: folder, for: restoration)
            digest = try RestoredSecrets.digest(of: file)
        } catch {
            restoration.forget()
            throw .unfit("\(error)")
        }
    }

    /// Puts it in the place of the store in its folder, which nobody may be using.
    ///
    /// - Parameters:
    ///   - name: what whoever orders it calls the file.
    /// - Returns: where the store that was there is now.
    func put(called name: String, by author: String, from origin: String, at now: Instant) async throws(StoreError)
        -> RestoreReport
    {
        let kept = try restoration.keepPresent(at: Int(now.seconds))
        if let kept, kept.isSound { try await restoration.carry(from: kept.path) }
        let taken = try restoration.draft.backupTakenAt()
        var details = ["sha256 \(digest)"]
        if let taken { details.append("taken at \(Date(timeIntervalSince1970: Double(taken)).formatted(.iso8601))") }
        if let kept { details.append("what was there before is \(kept.path)") }
        try await secrets.carryAudit(
            from: kept.flatMap { $0.isSound ? $0.path : nil }, into: restoration.draft,
            adding: AuditEntry(
                at: now, actor: author, origin: origin, action: "restore", target: name,
                detail: details.joined(separator: "; ")))
        let revision = try restoration.draft.revision()?.number ?? 0
        try await restoration.put()
        return RestoreReport(revision: revision, takenAt: taken.map(Double.init), keptAs: kept?.path)
    }
}

extension RestoreReport {
    /// What to print, or to write into the history.
    func sentence(called name: String) -> String {
        let taken = takenAt.map { ", taken at \(timestamp($0)) UTC" } ?? ""
        let revision = revision == 0 ? "" : " Revision \(revision) is in force."
        return "Restored from \(name)\(taken).\(revision)" + (keptAs.map { " What was there before is \($0)." } ?? "")
    }
}
