/// The range of a `$GENERATE` directive: `1-10`, `0-255/2`.
struct GenerateRange {
    let start: UInt64
    let stop: UInt64
    let step: UInt64

    init?(_ text: String) {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        let ends = halves[0].split(separator: "-", omittingEmptySubsequences: false)
        guard halves.count <= 2, ends.count == 2, let start = UInt64(ends[0]), let stop = UInt64(ends[1]),
            start <= stop, stop <= UInt64(UInt32.max), let step = halves.count == 2 ? UInt64(halves[1]) : 1, step > 0
        else { return nil }
        self.start = start
        self.stop = stop
        self.step = step
    }

    var count: UInt64 { (stop - start) / step + 1 }
    var values: StrideThrough<UInt64> { stride(from: start, through: stop, by: Int(step)) }
}

/// The `$` forms in the words of a `$GENERATE` directive.
enum GenerateTemplate {
    /// Puts the number in: `$` plain, `${OFFSET,WIDTH,BASE}` with base d, o, x or X; `\$` and `$$` are a dollar.
    static func expand(_ text: ArraySlice<UInt8>, number: UInt64) -> [UInt8]? {
        let dollar = UInt8(ascii: "$")
        var result: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), let next = rest.popFirst() {
                result += next == dollar ? [dollar] : [byte, next]
            } else if byte != dollar {
                result.append(byte)
            } else if rest.first == dollar {
                rest.removeFirst()
                result.append(dollar)
            } else if rest.first == UInt8(ascii: "{") {
                guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else { return nil }
                let form = String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self)
                guard let formatted = format(number, by: form) else { return nil }
                result += Array(formatted.utf8)
                rest = rest[(end + 1)...]
            } else {
                result += Array(String(number).utf8)
            }
        }
        return result
    }

    private static func format(_ number: UInt64, by form: String) -> String? {
        let parts = form.split(separator: ",", omittingEmptySubsequences: false)
        guard (1...3).contains(parts.count), let offset = Int64(parts[0]) else { return nil }
        let width = parts.count > 1 ? Int(parts[1]) : 0
        let value = Int64(number) + offset
        guard let width, (0...255).contains(width), value >= 0 else { return nil }
        let digits: String
        switch parts.count > 2 ? parts[2] : "d" {
        case "d": digits = String(value)
        case "o": digits = String(value, radix: 8)
        case "x": digits = String(value, radix: 16)
        case "X": digits = String(value, radix: 16, uppercase: true)
        default: return nil
        }
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
