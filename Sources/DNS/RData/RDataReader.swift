/// A word of a zone file: its place in the octets that are read, quotes left out, escapes left in.
struct Word: Sendable {
    var start: Int
    var end: Int
    var isQuoted: Bool
}

/// Reads one record's words into RDATA.
///
/// After a throw `position` is the index of the word that was refused, or the number of words if one was missing.
struct RDataReader {
    private let bytes: [UInt8]
    private let words: [Word]
    private let origin: Name
    private(set) var position: Int

    init(words: [Word], from position: Int = 0, of bytes: [UInt8], origin: Name) {
        self.bytes = bytes
        self.words = words
        self.origin = origin
        self.position = position
    }

    /// Appends the RDATA of a record of `type` to `wire`; all the words must be used up.
    mutating func read(_ type: RRType, to wire: inout [UInt8]) throws(RDataError) {
        let start = wire.count
        if type.isMeta { throw .metaType(type) }
        if isGeneric(type) {
            try readGeneric(type, to: &wire)
        } else {
            guard let fields = recordFormats[type] else { throw .genericOnly(type) }
            for field in fields { try read(field, of: type, to: &wire) }
            if position < words.count { throw .surplus(text(words[position]), of: type) }
        }
        if wire.count - start > Int(UInt16.max) { throw .tooLong(octets: wire.count - start) }
    }

    /// Whether the words are in the form `\# length hex` (RFC 3597 §5). Text may begin with a `#`, too.
    private func isGeneric(_ type: RRType) -> Bool {
        guard position < words.count else { return false }
        let word = words[position]
        if recordFormats[type]?.first?.form == .strings {
            guard position + 1 < words.count, isDigit(bytes[words[position + 1].start]) else { return false }
        }
        return !word.isQuoted && word.end - word.start == 2 && bytes[word.start] == UInt8(ascii: "\\")
            && bytes[word.start + 1] == UInt8(ascii: "#")
    }

    private mutating func readGeneric(_ type: RRType, to wire: inout [UInt8]) throws(RDataError) {
        let start = wire.count
        position += 1
        guard position < words.count else { throw .genericLength("") }
        guard let length = decimal(bytes.span.extracting(range(words[position])), limit: UInt64(UInt16.max)) else {
            throw .genericLength(text(words[position]))
        }
        position += 1
        let first = position
        if position < words.count { try readHex(Field("data", .hex), to: &wire) }
        position = first
        guard wire.count - start == Int(length) else {
            throw .genericCount(declared: Int(length), given: wire.count - start)
        }
        guard RData.isValid(type: type, wire: wire[start...]) else { throw .genericUnfit(type) }
        position = words.count
    }

    private mutating func read(_ field: Field, of type: RRType, to wire: inout [UInt8]) throws(RDataError) {
        if field.form == .typeBitmap { return try readTypeBitmap(field, to: &wire) }
        if field.form == .parameters { return try readParameters(to: &wire) }
        if field.form == .prefixes { return try readSeldom(field, to: &wire) }
        guard position < words.count else { throw .missing(field: field.name, of: type) }
        switch field.form {
        case .hex: return try readHex(field, to: &wire)
        case .base64: return try readBase64(field, to: &wire)
        case .location: return try readLocation(field, to: &wire)
        case .dottedHex, .gatewayKey, .relay, .hostIdentity, .services:
            return try readSeldom(field, to: &wire)
        case .strings:
            while position < words.count {
                try readString(field, to: &wire)
                position += 1
            }
            return
        case .number8, .number16, .number32, .seconds, .timestamp, .algorithm, .type, .certificateType:
            try readNumber(field, to: &wire)
        case .eui48, .eui64, .locator:
            guard appendGroups(bytes.span.extracting(range(words[position])), field.form, to: &wire) else {
                throw unfit(field)
            }
        case .name: try readName(to: &wire)
        case .ipv4, .ipv6: try readAddress(field, to: &wire)
        case .string, .tag: try readString(field, to: &wire)
        case .text: try readText(field, to: &wire)
        case .salt, .hash: try readCounted(field, to: &wire)
        case .typeBitmap, .parameters, .prefixes: break
        }
        position += 1
    }

    // MARK: One word

    private func readNumber(_ field: Field, to wire: inout [UInt8]) throws(RDataError) {
        let word = bytes.span.extracting(range(words[position]))
        let number: UInt64? =
            switch field.form {
            case .number8: decimal(word, limit: UInt64(UInt8.max))
            case .number16: decimal(word, limit: UInt64(UInt16.max))
            case .seconds: TTL(word).map { UInt64($0.seconds) } ?? decimal(word, limit: UInt64(UInt32.max))
            case .timestamp: readTimestamp(word).map(UInt64.init)
            case .algorithm: algorithm(word).map(UInt64.init)
            case .certificateType: certificateType(word).map(UInt64.init)
            case .type: RRType(mnemonic: word).map { UInt64($0.rawValue) }
            default: decimal(word, limit: UInt64(UInt32.max))
            }
        guard let number else { throw unfit(field) }
        for octet in (0..<field.form.octetsOfNumber).reversed() {
            wire.append(UInt8(truncatingIfNeeded: number >> (8 * UInt64(octet))))
        }
    }

    private func readName(to wire: inout [UInt8]) throws(RDataError) {
        do {
            try Name.append(bytes.span.extracting(range(words[position])), relativeTo: origin, to: &wire)
        } catch {
            throw .name(error)
        }
    }

