/// A position on earth and how well it is known (RFC 1876), kept as it is on the wire.
struct Location {
    let wire: [UInt8]

    /// Nil for another version than 0, or for values that the text form has not.
    init?(wire: ArraySlice<UInt8>) {
        let octets = Array(wire)
        guard octets.count == 16, octets[0] == 0,
            octets[1...3].allSatisfy({ $0 >> 4 <= 9 && $0 & 15 <= 9 }),
            abs(Self.milliseconds(octets, at: 4)) <= 90 * 3_600_000,
            abs(Self.milliseconds(octets, at: 8)) <= 180 * 3_600_000
        else { return nil }
        self.wire = octets
    }

    /// Reads `d [m [s]] N|S d [m [s]] E|W altitude [size [horizontal [vertical]]]`, lengths in metres.
    init?(_ words: [String]) {
        var rest = words[...]
        guard let latitude = Self.angle(&rest, limit: 90, positive: "N", negative: "S"),
            let longitude = Self.angle(&rest, limit: 180, positive: "E", negative: "W"),
            let altitudeText = rest.popFirst(), let altitude = Self.centimetres(altitudeText),
            (-10_000_000...4_284_967_295).contains(altitude)
        else { return nil }
        var precisions: [UInt8] = [0x12, 0x16, 0x13]  // 1 m, 10 km, 10 m
        guard rest.count <= precisions.count else { return nil }
        for (index, word) in rest.enumerated() {
            guard let length = Self.centimetres(word), let octet = Self.precision(length) else { return nil }
            precisions[index] = octet
        }
        var octets = [0] + precisions
        for number in [latitude + Self.middle, longitude + Self.middle, altitude + 10_000_000] {
            appendBigEndian(UInt32(truncatingIfNeeded: number), to: &octets)
        }
        wire = octets
    }

    /// What stands on the wire for the equator and the prime meridian.
    private static let middle = 1 << 31

    private static func milliseconds(_ octets: [UInt8], at index: Int) -> Int { number(octets, at: index) - middle }

    private static func number(_ octets: [UInt8], at index: Int) -> Int {
        octets[index..<(index + 4)].reduce(0) { $0 << 8 | Int($1) }
    }

    /// Thousandths of a second of arc.
    private static func angle(
        _ words: inout ArraySlice<String>, limit: Int, positive: String, negative: String
    ) -> Int? {
        var total = 0
        let units = [(3_600_000, limit), (60000, 59), (1000, 59)]
        for (index, (unit, largest)) in units.enumerated() {
            guard let word = words.popFirst() else { return nil }
            let isHemisphere = [positive, negative].contains(word.uppercased())
            if isHemisphere, index > 0 { return word.uppercased() == positive ? total : -total }
            guard let value = fixedPoint(word, decimals: unit == 1000 ? 3 : 0) else { return nil }
            let whole = unit == 1000 ? value / 1000 : value
            guard whole <= largest else { return nil }
            total += unit == 1000 ? value : value * unit
            guard total <= limit * 3_600_000 else { return nil }
        }
        guard let word = words.popFirst()?.uppercased(), [positive, negative].contains(word) else { return nil }
        return word == positive ? total : -total
    }

    private static func centimetres(_ word: String) -> Int? {
        var text = word[...]
        if text.last == "m" || text.last == "M" { text = text.dropLast() }
        let isNegative = text.first == "-"
        if isNegative { text = text.dropFirst() }
        return fixedPoint(String(text), decimals: 2).map { isNegative ? -$0 : $0 }
    }

    /// `12.3` as 1230 if there are two decimals; nil for more decimals, for signs and for huge numbers.
    private static func fixedPoint(_ text: String, decimals: Int) -> Int? {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map(Array.init)
        let digits = parts[0]
        guard parts.count <= (decimals > 0 ? 2 : 1), let whole = decimal(digits.span, limit: 99_999_999)
        else { return nil }
        var fraction = parts.count == 2 ? parts[1] : []
        guard fraction.count <= decimals, fraction.allSatisfy(isDigit) else { return nil }
        while fraction.count < decimals { fraction.append(UInt8(ascii: "0")) }
        return fraction.reduce(Int(whole)) { total, digit in total * 10 + Int(digit & 0x0F) }
    }

    /// Centimetres as a digit and a power of ten, what follows the digit left out; nil above 9e9 and below 0.
    private static func precision(_ centimetres: Int) -> UInt8? {
        guard centimetres >= 0 else { return nil }
        var mantissa = centimetres
        var exponent: UInt8 = 0
        while mantissa > 9 {
            mantissa /= 10
            exponent += 1
        }
        return exponent <= 9 ? UInt8(mantissa) << 4 | exponent : nil
    }
}

extension Location {
    /// The text form; nil if it would lose something, such as a precision of zero written with an exponent.
    var text: String? {
        let words = description.split(separator: " ").map(String.init)
        return Location(words)?.wire == wire ? description : nil
    }
}

extension Location: CustomStringConvertible {
    var description: String {
        let lengths = wire[1...3].map { octet in
            let length = (0..<(octet & 15)).reduce(Int(octet >> 4)) { length, _ in length * 10 }
            return length > 0 && length.isMultiple(of: 100) ? "\(length / 100)m" : Self.metres(length)
        }
        let altitude = Self.number(wire, at: 12) - 10_000_000
        return
            ([
                Self.angleText(Self.milliseconds(wire, at: 4), positive: "N", negative: "S"),
                Self.angleText(Self.milliseconds(wire, at: 8), positive: "E", negative: "W"),
                Self.metres(altitude),
            ] + lengths).joined(separator: " ")
    }

    private static func angleText(_ milliseconds: Int, positive: String, negative: String) -> String {
        let total = abs(milliseconds)
        let seconds = String(total % 60000 / 1000) + "." + padded(total % 1000, 3)
        return "\(total / 3_600_000) \(total / 60000 % 60) \(seconds) " + (milliseconds < 0 ? negative : positive)
    }

    private static func metres(_ centimetres: Int) -> String {
        (centimetres < 0 ? "-" : "") + "\(abs(centimetres) / 100)." + padded(abs(centimetres) % 100, 2) + "m"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        String(repeating: "0", count: max(0, width - String(number).count)) + String(number)
    }
}
