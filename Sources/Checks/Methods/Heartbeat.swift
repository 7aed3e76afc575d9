/// `heartbeat`: the client says that it is well.
package struct Heartbeat: ReportedCheck {
    package static let method = "heartbeat"
    package static let summary = "The client reports over the API that it is well; its silence is an error."
    package static let parameters = Reporting.parameters

    package let rhythm: Rhythm
    package let token: ReportToken?

    package init(_ arguments: CheckArguments) throws(CheckArgumentErrors) {
        var reader = ArgumentReader(arguments, of: Self.self)
        let (rhythm, token) = Reporting.read(&reader)
        self.rhythm = try reader.require(rhythm)
        self.token = token
    }

    package func judge(_ report: ClientReport, after previous: String?) throws(ReportFault) -> ReportVerdict {
        guard report.value == nil else { throw .unexpectedValue }
        return ReportVerdict(true, report.isOK ? "reported" : "", report)
    }
}
