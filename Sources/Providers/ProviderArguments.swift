import Addresses
import DNS
import Secrets

/// Where one argument of a provider comes from and what it looks like.
package struct ProviderParameter: Sendable {
    package enum Kind: Hashable, Sendable {
        case text
        case integer(ClosedRange<Int>)
        /// `http://HOST[:PORT][/PATH]` or `https://…`, without query.
        case url
        /// Never written itself, only where it is: `env:NAME`, `file:PATH` or `store:NAME`.
        case secret
        /// A path; a relative one begins at the configuration's folder.
        case path
        /// `yes` or `no`.
        case flag
    }

    package var name: String
    package var kind: Kind
    package var isRequired: Bool
    /// What stands there if nothing is written; nil if nothing does.
    package var standard: String?
    /// What a right value looks like.
    package var form: String
    package var summary: String

    /// What every driver over HTTPS takes.
    static let caFile = ProviderParameter("ca-file", .path, "PEM certificates to trust instead of the system's.")

    /// `form` need only be given for `.text`.
    package init(
        _ name: String, _ kind: Kind, form: String? = nil, required: Bool = false, standard: String? = nil,
        _ summary: String
    ) {
        self.name = name
        self.kind = kind
        isRequired = required
        self.standard = standard
        self.form = form ?? kind.form
        self.summary = summary
    }
}

extension ProviderParameter.Kind {
    var form: String {
        switch self {
        case .text: "a text that is not empty"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .url: "http://HOST[:PORT][/PATH] or https://…"
        case .secret:
            "env:NAME (an environment variable), file:PATH (a file that holds nothing else) or store:NAME"
        case .path: "the path of a file"
        case .flag: "yes or no"
        }
    }
}

/// The arguments of one provider as they were written: scalar text by key.
package struct ProviderArguments: Sendable {
    package var values: [String: String]
    /// What relative paths are relative to, without a final `/`.
    package var folder: String
    /// Opens what lies in the encrypted store; nil if there is none here.
    package var opener: SecretOpener?
    /// The configuration's TSIG keys, which an argument may name.
    package var keys: [TSIGKey] = []

    package init(
        _ values: [String: String], folder: String = ".", opener: SecretOpener? = nil, keys: [TSIGKey] = []
    ) {
        self.values = values
        self.folder = folder
        self.opener = opener
        self.keys = keys
    }
}

/// Everything that is wrong with the arguments of one provider.
package struct ProviderArgumentErrors: Error, Hashable, Sendable, CustomStringConvertible {
    package var errors: [ProviderArgumentError]
    package init(_ errors: [ProviderArgumentError]) { self.errors = errors }
    /// One line each.
    package var description: String { errors.map(\.description).joined(separator: "\n") }
}

package struct ProviderArgumentError: Hashable, Sendable {
    /// The key that is wrong or missing.
    package var key: String
    /// What was written; nil if it is missing, or if it may be a secret.
    package var value: String?
    /// What is wrong: `is not a URL`.
    package var problem: String
    /// What would be right.
    package var expected: String

    package init(key: String, value: String?, problem: String, expected: String) {
        self.key = key
        self.value = value
        self.problem = problem
        self.expected = expected
    }
}

extension ProviderArgumentError: CustomStringConvertible {
    /// One line: `token is not where a secret is; right is: env:NAME …`.
    package var description: String {
        "\(key)\(value.map { " \"\(oneLine($0))\"" } ?? "") \(problem); right is: \(expected)"
    }
}

