import Accounts
import Control
import Foundation
import HTTPTypes
import Hummingbird

/// The pages of those who have not proven who they are yet.
extension Site {
    func addLogin(to router: Router<SiteContext>) {
        router.get("/login") { request, context in
            try await login(LoginForm(), Visit(request, context, catalogues))
        }
        router.post("/login") { request, context in try await logIn(request, context) }
        router.post("/logout") { request, context in try await logOut(request, context) }
        router.get("/welcome/:invitation") { request, context in
            let secret = try context.parameters.require("invitation")
            let visit = Visit(request, context, catalogues)
            guard let accounts = gate.accounts, accounts.isInvited(secret) else {
                return try await login(
                    LoginForm(problem: "\(AccountsError.wrongInvitation)"), visit, status: .forbidden)
            }
            return try await welcome(LoginForm(invitation: secret), visit)
        }
        router.post("/welcome") { request, context in try await makeFirst(request, context) }
    }

    private func logIn(_ request: Request, _ context: SiteContext) async throws -> Response {
        var form = LoginForm(try await FormFields(reading: request))
        guard let accounts = gate.accounts else { throw HTTPError(.notFound) }
        do {
            let secret = try await accounts.logIn(
                name: form.name, password: form.password, code: form.code.isEmpty ? nil : form.code,
                from: context.address)
            return home(with: secret)
        } catch {
            form.wantsCode = error == .codeWanted || !form.code.isEmpty
            form.problem = error == .codeWanted ? nil : "\(error)"
            return try await login(
                form, Visit(request, context, catalogues), status: error == .codeWanted ? .ok : .unauthorized)
        }
    }

    private func logOut(_ request: Request, _ context: SiteContext) async throws -> Response {
        let fields = try await FormFields(reading: request)
        if let identity = context.identity, case .session(_, let csrf) = identity.proof, fields["csrf"] == csrf {
            try await gate.accounts?.logOut(identity)
        }
        return Response(
            status: .seeOther,
            headers: [
                .location: "/", .setCookie: "\(Gate.cookie)=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict",
            ])
    }

    private func makeFirst(_ request: Request, _ context: SiteContext) async throws -> Response {
        var form = LoginForm(try await FormFields(reading: request))
        guard let accounts = gate.accounts else { throw HTTPError(.notFound) }
        do {
            try await accounts.acceptInvitation(
                form.invitation, name: form.name, password: form.password, from: context.address)
            let secret = try await accounts.logIn(name: form.name, password: form.password, from: context.address)
            return home(with: secret)
        } catch {
            form.problem = "\(error)"
            return try await welcome(form, Visit(request, context, catalogues), status: .unprocessableContent)
        }
    }

    private func home(with secret: String) -> Response {
        Response(status: .seeOther, headers: [.location: "/", .setCookie: cookie(secret)])
    }

    private func login(
        _ form: LoginForm, _ visit: Visit, status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        try await door(
            form, visit, status: status, heading: visit.words("login.title"), text: visit.words("login.text"),
            action: "/login", autocomplete: "current-password", button: visit.words("frame.login"))
    }

    private func welcome(
        _ form: LoginForm, _ visit: Visit, status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        try await door(
            form, visit, status: status, heading: visit.words("welcome.title"), text: visit.words("welcome.text"),
            action: "/welcome", autocomplete: "new-password", button: visit.words("welcome.button"))
    }

    private func door(
        _ form: LoginForm, _ visit: Visit, status: HTTPResponse.Status, heading: String, text: String, action: String,
        autocomplete: String, button: String
    ) async throws -> Response {
        let words = visit.words
        let problem = form.problem.html {
            "<p class=\"problem\" role=\"alert\">\(words("login.problem")) \(words.said($0)).</p>"
        }
        let code: HTML = """
            <label>\(words("login.code")) <input name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="6"></label>
            """
        let invitation: HTML = "<input type=\"hidden\" name=\"invitation\" value=\"\(form.invitation)\">"
        let body: HTML = """
            <section class="card narrow"><div class="row">\(Picture.cat(.good, size: 56))<h1>\(heading)</h1></div><p>\(text)</p>\(problem)
            <form method="post" action="\(action)" class="tall"><label>\(words("login.name")) <input name="name" autocomplete="username" \
            required maxlength="64" value="\(form.name)"></label><label>\(words("login.password")) <input name="password" type="password" \
            autocomplete="\(autocomplete)" required></label>\(code, if: form.wantsCode)\(invitation, if: !form.invitation.isEmpty)\
            <button class="main">\(button)</button></form></section>
            """
        let content = PageContent(title: "\(heading) · Ninelives", section: .none, body: body, isLive: false)
        return render(content, visit, version: await control.readModel().version, status: status)
    }
}

/// What somebody filled in at the door.
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

    init(_ fields: FormFields) {
        name = fields["name"]
        password = fields["password"]
        code = fields["code"]
        invitation = fields["invitation"]
    }
}

/// Lets those look who may, and shows the others to the door.
struct ReadingGate: RouterMiddleware {
    let gate: Gate

    /// The status page, its stream, and what it is for programs.
    private static func isStatus(_ request: Request) -> Bool {
        let path = request.uri.path
        return path == "/status" || path.hasPrefix("/status.") || path.hasPrefix("/status/")
            || path == "/live"
                && request.query["page"].map { $0 == "/status" || $0.hasPrefix("/status?") || $0.hasPrefix("/status/") }
                    == true
    }

    func handle(
        _ request: Request, context: SiteContext, next: (Request, SiteContext) async throws -> Response
    ) async throws -> Response {
        let path = request.uri.path
        // The API says for each operation by itself who may; probes of our own health need nobody.
        let isOpen =
            gate.isReadingOpen || context.identity?.may(.viewer) == true || path.hasPrefix("/api/v1/")
            // Pages show people of a project what belongs to it; figures are of the whole server.
            || context.identity?.roles.isEmpty == false && path != "/metrics"
            // Who has no role yet is told so there.
            || context.identity != nil && path == "/account"
            || path.hasPrefix("/assets/") || gate.isStatusOpen && Self.isStatus(request) || path.hasPrefix("/welcome")
            || path == "/login" || path == "/logout" || path == "/update"
            || path.hasPrefix("/api/director/")
            || path.hasPrefix("/language/") || path.hasPrefix("/theme/") || path == "/healthz" || path == "/readyz"
        if isOpen { return try await next(request, context) }
        if request.headers[.accept]?.contains("text/html") == true {
            let place = context.identity == nil ? "/login" : "/account"
            return Response(status: .seeOther, headers: [.location: place])
        }
        return Problem.unauthorized("Looking needs an account.").response
    }
}
