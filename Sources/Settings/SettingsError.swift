/// One thing that is wrong in the configuration: what, where, and what would be right.
package struct SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    package var file: String
    /// Both from 1; the column counts letters, not octets.
    package var line: Int
    package var column: Int
    /// Where in the tree: `schemes.cat.example.test.members[1].priority`; empty for the file as a whole.
    package var path: String
    /// What was written; nil if it is missing or not a single value.
    package var value: String?
    /// What is wrong: `is not a priority`.
    package var problem: String
    /// What would be right: `1…1000 or primary, backup, …`, or `did you mean "ttl"?`; empty for a warning.
    package var expected: String

    package init(
        file: String, line: Int, column: Int, path: String, value: String?, problem: String, expected: String
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.path = path
        self.value = value
        self.problem = problem
        self.expected = expected
    }

    /// `home.yaml:12:9: schemes.cat.example.test.ttl "0" is out of range; use 1…86400`
    package var description: String {
        let subject = (path.isEmpty ? "" : path + " ") + (value.map { "\"\(Self.shorten($0))\" " } ?? "")
        let advice = expected.isEmpty ? "" : expected.hasPrefix("did you mean") ? ": \(expected)" : "; use \(expected)"
        return "\(file):\(line):\(column): \(subject)\(problem)\(advice)"
    }

    /// Two errors that differ in this only by their path are one mistake.
    var withoutPath: SettingsError {
        var error = self
        error.path = ""
        return error
    }

    /// Control characters escaped, at most 200 letters: fit for a terminal.
    private static func shorten(_ text: String) -> String {
        var printed = ""
        for (index, scalar) in text.unicodeScalars.enumerated() {
            guard index < 200 else { return printed + "…" }
            let isControl = scalar.properties.generalCategory == .control
            printed += isControl ? scalar.escaped(asASCII: true) : String(scalar)
        }
        return printed
    }
}

/// Everything that is wrong, the configuration's own errors first, by line; at least one.
package struct SettingsErrors: Error, Hashable, Sendable, CustomStringConvertible {
    package var errors: [SettingsError]
    /// The files beside the configuration that were read, or tried: a change of one may mend it.
    package var files: [String]

    package init(errors: [SettingsError], files: [String] = []) {
        self.errors = errors
        self.files = files
    }

    /// One line each.
    package var description: String { errors.map(\.description).joined(separator: "\n") }
}

extension SettingsErrors {
    /// The file as a whole is at fault.
    static func file(_ file: String, _ problem: String, _ expected: String) -> SettingsErrors {
        SettingsErrors(errors: [
            SettingsError(
                file: file, line: 1, column: 1, path: "", value: nil, problem: problem, expected: expected)
        ])
    }

    static func tooLarge(_ file: String) -> SettingsErrors {
        .file(file, "is larger than 16 MiB", "a smaller file")
    }
}
