import Crypto
import NIOCore
import Secrets

// How a reported indicator gets its results:
//
//   client ─► POST /api/v1/report/NAME ─► token ─► judge ─► an ordinary probe's result
//                                    nothing for period + patience ─► an ordinary probe's failure

/// A method that probes nothing: the client says how it is, and its silence is an error.
package protocol ReportedCheck: Check {
    var rhythm: Rhythm { get }
    /// Whoever shows it may report; nil: only who has an account's token, or the one for all.
    var token: ReportToken? { get }
    /// What a report comes to. `previous`: the value that was reported before.
    func judge(_ report: ClientReport, after previous: String?) throws(ReportFault) -> ReportVerdict
}

/// When a client that is well is heard.
package struct Rhythm: Hashable, Sendable {
    /// From one report to the next, 1 s to 400 d.
    package var period: Duration
    /// How much later than that is still in time.
    package var patience: Duration

    /// After this time without a word it is an error.
    package var longestSilence: Duration { period + patience }
}

/// What a client says of itself.
package struct ClientReport: Hashable, Sendable {
    /// False: it says itself that it is not well.
    package var isOK: Bool
    /// For `number` and `text`.
    package var value: String?
    /// For people, at most 200 bytes of it are shown.
    package var comment: String?

    package init(isOK: Bool = true, value: String? = nil, comment: String? = nil) {
        self.isOK = isOK
        self.value = value
        self.comment = comment
    }
}

/// What a report comes to, in words.
package struct ReportVerdict: Hashable, Sendable {
    package var isSuccess: Bool
    package var reason: String

    init(_ isSuccess: Bool, _ reason: String, _ report: ClientReport) {
        self.isSuccess = isSuccess && report.isOK
        var reason = report.isOK ? reason : "it says that it is not well" + (reason.isEmpty ? "" : ": \(reason)")
        if let comment = report.comment, !comment.isEmpty { reason += " (\(printable(comment, limit: 200)))" }
        self.reason = reason
    }
}

/// Why a report is refused; the indicator stays what it is.
package enum ReportFault: Error, Hashable, Sendable {
    case valueMissing
    case notANumber(String)
    case unexpectedValue
    case tooLong

    package var words: String {
        switch self {
        case .valueMissing: "Say the value: value=…"
        case .notANumber(let value): "\"\(printable(value, limit: 60))\" is not a number such as 42 or -3.5."
        case .unexpectedValue: "A heartbeat has no value; use text=… for a comment."
        case .tooLong: "The value is longer than \(inWords(bytes: Reporting.longestValue))."
        }
    }
}

/// What the methods that are reported have in common.
enum Reporting {
    static let longestValue = 4096

    static let parameters = [
        CheckParameter("period", .text, form: Period.longForm, required: true, "How often the client reports."),
        CheckParameter(
            "patience", .text, form: Period.longForm, "How much later is still in time; 30 s if not given."),
        CheckParameter(
            "token", .text, form: SecretArgument.form, "Whoever shows this secret may report, 16 characters at least."),
    ]

    static func read(_ reader: inout ArgumentReader) -> (Rhythm?, ReportToken?) {
        let period = reader.read("period", Period.parseLong)
        let patience = reader.read("patience", Period.parseLong) ?? .seconds(30)
        let token = reader.secret("token").flatMap { secret in
            if let token = ReportToken(secret) { return token }
            reader.refuse("token", ReportToken.tooShort)
            return nil as ReportToken?
        }
        return (period.map { Rhythm(period: $0, patience: patience) }, token)
    }

    static func check(_ value: String?) throws(ReportFault) -> String {
        guard let value, !value.isEmpty else { throw .valueMissing }
        guard value.utf8.count <= longestValue else { throw .tooLong }
        return value
    }
}

/// The secret with which clients prove that a report is theirs; only its hash is kept.
package struct ReportToken: Sendable {
    private let hash: SHA256Digest

    static let tooShort = "names something shorter than 16 characters"

    init?(_ secret: Secret) {
        guard secret.reveal().count >= 16 else { return nil }
        hash = SHA256.hash(data: Array(secret.reveal().utf8))
    }

    /// Reads `env:NAME` or `file:PATH`; the error completes a sentence that begins with the key.
    package static func read(_ reference: String) -> Result<ReportToken, ReportTokenFault> {
        do {
            guard let token = ReportToken(try SecretArgument.read(reference)) else {
                return .failure(ReportTokenFault(problem: tooShort, mayBeTheSecret: false))
            }
            return .success(token)
        } catch {
            let isPlain = if case .plain = error { true } else { false }
            return .failure(ReportTokenFault(problem: error.problem, mayBeTheSecret: isPlain))
        }
    }

    /// Takes as long whatever is wrong.
    package func matches(_ text: String) -> Bool { SHA256.hash(data: Array(text.utf8)) == hash }
}

package struct ReportTokenFault: Error, Hashable, Sendable {
    package var problem: String
    package var mayBeTheSecret: Bool
    package static let form = SecretArgument.form
}

extension ReportedCheck {
    package var target: String { "reports every \(Period.inLongWords(rhythm.period))" }

    package func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult {
        ProbeResult(isSuccess: false, reason: "the client reports it over the API, there is nothing to probe")
    }

    /// What the silence of a client comes to.
    package var silence: String {
        "silent for more than \(Period.inLongWords(rhythm.longestSilence)), a report is due every \(Period.inLongWords(rhythm.period))"
    }
}
