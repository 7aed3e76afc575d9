/// Why a text is not a domain name.
package enum NameError: Error, Hashable, Sendable {
    /// There was no text at all.
    case empty
    /// Two dots in a row, or a dot in front.
    case emptyLabel(String)
    /// A label of more than 63 octets.
    case labelTooLong(String)
    /// More than 255 octets in wire form.
    case tooLong(String)
    /// A backslash that is followed neither by three digits up to 255 nor by a character to take literally.
    case badEscape(String)
    /// A blank, a control character or an octet outside ASCII, without an escape.
    case badCharacter(String)
}

extension NameError: CustomStringConvertible {
    /// What is wrong, in words.
    package var description: String {
        switch self {
        case .empty: "the name is empty"
        case .emptyLabel(let name): "the name “\(name)” has an empty label"
        case .labelTooLong(let label): "the label “\(label)” is longer than 63 octets"
        case .tooLong(let name): "the name “\(name)” is longer than 255 octets"
        case .badEscape(let name): "the name “\(name)” has a broken escape"
        case .badCharacter(let name): "the name “\(name)” has a character that cannot stand there as it is"
        }
    }

    /// What would have been right.
    package var expected: String {
        switch self {
        case .empty: "a domain name such as www.example.org"
        case .emptyLabel: "one dot between labels, and a label before each dot"
        case .labelTooLong: "labels of 1 to 63 octets"
        case .tooLong: "at most 255 octets, length octets included"
        case .badEscape: #"\ followed by three digits from 000 to 255, or by the character itself"#
        case .badCharacter: #"the xn-- form of an internationalized name, or \DDD for any other octet"#
        }
    }
}

extension Name {
    /// Reads the text form of RFC 1035 §5.1: `\.` and `\DDD` escapes, `@` for the origin itself; with a dot
    /// at the end the name is absolute, without one it is relative to `origin`.
    package init(_ text: some StringProtocol, relativeTo origin: Name = .root) throws(NameError) {
        let bytes = Array(text.utf8)
        var wire: [UInt8] = []
        wire.reserveCapacity(bytes.count + 1 + origin.wire.count)
        try Name.append(bytes.span, relativeTo: origin, to: &wire)
        self.init(validWire: wire)
    }

    /// Appends the wire form of a name's text to `wire`. After a throw `wire` ends in rubbish.
    static func append(
        _ text: Span<UInt8>, relativeTo origin: Name, to wire: inout [UInt8]
    ) throws(NameError) {
        guard !text.isEmpty else { throw .empty }
        if text.count == 1, text[0] == UInt8(ascii: "@") {
            wire.append(contentsOf: origin.wire)
            return
        }
        if text.count == 1, text[0] == UInt8(ascii: ".") {
            wire.append(0)
            return
        }
        let start = wire.count
        var lengthAt = start
        wire.append(0)
        var index = 0
        while index < text.count {
            var byte = text[index]
            index += 1
            if byte == UInt8(ascii: ".") {
                try close(labelAt: lengthAt, of: text, in: &wire)
                lengthAt = wire.count
                wire.append(0)
                continue
            }
            if byte == UInt8(ascii: "\\") {
                guard let escaped = unescape(text, at: &index) else { throw .badEscape(text.text) }
                byte = escaped
            } else if byte &- 0x21 > 0x5D {
                throw .badCharacter(text.text)
            }
            guard wire.count - lengthAt <= 4 * maximumLength else { throw .tooLong(text.text) }
            wire.append(byte)
        }
        if wire.count - lengthAt > 1 {  // no dot at the end
            try close(labelAt: lengthAt, of: text, in: &wire)
            wire.append(contentsOf: origin.wire)
        }
        guard wire.count - start <= maximumLength else { throw .tooLong(text.text) }
    }

    /// Sets the length octet of the label that ends where `wire` ends.
    @inline(__always)
    private static func close(
        labelAt lengthAt: Int, of text: Span<UInt8>, in wire: inout [UInt8]
    ) throws(NameError) {
        let length = wire.count - lengthAt - 1
        guard length > 0 else { throw .emptyLabel(text.text) }
        guard length <= maximumLabelLength else {
            throw .labelTooLong(masterFileText(ofLabel: wire[(lengthAt + 1)...]))
        }
        wire[lengthAt] = UInt8(truncatingIfNeeded: length)
    }
}

extension Name: CustomStringConvertible {
    /// The absolute text form, with the final dot and what must be escaped escaped.
    package var description: String {
        isRoot ? "." : labels.map { masterFileText(ofLabel: $0) + "." }.joined()
    }
}

/// A label in the text form of RFC 1035 §5.1. Besides dots and backslashes it escapes what means something
/// else in a zone file, so that the result can be put into one.
func masterFileText(ofLabel label: some Collection<UInt8>) -> String {
    var text: [UInt8] = []
    for byte in label {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: ";"), UInt8(ascii: "("),
            UInt8(ascii: ")"), UInt8(ascii: "@"), UInt8(ascii: "$"):
            text += [UInt8(ascii: "\\"), byte]
        case 0x21...0x7E: text.append(byte)
        default: appendDecimalEscape(of: byte, to: &text)
        }
    }
    return String(decoding: text, as: UTF8.self)
}

/// Appends `\DDD` (RFC 1035 §5.1).
func appendDecimalEscape(of byte: UInt8, to text: inout [UInt8]) {
    let zero = UInt8(ascii: "0")
    text += [UInt8(ascii: "\\"), zero + byte / 100, zero + byte / 10 % 10, zero + byte % 10]
}

/// Reads what follows a backslash at `index`: `DDD` or one literal ASCII character. Nil if neither.
@inline(__always)
func unescape(_ text: Span<UInt8>, at index: inout Int) -> UInt8? {
    guard index < text.count else { return nil }
    let first = text[index]
    guard isDigit(first) else {
        index += 1
        return first < 0x80 ? first : nil
    }
    guard index + 2 < text.count, isDigit(text[index + 1]), isDigit(text[index + 2]) else { return nil }
    let zero = Int(UInt8(ascii: "0"))
    let value = (Int(first) - zero) * 100 + (Int(text[index + 1]) - zero) * 10 + Int(text[index + 2]) - zero
    index += 3
    return UInt8(exactly: value)
}

@inline(__always) func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

extension Span<UInt8> {
    /// The octets read as UTF-8, for messages.
    var text: String { withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) } }
}
