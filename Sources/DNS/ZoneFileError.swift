/// One thing that is wrong in a zone file.
package struct ZoneFileError: Error, Hashable, Sendable, CustomStringConvertible {
    package var file: String
    /// Both from 1.
    package var line: Int
    package var column: Int
    package var problem: String
    package var expected: String

    package init(file: String, line: Int, column: Int, problem: String, expected: String) {
        self.file = file
        self.line = line
        self.column = column
        self.problem = problem
        self.expected = expected
    }

    /// `example.test.zone:12:9: "300.1.1.1" is not an address …; expected an IPv4 address such as 192.0.2.1`
    package var description: String { "\(file):\(line):\(column): \(problem); expected \(expected)" }
}

/// Everything that is wrong in a zone file and in what it includes; at least one.
package struct ZoneFileErrors: Error, Hashable, Sendable {
    package var errors: [ZoneFileError]
    package init(_ errors: [ZoneFileError]) { self.errors = errors }
}
