import Accounts
import HTTPTypes
import Hummingbird
import Synchronization

/// Finds out who asks, and whether they may.
struct Gate: Sendable {
    /// Nil without accounts (tests of pages alone): then whoever comes may look, and nobody may change anything.
    let accounts: Accounts?
    private let openness: Openness

    init(accounts: Accounts?, isReadingOpen: Bool) {
        self.accounts = accounts
        openness = Openness(isReadingOpen)
    }

    /// Whether looking needs no account. A new revision may change it.
    var isReadingOpen: Bool { openness.isOpen.load(ordering: .relaxed) }

    func setReadingOpen(_ isOpen: Bool) { openness.isOpen.store(isOpen, ordering: .relaxed) }

    private final class Openness: Sendable {
        let isOpen: Atomic<Bool>
        init(_ isOpen: Bool) { self.isOpen = Atomic(isOpen) }
    }

    static let cookie = "ninelives-session"

    /// Who holds the token or the session that came with the request; nil if neither came.
    func identify(_ request: Request) throws -> Identity? {
        guard let accounts else { return nil }
        if let authorization = request.headers[.authorization] {
            let parts = authorization.split(separator: " ", maxSplits: 1).map(String.init)
            guard parts.count == 2, parts[0].lowercased() == "bearer",
                let identity = try accounts.identity(token: parts[1])
            else { throw Problem.unauthorized("This token is not valid (any more).") }
            return identity
        }
        guard let secret = session(in: request) else { return nil }
        return try accounts.identity(session: secret)
    }

    /// The secret in the session's cookie.
    func session(in request: Request) -> String? {
        for header in request.headers[values: .cookie] {
            for pair in header.split(separator: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1).map { $0.trimmingPrefix { $0 == " " } }
                if parts.count == 2, parts[0] == Self.cookie { return String(parts[1]) }
            }
        }
        return nil
    }

    /// - Throws: a `Problem` if whoever asks may not.
    func check(_ access: Operation.Access, _ request: Request, _ context: SiteContext) throws {
        let identity = context.identity
        switch access {
        case .anyone: return
        case .reader:
            if isReadingOpen { return }
            guard let identity else { throw Problem.unauthorized("Looking needs an account.") }
            guard identity.roles.isEmpty else { return }
            throw Problem(.forbidden, "\(identity.name) has no role.")
        case .oneself:
            guard identity != nil else { throw Problem.unauthorized("This needs an account.") }
        case .role(let role):
            guard let identity else { throw Problem.unauthorized("This needs an account.") }
            guard identity.may(role) else {
                throw Problem(.forbidden, "\(identity.name) may not: this needs the role \(role.rawValue).")
            }
        }
        try checkOrigin(request, identity)
    }

    /// A browser sends a session's cookie for other sites as well; what changes anything must also carry what only
    /// our own pages know.
    private func checkOrigin(_ request: Request, _ identity: Identity?) throws {
        guard case .session(_, let csrf) = identity?.proof, request.method != .get, request.method != .head else {
            return
        }
        guard let name = HTTPField.Name("X-CSRF-Token"), request.headers[name] == csrf else {
            throw Problem(.forbidden, "Send the header X-CSRF-Token with what /api/v1/me says.")
        }
    }
}

extension Problem {
    static func unauthorized(_ detail: String) -> Problem {
        var problem = Problem(.unauthorized, detail)
        problem.headers[.wwwAuthenticate] = "Bearer realm=\"ninelives\""
        return problem
    }
}

/// Puts who asks into the context of every request.
struct Identification: RouterMiddleware {
    let gate: Gate

    func handle(
        _ request: Request, context: SiteContext, next: (Request, SiteContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        do {
            context.identity = try gate.identify(request)
        } catch let problem as Problem {
            // Where clients report, a token may be an indicator's own.
            guard request.uri.path.hasPrefix(Site.reportPath) else { return problem.response }
        } catch let error as AccountsError {
            return Problem(error).response
        }
        return try await next(request, context)
    }
}
