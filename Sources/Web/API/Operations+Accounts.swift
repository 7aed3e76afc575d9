import Accounts
import Failover
import Foundation
import HTTPTypes
import Hummingbird
import Storage

/// People, tokens and what they did.
extension Site {
    var accountOperations: [Operation] {
        sessionOperations + ownOperations + userOperations + tokenOperations + auditOperations
    }

    private var sessionOperations: [Operation] {
        [
            Operation(
                method: .post, path: "/api/v1/session", id: "logIn",
                summary: "Logs in: answers with a session's cookie.", access: .anyone, remembersReplies: false,
                body: .object([
                    .init("name", .text), .init("password", .string()),
                    .init("code", .text, "Of the second factor, if there is one.", required: false),
                ]), result: .named("Me"), problems: [.tooManyRequests, .serviceUnavailable]
            ) { call in try await logIn(call) },
            Operation(
                method: .post, path: "/api/v1/users/first", id: "addFirstUser",
                summary:
                    "Makes the first account, an admin, with the secret of the link that the first start has printed.",
                access: .anyone, remembersReplies: false,
                body: .object([
                    .init("invitation", .string(length: 1...100), "The link's last part."),
                    .init("name", .string(length: 1...64)), .init("password", .string(length: 1...1000)),
                ]), status: .noContent, problems: [.unprocessableContent, .serviceUnavailable]
            ) { call in
                struct Wish: Decodable {
                    var invitation: String
                    var name: String
                    var password: String
                }
                let wish = try call.decode(Wish.self)
                try await accounts().acceptInvitation(
                    wish.invitation, name: wish.name, password: wish.password, from: call.address)
                return Response(status: .noContent)
            },
            Operation(
                method: .delete, path: "/api/v1/session", id: "logOut", summary: "Ends the session.",
                access: .oneself, status: .noContent, problems: [.serviceUnavailable]
            ) { call in
                if let identity = call.identity { try await accounts().logOut(identity) }
                var response = Response(status: .noContent)
                response.headers[.setCookie] = cookie("", seconds: 0)
                return response
            },
            Operation(
                method: .get, path: "/api/v1/me", id: "getMe", summary: "Who is asking.", access: .oneself,
                result: .named("Me"), problems: [.serviceUnavailable]
            ) { call in try .json(call.identity.map(MeReport.init)) },
        ]
    }

    private func logIn(_ call: Call) async throws -> Response {
        struct Wish: Decodable {
            var name: String
            var password: String
            var code: String?
        }
        let wish = try call.decode(Wish.self)
        let accounts = try accounts()
        let secret = try await accounts.logIn(
            name: wish.name, password: wish.password, code: wish.code, from: call.address)
        guard let identity = try accounts.identity(session: secret) else {
            throw Problem(.unauthorized, "The account was closed meanwhile.")
        }
        var response = try Response.json(MeReport(identity))
        response.headers[.setCookie] = cookie(secret)
        return response
    }

    func cookie(
        _ secret: String, seconds: Int64 = Accounts.sessionLength.nanoseconds / 1_000_000_000
    ) -> String {
        "\(Gate.cookie)=\(secret); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict" + (hasTLS ? "; Secure" : "")
    }

