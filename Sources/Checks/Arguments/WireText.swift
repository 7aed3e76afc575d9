/// Bytes to send or to expect, as they are written in the configuration: text in UTF-8 in which `\r`, `\n`, `\t`,
/// `\0`, `\\` and `\xHH` stand for what cannot be typed.
struct WireText: Hashable, Sendable {
    let bytes: [UInt8]

    static let form = "a text of up to 16,384 bytes, in which \\r \\n \\t \\0 \\\\ and \\xHH may stand"
    static let longest = 16384

    enum Fault: ArgumentFault {
        case badEscape(String)
        case tooLong

        var problem: String {
            switch self {
            case .badEscape(let escape): "has \\\(escape), which is no escape (write a backslash as \\\\)"
            case .tooLong: "is longer than \(inWords(bytes: longest))"
            }
        }
    }

    init(_ text: String) throws(Fault) {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "0"): bytes.append(0)
            case UInt8(ascii: "\\"): bytes.append(UInt8(ascii: "\\"))
            case UInt8(ascii: "x"):
                let digits = rest.prefix(2)
                guard let high = digits.first.flatMap(hexValue), let low = digits.dropFirst().first.flatMap(hexValue)
                else { throw .badEscape("x" + printable(digits)) }
                rest = rest.dropFirst(2)
                bytes.append(high << 4 | low)
            case let other: throw .badEscape(other.map { printable([$0]) } ?? "")
            }
        }
        guard bytes.count <= Self.longest else { throw .tooLong }
        self.bytes = bytes
    }
}
