/// A domain name (RFC 1035 §3.1, RFC 9499 §2): labels of 1–63 octets, at most 255 octets in wire form.
///
/// It keeps the case it was written in and compares without it (RFC 4343).
package struct Name: Sendable {
    /// The uncompressed wire form: length octet, label, …, and the zero octet of the root.
    package let wire: [UInt8]

    /// Trusts that `wire` is one whole valid name.
    package init(validWire wire: [UInt8]) { self.wire = wire }

    package static let root = Name(validWire: [0])
}

extension Name: Hashable {
    package static func == (left: Self, right: Self) -> Bool {
        left.wire.count == right.wire.count
            && zip(left.wire, right.wire).allSatisfy { lowercased($0) == lowercased($1) }
    }

    package func hash(into hasher: inout Hasher) {
        for byte in wire { hasher.combine(lowercased(byte)) }
    }
}

/// ASCII lower case (RFC 4343 §3). Length octets are at most 63, so a whole wire name may pass through it.
@inlinable package func lowercased(_ byte: UInt8) -> UInt8 {
    byte &- 0x41 < 26 ? byte | 0x20 : byte
}