    private var userOperations: [Operation] {
        let name = Schema.string(length: 1...64)
        return [
            Operation(
                method: .get, path: "/api/v1/users", id: "listUsers", summary: "The accounts.",
                access: .role(.admin), query: Self.paging, result: Self.list(of: "User"),
                problems: [.serviceUnavailable]
            ) { call in
                let users = try accounts().users().map(UserReport.init)
                return try Self.page(users.sorted { $0.name < $1.name }, call) { $0.name }
            },
            Operation(
                method: .post, path: "/api/v1/users", id: "addUser", summary: "Makes an account.",
                access: .role(.admin),
                body: .object([
                    .init("name", name), .init("password", .string()), .init("roles", .map(Schemas.role)),
                ]), status: .created, result: .named("User"),
                links: [.init("changeUser", "name", from: "/name"), .init("removeUser", "name", from: "/name")],
                problems: [.conflict, .unprocessableContent, .serviceUnavailable]
            ) { call in
                struct Wish: Decodable {
                    var name: String
                    var password: String
                    var roles: [String: Role]
                }
                let wish = try call.decode(Wish.self)
                try await accounts().add(
                    name: wish.name, password: wish.password, roles: wish.roles,
                    noting: entry("user.add", wish.name, call))
                return try user(wish.name, status: .created)
            },
            Operation(
                method: .patch, path: "/api/v1/users/{name}", id: "changeUser",
                summary: "Changes what is given: password, roles, whether it is disabled.", access: .role(.admin),
                body: .object([
                    .init("password", .string(), required: false),
                    .init("roles", .map(Schemas.role), required: false),
                    .init("isDisabled", .bool, required: false),
                ]), result: .named("User"),
                problems: [.notFound, .conflict, .unprocessableContent, .serviceUnavailable]
            ) { call in
                struct Wish: Decodable {
                    var password: String?
                    var roles: [String: Role]?
                    var isDisabled: Bool?
                }
                let wish = try call.decode(Wish.self)
                let name = call.path["name"] ?? ""
                try await accounts().update(
                    name, password: wish.password, roles: wish.roles, isDisabled: wish.isDisabled,
                    noting: entry("user.change", name, call))
                return try user(name, status: .ok)
            },
            Operation(
                method: .delete, path: "/api/v1/users/{name}", id: "removeUser",
                summary: "Removes an account with its sessions and tokens.", access: .role(.admin),
                status: .noContent, problems: [.notFound, .conflict, .serviceUnavailable]
            ) { call in
                let name = call.path["name"] ?? ""
                try await accounts().remove(name, noting: entry("user.remove", name, call))
                return Response(status: .noContent)
            },
        ]
    }

    private func user(_ name: String, status: HTTPResponse.Status) throws -> Response {
        guard let user = try accounts().users().first(where: { $0.name == name }) else {
            throw Problem(.notFound, "There is no user \(name).")
        }
        return try .json(UserReport(user), status: status)
    }

    private var tokenOperations: [Operation] {
        [
            Operation(
                method: .get, path: "/api/v1/tokens", id: "listTokens",
                summary: "One's own tokens; an admin's list has all.", access: .oneself,
                query: Self.paging, result: Self.list(of: "Token"), problems: [.serviceUnavailable]
            ) { call in
                let all = try accounts().tokens()
                let visible = all.filter { call.identity?.may(.admin) == true || $0.user == call.identity?.name }
                return try Self.page(visible.sorted { $0.id < $1.id }.map { TokenReport($0) }, call) {
                    // Of one length, so that they sort as numbers do.
                    String("\($0.id + 1_000_000_000_000_000_000)")
                }
            },
            Operation(
                method: .post, path: "/api/v1/tokens", id: "addToken",
                summary: "Makes a token for oneself. Its secret is told this once.", access: .oneself,
                remembersReplies: false,
                body: .object([
                    .init("name", .string(length: 1...64)), .init("role", Schemas.role),
                    .init("project", .string(length: 1...64), "* for every project.", required: false),
                    .init("expires", .time, "Seconds since 1970; without it, never.", required: false),
                ]), status: .created, result: .named("Token"),
                links: [.init("removeToken", "id", from: "/id")],
                problems: [.unprocessableContent, .serviceUnavailable]
            ) { call in try await addToken(call) },
            Operation(
                method: .delete, path: "/api/v1/tokens/{id}", id: "removeToken", summary: "Ends a token.",
                access: .oneself, status: .noContent, problems: [.notFound, .serviceUnavailable]
            ) { call in
                let visible = try accounts().tokens().first {
                    "\($0.id)" == call.path["id"]
                        && (call.identity?.may(.admin) == true || $0.user == call.identity?.name)
                }
                guard let token = visible else { throw Problem(.notFound, "There is no such token.") }
                try await accounts().removeToken(
                    token.id, noting: entry("token.remove", "\(token.user)/\(token.name)", call))
                return Response(status: .noContent)
            },
        ]
    }

