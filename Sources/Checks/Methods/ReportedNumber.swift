/// `number`: the client reports a number, which stays within its limits.
package struct ReportedNumber: ReportedCheck {
    package static let method = "number"
    package static let summary = "The client reports a number over the API; it stays within limits and does not jump."
    package static let parameters =
        [
            CheckParameter("min", .text, form: numberForm, "Less than this is an error."),
            CheckParameter("max", .text, form: numberForm, "More than this is an error."),
            CheckParameter(
                "change", .text, form: changeForm, "More than this from one report to the next is an error."),
        ] + Reporting.parameters

    private static let numberForm = "a number such as 42 or -3.5"
    private static let changeForm = "a number such as 10, or a share such as 25%"

    private enum Change: Hashable {
        case amount(Double)
        case share(Double)
    }

    package let rhythm: Rhythm
    package let token: ReportToken?
    private let least: Double?
    private let most: Double?
    private let change: Change?

    package init(_ arguments: CheckArguments) throws(CheckArgumentErrors) {
        var reader = ArgumentReader(arguments, of: Self.self)
        least = Self.number("min", &reader)
        most = Self.number("max", &reader)
        if let least, let most, most < least { reader.refuse("max", "is less than min") }
        change = Self.readChange(&reader)
        let (rhythm, token) = Reporting.read(&reader)
        self.rhythm = try reader.require(rhythm)
        self.token = token
    }

    private static func number(_ key: String, _ reader: inout ArgumentReader) -> Double? {
        guard let text = reader.text(key) else { return nil }
        if let number = finite(text) { return number }
        reader.refuse(key, "is not a number")
        return nil
    }

    private static func readChange(_ reader: inout ArgumentReader) -> Change? {
        guard let text = reader.text("change") else { return nil }
        let isShare = text.hasSuffix("%")
        guard let number = finite(isShare ? String(text.dropLast()) : text), number >= 0 else {
            reader.refuse("change", "is neither a number nor a share")
            return nil
        }
        return isShare ? .share(number / 100) : .amount(number)
    }

    /// Digits, a sign, a point and an exponent; no hexadecimal, no infinity.
    private static func finite(_ text: String) -> Double? {
        guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }), let number = Double(text),
            number.isFinite
        else { return nil }
        return number
    }

    package func judge(_ report: ClientReport, after previous: String?) throws(ReportFault) -> ReportVerdict {
        // A client that is not well need not know a number.
        if !report.isOK, report.value == nil { return ReportVerdict(false, "", report) }
        let text = try Reporting.check(report.value)
        guard let value = Self.finite(text) else { throw .notANumber(text) }
        if let least, value < least { return ReportVerdict(false, "\(told(value)) is below \(told(least))", report) }
        if let most, value > most { return ReportVerdict(false, "\(told(value)) is above \(told(most))", report) }
        if let change, let before = previous.flatMap(Self.finite) {
            let (allowed, words) =
                switch change {
                case .amount(let amount): (amount, told(amount))
                case .share(let share): (abs(before) * share, "\(told(share * 100)) %")
                }
            if abs(value - before) > allowed {
                return ReportVerdict(
                    false, "went from \(told(before)) to \(told(value)), by more than \(words)", report)
            }
        }
        return ReportVerdict(true, told(value), report)
    }

    private func told(_ number: Double) -> String {
        number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
    }
}
