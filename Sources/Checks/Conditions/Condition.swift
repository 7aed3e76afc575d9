/// What must hold of an answer, as a person wrote it: `status == 200 and json.ok == true and time < 300ms`.
indirect enum Condition: Sendable {
    case test(Subject, Comparison, Literal)
    /// The thing is there at all: `json.error exists`.
    case exists(Subject)
    case all([Condition])
    case any([Condition])
    case not(Condition)

    /// What a condition is about.
    enum Subject: Hashable, Sendable {
        case status
        case body
        /// Bytes of body.
        case size
        /// `json.items[0].name`.
        case json([Step])
        /// The name in lower case.
        case header(String)
        /// The whole probe.
        case time
        /// Days until the server's certificate expires.
        case certificateDays

        /// Whether it is known at a glance: not the clock's business, and no document to be read through.
        var isCheap: Bool {
            switch self {
            case .status, .body, .size, .header: true
            case .json, .time, .certificateDays: false
            }
        }

        /// One step into a JSON document.
        enum Step: Hashable, Sendable {
            case key(String)
            case index(Int)
        }
    }

    enum Comparison: String, CaseIterable, Sendable {
        case equal = "=="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case contains = "contains"
        case startsWith = "starts-with"
        case endsWith = "ends-with"

        var isOrder: Bool {
            switch self {
            case .less, .lessOrEqual, .greater, .greaterOrEqual: true
            case .equal, .notEqual, .contains, .startsWith, .endsWith: false
            }
        }

        var isTextual: Bool { self == .contains || self == .startsWith || self == .endsWith }
    }

    /// A value that was written.
    enum Literal: Hashable, Sendable {
        case number(Double)
        case text(String)
        case flag(Bool)
        case duration(Duration)
        case null
    }

    /// Everything it looks at.
    var subjects: [Subject] {
        switch self {
        case .test(let subject, _, _), .exists(let subject): [subject]
        case .all(let parts), .any(let parts): parts.flatMap(\.subjects)
        case .not(let part): part.subjects
        }
    }
}

extension Condition.Subject: CustomStringConvertible {
    var description: String {
        switch self {
        case .status: "status"
        case .body: "body"
        case .size: "size"
        case .json(let steps): "json" + steps.map(\.description).joined()
        case .header(let name): "header.\(name)"
        case .time: "time"
        case .certificateDays: "cert.days"
        }
    }

    var needsBody: Bool {
        switch self {
        case .body, .size, .json: true
        case .status, .header, .time, .certificateDays: false
        }
    }
}

extension Condition.Subject.Step: CustomStringConvertible {
    var description: String {
        switch self {
        case .key(let key): ".\(printable(key))"
        case .index(let index): "[\(index)]"
        }
    }
}

extension Condition.Literal: CustomStringConvertible {
    var description: String {
        switch self {
        case .number(let number): number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
        case .text(let text): "\"\(printable(text))\""
        case .flag(let flag): "\(flag)"
        case .duration(let duration): inWords(duration).filter { $0 != " " }
        case .null: "null"
        }
    }
}

extension Condition: CustomStringConvertible {
    var description: String {
        switch self {
        case .test(let subject, let comparison, let literal): "\(subject) \(comparison.rawValue) \(literal)"
        case .exists(let subject): "\(subject) exists"
        case .all(let parts): parts.map(\.inParentheses).joined(separator: " and ")
        case .any(let parts): parts.map(\.inParentheses).joined(separator: " or ")
        case .not(let part): "not \(part.inParentheses)"
        }
    }

    private var inParentheses: String {
        switch self {
        case .test, .exists, .not: description
        case .all, .any: "(\(self))"
        }
    }
}
