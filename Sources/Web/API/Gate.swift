import Accounts
import HTTPTypes
import Hummingbird
import Synchronization

/// Finds out who asks, and whether they may.
struct Gate: Sendable {
    /// Nil without accounts (tests of pages alone): then whoever comes may look, and nobody may change anything.
    let accounts: Accounts?
    private let openness: Openness
    /// Set in a demo: there is nothing to protect there, so whoever comes from this machine may do everything.
    let sandbox: Sandbox?

    init(accounts: Accounts?, isReadingOpen: Bool, isStatusOpen: Bool = false, sandbox: Sandbox? = nil) {
        self.accounts = accounts
        self.sandbox = sandbox
        openness = Openness(reading: isReadingOpen, status: isStatusOpen)
    }

    /// Whether looking needs no account. A new revision may change it.
    var isReadingOpen: Bool { openness.reading.load(ordering: .relaxed) }
    /// Whether the status page needs no account, even where looking at everything does.
    var isStatusOpen: Bool { openness.status.load(ordering: .relaxed) }

    func setReadingOpen(_ isOpen: Bool) { openness.reading.store(isOpen, ordering: .relaxed) }
    func setStatusOpen(_ isOpen: Bool) { openness.status.store(isOpen, ordering: .relaxed) }

    private final class Openness: Sendable {
        let reading: Atomic<Bool>
        let status: Atomic<Bool>

        init(reading: Bool, status: Bool) {
            self.reading = Atomic(reading)
            self.status = Atomic(status)
        }
    }

    /// Who everybody is in a demo.
    struct Sandbox: Sendable {
        let csrf: String

        init() {
            var generator = SystemRandomNumberGenerator()
            csrf = (0..<4).map { _ in String(generator.next(), radix: 36) }.joined()
        }

        var identity: Identity { Identity(name: "you", proof: .session(hash: "", csrf: csrf), roles: ["*": .admin]) }
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
        if let secret = session(in: request), let identity = try accounts.identity(session: secret) { return identity }
        // Another site's name that leads to this machine is not ours, whatever its pages want of a browser.
        let host = request.head.authority?.split(separator: ":").first.map(String.init)
        return host == "127.0.0.1" || host == "localhost" ? sandbox?.identity : nil
    }

    /// The secret in the session's cookie.
    func session(in request: Request) -> String? {
        request.cookie(Self.cookie)
    }

    /// - Throws: a `Problem` if whoever asks may not.
    func check(_ access: Operation.Access, _ request: Request, _ context: SiteContext) throws {
        try checkRole(access, context.identity)
        switch access {
        case .anyone, .reader: return
        case .oneself, .role: try checkOrigin(request, context.identity)
        }
    }

    func checkRole(_ access: Operation.Access, _ identity: Identity?) throws {
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
