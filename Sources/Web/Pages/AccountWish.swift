import Control
import Foundation
import Providers
import Secrets
import Settings

/// What somebody filled in to make an account at a provider, or to change one: a driver and its arguments. It is a form
/// of its own, or a part of the one that makes a name.
struct AccountWish: Sendable {
    /// Before an argument's name, so that it cannot be taken for a field of the form's own.
    static let argument = "arg-"
    /// Before the name of an argument that was typed already: by which word `TypedSecrets` has it.
    static let typed = "typed-"
    /// What an account has beside its driver's arguments.
    static let rules = ["dry-run", "drift", "max-changes", "timeout", "servers"]

    var fields: [String: String]
    /// Before each field's name, where the account is a part of another form.
    var prefix = ""
    /// Whether the account is there already.
    var isEdit = false
    /// Where its secrets are that were saved before: `store:cloudflare-token`, by argument.
    var saved: [String: String] = [:]
    /// Secrets that are typed and not saved, by argument.
    var secrets: [String: String] = [:]
    /// What other accounts have in the encrypted store.
    var taken: Set<String> = []

    init(_ fields: [String: String], prefix: String = "", isEdit: Bool = false) {
        self.fields = fields
        self.prefix = prefix
        self.isEdit = isEdit
    }

    /// An account as it is configured.
    init(_ entry: ConfiguredEntry) {
        var fields = ["name": entry.name]
        var saved: [String: String] = [:]
        let texts = entry.value.texts
        let secret = Set((ProviderDriver.named(texts["driver"] ?? "")?.parameters ?? []).filter(\.isSecret).map(\.name))
        for (key, text) in texts {
            if secret.contains(key) {
                saved[key] = text
            } else {
                fields[key == "driver" || Self.rules.contains(key) ? key : Self.argument + key] = text
            }
        }
        self.init(fields, isEdit: true)
        self.saved = saved
    }

    /// A field of the form, without blanks around it.
    subscript(_ key: String) -> String {
        get { (fields[prefix + key] ?? "").trimmingCharacters(in: .whitespacesAndNewlines) }
        set { fields[prefix + key] = newValue }
    }

    var name: String { self["name"] }
    var driver: (any Provider.Type)? { ProviderDriver.named(self["driver"]) }
    /// The name that the account is asked for.
    var asking: String { self["asking"] }

    /// What is there already is kept where it is; what was typed is taken, and for as long as it is not saved kept by
    /// `typed`, for whoever typed it.
    mutating func take(saved entry: ConfiguredEntry?, typed: TypedSecrets, owner: String) {
        if let entry { saved = AccountWish(entry).saved }
        secrets = [:]
        for parameter in driver?.parameters ?? [] where parameter.isSecret {
            let text = self[Self.argument + parameter.name]
            if !text.isEmpty, !SecretPlace.isMeant(by: text) {
                secrets[parameter.name] = text
                self[Self.typed + parameter.name] = typed.keep(text, for: owner)
                // It does not go back to the browser.
                self[Self.argument + parameter.name] = ""
            } else if text.isEmpty, let kept = typed.secret(self[Self.typed + parameter.name], for: owner) {
                secrets[parameter.name] = kept
            } else {
                self[Self.typed + parameter.name] = ""
            }
        }
    }

    /// Whether there is something for a secret argument, wherever it is.
    func has(_ parameter: ProviderParameter) -> Bool {
        secrets[parameter.name] != nil || saved[parameter.name] != nil
            || !self[Self.argument + parameter.name].isEmpty
    }

    /// Where a typed secret is kept once it is saved; what other accounts use stays theirs.
    func place(of argument: String) -> String {
        let own = "\(name)-\(argument)"
        return taken.contains(own) ? (2...).lazy.map { "\(own)-\($0)" }.first { !taken.contains($0) } ?? own : own
    }

    /// Where all that was typed is kept once it is saved, as the account refers to it.
    var places: Set<String> { Set(secrets.keys.map { "store:\(place(of: $0))" }) }

    /// The account, with the keys of the file.
    var value: ConfiguredValue {
        var pairs = [ConfiguredValue.Pair("driver", .text(self["driver"]))]
        for parameter in driver?.parameters ?? [] {
            let text = self[Self.argument + parameter.name]
            if secrets[parameter.name] != nil {
                pairs.append(.init(parameter.name, .text("store:\(place(of: parameter.name))")))
            } else if !text.isEmpty {
                pairs.append(.init(parameter.name, .text(text)))
            } else if parameter.isSecret, let saved = saved[parameter.name] {
                pairs.append(.init(parameter.name, .text(saved)))
            }
        }
        for rule in Self.rules where isSaid(rule) {
            let words = self[rule].split(whereSeparator: { $0 == "," || $0.isNewline }).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            pairs.append(
                .init(rule, rule == "servers" ? .list(words.map { .text($0) }) : .text(self[rule])))
        }
        return .section(pairs)
    }

    /// Whether a rule differs from the usual.
    func isSaid(_ rule: String) -> Bool { !self[rule].isEmpty && !(rule == "drift" && self[rule] == "correct") }

    /// The field, without the form's prefix, that a violation is about: nil if it is about none.
    func field(of violation: Violation) -> String? {
        let parts = violation.pointer.split(separator: "/").map(String.init)
        let arguments = driver?.parameters.map(\.name) ?? []
        for part in parts {
            if arguments.contains(part) { return Self.argument + part }
            if part == "name" || part == "asking" || Self.rules.contains(part) { return part }
        }
        return nil
    }

    func trial(asking name: String) -> AccountTrial {
        AccountTrial(name: self.name, value: value, secrets: secrets, asking: name)
    }
}

extension ProviderParameter {
    var isSecret: Bool { kind == .secret }
}

extension ConfiguredValue {
    /// The single values of a section by key; a list's items stand in one line.
    var texts: [String: String] {
        guard case .section(let pairs) = self else { return [:] }
        return pairs.reduce(into: [:]) { texts, pair in
            switch pair.value {
            case .text(let text): texts[pair.key] = text
            case .list(let items):
                texts[pair.key] = items.compactMap { if case .text(let text) = $0 { text } else { nil } }
                    .joined(separator: ", ")
            case .section: break
            }
        }
    }
}
