import Addresses

// Addresses from octets of text, without a String: a zone may hold millions. What they accept is what
// `IPv4Address` and `IPv6Address` accept.

/// Appends the four octets of a dotted-decimal address; false if it is none.
func appendIPv4(_ text: Span<UInt8>, to octets: inout [UInt8]) -> Bool {
    guard let bits = ipv4Bits(text) else { return false }
    appendBigEndian(bits, to: &octets)
    return true
}

private func ipv4Bits(_ text: Span<UInt8>) -> UInt32? {
    guard text.count - 7 <= 8 else { return nil }
    var bits: UInt32 = 0
    var parts = 0
    var part: UInt32 = 0
    var digits = 0
    for index in 0...text.count {
        if index < text.count, isDigit(text[index]) {
            guard digits < 3, digits == 0 || part > 0 else { return nil }  // no leading zeros
            part = part * 10 + UInt32(text[index] & 0x0F)
            digits += 1
        } else {
            guard index == text.count || text[index] == UInt8(ascii: "."), digits > 0, part <= 255, parts < 4
            else { return nil }
            bits = bits << 8 | part
            parts += 1
            part = 0
            digits = 0
        }
    }
    return parts == 4 ? bits : nil
}

/// Appends the sixteen octets of an IPv6 address (RFC 4291 §2.2); false if it is none.
func appendIPv6(_ text: Span<UInt8>, to octets: inout [UInt8]) -> Bool {
    guard let bits = ipv6Bits(text) else { return false }
    appendBigEndian(bits, to: &octets)
    return true
}

private func ipv6Bits(_ text: Span<UInt8>) -> UInt128? {
    guard text.count - 2 <= 43 else { return nil }
    var head: UInt128 = 0  // the groups before `::`, then all of them
    var groups = 0
    var groupsInHead: Int?
    var index = 0
    let colon = UInt8(ascii: ":")
    if text.count >= 2, text[0] == colon, text[1] == colon {
        groupsInHead = 0
        index = 2
    }
    while index < text.count {
        let start = index
        var group: UInt128 = 0
        while index < text.count, let digit = hexDigit(text[index]) {
            group = group << 4 | UInt128(digit)
            index += 1
            guard index - start <= 4 else { return nil }
        }
        if index < text.count, text[index] == UInt8(ascii: ".") {
            guard let tail = ipv4Bits(text.extracting(start...)) else { return nil }
            head = head << 32 | UInt128(tail)
            groups += 2
            index = text.count
            break
        }
        guard index > start else { return nil }
        head = head << 16 | group
        groups += 1
        guard groups <= 8 else { return nil }
        if index == text.count { break }
        guard text[index] == colon, index + 1 < text.count else { return nil }
        index += 1
        if text[index] == colon {
            guard groupsInHead == nil else { return nil }
            groupsInHead = groups
            index += 1
        }
    }
    guard let groupsInHead else { return groups == 8 ? head : nil }
    guard groups < 8 else { return nil }
    let tailBits = UInt128(16 * (groups - groupsInHead))
    let tail = tailBits == 0 ? 0 : head & ((1 << tailBits) - 1)
    let front = head >> tailBits
    return (groupsInHead == 0 ? 0 : front << UInt128(128 - 16 * groupsInHead)) | tail
}

/// Appends a number in network order.
@inline(__always)
func appendBigEndian<Number: FixedWidthInteger>(_ number: Number, to octets: inout [UInt8]) {
    withUnsafeBytes(of: number.bigEndian) { octets.append(contentsOf: $0) }
}

/// The canonical text of four or sixteen octets.
func addressText(_ octets: ArraySlice<UInt8>) -> String {
    let bits = octets.reduce(0 as UInt128) { $0 << 8 | UInt128($1) }
    return octets.count == 4
        ? IPv4Address(bits: UInt32(truncatingIfNeeded: bits)).description : IPv6Address(bits: bits).description
}
