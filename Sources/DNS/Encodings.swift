/// Hexadecimal (RFC 4648 §8).
enum Base16 {
    static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 2) else { return nil }
        return decodeDigits(text, bitsPerDigit: 4) { byte in
            switch lowercased(byte) {
            case 0x30...0x39: byte - 0x30
            case 0x61...0x66: lowercased(byte) - 0x61 + 10
            default: nil
            }
        }
    }

    static func encode(_ octets: some Sequence<UInt8>) -> String {
        octets.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined().uppercased()
    }
}

/// Base 32 with the extended hex alphabet, without padding (RFC 4648 §7, RFC 5155 §3.3).
enum Base32Hex {
    static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard !text.isEmpty, ![1, 3, 6].contains(text.count % 8) else { return nil }
        return decodeDigits(text, bitsPerDigit: 5) { byte in
            switch lowercased(byte) {
            case 0x30...0x39: byte - 0x30
            case 0x61...0x76: lowercased(byte) - 0x61 + 10
            default: nil
            }
        }
    }

    static func encode(_ octets: some Collection<UInt8>) -> String {
        encodeDigits(octets, bitsPerDigit: 5, alphabet: "0123456789ABCDEFGHIJKLMNOPQRSTUV")
    }
}

/// Base 64 (RFC 4648 §4).
enum Base64 {
    static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 4), !text.isEmpty else { return text.isEmpty ? [] : nil }
        let padding = text.suffix(2).count { $0 == UInt8(ascii: "=") }
        return decodeDigits(text.dropLast(padding), bitsPerDigit: 6) { byte in
            switch byte {
            case 0x41...0x5A: byte - 0x41
            case 0x61...0x7A: byte - 0x61 + 26
            case 0x30...0x39: byte - 0x30 + 52
            case UInt8(ascii: "+"): 62
            case UInt8(ascii: "/"): 63
            default: nil
            }
        }
    }

    static func encode(_ octets: some Collection<UInt8>) -> String {
        let text = encodeDigits(
            octets, bitsPerDigit: 6, alphabet: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        return text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    }
}

private func decodeDigits(
    _ text: ArraySlice<UInt8>, bitsPerDigit: Int, value: (UInt8) -> UInt8?
) -> [UInt8]? {
    var octets: [UInt8] = []
    octets.reserveCapacity(text.count * bitsPerDigit / 8)
    var buffer: UInt32 = 0
    var bits = 0
    for byte in text {
        guard let digit = value(byte) else { return nil }
        buffer = buffer << bitsPerDigit | UInt32(digit)
        bits += bitsPerDigit
        if bits >= 8 {
            bits -= 8
            octets.append(UInt8(truncatingIfNeeded: buffer >> bits))
            buffer &= 1 << bits - 1
        }
    }
    return octets
}

private func encodeDigits(_ octets: some Collection<UInt8>, bitsPerDigit: Int, alphabet: String) -> String {
    let digits = Array(alphabet.utf8)
    var text: [UInt8] = []
    var buffer: UInt32 = 0
    var bits = 0
    for octet in octets {
        buffer = buffer << 8 | UInt32(octet)
        bits += 8
        while bits >= bitsPerDigit {
            bits -= bitsPerDigit
            text.append(digits[Int(buffer >> bits)])
            buffer &= 1 << bits - 1
        }
    }
    if bits > 0 { text.append(digits[Int(buffer << (bitsPerDigit - bits))]) }
    return String(decoding: text, as: UTF8.self)
}

/// The type bitmap of NSEC and NSEC3 (RFC 4034 §4.1.2).
enum TypeBitmap {
    static func wire(of types: [UInt16]) -> [UInt8] {
        var result: [UInt8] = []
        var block: [UInt8] = []
        var window: UInt8?
        func close(_ result: inout [UInt8]) {
            if let window { result += [window, UInt8(block.count)] + block }
        }
        for type in types.sorted() {
            if window != UInt8(type >> 8) {
                close(&result)
                window = UInt8(type >> 8)
                block = []
            }
            let position = Int(type & 0xFF)
            while block.count <= position / 8 { block.append(0) }
            block[position / 8] |= 0x80 >> UInt8(position % 8)
        }
        close(&result)
        return result
    }

    /// nil unless it is well formed.
    static func types(in wire: ArraySlice<UInt8>) -> [RRType]? {
        var types: [RRType] = []
        var rest = wire
        while let window = rest.popFirst() {
            guard let length = rest.popFirst(), (1...32).contains(length), rest.count >= Int(length) else { return nil }
            for (index, octet) in rest.prefix(Int(length)).enumerated() {
                for bit in 0..<8 where octet & (0x80 >> UInt8(bit)) != 0 {
                    types.append(RRType(rawValue: UInt16(window) << 8 | UInt16(index * 8 + bit)))
                }
            }
            rest = rest.dropFirst(Int(length))
        }
        return types
    }
}

/// The times of RRSIG (RFC 4034 §3.2): seconds since 1970 modulo 2^32.
enum SignatureTime {
    static func seconds(_ text: String) -> UInt32? {
        let bytes = Array(text.utf8)
        guard bytes.allSatisfy(isDigit), !bytes.isEmpty else { return nil }
        guard bytes.count == 14 else { return UInt32(text) }
        func number(_ range: Range<Int>) -> Int { bytes[range].reduce(0) { $0 * 10 + Int($1 - 0x30) } }
        let (year, month, day) = (number(0..<4), number(4..<6), number(6..<8))
        let (hour, minute, second) = (number(8..<10), number(10..<12), number(12..<14))
        guard (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61 else { return nil }
        // Days since 1970 of a date in the proleptic Gregorian calendar, with years that begin in March.
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        return UInt32(truncatingIfNeeded: days * 86_400 + hour * 3600 + minute * 60 + second)
    }
}
