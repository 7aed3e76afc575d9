import Addresses

/// Prints RDATA in presentation form.
package enum RDataText {
    /// The text of well-formed RDATA of a type whose fields are known; nil otherwise.
    static func text(of type: RRType, wire: [UInt8]) -> String? {
        guard let fields = RDataField.of(type) else { return nil }
        var rest = wire[...]
        var words: [String] = []
        for field in fields {
            guard let word = word(field, &rest) else { return nil }
            if !word.isEmpty { words.append(word) }
        }
        return rest.isEmpty ? words.joined(separator: " ") : nil
    }

    /// The text in the type's own form, or in the generic one (RFC 3597 §5).
    package static func presentation(of type: RRType, wire: [UInt8]) -> String {
        text(of: type, wire: wire)
            ?? (wire.isEmpty ? "\\# 0" : "\\# \(wire.count) \(Base16.encode(wire))")
    }

    private static func word(_ field: RDataField, _ rest: inout ArraySlice<UInt8>) -> String? {
        switch field {
        case .u8: return rest.popFirst().map { String($0) }
        case .u16: return number(&rest, octets: 2).map { String($0) }
        case .u32, .seconds, .time: return number(&rest, octets: 4).map { String($0) }
        case .name: return name(&rest)?.description
        case .ipv4: return number(&rest, octets: 4).map { IPv4Address(bits: UInt32($0)).description }
        case .ipv6:
            guard rest.count >= 16 else { return nil }
            defer { rest = rest.dropFirst(16) }
            return IPv6Address(bits: rest.prefix(16).reduce(0) { $0 << 8 | UInt128($1) }).description
        case .string: return counted(&rest).map(quoted)
        case .strings:
            var words: [String] = []
            repeat {
                guard let string = counted(&rest) else { return nil }
                words.append(quoted(string))
            } while !rest.isEmpty
            return words.joined(separator: " ")
        case .rest: return quoted(take(&rest))
        case .hex: return Base16.encode(take(&rest))
        case .base64: return Base64.encode(take(&rest))
        case .salt: return counted(&rest).map { $0.isEmpty ? "-" : Base16.encode($0) }
        case .base32: return counted(&rest).map { $0.isEmpty ? "-" : Base32Hex.encode($0) }
        case .type: return number(&rest, octets: 2).map { RRType(rawValue: UInt16($0)).description }
        case .types: return TypeBitmap.types(in: take(&rest))?.map(\.description).joined(separator: " ")
        }
    }

    private static func take(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        defer { rest = [] }
        return rest
    }

    private static func number(_ rest: inout ArraySlice<UInt8>, octets: Int) -> UInt64? {
        guard rest.count >= octets else { return nil }
        defer { rest = rest.dropFirst(octets) }
        return rest.prefix(octets).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func counted(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let count = rest.popFirst(), rest.count >= Int(count) else { return nil }
        defer { rest = rest.dropFirst(Int(count)) }
        return rest.prefix(Int(count))
    }

    private static func name(_ rest: inout ArraySlice<UInt8>) -> Name? {
        var index = rest.startIndex
        while index < rest.endIndex, rest[index] != 0 {
            guard rest[index] <= 63 else { return nil }
            index += 1 + Int(rest[index])
        }
        guard index < rest.endIndex, index - rest.startIndex < 255 else { return nil }
        defer { rest = rest[(index + 1)...] }
        return Name(validWire: Array(rest[...index]))
    }

    private static func quoted(_ octets: ArraySlice<UInt8>) -> String {
        var text: [UInt8] = [UInt8(ascii: "\"")]
        for octet in octets {
            switch octet {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), octet]
            case 0x20...0x7E: text.append(octet)
            default: appendDecimalEscape(of: octet, to: &text)
            }
        }
        text.append(UInt8(ascii: "\""))
        return String(decoding: text, as: UTF8.self)
    }
}
