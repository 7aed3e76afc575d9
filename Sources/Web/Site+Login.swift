import Accounts
import Control
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// The pages of those who have not proven who they are yet.
extension Site {
    func addLogin(to router: Router<SiteContext>) {
        router.get("/login") { _, _ in try await login(LoginForm()) }
        router.post("/login") { request, context in try await logIn(request, context) }
        router.get("/welcome/:invitation") { _, context in
            let secret = try context.parameters.require("invitation")
            guard let accounts = gate.accounts, accounts.isInvited(secret) else {
                return try await login(LoginForm(problem: "\(AccountsError.wrongInvitation)"), status: .forbidden)
            }
            return try await welcome(LoginForm(invitation: secret))
        }
        router.post("/welcome") { request, context in try await makeFirst(request, context) }
    }

    private func logIn(_ request: Request, _ context: SiteContext) async throws -> Response {
        var form = try await LoginForm(reading: request)
        guard let accounts = gate.accounts else { throw HTTPError(.notFound) }
        do {
            let secret = try await accounts.logIn(
                name: form.name, password: form.password, code: form.code.isEmpty ? nil : form.code,
                from: context.address)
            return home(with: secret)
        } catch {
            form.wantsCode = error == .codeWanted || !form.code.isEmpty
            form.problem = error == .codeWanted ? nil : "That did not work: \(error)."
            return try await login(form, status: error == .codeWanted ? .ok : .unauthorized)
        }
    }

    private func makeFirst(_ request: Request, _ context: SiteContext) async throws -> Response {
        var form = try await LoginForm(reading: request)
        guard let accounts = gate.accounts else { throw HTTPError(.notFound) }
        do {
            try await accounts.acceptInvitation(form.invitation, name: form.name, password: form.password)
            let secret = try await accounts.logIn(name: form.name, password: form.password, from: context.address)
            return home(with: secret)
        } catch {
            form.problem = "That did not work: \(error)."
            return try await welcome(form, status: .unprocessableContent)
        }
    }

    private func home(with secret: String) -> Response {
        Response(status: .seeOther, headers: [.location: "/", .setCookie: cookie(secret)])
    }

    private func login(_ form: LoginForm, status: HTTPResponse.Status = .ok) async throws -> Response {
        try await page(
            form, status: status,
            [
                "heading": "Log in", "explanation": "Looking and changing need an account here.", "action": "/login",
                "autocomplete": "current-password", "button": "Log in",
            ])
    }

    private func welcome(_ form: LoginForm, status: HTTPResponse.Status = .ok) async throws -> Response {
        try await page(
            form, status: status,
            [
                "heading": "The first account",
                "explanation":
                    "Choose a name and a password of at least 10 characters. This account may do everything.",
                "action": "/welcome", "autocomplete": "new-password", "button": "Make it",
                "invitation": form.invitation,
            ])
    }

    private func page(
        _ form: LoginForm, status: HTTPResponse.Status, _ words: [String: Any]
    ) async throws -> Response {
        var view = words
        view["name"] = form.name
        view["problem"] = form.problem
        view["wantsCode"] = form.wantsCode
        let report = await control.report()
        let content = templates.render(view, with: "login")
        let page: [String: Any] = [
            "title": "Ninelives", "path": "/login", "dns": report.dns, "version": report.version, "content": content,
        ]
        return .text(templates.render(page, with: "page"), type: "text/html; charset=utf-8", status: status)
    }
}

/// What a form of ours carries (application/x-www-form-urlencoded).
private struct LoginForm {
    var name = ""
    var password = ""
    var code = ""
    var invitation = ""
    var problem: String?
    var wantsCode = false

    init(invitation: String = "", problem: String? = nil) {
        self.invitation = invitation
        self.problem = problem
    }

    init(reading request: Request) async throws {
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: 16 << 10)
        } catch {
            throw HTTPError(.contentTooLarge)
        }
        for pair in String(buffer: body).split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                $0.replacing("+", with: " ").removingPercentEncoding ?? ""
            }
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "name": name = parts[1]
            case "password": password = parts[1]
            case "code": code = parts[1]
            case "invitation": invitation = parts[1]
            default: break
            }
        }
    }
}

/// Lets those look who may, and shows the others to the door.
struct ReadingGate: RouterMiddleware {
    let gate: Gate

    func handle(
        _ request: Request, context: SiteContext, next: (Request, SiteContext) async throws -> Response
    ) async throws -> Response {
        let path = request.uri.path
        // The API says for each operation by itself who may; probes of our own health need nobody.
        let isOpen =
            gate.isReadingOpen || context.identity?.roles.isEmpty == false || path.hasPrefix("/api/v1/")
            || path.hasPrefix("/assets/") || path.hasPrefix("/welcome") || path == "/login" || path == "/update"
            || path.hasPrefix("/api/director/") || path == "/healthz"
            || path == "/readyz"
        if isOpen { return try await next(request, context) }
        if request.headers[.accept]?.contains("text/html") == true {
            return Response(status: .seeOther, headers: [.location: "/login"])
        }
        return Problem.unauthorized("Looking needs an account.").response
    }
}
