/// Why the text of a record's data was refused.
package enum RDataError: Error, Hashable, Sendable {
    /// The text ends before this field.
    case missing(field: String, of: RRType)
    /// There is a word after the last field.
    case surplus(String, of: RRType)
    /// A word that is not of its field's form.
    case unfit(String, field: String, form: FieldForm)
    case name(NameError)
    case parameter(ServiceParameterError)
    /// `\# length` (RFC 3597 §5) with a broken length.
    case genericLength(String)
    /// `\# length` with another number of octets following.
    case genericCount(declared: Int, given: Int)
    /// `\#` data that the type cannot have.
    case genericUnfit(RRType)
    /// The type has no text form but `\#`.
    case genericOnly(RRType)
    /// A query or meta type, of which there are no records.
    case metaType(RRType)
    /// More than 65535 octets.
    case tooLong(octets: Int)
}

extension RDataError: CustomStringConvertible {
    /// What is wrong, in words.
    package var description: String {
        switch self {
        case .missing(let field, let type): "the \(type) record has no \(field)"
        case .surplus(let word, let type): "“\(word)” is too much for the \(type) record"
        case .unfit(let word, let field, _): "“\(word)” is not a valid \(field)"
        case .name(let error): error.description
        case .parameter(let error): error.description
        case .genericLength(let word): "“\(word)” is not a valid length after \\#"
        case .genericCount(let declared, let given): "\\# announces \(declared) octets, but \(given) follow"
        case .genericUnfit(let type): "the octets are not valid data of type \(type)"
        case .genericOnly(let type): "the type \(type) has no text form of its own"
        case .metaType(let type): "there are no records of type \(type)"
        case .tooLong(let octets): "the data has \(octets) octets"
        }
    }

    /// What would have been right.
    package var expected: String {
        switch self {
        case .missing(_, let type), .surplus(_, let type): type.usage
        case .unfit(_, _, let form): form.expected
        case .name(let error): error.expected
        case .parameter(let error): error.expected
        case .genericLength: "a number of octets from 0 to 65535"
        case .genericCount(let declared, _): "\(2 * declared) hexadecimal digits"
        case .genericUnfit(let type), .genericOnly(let type): type.usage
        case .metaType: "a type that a zone can hold, such as A"
        case .tooLong: "at most 65535"
        }
    }
}
