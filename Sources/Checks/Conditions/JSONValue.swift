import FoundationEssentials

/// A JSON document (RFC 8259), as far as conditions look at it.
enum JSONValue: Hashable, Sendable, Decodable {
    case null
    case flag(Bool)
    case number(Double)
    case text(String)
    case list([JSONValue])
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let list = try? container.decode([JSONValue].self) {
            self = .list(list)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    /// Nil if the bytes are not JSON.
    init?(_ bytes: [UInt8]) {
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)) else { return nil }
        self = value
    }

    /// What stands at the end of a path; nil if there is nothing.
    func at(_ steps: [Condition.Subject.Step]) -> JSONValue? {
        var value = self
        for step in steps {
            switch (step, value) {
            case (.key(let key), .object(let object)):
                guard let next = object[key] else { return nil }
                value = next
            case (.index(let index), .list(let list)):
                guard index < list.count else { return nil }
                value = list[index]
            default: return nil
            }
        }
        return value
    }
}

extension JSONValue: CustomStringConvertible {
    var description: String {
        switch self {
        case .null: "null"
        case .flag(let flag): "\(flag)"
        case .number(let number): Condition.Literal.number(number).description
        case .text(let text): "\"\(printable(text))\""
        case .list(let list): "a list of \(list.count)"
        case .object: "an object"
        }
    }
}
