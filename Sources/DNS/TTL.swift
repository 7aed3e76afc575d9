/// How long an answer may be kept, in seconds: 0…2^31-1 (RFC 2181 §8).
package struct TTL: Hashable, Comparable, Sendable {
    package let seconds: UInt32

    package static let maximum = TTL(validSeconds: 0x7FFF_FFFF)

    /// Nil above 2^31-1.
    package init?(seconds: UInt32) {
        guard seconds <= TTL.maximum.seconds else { return nil }
        self.seconds = seconds
    }

    private init(validSeconds seconds: UInt32) { self.seconds = seconds }

    package static func < (left: Self, right: Self) -> Bool { left.seconds < right.seconds }
}

extension TTL: LosslessStringConvertible {
    package init?(_ description: String) { self.init(description[...]) }

    /// Reads seconds, or the customary units in any case: `1w2d3h4m5s`, `1h30m`; the last number may lack one.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        self.init(bytes.span)
    }

    init?(_ text: Span<UInt8>) {
        guard !text.isEmpty else { return nil }
        var total: UInt64 = 0
        var number: UInt64?
        for index in text.indices {
            let byte = text[index]
            if isDigit(byte) {
                number = (number ?? 0) * 10 + UInt64(byte & 0x0F)
                guard let number, number <= UInt64(TTL.maximum.seconds) else { return nil }
            } else {
                guard let count = number, let unit = secondsPerUnit(byte) else { return nil }
                total += count * unit
                number = nil
                guard total <= UInt64(TTL.maximum.seconds) else { return nil }
            }
        }
        total += number ?? 0
        guard total <= UInt64(TTL.maximum.seconds) else { return nil }
        seconds = UInt32(total)
    }

    /// The shortest form with units: `1h30m`, `0s`.
    package var description: String {
        guard seconds > 0 else { return "0s" }
        var rest = seconds
        var text = ""
        for (unit, length) in [("w", 604_800), ("d", 86400), ("h", 3600), ("m", 60), ("s", 1)] as [(String, UInt32)]
        where rest >= length {
            text += "\(rest / length)\(unit)"
            rest %= length
        }
        return text
    }
}

private func secondsPerUnit(_ letter: UInt8) -> UInt64? {
    switch lowercased(letter) {
    case UInt8(ascii: "s"): 1
    case UInt8(ascii: "m"): 60
    case UInt8(ascii: "h"): 3600
    case UInt8(ascii: "d"): 86400
    case UInt8(ascii: "w"): 604_800
    default: nil
    }
}
