import Providers
import Settings
import Storage

/// What changes the configuration, as a whole or in one place.
package enum RevisionChange: Hashable, Sendable {
    /// The text of the file's part, whole; what is managed by the page and the API stays.
    case document(String)
    /// Puts an entry into the managed part, or with nil takes it out.
    case entry(ManagedPart.Section, name: String, ConfiguredValue?)
    /// Puts several entries into the managed part: all of them, or none.
    case entries([EntryChange])
    /// Puts a member into a managed scheme, or with nil takes it out.
    case member(scheme: String, indicator: String, ConfiguredValue?)
    /// Both parts as they were in an earlier revision.
    case rollback(Int)
}

/// An entry that is put into the managed part.
package struct EntryChange: Hashable, Sendable {
    package var section: ManagedPart.Section
    package var name: String
    package var value: ConfiguredValue

    package init(_ section: ManagedPart.Section, _ name: String, _ value: ConfiguredValue) {
        self.section = section
        self.name = name
        self.value = value
    }
}

/// An account at a provider that is tried before it is configured.
package struct AccountTrial: Sendable {
    package var name: String
    /// With the keys of the file.
    package var value: ConfiguredValue
    /// Secrets that are kept nowhere yet, by argument: they stand in for what the value says.
    package var secrets: [String: String]
    /// The name that it is asked for.
    package var asking: String

    package init(name: String, value: ConfiguredValue, secrets: [String: String] = [:], asking: String) {
        self.name = name
        self.value = value
        self.secrets = secrets
        self.asking = asking
    }
}

/// Who changes it, why, and how carefully.
package struct RevisionTerms: Hashable, Sendable {
    package var author: String
    package var comment: String
    /// `file`, `api`, `page` or `rollback`.
    package var source: String
    /// The revision that the author has seen; nil if it does not matter.
    package var base: Int?
    /// Only says what it would do.
    package var isDryRun: Bool
    /// Goes into the audit log with the revision, as its target.
    package var entry: AuditEntry?
    /// Secrets that are set anew with it, and may go elsewhere than before: `store:cloudflare-token`.
    package var freshSecrets: Set<String> = []

    package init(
        author: String, comment: String = "", source: String = "api", base: Int? = nil, isDryRun: Bool = false,
        entry: AuditEntry? = nil
    ) {
        self.author = author
        self.comment = comment
        self.source = source
        self.base = base
        self.isDryRun = isDryRun
        self.entry = entry
    }
}

/// One thing that a revision does.
package struct RevisionEffect: Codable, Hashable, Sendable {
    /// `answer` (somebody gets another answer), `later` (once something has been checked), `scheme`, `indicator`,
    /// `zone`, `override`, `server`, or `restart` (takes effect at the next start).
    package var kind: String
    /// What it is about: a scheme, an indicator, a zone or a section.
    package var subject: String
    /// One line for people: `cat.example.org moves from charlie:cat (192.0.2.1) to echo:cat (192.0.2.2)`.
    package var text: String

    package init(_ kind: String, _ subject: String, _ text: String) {
        self.kind = kind
        self.subject = subject
        self.text = text
    }
}

/// A revision as lists show it.
package struct RevisionReport: Codable, Hashable, Sendable {
    /// From 1; 0 for a configuration that could not be kept.
    package var number: Int
    package var at: Double
    package var author: String
    package var comment: String
    /// `file`, `api`, `page` or `rollback`.
    package var source: String
    /// What it was to do when it was made.
    package var effects: [RevisionEffect]
}

/// A revision whole, with `masked:…` in the place of each secret.
package struct RevisionDetail: Codable, Hashable, Sendable {
    package var revision: RevisionReport
    /// The file's part.
    package var document: String
    /// What the page and the API have added.
    package var managed: String
}

/// What came of a change.
package struct RevisionOutcome: Codable, Hashable, Sendable {
    /// The revision in force now: for a dry run and where nothing changed, the one that was in force before.
    package var revision: Int
    /// Whether there is a new revision.
    package var isNew: Bool
    package var isDryRun: Bool
    package var effects: [RevisionEffect]
    /// Against what was in force, in unified format; secrets are masked.
    package var diff: String
    /// What is allowed and probably not meant.
    package var warnings: [String]
}

