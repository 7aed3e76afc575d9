/// A duration as people write it: `300ms`, `2s`, `1.5s`, `5m`.
enum Period {
    enum Fault: ArgumentFault {
        case noNumber, noUnit, tooLong

        var problem: String {
            switch self {
            case .noNumber: "is not a duration"
            case .noUnit: "has no unit (ms, s or m)"
            case .tooLong: "is longer than a day"
            }
        }
    }

    static let form = "a duration such as 300ms or 1.5s"

    static func parse(_ text: String) throws(Fault) -> Duration {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let number = Double(digits), digits.first != ".", digits.last != "." else { throw .noNumber }
        let seconds: Double
        switch text[digits.endIndex...].drop(while: { $0 == " " }) {
        case "µs", "us": seconds = number / 1_000_000
        case "ms": seconds = number / 1000
        case "s": seconds = number
        case "m", "min": seconds = number * 60
        case "": throw .noUnit
        default: throw .noUnit
        }
        guard seconds <= 86400 else { throw .tooLong }
        return .nanoseconds(Int64((seconds * 1e9).rounded()))
    }
}
