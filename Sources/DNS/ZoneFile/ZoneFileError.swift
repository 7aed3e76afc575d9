/// A fault in a zone file, and where it is.
package struct ZoneFileError: Error, Hashable, Sendable {
    package let file: String
    /// From 1.
    package let line: Int
    /// From 1, in characters.
    package let column: Int
    package let problem: ZoneFileProblem

    package init(file: String, line: Int, column: Int, problem: ZoneFileProblem) {
        self.file = file
        self.line = line
        self.column = column
        self.problem = problem
    }

    /// What would have been right.
    package var expected: String { problem.expected }
}

extension ZoneFileError: CustomStringConvertible {
    /// `file:line:column: problem; expected …`
    package var description: String { "\(file):\(line):\(column): \(problem); expected \(expected)" }
}

/// Every fault of a zone file, at least one, in the order of the text; faults of the zone as a whole come last.
package struct ZoneFileErrors: Error, Hashable, Sendable {
    package let errors: [ZoneFileError]
}

extension ZoneFileErrors: CustomStringConvertible {
    /// One line each.
    package var description: String { errors.map(\.description).joined(separator: "\n") }
}

/// What may be wrong with a zone file.
package enum ZoneFileProblem: Error, Hashable, Sendable {
    case unclosedQuote
    case unclosedParenthesis
    case strayParenthesis
    case name(NameError)
    case data(RDataError)
    /// The entry begins with a blank, but there was no record before.
    case noOwner
    /// The entry ends before the type.
    case noType
    case unknownType(String)
    /// Another class than IN.
    case otherClass(String)
    case badTTL(String)
    /// There is no TTL, no `$TTL`, no TTL before it and no SOA (RFC 2308 §4).
    case noTTL
    /// TTL or class twice.
    case repeated(String)
    case unknownDirective(String)
    /// A directive with too few words.
    case incomplete(Directive)
    /// A directive with too many.
    case surplus(String, Directive)
    case unreadable(file: String)
    /// A file that includes itself, or files nested too deeply.
    case includedTooDeep(file: String)
    case badRange(String)
    case badModifier(String)
    /// The records of a set have several TTLs; a warning (RFC 2181 §5.2).
    case differingTTL(owner: Name, type: RRType)
    case tooManyRecords(owner: Name, type: RRType)
    /// Something that no single entry is to blame for.
    case zone(ZoneProblem)

    /// The directives of RFC 1035 §5.1, RFC 2308 §4 and BIND's `$GENERATE`.
    package enum Directive: String, CaseIterable, Sendable {
        case origin = "$ORIGIN"
        case ttl = "$TTL"
        case include = "$INCLUDE"
        case generate = "$GENERATE"

        /// How it is written.
        var usage: String {
            switch self {
            case .origin: "$ORIGIN name"
            case .ttl: "$TTL seconds"
            case .include: "$INCLUDE file [origin]"
            case .generate: "$GENERATE first-last[/step] owner [ttl] [class] type data"
            }
        }
    }
}

extension ZoneFileProblem: CustomStringConvertible {
    /// What is wrong, in words.
    package var description: String {
        switch self {
        case .unclosedQuote: "the quote is not closed on its line"
        case .unclosedParenthesis: "the parenthesis is never closed"
        case .strayParenthesis: "this parenthesis closes nothing"
        case .name(let error): error.description
        case .data(let error): error.description
        case .noOwner: "the first record has no owner"
        case .noType: "the record has no type"
        case .unknownType(let word): "“\(word)” is not a record type"
        case .otherClass(let word): "the class \(word) is not served here"
        case .badTTL(let word): "“\(word)” is not a TTL"
        case .noTTL: "the record has no TTL and there is no default for it"
        case .repeated(let word): "“\(word)” is a second TTL or class"
        case .unknownDirective(let word): "“\(word)” is not a directive"
        case .incomplete(let directive): "\(directive.rawValue) is incomplete"
        case .surplus(let word, let directive): "“\(word)” is too much for \(directive.rawValue)"
        case .unreadable(let file): "the file “\(file)” cannot be read"
        case .includedTooDeep(let file): "“\(file)” is included by itself, or more than 16 files deep"
        case .badRange(let word): "“\(word)” is not a range"
        case .badModifier(let word): "“\(word)” cannot be generated"
        case .differingTTL(let owner, let type): "the \(type) records of \(owner) have different TTLs"
        case .tooManyRecords(let owner, let type):
            "\(owner) has more than \(ZoneAssembler.maximumRecordsPerSet) records of type \(type)"
        case .zone(let problem): problem.description
        }
    }

    /// What would have been right.
    package var expected: String {
        switch self {
        case .unclosedQuote: #"a closing ", or \" for a quote in the text"#
        case .unclosedParenthesis: "a )"
        case .strayParenthesis: "a ( before it"
        case .name(let error): error.expected
        case .data(let error): error.expected
        case .noOwner: "a name, or @ for the zone itself, at the start of the line"
        case .noType: "owner [ttl] [class] type data"
        case .unknownType: "a type such as A, AAAA or TYPE65280"
        case .otherClass: "IN or nothing"
        case .badTTL: "seconds from 0 to 2147483647, or a time such as 1h30m"
        case .noTTL: "a TTL before the type, or $TTL above"
        case .repeated: "at most one of each before the type"
        case .unknownDirective: Directive.allCases.map(\.rawValue).joined(separator: ", ")
        case .incomplete(let directive), .surplus(_, let directive): directive.usage
        case .unreadable: "a readable file, relative to the zone file"
        case .includedTooDeep: "files that do not include each other in a circle"
        case .badRange: "first-last or first-last/step, at most \(Generator.maximumCount) numbers"
        case .badModifier: "$ or ${offset,width,base} with base d, o, x, X, n or N"
        case .differingTTL: "one TTL; the smallest is taken"
        case .tooManyRecords: "fewer, since an answer must fit into 65535 octets"
        case .zone(let problem): problem.expected
        }
    }
}
