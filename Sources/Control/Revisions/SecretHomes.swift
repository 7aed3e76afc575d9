import Foundation
import Providers
import Settings
import Storage

/// Where each kept secret goes. Whoever may change an account need not know its secret, and could send it to a server of
/// their own by changing the address: so a secret goes only to where it has gone before, unless the one who changes that
/// has set it anew.
struct SecretHomes: Codable, Hashable, Sendable {
    struct Home: Codable, Hashable, Sendable {
        /// Changes whenever the secret is set; empty where that is not known (`env:`, `file:`).
        var mark: String
        /// Sorted.
        var places: [String]
    }

    static let key = "secret.homes"
    /// By what the configuration says: `store:cloudflare-token`.
    private(set) var homes: [String: Home] = [:]

    init(_ text: String?) {
        guard let text, let read = try? JSONDecoder().decode(SecretHomes.self, from: Data(text.utf8)) else { return }
        self = read
    }

    var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    /// One secret of an account, and where it is sent.
    struct Journey: Hashable, Sendable {
        var account: String
        var argument: String
        var secret: String
        var place: String
    }

    static func journeys(of settings: Settings) -> [Journey] {
        settings.providers.flatMap { journeys(of: $0) }
    }

    static func journeys(of account: ProviderSettings) -> [Journey] {
        let driver = type(of: account.provider)
        let place =
            ([driver.driver]
            + account.arguments.sorted { $0.key < $1.key }.compactMap { key, value in
                driver.parameters.contains { $0.name == key && $0.leadsSomewhere } ? "\(key)=\(value)" : nil
            }).joined(separator: " ")
        return driver.parameters.filter { $0.kind == .secret }.compactMap { parameter in
            account.arguments[parameter.name].map {
                Journey(
                    account: account.name, argument: parameter.name,
                    secret: $0.trimmingCharacters(in: .whitespacesAndNewlines), place: place)
            }
        }
    }

    /// Those that would send a secret to where it has not been sent before.
    func strange(_ journeys: [Journey]) -> [Journey] {
        journeys.filter { journey in
            guard let home = homes[journey.secret], !home.places.isEmpty else { return false }
            return !home.places.contains(journey.place)
        }
    }

    /// Notes where secrets go from now on; those that are `fresh` no more to where they went before.
    mutating func note(_ journeys: [Journey], fresh: Set<String>, mark: (String) -> String) {
        for secret in fresh { homes[secret]?.places = [] }
        for journey in journeys {
            var home = homes[journey.secret] ?? Home(mark: "", places: [])
            home.mark = mark(journey.secret)
            if !home.places.contains(journey.place) { home.places = (home.places + [journey.place]).sorted() }
            homes[journey.secret] = home
        }
    }
}

extension ProviderParameter {
    /// Whether it says to whom a secret goes, or whom we take for that one.
    var leadsSomewhere: Bool {
        switch kind {
        case .url, .path: true
        case .text: ["server", "arguments"].contains(name)
        default: false
        }
    }
}

extension Revisions {
    func homes() -> SecretHomes { SecretHomes(try? store?.fact(SecretHomes.key)) }

    /// - Parameter fresh: what the author has set anew: `store:cloudflare-token`.
    /// - Throws: `.invalid` if an account would send another secret to where it has not been sent before.
    func refuseStrangeJourneys(
        _ journeys: [SecretHomes.Journey], of settings: Settings, fresh: Set<String>
    ) throws(RevisionError) {
        let strange = homes().strange(journeys.filter { !fresh.contains($0.secret) })
        guard strange.isEmpty else { throw .invalid(strange.map { $0.error(in: settings) }) }
    }

    /// Of the secrets that accounts need, those that were set by this author, and not used by an account since.
    func freshSecrets(of settings: Settings, setBy author: String) -> Set<String> {
        let known = homes().homes
        return Set(SecretHomes.journeys(of: settings).map(\.secret)).filter { secret in
            guard let (mark, setter) = settings.secretMark(secret, in: store) else { return false }
            return setter == author && known[secret]?.mark != mark
        }
    }

    /// What is to be kept with a revision.
    func homes(with settings: Settings, fresh: Set<String> = []) -> String {
        var homes = homes()
        homes.note(SecretHomes.journeys(of: settings), fresh: fresh) { settings.secretMark($0, in: store)?.mark ?? "" }
        return homes.text
    }
}

extension Settings {
    /// What tells one setting of a secret (`store:NAME`) from the next, and who has set it: empty if it was not done by
    /// page or API. Nil if it is not kept.
    fileprivate func secretMark(_ reference: String, in store: Store?) -> (mark: String, setter: String)? {
        guard reference.hasPrefix("store:") else { return nil }
        let name = reference.dropFirst("store:".count).trimmingCharacters(in: .whitespaces)
        guard let mark = sealedMark(name) else { return nil }
        let noted = (try? store?.fact(StoredChange.setterKey(name))) ?? ""
        let parts = noted.split(separator: " ", maxSplits: 1).map(String.init)
        return (mark, parts.count == 2 && parts[0] == mark ? parts[1] : "")
    }
}

extension SecretHomes.Journey {
    fileprivate func error(in settings: Settings) -> SettingsError {
        let isKept = secret.hasPrefix("store:")
        return SettingsError(
            file: settings.managed.contains(account, in: .providers) ? ManagedPart.name : settings.file, line: 1,
            column: 1,
            path: "providers.\(account).\(argument)", value: secret,
            problem: "was given for another address, and is not sent elsewhere by whoever need not know it",
            expected: isKept ? "the secret, set once more" : "another secret, or the address as it was")
    }
}
