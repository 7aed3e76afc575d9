/// The data of one record (RFC 1035 §3.2.1), in uncompressed wire form.
package enum RData {
    /// Reads RDATA as it stands in a zone file: `10 mail.example.org.` for an MX, or `\# 2 C000` for any type.
    package static func parse(
        _ type: RRType, _ text: some StringProtocol, origin: Name = .root
    ) throws(RDataError) -> [UInt8] {
        let bytes = Array(text.utf8)
        var wire: [UInt8] = []
        var reader = RDataReader(words: wordsOfLine(bytes), of: bytes, origin: origin)
        try reader.read(type, to: &wire)
        return wire
    }

    /// RDATA as it is written in a zone file, every name absolute. What its type does not explain is
    /// written as `\# length hex` (RFC 3597 §5).
    package static func text(_ type: RRType, _ wire: [UInt8]) -> String {
        if let fields = layout(type: type, wire: wire[...]) {
            let parts = fields.map { text($0.form, wire[$0.range]) }
            if !parts.contains(nil) { return parts.compactMap(\.self).filter { !$0.isEmpty }.joined(separator: " ") }
        }
        return wire.isEmpty ? "\\# 0" : "\\# \(wire.count) \(hex(wire))"
    }

    /// Whether `wire` may be the data of a record of `type`; anything may for a type that is not known.
    package static func isValid(type: RRType, wire: ArraySlice<UInt8>) -> Bool {
        guard wire.count <= Int(UInt16.max) else { return false }
        guard recordFormats[type] != nil else { return true }
        guard let fields = layout(type: type, wire: wire) else { return false }
        return fields.allSatisfy { isValid($0.form, wire[$0.range]) }
    }

    /// The names that stand in the data of a record of `type`, none if it is malformed.
    package static func names(type: RRType, wire: [UInt8]) -> [Name] {
        (layout(type: type, wire: wire[...]) ?? []).filter { $0.form == .name }.map {
            Name(validWire: Array(wire[$0.range]))
        }
    }

    /// The same data, for the older types with its names in lower case: two records of a set must differ in it
    /// (RFC 4034 §6.2, RFC 6840 §5.1).
    package static func canonical(_ type: RRType, _ wire: [UInt8]) -> [UInt8] {
        guard typesWithNamesInLowerCase.contains(type), let fields = layout(type: type, wire: wire[...])
        else { return wire }
        var result = wire
        for field in fields where field.form == .name {
            for index in field.range { result[index] = lowercased(result[index]) }
        }
        return result
    }
}

private let typesWithNamesInLowerCase: Set<RRType> = [
    .ns, .md, .mf, .cname, .soa, .mb, .mg, .mr, .ptr, .minfo, .mx, .rp, .afsdb, .rt, .sig, .px, .naptr, .kx, .srv,
    .dname, .rrsig,
]

extension RData {
    /// Where each field of well-formed data stands; nil if the fields do not fill the data exactly, or the
    /// type is not known.
    static func layout(
        type: RRType, wire: ArraySlice<UInt8>
    ) -> [(form: FieldForm, range: Range<Int>)]? {
        guard let fields = recordFormats[type] else { return nil }
        var result: [(form: FieldForm, range: Range<Int>)] = []
        var start = wire.startIndex
        for field in fields {
            guard let end = endOfField(field.form, in: wire, from: start), end <= wire.endIndex else { return nil }
            result.append((field.form, start..<end))
            start = end
        }
        return start == wire.endIndex ? result : nil
    }

    /// Where a field that begins at `start` ends by its own word, which may be beyond the data; nil if it cannot be.
    static func endOfField(_ form: FieldForm, in wire: ArraySlice<UInt8>, from start: Int) -> Int? {
        switch form {
        case .number8, .number16, .number32, .seconds, .timestamp, .algorithm, .type, .certificateType:
            return start + form.octetsOfNumber
        case .ipv4: return start + 4
        case .ipv6, .location: return start + 16
        case .eui48: return start + 6
        case .eui64, .locator: return start + 8
        case .string, .tag, .salt, .hash:
            return start < wire.endIndex ? start + 1 + Int(wire[start]) : nil
        case .name: return endOfName(in: wire, from: start)
        case .strings, .text, .hex, .base64, .typeBitmap, .parameters, .dottedHex, .prefixes, .gatewayKey, .relay,
            .hostIdentity, .services:
            return wire.endIndex
        }
    }

