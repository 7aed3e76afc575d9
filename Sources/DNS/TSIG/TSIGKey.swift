/// The algorithms that messages are signed with (RFC 8945 §6).
package enum TSIGAlgorithm: String, CaseIterable, Hashable, Sendable {
    case sha1 = "hmac-sha1"
    case sha224 = "hmac-sha224"
    case sha256 = "hmac-sha256"
    case sha384 = "hmac-sha384"
    case sha512 = "hmac-sha512"

    /// The length of its whole MAC, octets.
    package var macLength: Int {
        switch self {
        case .sha1: 20
        case .sha224: 28
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// The shortest MAC that may be used at all (RFC 8945 §5.2.2.1).
    package var shortestMACLength: Int { max(10, macLength / 2) }

    /// Its name as it stands in a TSIG record.
    package var name: Name {
        let label = Array(rawValue.utf8)
        return Name(validWire: [UInt8(label.count)] + label + [0])
    }
}

/// A key shared with somebody else, by name (RFC 8945 §2).
package struct TSIGKey: Hashable, Sendable {
    package var name: Name
    package var algorithm: TSIGAlgorithm
    /// The shortest MAC that is taken, octets: the whole one unless truncation was agreed on.
    package var leastMACLength: Int
    package var secret: TSIGSecret

    /// - Parameter leastMACLength: from the algorithm's `shortestMACLength` to its `macLength`, which is the default.
    package init(name: Name, algorithm: TSIGAlgorithm, secret: TSIGSecret, leastMACLength: Int? = nil) {
        self.name = name
        self.algorithm = algorithm
        self.secret = secret
        self.leastMACLength = leastMACLength ?? algorithm.macLength
        precondition((algorithm.shortestMACLength...algorithm.macLength).contains(self.leastMACLength))
    }
}

/// The octets of a secret, which print and reflect as nothing, so that no log or error shows them.
package struct TSIGSecret: Hashable, Sendable {
    package let octets: [UInt8]

    /// - Parameter octets: at least one.
    package init(octets: [UInt8]) { self.octets = octets }

    /// Reads Base64 (RFC 4648 §4) as key files have it, padded; white space is not looked at. Nil if it is none, or
    /// nothing.
    package init?(base64 text: some StringProtocol) {
        var octets: [UInt8] = []
        var bits: UInt32 = 0
        var digits = 0
        var padding = 0
        for byte in text.utf8 {
            if byte == UInt8(ascii: " ") || byte == 9 || byte == 10 || byte == 13 { continue }
            if byte == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            guard padding == 0, let digit = base64Digit(byte) else { return nil }
            bits = bits << 6 | digit
            digits += 1
            if digits.isMultiple(of: 4) {
                octets += [UInt8(bits >> 16 & 0xFF), UInt8(bits >> 8 & 0xFF), UInt8(bits & 0xFF)]
                bits = 0
            }
        }
        switch (digits % 4, padding) {
        case (0, 0): break
        case (2, 2): octets.append(UInt8(bits >> 4 & 0xFF))
        case (3, 1): octets += [UInt8(bits >> 10 & 0xFF), UInt8(bits >> 2 & 0xFF)]
        default: return nil
        }
        guard !octets.isEmpty else { return nil }
        self.octets = octets
    }
}

extension TSIGSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "(secret)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

private func base64Digit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
}
