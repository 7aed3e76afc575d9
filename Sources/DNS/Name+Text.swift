/// What is wrong with a name's text.
package enum NameError: Error, Hashable, Sendable, CustomStringConvertible {
    case empty
    case emptyLabel
    /// A label of more than 63 octets (RFC 1035 §2.3.4).
    case labelTooLong(String)
    /// More than 255 octets in wire form (RFC 1035 §2.3.4).
    case tooLong
    /// A backslash that is not followed by a character or by three digits of at most 255 (RFC 1035 §5.1).
    case badEscape

    package var description: String {
        switch self {
        case .empty: "is empty; use a name such as www.example.org"
        case .emptyLabel: "has an empty label; write one dot between labels"
        case .labelTooLong(let label): "has the label \"\(label)\" of more than 63 octets"
        case .tooLong: "is longer than 255 octets"
        case .badEscape: "has a broken escape; write \\. or \\DDD with DDD at most 255"
        }
    }
}

extension Name {
    /// Reads a name in presentation form (RFC 1035 §5.1): `@` is the origin, a name without a final dot is
    /// relative to it, `\X` and `\DDD` are escapes.
    package init(_ text: some StringProtocol, relativeTo origin: Name = .root) throws(NameError) {
        try self.init(presentation: Array(text.utf8)[...], relativeTo: origin)
    }

    init(presentation text: ArraySlice<UInt8>, relativeTo origin: Name) throws(NameError) {
        if text.isEmpty { throw .empty }
        if text.count == 1, let only = text.first {
            if only == UInt8(ascii: "@") {
                self = origin
                return
            }
            if only == UInt8(ascii: ".") {
                self = .root
                return
            }
        }
        var wire: [UInt8] = [0]
        wire.reserveCapacity(text.count + 2 + origin.wire.count)
        var lengthAt = 0
        var index = text.startIndex
        var endsInDot = false
        while index < text.endIndex {
            let byte = text[index]
            index += 1
            if byte == UInt8(ascii: ".") {
                if wire.count == lengthAt + 1 { throw .emptyLabel }
                endsInDot = index == text.endIndex
                if !endsInDot {
                    lengthAt = wire.count
                    wire.append(0)
                }
                continue
            }
            wire.append(byte == UInt8(ascii: "\\") ? try Self.escaped(in: text, at: &index) : byte)
            let length = wire.count - lengthAt - 1
            if length > 63 { throw .labelTooLong(String(decoding: wire[(lengthAt + 1)...], as: UTF8.self)) }
            wire[lengthAt] = UInt8(length)
        }
        wire += endsInDot ? [0] : origin.wire
        if wire.count > 255 { throw .tooLong }
        self.init(validWire: wire)
    }

    /// The octet of an escape whose backslash has been read (RFC 1035 §5.1).
    static func escaped(in text: ArraySlice<UInt8>, at index: inout Int) throws(NameError) -> UInt8 {
        guard index < text.endIndex else { throw .badEscape }
        let first = text[index]
        guard isDigit(first) else {
            index += 1
            return first
        }
        guard index + 2 < text.endIndex, isDigit(text[index + 1]), isDigit(text[index + 2]) else { throw .badEscape }
        let value = text[index..<index + 3].reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard value <= 255 else { throw .badEscape }
        index += 3
        return UInt8(value)
    }
}

extension Name: CustomStringConvertible {
    /// The presentation form, absolute, with its final dot.
    package var description: String {
        var text: [UInt8] = []
        for label in labels {
            for byte in label { appendEscaped(byte, to: &text, special: ".\\\"();@$") }
            text.append(UInt8(ascii: "."))
        }
        return text.isEmpty ? "." : String(decoding: text, as: UTF8.self)
    }

    /// The labels from the left, without the root's.
    package var labels: [ArraySlice<UInt8>] {
        var result: [ArraySlice<UInt8>] = []
        var index = 0
        while index < wire.count, wire[index] != 0 {
            let end = index + 1 + Int(wire[index])
            result.append(wire[(index + 1)..<end])
            index = end
        }
        return result
    }

    package var isRoot: Bool { wire.count == 1 }
    package var isWildcard: Bool { wire.count > 2 && wire[0] == 1 && wire[1] == UInt8(ascii: "*") }

    /// The name without its first label; nil for the root.
    package var parent: Name? {
        isRoot ? nil : Name(validWire: Array(wire[(1 + Int(wire[0]))...]))
    }

    /// True for the name itself and for every name below it (RFC 9499 §7: in bailiwick).
    package func isAtOrBelow(_ ancestor: Name) -> Bool {
        var candidate: Name? = self
        while let name = candidate, name.wire.count >= ancestor.wire.count {
            if name == ancestor { return true }
            candidate = name.parent
        }
        return false
    }

    /// The same name in ASCII lower case (RFC 4034 §6.2).
    package var lowercase: Name { Name(validWire: wire.map(lowercased)) }

    /// The canonical order of RFC 4034 §6.1: by labels from the right, case ignored.
    package static func canonicallyPrecedes(_ left: Name, _ right: Name) -> Bool {
        let lefts = left.lowercase.labels.reversed()
        let rights = right.lowercase.labels.reversed()
        for (one, other) in zip(lefts, rights) where one != other { return one.lexicographicallyPrecedes(other) }
        return lefts.count < rights.count
    }
}

func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

/// Appends one octet so that the presentation form reads it back (RFC 1035 §5.1).
func appendEscaped(_ byte: UInt8, to text: inout [UInt8], special: StaticString) {
    let isSpecial = special.withUTF8Buffer { $0.contains(byte) }
    if isSpecial {
        text += [UInt8(ascii: "\\"), byte]
    } else if (0x21...0x7E).contains(byte) || (byte == 0x20 && !special.withUTF8Buffer { $0.contains(0x2E) }) {
        text.append(byte)
    } else {
        text += [UInt8(ascii: "\\"), 0x30 + byte / 100, 0x30 + byte / 10 % 10, 0x30 + byte % 10]
    }
}