    private func readAddress(_ field: Field, to wire: inout [UInt8]) throws(RDataError) {
        let word = bytes.span.extracting(range(words[position]))
        let understood = field.form == .ipv4 ? appendIPv4(word, to: &wire) : appendIPv6(word, to: &wire)
        guard understood else { throw unfit(field) }
    }

    private func readString(_ field: Field, to wire: inout [UInt8]) throws(RDataError) {
        let lengthAt = wire.count
        wire.append(0)
        guard appendUnescaped(bytes.span.extracting(range(words[position])), to: &wire) else { throw unfit(field) }
        guard let length = UInt8(exactly: wire.count - lengthAt - 1) else { throw unfit(field) }
        if field.form == .tag {
            guard length > 0, wire[(lengthAt + 1)...].allSatisfy(isLetterOrDigit) else { throw unfit(field) }
        }
        wire[lengthAt] = length
    }

    private func readText(_ field: Field, to wire: inout [UInt8]) throws(RDataError) {
        guard appendUnescaped(bytes.span.extracting(range(words[position])), to: &wire) else { throw unfit(field) }
    }

    private func readCounted(_ field: Field, to wire: inout [UInt8]) throws(RDataError) {
        let word = bytes.span.extracting(range(words[position]))
        let lengthAt = wire.count
        wire.append(0)
        let isNone = field.form == .salt && word.count == 1 && word[0] == UInt8(ascii: "-")
        if !isNone {
            let understood =
                field.form == .salt ? appendHex(word, to: &wire) : appendBase32Hex(word, to: &wire)
            let count = wire.count - lengthAt - 1
            guard understood, count > 0, let length = UInt8(exactly: count) else { throw unfit(field) }
            wire[lengthAt] = length
        }
    }

    // MARK: Words to the end

    private mutating func readHex(_ field: Field, to wire: inout [UInt8]) throws(RDataError) {
        let digits = joinedWords()
        guard !digits.isEmpty, appendHex(digits.span, to: &wire) else { throw unfit(field) }
        position = words.count
    }

    private mutating func readBase64(_ field: Field, to wire: inout [UInt8]) throws(RDataError) {
        let digits = joinedWords()
        guard !digits.isEmpty, appendBase64(digits.span, to: &wire) else { throw unfit(field) }
        position = words.count
    }

    private mutating func readTypeBitmap(_ field: Field, to wire: inout [UInt8]) throws(RDataError) {
        var types: [RRType] = []
        while position < words.count {
            guard let type = RRType(mnemonic: bytes.span.extracting(range(words[position]))) else { throw unfit(field) }
            types.append(type)
            position += 1
        }
        appendTypeBitmap(types, to: &wire)
    }

    private mutating func readLocation(_ field: Field, to wire: inout [UInt8]) throws(RDataError) {
        let parts = words[position...].map(text)
        guard let location = Location(parts) else { throw unfit(field) }
        wire += location.wire
        position = words.count
    }

    /// A form that few types have, all of whose words are read at once.
    private mutating func readSeldom(_ field: Field, to wire: inout [UInt8]) throws(RDataError) {
        let parts = words[position...].map(text)
        var octets: [UInt8]?
        do {
            switch field.form {
            case .dottedHex: octets = dottedHex(parts.joined())
            case .prefixes: octets = addressPrefixes(parts)
            case .gatewayKey: octets = try gatewayKey(parts, origin: origin)
            case .relay: octets = try relay(parts, origin: origin)
            case .hostIdentity: octets = try hostIdentity(parts, origin: origin)
            default: octets = services(parts)
            }
        } catch {
            throw .name(error)
        }
        guard let octets else {
            throw .unfit(parts.joined(separator: " "), field: field.name, form: field.form)
        }
        wire += octets
        position = words.count
    }

    private mutating func readParameters(to wire: inout [UInt8]) throws(RDataError) {
        var parameters = ServiceParameters()
        do {
            while position < words.count {
                let end = endOfParameter
                try parameters.add(bytes.span.extracting(words[position].start..<end.offset))
                position += end.words
            }
            try parameters.check()
        } catch {
            throw .parameter(error)
        }
        wire += parameters.wire
    }

    /// A parameter ends with its word, or with the quoted word that follows its `=` at once (RFC 9460 §2.1).
    private var endOfParameter: (offset: Int, words: Int) {
        let word = words[position]
        guard position + 1 < words.count, words[position + 1].isQuoted, words[position + 1].start == word.end + 1,
            !word.isQuoted, bytes[word.end - 1] == UInt8(ascii: "=")
        else { return (word.end, 1) }
        return (words[position + 1].end + 1, 2)
    }

    // MARK: Words

    private func range(_ word: Word) -> Range<Int> { word.start..<word.end }

    private func text(_ word: Word) -> String { String(decoding: bytes[range(word)], as: UTF8.self) }

    private func unfit(_ field: Field) -> RDataError {
        .unfit(text(words[position]), field: field.name, form: field.form)
    }

    private func joinedWords() -> [UInt8] { words[position...].flatMap { bytes[range($0)] } }
}

extension FieldForm {
    /// How many octets a field of a fixed size has; 0 for one of another size.
    var octetsOfNumber: Int {
        switch self {
        case .number8, .algorithm: 1
        case .number16, .type, .certificateType: 2
        case .number32, .seconds, .timestamp: 4
        default: 0
        }
    }
}

func isLetterOrDigit(_ byte: UInt8) -> Bool { isDigit(byte) || lowercased(byte) &- 0x61 < 26 }
