import Crypto
import Foundation
import Settings
import Storage

/// Which configuration a server starts with (docs/decisions/0050-revisions.md).
///
///     the file is as it was last seen ─► the newest revision, which may be a rollback or have been changed by the API
///     it has changed, and is right    ─► a new revision
///     it has changed, and is broken   ─► the newest revision, and everybody is told
package struct StartingPoint: Sendable {
    package var settings: Settings
    package var text: RevisionText
    /// The newest revision; nil if none was ever made.
    package var newest: StoredRevision?
    /// Whether `text` is the newest revision's, so that no new one is needed.
    package var isNewest: Bool
    /// What of the file at `settings.file` was read; nil if it could not be.
    package var fileHash: String?
    /// Why the file is not in force.
    package var problems: [SettingsError]

    /// The key of what was last seen in the configuration file.
    package static let seenKey = "configuration.seen"

    static func hash(_ text: String) -> String {
        SHA256.hash(data: Data(text.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// Settings that are kept nowhere else.
    package init(of settings: Settings) {
        self.init(
            settings: settings, text: RevisionText(document: ""), newest: nil, isNewest: true, fileHash: nil,
            problems: [])
    }

    init(
        settings: Settings, text: RevisionText, newest: StoredRevision?, isNewest: Bool, fileHash: String?,
        problems: [SettingsError]
    ) {
        self.settings = settings
        self.text = text
        self.newest = newest
        self.isNewest = isNewest
        self.fileHash = fileHash
        self.problems = problems
    }

    /// Where a configuration file says that data is kept, as far as can be told of a broken one.
    package static func dataFolder(ofFile file: String) -> String {
        let text = (try? Settings.text(ofFile: file).get()) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("data:") }
        let written = line?.dropFirst("data:".count).prefix { $0 != "#" }
            .trimmingCharacters(in: CharacterSet(charactersIn: " \t\r\"'"))
        let folder = written.flatMap { $0.isEmpty ? nil : $0 } ?? Settings.standardDataFolder
        if folder.hasPrefix("/") { return folder }
        let base = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "."
        return base == "." ? folder : "\(base)/\(folder.hasPrefix("./") ? String(folder.dropFirst(2)) : folder)"
    }

    /// - Parameter store: of the data folder; nil if there is none yet.
    package static func find(
        file: String, store: Store?, seal: RevisionSeal?
    ) throws -> Result<StartingPoint, SettingsErrors> {
        let read = Settings.text(ofFile: file)
        let newest = try store?.revision()
        let kept = newest.flatMap { revision in try? seal?.text(of: revision) }
        guard let newest, let kept else { return read.flatMap { first($0, file: file, newest: newest) } }
        let seen = try store?.fact(seenKey)
        switch read {
        case .success(let document):
            let hash = hash(document)
            if hash == seen, let point = go(on: kept, newest, file: file, hash: hash) { return .success(point) }
            let text = RevisionText(document: document, managed: kept.managed)
            switch Settings.read(document, path: file, managed: kept.managed) {
            case .success(let settings):
                return .success(
                    StartingPoint(
                        settings: settings, text: text, newest: newest, isNewest: text == kept, fileHash: hash,
                        problems: []))
            case .failure(let errors):
                guard var point = go(on: kept, newest, file: file, hash: nil) else { return .failure(errors) }
                point.problems = errors.errors
                return .success(point)
            }
        case .failure(let errors):
            guard var point = go(on: kept, newest, file: file, hash: nil) else { return .failure(errors) }
            point.problems = errors.errors
            return .success(point)
        }
    }

    /// The first start, or nothing to go on from.
    private static func first(
        _ document: String, file: String, newest: StoredRevision?
    ) -> Result<StartingPoint, SettingsErrors> {
        Settings.read(document, path: file).map { settings in
            StartingPoint(
                settings: settings, text: RevisionText(document: document), newest: newest, isNewest: false,
                fileHash: hash(document), problems: [])
        }
    }

    /// The newest revision; nil if it cannot be read any more, as when a zone's file is gone.
    private static func go(on text: RevisionText, _ newest: StoredRevision, file: String, hash: String?)
        -> StartingPoint?
    {
        guard case .success(let settings) = Settings.read(text.document, path: file, managed: text.managed) else {
            return nil
        }
        return StartingPoint(
            settings: settings, text: text, newest: newest, isNewest: true, fileHash: hash, problems: [])
    }
}