/// An entry of the configuration, and who manages it.
package struct ConfiguredEntry: Hashable, Sendable {
    package var section: ManagedPart.Section
    package var name: String
    /// True: the page and the API may change it; false: a file does.
    package var isManaged: Bool
    package var value: ConfiguredValue
}

/// An account at a provider as it is configured.
package struct ConfiguredAccount: Hashable, Sendable {
    package var name: String
    /// `cloudflare`.
    package var driver: String
    /// Whether it only says what it would do.
    package var isDryRun: Bool
    /// The names of the secrets in the encrypted store that it needs, sorted.
    package var secrets: [String] = []
    /// True: the page and the API may change it; false: a file does.
    package var isManaged = false
    /// What it can hold and do.
    package var capabilities = Capabilities()
}

/// A project as it is configured.
package struct ConfiguredProject: Hashable, Sendable {
    package var name: String
    /// Names, or patterns with `*` and `?`.
    package var indicators: [String]
    package var schemes: [String]
    /// The channels that its people may subscribe with: the same.
    package var channels: [String] = []
    /// True: the page and the API may change it; false: a file does.
    package var isManaged = false
}

/// Why a configuration was not changed.
package enum RevisionError: Error, Hashable, Sendable {
    case invalid([SettingsError])
    /// Others have made these revisions meanwhile, the newest first.
    case conflict(base: Int, meanwhile: [RevisionReport])
    case noSuchRevision(Int)
    case noSuchEntry(ManagedPart.Section, String)
    /// The file has it; only the file can change it.
    case managedByFile(ManagedPart.Section, String, file: String)
    /// It could not be written, and was not changed.
    case notKept(String)
}

extension RevisionError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .invalid(let errors): errors.map(\.description).joined(separator: "\n")
        case .conflict(let base, let meanwhile):
            "revision \(base) is not in force any more: "
                + meanwhile.map(\.sentence).joined(separator: "; ") + ". Look at it and try again"
        case .noSuchRevision(let number): "there is no revision \(number)"
        case .noSuchEntry(let section, let name): "there is no \(section.noun) \"\(name)\""
        case .managedByFile(let section, let name, let file):
            "the \(section.noun) \"\(name)\" is managed by \(file): change it there"
        case .notKept(let why): "the revision could not be kept, so nothing was changed: \(why)"
        }
    }
}

extension RevisionReport {
    /// `ann made revision 7 with the page ("new kernel"): cat.example.org moves …`
    package var sentence: String {
        let way = ["file": "by editing the file", "rollback": "by a rollback", "page": "on the page"][source]
        let why = comment.isEmpty ? "" : " (\"\(comment)\")"
        let more = effects.count > 5 ? ", …" : ""
        let what = effects.isEmpty ? "" : ": " + effects.prefix(5).map(\.text).joined(separator: ", ") + more
        return "\(author) made revision \(number) \(way ?? "with the API")\(why)\(what)"
    }
}

/// What may be asked of the configuration and done to it. `Revisions` is it.
package protocol RevisionInterface: Sendable {
    /// The number of the revision in force.
    func inForce() async -> Int
    /// The newest first; with `before`, those with lower numbers.
    func list(before: Int?, limit: Int) async throws(RevisionError) -> [RevisionReport]
    /// One revision; with nil the one in force.
    func detail(of number: Int?) async throws(RevisionError) -> RevisionDetail
    /// What changed from one revision to another, in unified format; empty if nothing did.
    func difference(from old: Int, to new: Int) async throws(RevisionError) -> String
    /// Changes the configuration, or says what would come of it.
    func propose(_ change: RevisionChange, _ terms: RevisionTerms) async throws(RevisionError) -> RevisionOutcome
    /// The projects that an entry of that name belongs to, or would.
    func projects(of name: String, in section: ManagedPart.Section) async -> [String]
    /// What is configured, section by section, in its order; secrets are masked.
    func entries() async -> [ConfiguredEntry]
    /// The accounts at providers, sorted by name; `local` is not among them.
    func accounts() async -> [ConfiguredAccount]
    /// Reads a name at an account that is not configured, or is to be configured otherwise; changes nothing.
    func test(_ trial: AccountTrial) async throws(RevisionError) -> ProviderTest
    /// The names of the zones that our own DNS answers for, in their order, without the final dot.
    func zones() async -> [String]
    /// In the order of the file.
    func projects() async -> [ConfiguredProject]
}
