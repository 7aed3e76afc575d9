/// `text`: the client reports a text, which is what it should be.
package struct ReportedText: ReportedCheck {
    package static let method = "text"
    package static let summary = "The client reports a text over the API, which is the right one or has one in it."
    package static let parameters =
        [
            CheckParameter("expect", .text, "The whole text must be this."),
            CheckParameter("contains", .text, "The text must have this in it."),
        ] + Reporting.parameters

    package let rhythm: Rhythm
    package let token: ReportToken?
    private let expected: String?
    private let part: String?

    package init(_ arguments: CheckArguments) throws(CheckArgumentErrors) {
        var reader = ArgumentReader(arguments, of: Self.self)
        expected = reader.text("expect")
        part = reader.text("contains")
        switch (reader.has("expect"), reader.has("contains")) {
        case (true, true): reader.refuse("contains", "comes beside expect", expected: "one of them")
        case (false, false):
            reader.refuse(
                "expect", "is missing, and so is contains", expected: "one of them, or check: \(Heartbeat.method)")
        default: break
        }
        let (rhythm, token) = Reporting.read(&reader)
        self.rhythm = try reader.require(rhythm)
        self.token = token
    }

    package func judge(_ report: ClientReport, after previous: String?) throws(ReportFault) -> ReportVerdict {
        if !report.isOK, report.value == nil { return ReportVerdict(false, "", report) }
        let text = try Reporting.check(report.value)
        let told = "\"\(printable(text, limit: 200))\""
        if let expected, text != expected {
            return ReportVerdict(false, "\(told), expected \"\(printable(expected, limit: 80))\"", report)
        }
        if let part, !text.utf8.contains(part.utf8) {
            return ReportVerdict(false, "text \"\(printable(part, limit: 80))\" not found in \(told)", report)
        }
        return ReportVerdict(true, told, report)
    }
}
