import JSONTree

/// What is known of an answer when its conditions are looked at.
struct ConditionFacts: Sendable {
    var status: Int
    /// By name in lower case; several of one name are joined by `, ` (RFC 9110 §5.3).
    var headers: [String: String]
    var body: [UInt8]
    /// The body was longer than what is kept of it.
    var isCut: Bool
    var time: Duration
    /// Nil without TLS.
    var certificateDays: Int?
    /// Nil if the body is not JSON.
    let json: JSONValue?

    init(
        status: Int, headers: [String: String], body: [UInt8], isCut: Bool, time: Duration, certificateDays: Int?,
        needsJSON: Bool
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.isCut = isCut
        self.time = time
        self.certificateDays = certificateDays
        json = needsJSON && !isCut ? JSONValue(body) : nil
    }
}

extension Condition {
    /// Nil if it holds; otherwise why it does not: `json.count is 2, expected >= 3`.
    func failure(_ facts: ConditionFacts) -> String? {
        switch self {
        case .all(let parts):
            for part in parts { if let failure = part.failure(facts) { return failure } }
            return nil
        case .any(let parts):
            var failures: [String] = []
            for part in parts {
                guard let failure = part.failure(facts) else { return nil }
                failures.append(failure)
            }
            return "none of \(parts.count) conditions holds: \(failures.joined(separator: "; "))"
        case .not(let part): return part.failure(facts) == nil ? "\(part), which must not be" : nil
        case .exists(let subject): return facts.isThere(subject) ? nil : facts.absence(subject)
        case .test(let subject, let comparison, let literal):
            return facts.failure(subject, comparison, literal)
        }
    }
}

extension ConditionFacts {
    fileprivate func isThere(_ subject: Condition.Subject) -> Bool {
        switch subject {
        case .json(let steps): json?.at(steps) != nil
        case .header(let name): headers[name] != nil
        case .status, .body, .size, .time: true
        case .certificateDays: certificateDays != nil
        }
    }

    fileprivate func absence(_ subject: Condition.Subject) -> String {
        switch subject {
        case .json where isCut: "the page is longer than \(inWords(bytes: body.count)), too long to be read as JSON"
        case .json where json == nil: "the page is not JSON"
        case .json: "\(subject) is not there"
        case .header(let name): "no header \(name)"
        case .certificateDays: "no certificate, as the connection is not secured"
        case .status, .body, .size, .time: "\(subject) is not there"
        }
    }

    fileprivate func failure(
        _ subject: Condition.Subject, _ comparison: Condition.Comparison, _ literal: Condition.Literal
    ) -> String? {
        let expected = "expected \(comparison == .equal ? "" : comparison.rawValue + " ")\(literal)"
        func unless(_ holds: Bool, _ found: String) -> String? { holds ? nil : "\(subject) is \(found), \(expected)" }
        switch (subject, literal) {
        case (.status, .number(let number)): return unless(comparison.holds(Double(status), number), "\(status)")
        case (.size, .number(let number)):
            return unless(comparison.holds(Double(body.count), number), "\(body.count)\(isCut ? " or more" : "")")
        case (.time, .duration(let limit)): return unless(comparison.holds(time, limit), inWords(time))
        case (.certificateDays, .number(let number)):
            guard let certificateDays else { return absence(subject) }
            return unless(comparison.holds(Double(certificateDays), number), "\(certificateDays)")
        case (.body, .text(let text)):
            guard !comparison.holds(body, Array(text.utf8)) else { return nil }
            let cut = isCut ? " (its first \(inWords(bytes: body.count)))" : ""
            return "body\(cut) is not as expected: \(comparison.rawValue) \(literal)"
        case (.header(let name), .text(let text)):
            guard let value = headers[name] else { return comparison == .notEqual ? nil : absence(subject) }
            return unless(comparison.holds(Array(value.utf8), Array(text.utf8)), "\"\(printable(value.utf8))\"")
        case (.json(let steps), _):
            guard let value = json?.at(steps) else {
                return json != nil && comparison == .notEqual ? nil : absence(subject)
            }
            return unless(comparison.holds(value, literal), value.words)
        default: preconditionFailure("the parser lets no such comparison pass")
        }
    }
}

extension Condition.Comparison {
    fileprivate func holds<Value: Comparable>(_ left: Value, _ right: Value) -> Bool {
        switch self {
        case .equal: left == right
        case .notEqual: left != right
        case .less: left < right
        case .lessOrEqual: left <= right
        case .greater: left > right
        case .greaterOrEqual: left >= right
        case .contains, .startsWith, .endsWith: false
        }
    }

    fileprivate func holds(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        switch self {
        case .equal: left == right
        case .notEqual: left != right
        case .contains: right.isEmpty || left.firstRange(of: right) != nil
        case .startsWith: left.starts(with: right)
        case .endsWith: left.suffix(right.count).elementsEqual(right)
        case .less, .lessOrEqual, .greater, .greaterOrEqual: false
        }
    }

    /// Values of different kinds are only ever unequal.
    fileprivate func holds(_ value: JSONValue, _ literal: Condition.Literal) -> Bool {
        switch (value, literal) {
        case (.number(let left), .number(let right)): holds(left, right)
        case (.string(let left), .text(let right)): holds(Array(left.utf8), Array(right.utf8))
        case (.array(let items), .text) where self == .contains: items.contains { Self.equal.holds($0, literal) }
        case (.bool(let left), .flag(let right)): (left == right) == (self == .equal)
        case (.null, .null): self == .equal
        default: self == .notEqual
        }
    }
}
