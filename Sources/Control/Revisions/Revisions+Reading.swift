import DNS
import Failover
import Foundation
import Notices
import Providers
import Settings
import Storage

/// What can be read.
extension Revisions {
    package func inForce() -> Int { number }

    package func list(before: Int?, limit: Int) throws(RevisionError) -> [RevisionReport] {
        do {
            return try store?.revisions(limit: limit, before: before).map(RevisionReport.init) ?? []
        } catch {
            throw .notKept("\(error)")
        }
    }

    func stored(_ number: Int) throws(RevisionError) -> StoredRevision {
        let found: StoredRevision?
        do {
            found = try store?.revision(number)
        } catch {
            throw .notKept("\(error)")
        }
        guard let found else { throw .noSuchRevision(number) }
        return found
    }

    package func detail(of number: Int?) throws(RevisionError) -> RevisionDetail {
        let revision = try stored(number ?? self.number)
        return RevisionDetail(
            revision: RevisionReport(revision), document: revision.document, managed: revision.managed)
    }

    package func difference(from old: Int, to new: Int) throws(RevisionError) -> String {
        let before = try stored(old)
        let after = try stored(new)
        return diff(
            from: (before.document, before.managed), "revision \(old)", to: (after.document, after.managed),
            "revision \(new)")
    }

    func diff(
        from old: (document: String, managed: String), _ oldName: String,
        to new: (document: String, managed: String), _ newName: String
    ) -> String {
        LineDifference(from: old.document, to: new.document).text(old: oldName, new: newName)
            + LineDifference(from: old.managed, to: new.managed)
            .text(old: "\(oldName), \(ManagedPart.name)", new: "\(newName), \(ManagedPart.name)")
    }

    func masked(_ text: RevisionText) -> (document: String, managed: String) {
        (seal.masked(text.document).masked, seal.masked(text.managed.text).masked)
    }

    func secrets(of text: RevisionText) -> [String: String] {
        seal.masked(text.document).secrets.merging(seal.masked(text.managed.text).secrets) { first, _ in first }
    }

    package func projects(of name: String, in section: ManagedPart.Section) -> [String] {
        if section == .subscriptions {
            let subscription = settings.notices.subscriptions.first { $0.name == name }
            return [subscription?.bounds?.project].compactMap(\.self)
        }
        return settings.projects.filter { $0.has(name, in: section) }.map(\.name)
    }

    package func entries() -> [ConfiguredEntry] { configured().entries }

    /// What the texts in force say, read once for each revision.
    func configured() -> Configured {
        if let known = knownConfigured { return known }
        let shown = masked(text)
        let parts = [(ConfiguredText(shown.document), false), (ConfiguredText(shown.managed), true)]
        var found = Configured()
        for section in ManagedPart.Section.allCases {
            for (part, isManaged) in parts {
                found.entries += part.entries(of: section).map {
                    ConfiguredEntry(section: section, name: $0.key, isManaged: isManaged, value: $0.value)
                }
            }
        }
        for provider in settings.providers {
            found.secrets[provider.name] = parts.flatMap { $0.0.storedSecrets(ofProvider: provider.name) }
        }
        knownConfigured = found
        return found
    }

    package func accounts() -> [ConfiguredAccount] {
        settings.providers.map {
            let isManaged = settings.managed.contains($0.name, in: .providers)
            return ConfiguredAccount(
                name: $0.name, driver: type(of: $0.provider).driver, isDryRun: $0.policy.isDryRun,
                secrets: configured().secrets[$0.name] ?? [], isManaged: isManaged,
                capabilities: $0.provider.capabilities)
        }
    }

    package func zones() -> [String] { settings.zones.map(\.apex.apiText) }

    package func projects() -> [ConfiguredProject] {
        settings.projects.map {
            ConfiguredProject(
                name: $0.name, indicators: $0.indicators, schemes: $0.schemes, channels: $0.channels,
                isManaged: settings.managed.contains($0.name, in: .projects))
        }
    }
}

/// What the texts of a revision say.
struct Configured: Sendable {
    var entries: [ConfiguredEntry] = []
    /// What in the encrypted store each account at a provider needs, sorted.
    var secrets: [String: [String]] = [:]
}

extension RevisionReport {
    init(_ stored: StoredRevision) {
        let effects = try? JSONDecoder().decode([RevisionEffect].self, from: Data(stored.effects.utf8))
        self.init(
            number: stored.number, at: stored.at.seconds, author: stored.author, comment: stored.comment,
            source: stored.origin, effects: effects ?? [])
    }
}
