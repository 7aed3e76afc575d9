// The text encodings of octets. Each `append…` returns false, and leaves rubbish behind, if the text is not one.

/// Octets with the escapes of RFC 1035 §5.1 resolved.
func appendUnescaped(_ text: Span<UInt8>, to octets: inout [UInt8]) -> Bool {
    var index = 0
    while index < text.count {
        let byte = text[index]
        index += 1
        if byte == UInt8(ascii: "\\") {
            guard let escaped = unescape(text, at: &index) else { return false }
            octets.append(escaped)
        } else {
            octets.append(byte)
        }
    }
    return true
}

/// Octets in quotes, escaped so that `appendUnescaped` returns them.
func quoted(_ octets: some Sequence<UInt8>) -> String {
    var text: [UInt8] = [UInt8(ascii: "\"")]
    for byte in octets {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
        case 0x20...0x7E: text.append(byte)
        default: appendDecimalEscape(of: byte, to: &text)
        }
    }
    text.append(UInt8(ascii: "\""))
    return String(decoding: text, as: UTF8.self)
}

func appendHex(_ text: Span<UInt8>, to octets: inout [UInt8]) -> Bool {
    guard text.count.isMultiple(of: 2) else { return false }
    for index in stride(from: 0, to: text.count, by: 2) {
        guard let high = hexDigit(text[index]), let low = hexDigit(text[index + 1]) else { return false }
        octets.append(high << 4 | low)
    }
    return true
}

func hex(_ octets: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    return String(decoding: octets.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}

@inline(__always)
func hexDigit(_ byte: UInt8) -> UInt8? {
    if isDigit(byte) { return byte & 0x0F }
    let letter = lowercased(byte) &- 0x61
    return letter < 6 ? letter + 10 : nil
}

/// Base64 with padding (RFC 4648 §4).
func appendBase64(_ text: Span<UInt8>, to octets: inout [UInt8]) -> Bool {
    guard text.count.isMultiple(of: 4), !text.isEmpty else { return false }
    var end = text.count
    while end > text.count - 2, text[end - 1] == UInt8(ascii: "=") { end -= 1 }
    return appendBits(text.extracting(..<end), perDigit: 6, value: base64Digit, to: &octets)
}

func base64(_ octets: some Sequence<UInt8>) -> String {
    let digits = encodeBits(octets, perDigit: 6, alphabet: base64Alphabet)
    return String(decoding: digits, as: UTF8.self) + String(repeating: "=", count: (4 - digits.count % 4) % 4)
}

/// Base32 with the extended hexadecimal alphabet and no padding (RFC 4648 §7, RFC 5155 §3.3).
func appendBase32Hex(_ text: Span<UInt8>, to octets: inout [UInt8]) -> Bool {
    appendBits(text, perDigit: 5, value: base32HexDigit, to: &octets)
}

func base32Hex(_ octets: some Sequence<UInt8>) -> String {
    String(decoding: encodeBits(octets, perDigit: 5, alphabet: base32HexAlphabet), as: UTF8.self)
}

private let base64Alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
private let base32HexAlphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUV".utf8)

private func base64Digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x41...0x5A: byte - 0x41
    case 0x61...0x7A: byte - 0x61 + 26
    case 0x30...0x39: byte - 0x30 + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
}

private func base32HexDigit(_ byte: UInt8) -> UInt8? {
    if isDigit(byte) { return byte & 0x0F }
    let letter = lowercased(byte) &- 0x61
    return letter < 22 ? letter + 10 : nil
}

/// Joins digits of some bits each. The bits that are left over must be zeros, and fewer than a digit's.
private func appendBits(
    _ text: Span<UInt8>, perDigit: Int, value: (UInt8) -> UInt8?, to octets: inout [UInt8]
) -> Bool {
    var bits: UInt32 = 0
    var count = 0
    for index in text.indices {
        guard let digit = value(text[index]) else { return false }
        bits = bits << UInt32(perDigit) | UInt32(digit)
        count += perDigit
        if count >= 8 {
            count -= 8
            octets.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            bits &= (1 << UInt32(count)) - 1
        }
    }
    return bits == 0 && count < perDigit
}

private func encodeBits(_ octets: some Sequence<UInt8>, perDigit: Int, alphabet: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    let mask = UInt32(1 << perDigit) - 1
    for octet in octets {
        bits = bits << 8 | UInt32(octet)
        count += 8
        while count >= perDigit {
            count -= perDigit
            text.append(alphabet[Int(bits >> UInt32(count) & mask)])
        }
        bits &= (1 << UInt32(count)) - 1
    }
    if count > 0 { text.append(alphabet[Int(bits << UInt32(perDigit - count) & mask)]) }
    return text
}
