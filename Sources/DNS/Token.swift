/// One word of a zone file, still with its escapes.
struct Token {
    var bytes: ArraySlice<UInt8>
    /// Written between quotation marks, which are not part of `bytes`.
    var isQuoted: Bool
    /// Both from 1.
    var line: Int
    var column: Int

    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The octets with their escapes resolved, at most 255 (a character-string, RFC 1035 §3.3).
    func characterString() throws(RDataError) -> [UInt8] {
        let octets = try unescaped()
        guard octets.count <= 255 else {
            throw .wrong(self, problem: "is longer than 255 octets", expected: "several strings of at most 255 octets")
        }
        return octets
    }

    func unescaped() throws(RDataError) -> [UInt8] {
        var octets: [UInt8] = []
        octets.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            index += 1
            guard byte == UInt8(ascii: "\\") else {
                octets.append(byte)
                continue
            }
            if let octet = Self.escaped(in: bytes, at: &index) {
                octets.append(octet)
            } else {
                throw .wrong(self, problem: "has a broken escape", expected: "\\X or \\DDD with DDD at most 255")
            }
        }
        return octets
    }

    /// The octet of an escape whose backslash has been read (RFC 1035 §5.1); nil if it is broken.
    private static func escaped(in text: ArraySlice<UInt8>, at index: inout Int) -> UInt8? {
        guard index < text.endIndex else { return nil }
        let first = text[index]
        guard isDigit(first) else {
            index += 1
            return first
        }
        guard index + 2 < text.endIndex, isDigit(text[index + 1]), isDigit(text[index + 2]) else { return nil }
        let value = text[index..<index + 3].reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard value <= 255 else { return nil }
        index += 3
        return UInt8(value)
    }

    func number(in range: ClosedRange<UInt64>) throws(RDataError) -> UInt64 {
        guard !isQuoted, bytes.count <= 20, bytes.allSatisfy(isDigit), let value = UInt64(text), range.contains(value)
        else {
            throw .wrong(self, problem: "is not a number in range", expected: "\(range.lowerBound)…\(range.upperBound)")
        }
        return value
    }

    /// Seconds, plain or with units: `3600`, `1h30m`, `2w` (0…2^31-1, RFC 2181 §8).
    func seconds() throws(RDataError) -> UInt32 {
        guard let seconds = Self.seconds(bytes) else {
            throw .wrong(
                self, problem: "is not a time", expected: "seconds or a form such as 1h30m, at most 2147483647")
        }
        return seconds
    }

    /// nil unless it is a time; it must begin with a digit.
    static func seconds(_ bytes: ArraySlice<UInt8>) -> UInt32? {
        guard let first = bytes.first, isDigit(first) else { return nil }
        var total: UInt64 = 0
        var current: UInt64 = 0
        var hasDigits = false
        for byte in bytes {
            if isDigit(byte) {
                current = current * 10 + UInt64(byte - 0x30)
                hasDigits = true
                if current > 1 << 32 { return nil }
                continue
            }
            let unit: UInt64
            switch byte | 0x20 {
            case UInt8(ascii: "s"): unit = 1
            case UInt8(ascii: "m"): unit = 60
            case UInt8(ascii: "h"): unit = 3600
            case UInt8(ascii: "d"): unit = 86_400
            case UInt8(ascii: "w"): unit = 604_800
            default: return nil
            }
            guard hasDigits else { return nil }
            total += current * unit
            current = 0
            hasDigits = false
        }
        total += current
        return total <= 0x7FFF_FFFF ? UInt32(total) : nil
    }

    func isWord(_ word: StaticString) -> Bool {
        guard !isQuoted, bytes.count == word.utf8CodeUnitCount else { return false }
        return word.withUTF8Buffer { zip(bytes, $0).allSatisfy { lowercased($0) == lowercased($1) } }
    }
}

/// What is wrong with a record's data, and where.
enum RDataError: Error {
    case wrong(Token, problem: String, expected: String)
    /// A field is missing at the end.
    case missing(String)
}
