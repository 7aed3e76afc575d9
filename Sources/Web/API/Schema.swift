import Foundation
import JSONTree

/// What a JSON value must be like: the part of JSON Schema (2020-12) that our API needs. The same schema is published
/// and checks what comes in, so that the document cannot promise what the code does not keep.
indirect enum Schema: Sendable {
    case string(format: String? = nil, pattern: String? = nil, length: ClosedRange<Int>? = nil)
    case choice([String])
    case integer(ClosedRange<Int>? = nil)
    case number(ClosedRange<Double>? = nil)
    case bool
    case array(Schema)
    /// Properties that are not named are not allowed in what comes in.
    case object([Property])
    /// An object whose keys are names, all values alike.
    case map(Schema)
    /// A text, a number, true or false.
    case scalar
    /// Any JSON.
    case anything
    /// A schema under `components/schemas`.
    case named(String)
    case nullable(Schema)

    struct Property: Sendable {
        var name: String
        var schema: Schema
        var isRequired: Bool
        var description: String

        init(_ name: String, _ schema: Schema, _ description: String = "", required: Bool = true) {
            self.name = name
            self.schema = schema
            isRequired = required
            self.description = description
        }
    }

    /// A text of 1 to 1000 characters.
    static let text = Schema.string(length: 0...1000)
    static let time = Schema.number(times)
    /// Seconds since 1970: until the year 2255.
    static let times = 0...9e9

    // MARK: As a document

    var json: JSONValue {
        switch self {
        case .string(let format, let pattern, let length):
            var object: [String: JSONValue] = ["type": "string"]
            if let format { object["format"] = .string(format) }
            if let pattern { object["pattern"] = .string(pattern) }
            if let length {
                object["minLength"] = .number(Double(length.lowerBound))
                object["maxLength"] = .number(Double(length.upperBound))
            }
            return .object(object)
        case .choice(let words): return ["type": "string", "enum": .array(words.map { .string($0) })]
        case .integer(let range):
            return ranged("integer", range.map { Double($0.lowerBound)...Double($0.upperBound) })
        case .number(let range): return ranged("number", range)
        case .bool: return ["type": "boolean"]
        case .scalar: return ["type": ["string", "number", "boolean"]]
        case .anything: return [:]
        case .array(let item): return ["type": "array", "items": item.json]
        case .map(let value): return ["type": "object", "additionalProperties": value.json]
        case .named(let name): return ["$ref": .string("#/components/schemas/\(name)")]
        case .nullable(let schema): return ["anyOf": [schema.json, ["type": "null"]]]
        case .object(let properties):
            var described: [String: JSONValue] = [:]
            for property in properties {
                guard case .object(var object) = property.schema.json else { continue }
                if !property.description.isEmpty { object["description"] = .string(property.description) }
                described[property.name] = .object(object)
            }
            var object: [String: JSONValue] = [
                "type": "object", "properties": .object(described), "additionalProperties": false,
            ]
            let required = properties.filter(\.isRequired).map { JSONValue.string($0.name) }
            if !required.isEmpty { object["required"] = .array(required) }
            return .object(object)
        }
    }

    private func ranged(_ type: String, _ range: ClosedRange<Double>?) -> JSONValue {
        guard let range else { return ["type": .string(type)] }
        return ["type": .string(type), "minimum": .number(range.lowerBound), "maximum": .number(range.upperBound)]
    }

    // MARK: As a check

    /// What is wrong with a value, each with its place as a JSON Pointer (RFC 6901); empty if nothing is.
    func violations(of value: JSONValue, at pointer: String = "") -> [Violation] {
        func wrong(_ expected: String) -> [Violation] { [Violation(pointer: pointer, detail: "expected \(expected)")] }
        switch (self, value) {
        case (.string(_, let pattern, let length), .string(let text)):
            if let length, !length.contains(text.unicodeScalars.count) {
                return wrong("a text of \(length.lowerBound) to \(length.upperBound) characters")
            }
            if text.unicodeScalars.contains("\0") { return wrong("a text without NUL characters") }
            if let pattern, text.range(of: pattern, options: .regularExpression) == nil {
                return wrong("a text that fits \(pattern)")
            }
            return []
        case (.choice(let words), .string(let text)):
            return words.contains(text) ? [] : wrong("one of \(words.joined(separator: ", "))")
        case (.integer(let range), .number(let number)):
            guard let whole = Int(exactly: number), range?.contains(whole) ?? true else { return wrong(words(range)) }
            return []
        case (.number(let range), .number(let number)):
            guard range?.contains(number) ?? true else { return wrong("a number \(words(range))") }
            return []
        case (.bool, .bool), (.anything, _), (.scalar, .number), (.scalar, .bool): return []
        case (.scalar, .string(let text)):
            return text.unicodeScalars.contains("\0") ? wrong("a text without NUL characters") : []
        case (.array(let item), .array(let values)):
            return values.enumerated().flatMap { item.violations(of: $1, at: "\(pointer)/\($0)") }
        case (.map(let schema), .object(let members)):
            return members.sorted { $0.key < $1.key }.flatMap {
                schema.violations(of: $0.value, at: "\(pointer)/\(Self.escaped($0.key))")
            }
        case (.nullable, .null): return []
        case (.nullable(let schema), _): return schema.violations(of: value, at: pointer)
        case (.object(let properties), .object(let members)):
            return violations(of: members, properties, at: pointer)
        default: return wrong(name)
        }
    }

    private func violations(
        of members: [String: JSONValue], _ properties: [Property], at pointer: String
    ) -> [Violation] {
        var found: [Violation] = []
        for property in properties {
            let place = "\(pointer)/\(Self.escaped(property.name))"
            if let value = members[property.name] {
                found += property.schema.violations(of: value, at: place)
            } else if property.isRequired {
                found.append(Violation(pointer: place, detail: "is missing: expected \(property.schema.name)"))
            }
        }
        let known = properties.map(\.name)
        for name in members.keys.sorted() where !known.contains(name) {
            found.append(
                Violation(
                    pointer: "\(pointer)/\(Self.escaped(name))",
                    detail: "is not known: expected one of \(known.joined(separator: ", "))"))
        }
        return found
    }

    private static func escaped(_ key: String) -> String {
        key.replacing("~", with: "~0").replacing("/", with: "~1")
    }

    private var name: String {
        switch self {
        case .string: "a text"
        case .choice(let words): "one of \(words.joined(separator: ", "))"
        case .integer(let range): words(range)
        case .number(let range): "a number \(words(range))"
        case .bool: "true or false"
        case .scalar: "a text, a number, true or false"
        case .anything: "any value"
        case .array: "a list"
        case .object, .map, .named: "an object"
        case .nullable(let schema): "\(schema.name) or null"
        }
    }

    private func words(_ range: ClosedRange<Int>?) -> String {
        range.map { "a whole number from \($0.lowerBound) to \($0.upperBound)" } ?? "a whole number"
    }

    private func words(_ range: ClosedRange<Double>?) -> String {
        range.map { "from \($0.lowerBound) to \($0.upperBound)" } ?? ""
    }
}

/// One thing that is wrong with a value.
struct Violation: Hashable, Sendable, Codable {
    /// Where (RFC 6901).
    var pointer: String
    var detail: String
}
