/// An IPv4 address as one number, most significant octet first: 192.0.2.1 is `0xC000_0201`.
package struct IPv4Address: Hashable, Comparable, Sendable {
    package let bits: UInt32

    package init(bits: UInt32) { self.bits = bits }

    /// Reads the dotted-decimal form with exactly four numbers of 0–255 and no leading zeros,
    /// so that `010.0.0.1` is never taken for octal by one program and decimal by another.
    package init?(_ text: some StringProtocol) {
        var bits: UInt32 = 0
        var octets = 0
        for part in text.split(separator: ".", omittingEmptySubsequences: false) {
            guard let octet = decimalOctet(part) else { return nil }
            bits = bits << 8 | UInt32(octet)
            octets += 1
        }
        guard octets == 4 else { return nil }
        self.bits = bits
    }

    /// The four octets in network order, as they stand in A RDATA (RFC 1035 §3.4.1).
    package var octets: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: bits >> (24 - 8 * $0)) } }

    package static func < (left: Self, right: Self) -> Bool { left.bits < right.bits }
}

extension IPv4Address: CustomStringConvertible, LosslessStringConvertible {
    package init?(_ description: String) { self.init(description[...]) }
    package var description: String { octets.map(String.init).joined(separator: ".") }
}

/// An IPv6 address as one number, most significant octet first.
package struct IPv6Address: Hashable, Comparable, Sendable {
    package let bits: UInt128

    package init(bits: UInt128) { self.bits = bits }

    /// The sixteen octets in network order, as they stand in AAAA RDATA (RFC 3596 §2.2).
    package var octets: [UInt8] { (0..<16).map { UInt8(truncatingIfNeeded: bits >> (120 - 8 * $0)) } }

    /// The eight 16-bit groups, most significant first.
    var groups: [UInt16] { (0..<8).map { UInt16(truncatingIfNeeded: bits >> (112 - 16 * $0)) } }

    package static func < (left: Self, right: Self) -> Bool { left.bits < right.bits }
}

extension IPv6Address: CustomStringConvertible, LosslessStringConvertible {
    package init?(_ description: String) { self.init(description[...]) }

    /// Reads the forms of RFC 4291 §2.2: groups, one `::`, and a trailing dotted IPv4 address.
    /// Zones (`%eth0`) are not addresses and are refused.
    package init?(_ text: some StringProtocol) {
        let halves = splitAtDoubleColon(String(text))
        guard let head = parseGroups(halves.head, mayEndInIPv4: halves.tail == nil) else { return nil }
        var all = head
        if let tailText = halves.tail {
            guard let tail = parseGroups(tailText, mayEndInIPv4: true), head.count + tail.count < 8 else { return nil }
            all += Array(repeating: 0, count: 8 - head.count - tail.count) + tail
        }
        guard all.count == 8 else { return nil }
        bits = all.reduce(0) { $0 << 16 | UInt128($1) }
    }

    /// The canonical form of RFC 5952 §4: lower case, no leading zeros, the longest run of zeros shortened.
    package var description: String {
        let groups = groups
        if groups[0..<5].allSatisfy({ $0 == 0 }), groups[5] == 0xFFFF {
            return "::ffff:\(IPv4Address(bits: UInt32(truncatingIfNeeded: bits)))"
        }
        let hex = groups.map { String($0, radix: 16) }
        guard let run = longestZeroRun(in: groups) else { return hex.joined(separator: ":") }
        return hex[..<run.lowerBound].joined(separator: ":") + "::" + hex[run.upperBound...].joined(separator: ":")
    }
}

/// An address of either family. IPv4 sorts before IPv6.
package enum IPAddress: Hashable, Comparable, Sendable {
    case v4(IPv4Address)
    case v6(IPv6Address)
}

extension IPAddress: CustomStringConvertible, LosslessStringConvertible {
    package init?(_ description: String) { self.init(description[...]) }

    package init?(_ text: some StringProtocol) {
        if let address = IPv4Address(text) {
            self = .v4(address)
        } else if let address = IPv6Address(text) {
            self = .v6(address)
        } else {
            return nil
        }
    }

    package var description: String {
        switch self {
        case .v4(let address): address.description
        case .v6(let address): address.description
        }
    }

    /// Nil unless there are four octets or sixteen, in network order.
    package init?(octets: some Collection<UInt8>) {
        switch octets.count {
        case 4: self = .v4(IPv4Address(bits: octets.reduce(0) { $0 << 8 | UInt32($1) }))
        case 16: self = .v6(IPv6Address(bits: octets.reduce(0) { $0 << 8 | UInt128($1) }))
        default: return nil
        }
    }

    /// The octets in network order: four or sixteen.
    package var octets: [UInt8] {
        switch self {
        case .v4(let address): address.octets
        case .v6(let address): address.octets
        }
    }
}

private func decimalOctet(_ text: some StringProtocol) -> UInt8? {
    guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        text.utf8.count == 1 || text.utf8.first != 0x30
    else { return nil }
    return UInt8(text)
}

/// Splits at the first `::`; `tail` is nil if there is none.
private func splitAtDoubleColon(_ text: String) -> (head: Substring, tail: Substring?) {
    var index = text.startIndex
    while index < text.endIndex {
        let next = text.index(after: index)
        if text[index] == ":", next < text.endIndex, text[next] == ":" {
            return (text[..<index], text[text.index(after: next)...])
        }
        index = next
    }
    return (text[...], nil)
}

private func parseGroups(_ text: Substring, mayEndInIPv4: Bool) -> [UInt16]? {
    if text.isEmpty { return [] }
    var result: [UInt16] = []
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() {
        if part.contains(".") {
            guard mayEndInIPv4, index == parts.count - 1, let address = IPv4Address(part) else { return nil }
            result += [UInt16(truncatingIfNeeded: address.bits >> 16), UInt16(truncatingIfNeeded: address.bits)]
        } else {
            guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(isHexDigit),
                let group = UInt16(part, radix: 16)
            else { return nil }
            result.append(group)
        }
    }
    return result.count <= 8 ? result : nil
}

private func isHexDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
}

/// The longest run of two or more zero groups, the first of equals (RFC 5952 §4.2).
private func longestZeroRun(in groups: [UInt16]) -> Range<Int>? {
    var best: Range<Int>?
    var start: Int?
    for index in 0...groups.count {
        if index < groups.count, groups[index] == 0 {
            start = start ?? index
        } else if let first = start {
            if index - first >= 2, index - first > (best?.count ?? 0) { best = first..<index }
            start = nil
        }
    }
    return best
}