    /// Where the uncompressed name that begins at `start` ends; nil if it is none.
    static func endOfName(in wire: ArraySlice<UInt8>, from start: Int) -> Int? {
        var index = start
        while index < wire.endIndex, index - start < Name.maximumLength {
            let length = Int(wire[index])
            guard length <= Name.maximumLabelLength else { return nil }
            index += length + 1
            if length == 0 { return index }
        }
        return nil
    }

    /// Whether a field whose extent is right has content that is, too.
    private static func isValid(_ form: FieldForm, _ octets: ArraySlice<UInt8>) -> Bool {
        switch form {
        case .strings: stringsOf(octets) != nil && !octets.isEmpty
        case .typeBitmap: typesOfBitmap(octets) != nil
        case .parameters: ServiceParameters(wire: octets) != nil
        case .tag, .hash: octets.count > 1
        case .hex, .base64, .dottedHex: !octets.isEmpty
        case .prefixes: prefixesText(octets) != nil
        case .gatewayKey: gatewayKeyText(octets) != nil
        case .relay: relayText(octets) != nil
        case .hostIdentity: hostIdentityText(octets) != nil
        case .services: !octets.isEmpty && octets.count <= 8193
        default: true
        }
    }

    private static func stringsOf(_ octets: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
        var strings: [ArraySlice<UInt8>] = []
        var rest = octets
        while let length = rest.popFirst() {
            guard rest.count >= length else { return nil }
            strings.append(rest.prefix(Int(length)))
            rest = rest.dropFirst(Int(length))
        }
        return strings
    }

    /// A field in text; nil if its content has no text form.
    private static func text(_ form: FieldForm, _ octets: ArraySlice<UInt8>) -> String? {
        guard isValid(form, octets) else { return nil }
        switch form {
        case .number8, .number16, .number32, .seconds, .algorithm, .certificateType: return String(number(octets))
        case .timestamp: return timestampText(number(octets))
        case .type: return RRType(rawValue: UInt16(number(octets))).description
        case .name: return Name(validWire: Array(octets)).description
        case .ipv4, .ipv6: return addressText(octets)
        case .string, .text: return quoted(form == .string ? octets.dropFirst() : octets)
        case .strings: return stringsOf(octets)?.map { quoted($0) }.joined(separator: " ")
        case .tag:
            return octets.dropFirst().allSatisfy(isLetterOrDigit)
                ? String(decoding: octets.dropFirst(), as: UTF8.self) : nil
        case .hex: return hex(octets)
        case .base64: return base64(octets)
        case .salt: return octets.count == 1 ? "-" : hex(octets.dropFirst())
        case .hash: return base32Hex(octets.dropFirst())
        case .typeBitmap: return bitmapText(octets)
        case .location: return Location(wire: octets)?.text
        case .parameters: return ServiceParameters(wire: octets)?.description
        case .eui48, .eui64, .locator: return groupsText(octets, form)
        case .dottedHex: return "0x" + hex(octets)
        case .prefixes: return prefixesText(octets)
        case .gatewayKey: return gatewayKeyText(octets)
        case .relay: return relayText(octets)
        case .hostIdentity: return hostIdentityText(octets)
        case .services: return servicesText(octets)
        }
    }

    /// Nil for a bitmap with surplus zeros, which would be lost in text.
    private static func bitmapText(_ octets: ArraySlice<UInt8>) -> String? {
        guard let types = typesOfBitmap(octets) else { return nil }
        var shortest: [UInt8] = []
        appendTypeBitmap(types, to: &shortest)
        return shortest == Array(octets) ? types.map(\.description).joined(separator: " ") : nil
    }

    private static func number(_ octets: ArraySlice<UInt8>) -> UInt32 { octets.reduce(0) { $0 << 8 | UInt32($1) } }
}
