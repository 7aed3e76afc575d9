import Control
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// okerr's protocol for updates, so that its clients work against us when their URL is changed:
///
///     GET /api/director/PROJECT ─► the URL to send updates to, as text
///     POST /update  textid, name, status, secret, details, error … as a form ─► OK, or ERROR:CODE and why
///
/// `name` (or `textid:name`) is one of our reported indicators, and `secret` its token.
extension Site {
    func addOkerr(to router: Router<SiteContext>) {
        router.get("/api/director/:project") { request, _ in
            Response.text(baseURL(of: request) + "\n", type: "text/plain; charset=utf-8")
        }
        router.post("/update") { request, _ in await takeUpdate(request) }
        OperationRoutes.refuseOthers(than: [.get], at: "/api/director/:project", to: router)
        OperationRoutes.refuseOthers(than: [.post], at: "/update", to: router)
    }

    /// Where the client has found us; a proxy says whether that was with TLS.
    private func baseURL(of request: Request) -> String {
        let forwarded = HTTPField.Name("X-Forwarded-Proto").flatMap { request.headers[$0] }
        let scheme = hasTLS || forwarded == "https" ? "https" : "http"
        return "\(scheme)://\(request.head.authority ?? "localhost")/"
    }

    private func takeUpdate(_ request: Request) async -> Response {
        guard let control = control as? any ReportInterface else {
            return Self.refused("UNAVAILABLE", "This server takes no reports.", .serviceUnavailable)
        }
        guard let body = try? await request.body.collect(upTo: 64 << 10) else {
            return Self.refused("TOO_LONG", "The form is longer than 64 KiB.", .contentTooLarge)
        }
        let form = Form(String(buffer: body))
        guard let name = form["name"], let secret = form["secret"] else {
            return Self.refused("INCOMPLETE", "The form needs name, secret and status.", .badRequest)
        }
        let model = await self.control.readModel()
        let names = [name] + (form["textid"].map { ["\($0):\(name)"] } ?? [])
        guard let indicator = names.lazy.compactMap({ model.indicator($0) }).first else {
            return Self.refused("NOT_ALLOWED", "\(ReportRefusal.notAllowed)", .forbidden)
        }
        do {
            let receipt = try await control.take(
                form.report(method: indicator.method), of: indicator.name, proof: .token(secret))
            return .text("OK \(receipt.indicator): \(receipt.reason)\n", type: "text/plain; charset=utf-8")
        } catch {
            switch error {
            case .noSuchIndicator, .notAllowed:
                return Self.refused("NOT_ALLOWED", "\(ReportRefusal.notAllowed)", .forbidden)
            case .wrong(let why): return Self.refused("WRONG_STATUS", why, .unprocessableContent)
            case .notKept: return Self.refused("NOT_KEPT", "\(error)", .serviceUnavailable)
            }
        }
    }

    /// okerr's clients look for the word behind `ERROR:`.
    private static func refused(_ code: String, _ why: String, _ status: HTTPResponse.Status) -> Response {
        .text("ERROR:\(code) \(why)\n", type: "text/plain; charset=utf-8", status: status)
    }
}

/// The fields of a form (application/x-www-form-urlencoded); the first of a name counts, empty ones do not.
private struct Form {
    private var fields: [String: String] = [:]

    init(_ text: String) {
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                $0.replacing("+", with: " ").removingPercentEncoding ?? ""
            }
            if parts.count == 2, !parts[1].isEmpty, fields[parts[0]] == nil { fields[parts[0]] = parts[1] }
        }
    }

    subscript(_ name: String) -> String? { fields[name] }

    /// What okerr's status is for one of our methods: `OK` or `ERR` for a heartbeat, otherwise the value itself.
    ///
    /// A client that could not find out (`error`) says so instead of a value.
    func report(method: String) -> IncomingReport {
        let status = self["status"] ?? ""
        let comment = (self["error"] ?? self["details"]).map { String($0.prefix(1000)) }
        if self["error"] != nil { return IncomingReport(isOK: false, comment: comment) }
        guard method == "heartbeat" else { return IncomingReport(value: status, comment: comment) }
        let isOK = ["OK", "1", "UP"].contains(status.uppercased())
        return IncomingReport(isOK: isOK, comment: isOK ? comment : comment ?? status)
    }
}