    private func addToken(_ call: Call) async throws -> Response {
        struct Wish: Decodable {
            var name: String
            var role: Role
            var project: String?
            var expires: Double?
        }
        let wish = try call.decode(Wish.self)
        guard case .session = call.identity?.proof, let user = call.identity?.name else {
            throw Problem(.forbidden, "A token cannot make tokens: log in with a password.")
        }
        // It would be worth nothing now, and more than anybody meant once its owner may more.
        let project = wish.project.flatMap { $0 == "*" ? nil : $0 }
        guard call.identity?.may(wish.role, in: project) == true else {
            throw Problem(.forbidden, "\(user) may not be \(wish.role.rawValue) there, so no token of theirs may.")
        }
        let (id, secret) = try await accounts().makeToken(
            name: wish.name, for: user, role: wish.role, project: wish.project ?? "*",
            expires: wish.expires.map { Instant(seconds: $0) },
            noting: entry("token.add", "\(user)/\(wish.name)", call))
        guard let stored = try accounts().tokens().first(where: { $0.id == id }) else {
            throw Problem(.serviceUnavailable, "The token was removed meanwhile.")
        }
        return try .json(TokenReport(stored, secret: secret), status: .created)
    }

    private var auditOperations: [Operation] {
        [
            Operation(
                method: .get, path: "/api/v1/audit", id: "listAudit", summary: "Who did what, the newest first.",
                access: .role(.admin),
                query: [
                    .init("before", .integer(0...Int(1e15)), "Only those with a lower id."),
                    .init("limit", .integer(1...1000), "How many at the most; 100 if it is not said."),
                ], result: Self.list(of: "AuditEntry"), problems: [.serviceUnavailable]
            ) { call in
                let limit = call.number("limit").map { Int($0) } ?? 100
                let before = call.number("before").map { Int64($0) }
                let entries = try accounts().auditEntries(before: before, limit: limit)
                let next = entries.count == limit ? entries.last.map { "\($0.id)" } : nil
                return try .json(Page(items: entries.map(AuditReport.init), next: next))
            },
            Operation(
                method: .get, path: "/api/v1/audit/verification", id: "verifyAudit",
                summary: "Reads the whole audit log and says whether it is sound.", access: .role(.admin),
                result: .object([
                    .init("sound", .integer(), "How many entries are sound."),
                    .init("forgotten", .integer(), "How many older ones were forgotten, as history.audit says."),
                    .init("problem", .string(), "What is wrong with the first that is not.", required: false),
                ]), problems: [.serviceUnavailable]
            ) { _ in
                struct Finding: Encodable {
                    var sound: Int
                    var forgotten: Int
                    var problem: String?
                }
                let finding = try accounts().verifyAudit()
                return try .json(
                    Finding(sound: finding.sound, forgotten: finding.forgotten, problem: finding.problem))
            },
        ]
    }

    func accounts() throws -> Accounts {
        guard let accounts = gate.accounts else { throw Problem(.serviceUnavailable, "This server has no accounts.") }
        return accounts
    }
}

struct MeReport: Encodable {
    var name: String
    var roles: [String: Role]
    var csrf: String?

    init(_ identity: Identity) {
        name = identity.name
        roles = identity.roles
        if case .session(_, let csrf) = identity.proof { self.csrf = csrf }
    }
}

private struct UserReport: Encodable {
    var name: String
    var roles: [String: String]
    var isDisabled: Bool
    var hasSecondFactor: Bool
    var created: Double

    init(_ user: StoredUser) {
        name = user.name
        roles = user.roles
        isDisabled = user.isDisabled
        hasSecondFactor = user.totp != nil
        created = user.created.seconds
    }
}

private struct TokenReport: Encodable {
    var id: Int64
    var name: String
    var user: String
    var project: String
    var role: String
    var created: Double
    var expires: Double?
    var secret: String?

    init(_ token: StoredToken, secret: String? = nil) {
        id = token.id
        name = token.name
        user = token.user
        project = token.project
        role = token.role
        created = token.created.seconds
        expires = token.expires?.seconds
        self.secret = secret
    }
}

private struct AuditReport: Encodable {
    var id: Int64
    var at: Double
    var actor: String
    var origin: String
    var action: String
    var target: String
    var detail: String
    var seal: String

    init(_ entry: AuditEntry) {
        id = entry.id
        at = entry.at.seconds
        actor = entry.actor
        origin = entry.origin
        action = entry.action
        target = entry.target
        detail = entry.detail
        seal = entry.seal
    }
}
