import Addresses

/// Turns the words after a record's type into RDATA in wire form.
struct RDataParser {
    let type: RRType
    let origin: Name
    private var tokens: ArraySlice<Token>
    private var wire: [UInt8] = []

    static func wire(of type: RRType, from tokens: ArraySlice<Token>, origin: Name) throws(RDataError) -> [UInt8] {
        var parser = RDataParser(type: type, origin: origin, tokens: tokens)
        return try parser.parse()
    }

    private init(type: RRType, origin: Name, tokens: ArraySlice<Token>) {
        self.type = type
        self.origin = origin
        self.tokens = tokens
    }

    private mutating func parse() throws(RDataError) -> [UInt8] {
        if let first = tokens.first, first.isWord("\\#") {
            tokens.removeFirst()
            return try generic(marker: first)
        }
        guard let fields = RDataField.of(type) else {
            guard let first = tokens.first else { throw .missing("\\# LENGTH HEX") }
            throw .wrong(first, problem: "cannot be read for \(type)", expected: "the generic form \\# LENGTH HEX")
        }
        for field in fields { try parse(field) }
        if let extra = tokens.first {
            throw .wrong(extra, problem: "is more than \(type) takes", expected: "the end of the record")
        }
        guard wire.count <= 65_535 else { throw .missing("at most 65535 octets") }
        return wire
    }

    /// RFC 3597 §5. The octets of a type that we know must also be right for it.
    private mutating func generic(marker: Token) throws(RDataError) -> [UInt8] {
        let length = try next("a length").number(in: 0...65_535)
        let octets = length == 0 && tokens.isEmpty ? [] : try hexadecimal()
        guard octets.count == Int(length) else {
            throw .wrong(marker, problem: "announces \(length) octets and has \(octets.count)", expected: "the same")
        }
        if RDataField.of(type) != nil, RDataText.text(of: type, wire: octets) == nil {
            throw .wrong(marker, problem: "is not valid data for \(type)", expected: "data of the type's own form")
        }
        return octets
    }

    private mutating func parse(_ field: RDataField) throws(RDataError) {
        switch field {
        case .u8: wire.append(UInt8(try next("a number").number(in: 0...255)))
        case .u16: append16(UInt16(try next("a number").number(in: 0...65_535)))
        case .u32: append32(UInt32(try next("a number").number(in: 0...4_294_967_295)))
        case .seconds: append32(try next("a time").seconds())
        case .name: wire += try name(try next("a name")).wire
        case .ipv4: wire += try address(IPv4Address.init, "an IPv4 address such as 192.0.2.1") { $0.octets }
        case .ipv6: wire += try address(IPv6Address.init, "an IPv6 address such as 2001:db8::1") { $0.octets }
        case .string: appendString(try next("a string").characterString())
        case .strings:
            appendString(try next("a string").characterString())
            while let token = tokens.popFirst() { appendString(try token.characterString()) }
        case .rest: wire += try next("a text").unescaped()
        case .hex: wire += try hexadecimal()
        case .base64: wire += try base64()
        case .salt, .base32: try parseCounted(field)
        case .type:
            let token = try next("a type")
            guard let type = RRType(token.text) else { throw wrongType(token) }
            append16(type.rawValue)
        case .types: try parseTypes()
        case .time:
            let token = try next("a time")
            guard let seconds = SignatureTime.seconds(token.text) else {
                throw .wrong(token, problem: "is not a time", expected: "YYYYMMDDHHmmSS")
            }
            append32(seconds)
        }
    }

    private mutating func parseCounted(_ field: RDataField) throws(RDataError) {
        let token = try next("a salt or hash")
        if token.isWord("-") {
            wire.append(0)
            return
        }
        let octets = if case .salt = field { Base16.decode(token.bytes) } else { Base32Hex.decode(token.bytes) }
        guard let octets, octets.count <= 255 else {
            throw .wrong(token, problem: "cannot be decoded", expected: "at most 255 octets, or -")
        }
        appendString(octets)
    }

    private mutating func parseTypes() throws(RDataError) {
        var numbers: [UInt16] = []
        while let token = tokens.popFirst() {
            guard let type = RRType(token.text) else { throw wrongType(token) }
            numbers.append(type.rawValue)
        }
        wire += TypeBitmap.wire(of: numbers)
    }

    private func wrongType(_ token: Token) -> RDataError {
        .wrong(token, problem: "is not a record type", expected: "a type such as A, MX or TYPE65280")
    }

    // MARK: Words

    private mutating func next(_ what: String) throws(RDataError) -> Token {
        guard let token = tokens.popFirst() else { throw .missing(what) }
        return token
    }

    private func name(_ token: Token) throws(RDataError) -> Name {
        do {
            return try Name(token.text, relativeTo: origin)
        } catch {
            throw .wrong(token, problem: "is not a name: \(error)", expected: error.expected)
        }
    }

    private mutating func address<Address>(
        _ parse: (String) -> Address?, _ expected: String, octets: (Address) -> [UInt8]
    ) throws(RDataError) -> [UInt8] {
        let token = try next(expected)
        guard !token.isQuoted, let address = parse(token.text) else {
            throw .wrong(token, problem: "is not an address of that family", expected: expected)
        }
        return octets(address)
    }

    private mutating func hexadecimal() throws(RDataError) -> [UInt8] {
        let first = try next("hexadecimal data")
        var digits = Array(first.bytes)
        while let token = tokens.popFirst() { digits += token.bytes }
        guard let octets = Base16.decode(digits[...]) else {
            throw .wrong(first, problem: "is not hexadecimal", expected: "an even number of hexadecimal digits")
        }
        return octets
    }

    private mutating func base64() throws(RDataError) -> [UInt8] {
        let first = try next("base64 data")
        var digits = Array(first.bytes)
        while let token = tokens.popFirst() { digits += token.bytes }
        guard let octets = Base64.decode(digits[...]) else {
            throw .wrong(first, problem: "is not base64", expected: "base64 with its padding")
        }
        return octets
    }

    // MARK: Octets

    private mutating func append16(_ value: UInt16) { wire += [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)] }

    private mutating func append32(_ value: UInt32) {
        wire += (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }

    /// - Precondition: at most 255 octets.
    private mutating func appendString(_ octets: [UInt8]) {
        wire.append(UInt8(octets.count))
        wire += octets
    }
}
