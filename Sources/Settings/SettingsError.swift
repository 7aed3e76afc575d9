/// One thing that is wrong in the configuration: what, where, and what would be right.
package struct SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    package var file: String
    /// Both from 1.
    package var line: Int
    package var column: Int
    /// Where in the tree: `schemes.cat.example.test.members[1].priority`; empty for the file as a whole.
    package var path: String
    /// What was written; nil if it is missing or not a single value.
    package var value: String?
    /// What is wrong: `is not a priority`.
    package var problem: String
    /// What would be right: `1…1000 or primary, backup, …`.
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

    /// `home.yaml:12:9: schemes.cat.example.test.ttl: "0" is out of range; use 1…86400`
    package var description: String {
        let place = path.isEmpty ? "" : "\(path): "
        let quoted = value.map { "\"\($0)\" " } ?? ""
        let advice = expected.isEmpty ? "" : "; use \(expected)"
        return "\(file):\(line):\(column): \(place)\(quoted)\(problem)\(advice)"
    }
}

/// Everything that is wrong, by line; at least one.
package struct SettingsErrors: Error, Hashable, Sendable {
    package var errors: [SettingsError]
}