/// Reads the arguments of one provider strictly and gathers everything that is wrong with them.
package struct ProviderArgumentReader {
    private let arguments: ProviderArguments
    private let parameters: [ProviderParameter]
    package private(set) var errors: [ProviderArgumentError] = []

    package init(_ arguments: ProviderArguments, of provider: any Provider.Type) {
        self.arguments = arguments
        parameters = provider.parameters
        let names = parameters.map(\.name)
        for (key, value) in arguments.values.sorted(by: { $0.key < $1.key }) where !names.contains(key) {
            // The value is not repeated: it may be a secret under a misspelt key.
            _ = value
            errors.append(
                ProviderArgumentError(
                    key: key, value: nil, problem: "is not an argument of \(provider.driver)",
                    expected: names.isEmpty ? "none" : "one of " + names.joined(separator: ", ")))
        }
        for parameter in parameters where parameter.isRequired && arguments.values[parameter.name] == nil {
            errors.append(
                ProviderArgumentError(
                    key: parameter.name, value: nil, problem: "is missing", expected: parameter.form))
        }
    }

    /// Whether the argument was written at all.
    package func has(_ key: String) -> Bool { arguments.values[key] != nil }

    /// A text that is not empty and stays on its line; the parameter's standard if nothing is written.
    package mutating func text(_ key: String) -> String? {
        guard let value = arguments.values[key] ?? parameter(key).standard else { return nil }
        guard !value.isEmpty else {
            refuse(key, "is empty")
            return nil
        }
        guard !value.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            refuse(key, "has a control character")
            return nil
        }
        return value
    }

    /// A whole number in the range that the parameter declares.
    package mutating func integer(_ key: String) -> Int? {
        guard let value = text(key) else { return nil }
        guard case .integer(let range) = parameter(key).kind else {
            preconditionFailure("\(key) is not declared as a number")
        }
        guard value.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(value) else {
            refuse(key, "is not a whole number")
            return nil
        }
        guard range.contains(number) else {
            refuse(key, "is out of range")
            return nil
        }
        return number
    }

    /// False unless it was written.
    package mutating func flag(_ key: String) -> Bool {
        switch arguments.values[key]?.lowercased() {
        case nil, "no", "false", "off": return false
        case "yes", "true", "on": return true
        default:
            refuse(key, "is neither yes nor no")
            return false
        }
    }

    /// Where a secret is; it is read only when it is needed.
    package mutating func secret(_ key: String) -> SecretPlace? {
        guard let value = arguments.values[key] else { return nil }
        guard let place = SecretPlace(value, folder: arguments.folder, opener: arguments.opener) else {
            refuse(key, "is not where a secret is: secrets are never written themselves", showingValue: false)
            return nil
        }
        return place
    }

    /// Calls to the API that `url` and `ca-file` lead to.
    mutating func calls(limit: RateLimit) -> JSONCalls? {
        let url = url("url")
        let caller = HTTPCaller(caFile: path("ca-file"))
        return url.map { JSONCalls(url: $0, caller: caller, limit: limit) }
    }

    /// A path, made relative to the configuration's folder.
    package mutating func path(_ key: String) -> String? {
        text(key).map { resolve($0, in: arguments.folder) }
    }

    /// An `http` or `https` address without a query; without the final `/`.
    package mutating func url(_ key: String) -> String? {
        guard let value = text(key) else { return nil }
        guard let url = BaseURL(value) else {
            refuse(key, "is not an http or https URL without query and password", showingValue: !value.contains("@"))
            return nil
        }
        return url.text
    }

    /// Notes that an argument is wrong; `expected` is the parameter's form unless given.
    package mutating func refuse(
        _ key: String, _ problem: String, expected: String? = nil, showingValue: Bool = true
    ) {
        errors.append(
            ProviderArgumentError(
                key: key, value: showingValue ? arguments.values[key] : nil, problem: problem,
                expected: expected ?? parameter(key).form))
    }

    /// Throws if anything was wrong.
    package func finish() throws(ProviderArgumentErrors) {
        guard errors.isEmpty else { throw ProviderArgumentErrors(errors) }
    }

    /// The value, or all the errors; for an argument without which there is nothing to build.
    package func require<Value>(_ value: Value?) throws(ProviderArgumentErrors) -> Value {
        try finish()
        guard let value else { preconditionFailure("a required argument is nil though no error was noted") }
        return value
    }

    private func parameter(_ key: String) -> ProviderParameter {
        guard let parameter = parameters.first(where: { $0.name == key }) else {
            preconditionFailure("\(key) is not declared")
        }
        return parameter
    }
}

func resolve(_ path: String, in folder: String) -> String {
    path.hasPrefix("/") || folder == "." ? path : "\(folder)/\(path)"
}

/// Fit for one line of a terminal or a log: control characters become blanks, runs of blanks one; at most 300 letters.
package func oneLine(_ text: some StringProtocol) -> String {
    var line = ""
    var count = 0
    var isAfterBlank = true
    for scalar in text.unicodeScalars {
        let isBlank = scalar.properties.isWhitespace || scalar.properties.generalCategory == .control
        if isBlank && isAfterBlank { continue }
        guard count < 300 else { return line + "…" }
        line.unicodeScalars.append(isBlank ? " " : scalar)
        count += 1
        isAfterBlank = isBlank
    }
    if line.hasSuffix(" ") { line.removeLast() }
    return line
}
