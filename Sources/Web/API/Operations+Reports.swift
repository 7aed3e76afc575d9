import Accounts
import Control
import HTTPTypes
import Hummingbird

/// What clients report of themselves.
extension Site {
    static let reportPath = "/api/v1/report/"

    var reportOperations: [Operation] {
        [(HTTPRequest.Method.post, "report"), (.get, "reportByGet")].map { method, id in
            Operation(
                method: method, path: Self.reportPath + "{indicator}", id: id,
                summary: "Reports an indicator of the methods heartbeat, number or text"
                    + (method == .get ? ", for clients that can only fetch." : "."),
                access: .anyone,
                query: [
                    .init("state", .choice(["ok", "err"]), "err: the client itself says that it is not well."),
                    .init("value", .string(length: 1...2000), "The number or the text."),
                    .init("text", .string(length: 1...500), "A comment for people."),
                    .init(
                        "token", .string(length: 1...512),
                        "The indicator's token, if it is not sent as Authorization: Bearer."),
                ], result: .named("Receipt"),
                problems: [.notFound, .unprocessableContent, .serviceUnavailable]
            ) { call in try await takeReport(call) }
        }
    }

    private func takeReport(_ call: Call) async throws -> Response {
        guard let control = control as? any ReportInterface else {
            throw Problem(.serviceUnavailable, "This server takes no reports.")
        }
        let report = IncomingReport(
            isOK: call.text("state") != "err", value: call.text("value"), comment: call.text("text"))
        do {
            return try .json(
                try await control.take(report, of: call.path["indicator"] ?? "", proof: try proof(of: call)))
        } catch let refusal as ReportRefusal {
            switch refusal {
            case .noSuchIndicator: throw Problem(.notFound, "\(refusal)")
            case .notAllowed: throw Problem(.forbidden, "\(refusal)")
            case .wrong: throw Problem(.unprocessableContent, "\(refusal)")
            case .notKept: throw Problem(.serviceUnavailable, "\(refusal)")
            }
        }
    }

    /// A token of an indicator, or an account that may give orders. A browser's session is none: other sites could
    /// report in its name.
    private func proof(of call: Call) throws -> ReportProof {
        if let identity = call.identity {
            if case .session = identity.proof { throw Problem(.forbidden, "Report with a token.") }
            guard identity.may(.operator) else {
                throw Problem(.forbidden, "\(identity.name) may not: this needs the role operator.")
            }
            return .account
        }
        if let token = call.text("token") { return .token(token) }
        let words = call.request.headers[.authorization]?.split(separator: " ", maxSplits: 1).map(String.init) ?? []
        guard words.count == 2, words[0].lowercased() == "bearer" else {
            throw Problem.unauthorized("Reporting needs the indicator's token.")
        }
        return .token(words[1])
    }
}
