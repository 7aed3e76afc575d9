import JSONTree

extension JSONValue {
    /// What stands at the end of a path; nil if there is nothing.
    func at(_ steps: [Condition.Subject.Step]) -> JSONValue? {
        var value = self
        for step in steps {
            switch (step, value) {
            case (.key(let key), .object(let object)):
                guard let next = object[key] else { return nil }
                value = next
            case (.index(let index), .array(let list)):
                guard index < list.count else { return nil }
                value = list[index]
            default: return nil
            }
        }
        return value
    }

    /// What is said of it.
    var words: String {
        switch self {
        case .null: "null"
        case .bool(let flag): "\(flag)"
        case .number(let number): Condition.Literal.number(number).description
        case .string(let text): "\"\(printable(text))\""
        case .array(let list): "a list of \(list.count)"
        case .object: "an object"
        }
    }
}
