/// The numbers and the template of a `$GENERATE` directive, as BIND understands it: in each word behind the
/// range `$` stands for the number, `${offset,width,base}` for a number computed from it, `\$` and `$$` for a dollar.
struct Generator {
    /// At most so many records from one directive.
    static let maximumCount = 1 << 20

    let numbers: StrideThrough<Int>

    /// Reads `first-last` or `first-last/step`; nil if it is none or counts too many.
    init?(range text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false).map(Self.number)
        let step = parts.count == 2 ? Self.number(parts[1]) : 1
        guard parts.count <= 2, ends.count == 2, let first = ends[0], let last = ends[1], let step, step > 0,
            first <= last, (last - first) / step < Self.maximumCount
        else { return nil }
        numbers = stride(from: first, through: last, by: step)
    }

    private static func number(_ text: Substring) -> Int? {
        decimal(Array(text.utf8).span, limit: UInt64(Int32.max)).map { Int($0) }
    }

    /// Appends `template` with its dollars replaced; false if a modifier is broken.
    static func append(_ template: ArraySlice<UInt8>, for number: Int, to text: inout [UInt8]) -> Bool {
        let dollar = UInt8(ascii: "$")
        var rest = template
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\") {
                let isDollar = rest.first == dollar
                if !isDollar { text.append(byte) }
                if let next = rest.popFirst() { text.append(next) }
            } else if byte != dollar {
                text.append(byte)
            } else if rest.first == dollar {
                rest = rest.dropFirst()
                text.append(dollar)
            } else if rest.first == UInt8(ascii: "{") {
                guard let end = rest.firstIndex(of: UInt8(ascii: "}")),
                    let digits = digits(of: number, modifier: rest[(rest.startIndex + 1)..<end])
                else { return false }
                rest = rest[(end + 1)...]
                text += digits
            } else {
                text += String(number).utf8
            }
        }
        return true
    }

    /// `number` as `offset[,width[,base]]` wants it; nil for a broken modifier. Negative results are written as BIND
    /// does: with a sign in decimal, as 32 bits in other bases.
    private static func digits(of number: Int, modifier: ArraySlice<UInt8>) -> [UInt8]? {
        let parts = modifier.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard (1...3).contains(parts.count), let offset = Int32(parts[0]) else { return nil }
        let value = number + Int(offset)
        guard let width = parts.count > 1 ? UInt8(parts[1]) : 0 else { return nil }
        let base = parts.count > 2 ? parts[2] : "d"
        let bits = UInt32(truncatingIfNeeded: value)
        let sign = base == "d" && value < 0 ? "-" : ""
        let digits: String
        switch base {
        case "d": digits = String(value.magnitude)
        case "o": digits = String(bits, radix: 8)
        case "x", "X": digits = String(bits, radix: 16, uppercase: base == "X")
        case "n", "N": return nibbles(of: bits, width: Int(width), uppercase: base == "N")
        default: return nil
        }
        let zeros = max(0, Int(width) - sign.utf8.count - digits.utf8.count)
        return sign.utf8 + Array(repeating: UInt8(ascii: "0"), count: zeros) + digits.utf8
    }

    /// Hexadecimal digits from the lowest up with dots between them, as in `ip6.arpa`.
    private static func nibbles(of value: UInt32, width: Int, uppercase: Bool) -> [UInt8] {
        var digits = Array(String(value, radix: 16, uppercase: uppercase).utf8.reversed())
        while 2 * digits.count - 1 < width { digits.append(UInt8(ascii: "0")) }
        return Array(digits.map { [$0] }.joined(separator: [UInt8(ascii: ".")]))
    }
}
