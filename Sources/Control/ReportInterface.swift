/// What a client reports of itself, as it came in.
package struct IncomingReport: Hashable, Sendable {
    package var isOK: Bool
    package var value: String?
    package var comment: String?

    package init(isOK: Bool = true, value: String? = nil, comment: String? = nil) {
        self.isOK = isOK
        self.value = value
        self.comment = comment
    }
}

/// How a client proves that it may report.
package enum ReportProof: Hashable, Sendable {
    /// By the indicator's token, or the one for all.
    case token(String)
    /// By an account, as the API has found already.
    case account
}

/// What came of a report.
package struct ReportReceipt: Codable, Hashable, Sendable {
    package var indicator: String
    /// Whether what was reported is as it should be.
    package var ok: Bool
    package var reason: String
    /// When the next report is late: seconds since 1970.
    package var due: Double
}

/// Why a report was not taken.
package enum ReportRefusal: Error, Hashable, Sendable {
    case noSuchIndicator(String)
    /// Also where there is no such indicator: who proves nothing learns nothing.
    case notAllowed
    case wrong(String)
    /// It counts, but would not outlive the process.
    case notKept(String)
}

extension ReportRefusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noSuchIndicator(let name): "no indicator that is reported is called \"\(name)\""
        case .notAllowed: "this needs the token of an indicator that is reported"
        case .wrong(let why): why
        case .notKept(let why): "it counts, but will not outlive the process: \(why)"
        }
    }
}

/// Where clients report. `Control` is it.
package protocol ReportInterface: Sendable {
    /// Takes a report; returns once it would survive a power cut.
    func take(
        _ report: IncomingReport, of indicator: String, proof: ReportProof
    ) async throws(ReportRefusal) -> ReportReceipt
}
