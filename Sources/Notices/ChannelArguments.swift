import Foundation
import Secrets

/// One argument of a channel and what it looks like.
package struct ChannelParameter: Sendable {
    package enum Kind: Hashable, Sendable {
        case text
        case integer(ClosedRange<Int>)
        case choice([String])
        /// `http://HOST[:PORT][/PATH]` or `https://…`.
        case url
        /// An address of e-mail; several with commas between them.
        case mail
        /// The secret itself, or `env:NAME`, `file:PATH` or `store:NAME`.
        case secret
        /// The same, and what it leads to is a URL.
        case secretURL
        /// A path; a relative one begins at the configuration's folder.
        case path
    }

    package var name: String
    package var kind: Kind
    package var isRequired: Bool
    /// What stands there if nothing is written; nil if nothing does.
    package var standard: String?
    package var summary: String

    package init(
        _ name: String, _ kind: Kind, required: Bool = false, standard: String? = nil, _ summary: String
    ) {
        self.name = name
        self.kind = kind
        isRequired = required
        self.standard = standard
        self.summary = summary
    }

    /// What a right value looks like.
    package var form: String {
        switch kind {
        case .text: "a text that is not empty"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .choice(let words): words.joined(separator: ", ")
        case .url: "http://HOST[:PORT][/PATH] or https://…"
        case .mail: "an address such as ann@example.org, or a list of them"
        case .secret: "the secret, or \(SecretPlace.forms)"
        case .secretURL: "the URL, or \(SecretPlace.forms)"
        case .path: "the path of a file"
        }
    }
}

/// The arguments of one channel as they were written: text by key, lists with `, ` between their items.
package struct ChannelArguments: Sendable {
    package var values: [String: String]
    /// What relative paths begin at, without a final `/`.
    package var folder: String
    /// What opens `store:NAME`; nil where there is no encrypted store.
    package var opener: SecretOpener?

    package init(_ values: [String: String], folder: String = ".", opener: SecretOpener? = nil) {
        self.values = values
        self.folder = folder
        self.opener = opener
    }
}

/// Everything that is wrong with the arguments of one channel.
package struct ChannelArgumentErrors: Error, Hashable, Sendable {
    package var errors: [ChannelArgumentError]
}

package struct ChannelArgumentError: Hashable, Sendable {
    package var key: String
    /// What was written; nil if it is missing, or may be a secret.
    package var value: String?
    /// What is wrong: `is not a URL`.
    package var problem: String
    /// What would be right.
    package var expected: String
}

/// Reads the arguments of one channel and gathers everything that is wrong with them.
struct ChannelArgumentReader {
    private let arguments: ChannelArguments
    private let parameters: [ChannelParameter]
    private var errors: [ChannelArgumentError] = []

    init(_ arguments: ChannelArguments, of channel: any Channel.Type) {
        self.arguments = arguments
        parameters = channel.parameters
        let names = parameters.map(\.name)
        // The value is not repeated: it may be a secret under a misspelt key.
        for key in arguments.values.keys.sorted() where !names.contains(key) {
            errors.append(
                ChannelArgumentError(
                    key: key, value: nil, problem: "is not an argument of \(channel.kind)",
                    expected: "one of " + names.joined(separator: ", ")))
        }
        for parameter in parameters where parameter.isRequired && arguments.values[parameter.name] == nil {
            errors.append(
                ChannelArgumentError(key: parameter.name, value: nil, problem: "is missing", expected: parameter.form))
        }
    }

    /// To be called once all arguments are read.
    func finish() throws(ChannelArgumentErrors) {
        if !errors.isEmpty { throw ChannelArgumentErrors(errors: errors) }
    }

    mutating func refuse(_ key: String, value: String? = nil, _ problem: String, _ expected: String? = nil) {
        errors.append(
            ChannelArgumentError(
                key: key, value: value, problem: problem, expected: expected ?? parameter(key).form))
    }

    private func parameter(_ key: String) -> ChannelParameter {
        guard let parameter = parameters.first(where: { $0.name == key }) else {
            preconditionFailure("\(key) is not declared")
        }
        return parameter
    }

    func has(_ key: String) -> Bool { arguments.values[key] != nil }

    /// One line that is not empty, or the parameter's standard; nil if there is neither.
    mutating func text(_ key: String) -> String? {
        let parameter = parameter(key)
        let isSecret = parameter.kind == .secret || parameter.kind == .secretURL
        guard let value = arguments.values[key] ?? parameter.standard else { return nil }
        guard !value.isEmpty else {
            refuse(key, "is empty")
            return nil
        }
        guard !value.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            refuse(key, "has a control character", isSecret ? nil : "one line")
            return nil
        }
        if case .choice(let words) = parameter.kind, !words.contains(value) {
            refuse(key, value: value, "is not a choice", "one of " + words.joined(separator: ", "))
            return nil
        }
        return value
    }

    mutating func integer(_ key: String) -> Int? {
        guard let text = text(key) else { return nil }
        guard case .integer(let range) = parameter(key).kind else { preconditionFailure("\(key) is no number") }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text), range.contains(number)
        else {
            refuse(key, value: text, "is not such a number")
            return nil
        }
        return number
    }

    /// Without a final `/`.
    mutating func url(_ key: String) -> String? {
        guard let text = text(key) else { return nil }
        guard WebURL.isValid(text) else {
            refuse(key, value: text, "is not a URL")
            return nil
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    mutating func secret(_ key: String) -> SecretPlace? {
        guard let text = text(key) else { return nil }
        if let place = SecretPlace(text, folder: arguments.folder, opener: arguments.opener) { return place }
        guard !SecretPlace.isMeant(by: text) else {
            refuse(key, "names nothing that holds a secret")
            return nil
        }
        guard parameter(key).kind != .secretURL || WebURL.isValid(text) else {
            refuse(key, "is not a URL")
            return nil
        }
        return .written(Secret(text))
    }

    mutating func path(_ key: String) -> String? {
        guard let text = text(key) else { return nil }
        return text.hasPrefix("/") || arguments.folder == "." ? text : "\(arguments.folder)/\(text)"
    }

    mutating func mails(_ key: String) -> [String] {
        guard let text = text(key) else { return [] }
        let mails = text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        for mail in mails where !Self.isMail(mail) { refuse(key, value: mail, "is not an address of e-mail") }
        return mails
    }

    /// `local@domain` of printable ASCII, without quotes, brackets and blanks (RFC 5321 §4.1.2 allows more).
    private static func isMail(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, text.utf8.count <= 254 else { return false }
        return text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"<>()[],;:\\\"".utf8.contains($0) }
    }
}

enum WebURL {
    static func isValid(_ text: String) -> Bool {
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            ["http", "https"].contains(scheme), let host = parts.host, !host.isEmpty, parts.user == nil,
            parts.password == nil, parts.fragment == nil
        else { return false }
        return parts.port.map { (1...65_535).contains($0) } ?? true
    }

    /// Scheme, host and port of a URL whose path may be a secret.
    static func origin(_ text: String) -> String {
        guard let parts = URLComponents(string: text), let host = parts.host else { return "a URL" }
        return "\(parts.scheme ?? "https")://\(host)\(parts.port.map { ":\($0)" } ?? "")"
    }
}
