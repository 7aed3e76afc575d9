/// A duration as people write it: `300ms`, `2s`, `1.5s`, `5m`.
enum Period {
    enum Fault: ArgumentFault {
        case noNumber, noUnit, tooLong, noLongUnit, outOfRange

        var problem: String {
            switch self {
            case .noNumber: "is not a duration"
            case .noUnit: "has no unit (ms, s or m)"
            case .tooLong: "is longer than a day"
            case .noLongUnit: "has no unit (s, m, h or d)"
            case .outOfRange: "is not from 1 second to 400 days"
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

    static let longForm = "a duration such as 90s, 15m, 24h or 7d"

    /// The same for what people and machines do by the hour or the day: 1 second to 400 days.
    static func parseLong(_ text: String) throws(Fault) -> Duration {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let number = Double(digits), digits.first != ".", digits.last != "." else { throw .noNumber }
        let seconds: Double
        switch text[digits.endIndex...].drop(while: { $0 == " " }) {
        case "s": seconds = number
        case "m", "min": seconds = number * 60
        case "h": seconds = number * 3600
        case "d": seconds = number * 86400
        default: throw .noLongUnit
        }
        guard (1...400 * 86400).contains(seconds) else { throw .outOfRange }
        return .nanoseconds(Int64((seconds * 1e9).rounded()))
    }

    /// `26 h`, `5 min`, `330 s`: in the largest unit in which it is whole.
    static func inLongWords(_ duration: Duration) -> String {
        let seconds = duration.components.seconds
        guard duration == .seconds(seconds), seconds > 0, seconds % 60 == 0 else { return inWords(duration) }
        return seconds % 3600 == 0 ? "\(seconds / 3600) h" : "\(seconds / 60) min"
    }
}
