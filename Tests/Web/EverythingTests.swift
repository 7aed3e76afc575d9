import Accounts
import Foundation
import HTTPTypes
import Hummingbird
import Testing

@testable import Web

/// Everything that the page has, as its routes and its markup say: none of it can be forgotten here.
@Suite struct EverythingTests {
    /// What a form sends to an address of its own, and the operations of the API that do the same.
    private static let operations: [String: [String]] = [
        "/login": ["logIn"], "/logout": ["logOut"], "/welcome": ["addFirstUser"], "/account/tokens": ["addToken"],
        "/account/second-factor": ["makeSecondFactor", "setSecondFactor"],
        "/new": ["tryCheck", "tryProvider", "putSecret", "putProvider", "putIndicator", "putScheme"],
        "/configure/indicators": ["tryCheck", "putIndicator"],
        "/configure/providers": ["tryProvider", "putSecret", "putProvider", "removeProvider", "removeSecret"],
        "/notices/test": ["testChannel"], "/settings/test": ["testProvider"],
    ]
    /// No forms of ours.
    private static let others: [String: String] = [
        "/do/{operation}": "names the operation", "/update": "okerr's own protocol",
    ]

    private static func pattern(_ route: Router<SiteContext>.RouteDescription) -> String {
        route.path.description.replacing(#/:(\w+)/#) { "{\($0.1)}" }
    }

    @Test func `whatever a form does, an operation of the API does`() async throws {
        let browser = try await Browser()
        let known = Set(browser.house.site.operations.map(\.id))
        let paths = Set(browser.house.site.operations.map(\.path))
        let routes = try browser.house.site.router().routes
        let posts = Set(routes.filter { $0.method == .post }.map(Self.pattern)).subtracting(paths)
            .filter { !$0.hasPrefix("/api") && $0 != "/metrics" && $0 != "/healthz" && $0 != "/readyz" }
        #expect(posts == Set(Self.operations.keys).union(Self.others.keys), "each needs its operation")
        for (path, ids) in Self.operations {
            for id in ids { #expect(known.contains(id), "\(path) needs the operation \(id)") }
        }
        // And the forms that there are, on every page.
        for path in try Self.pages(of: browser.house.site) {
            let page = try await browser.open(path)
            #expect(page.status == 200, "\(path)")
            for form in page.body.matches(of: /<form method="post" action="([^"#]*)/) {
                let action = String(form.1)
                let operation = action.hasPrefix("/do/") ? String(action.dropFirst(4)) : nil
                #expect(
                    operation.map(known.contains) ?? (Self.operations[action] != nil),
                    "\(path): the form for \(action) has no operation")
            }
        }
    }

    /// All that can be opened, with names that there are.
    private static func pages(of site: Site) throws -> [String] {
        let examples = [
            "/schemes/{name}": "cat.example.test", "/indicators/{name}": "charlie:cat", "/status/{project}": "cats",
            "/revisions/{number}": "1", "/settings/projects/{name}": "cats",
            "/configure/indicators/{name}": "charlie:cat", "/configure/providers/{name}": nil,
            "/welcome/{invitation}": nil, "/language/{language}": nil, "/theme/{theme}": nil, "/assets/{name}": nil,
            "/status/badge/{file}": nil,
        ]
        let noPages = ["/live", "/metrics", "/healthz", "/readyz", "/status.json", "/status.rss", "/update"]
        return try site.router().routes.filter { $0.method == .get }.map(pattern)
            .filter { !$0.hasPrefix("/api/") && !noPages.contains($0) }
            .compactMap { path in
                guard path.contains("{") else { return path }
                let example = try #require(examples[path], "\(path) needs an example")
                return example.map { path.replacing(#/\{\w+\}/#, with: $0) }
            }
    }

    /// Who has no role is shown the door, or these.
    private static let open: [String: String] = [
        "/account": "says that there is no role", "/login": "to log in", "/healthz": "for probes",
        "/readyz": "for probes", "/welcome/x": "the one-time link, which is worth nothing", "/assets/x": "no such file",
        "/language/x": "no such language", "/theme/x": "no such theme", "/logout": "ends one's own session",
        "/welcome": "makes the first account, and there is one", "/account/second-factor": "one's own",
        "/update": "okerr's own protocol, with its own token",
        "/api/director/x": "okerr's own protocol",
    ]

    @Test(
        "an account without rights tries every route and every form, and gets nowhere",
        arguments: [
            false,  // nothing may even be looked at
            true,  // whoever comes may look, and that is all
        ])
    func nobody(isReadingOpen: Bool) async throws {
        let house = try await Installation(isReadingOpen: isReadingOpen)
        try await house.makeAdmin()
        try await house.accounts.add(name: "eve", password: Installation.password, roles: [:])
        let eve = try await Browser(house, as: "eve")
        let before = try await standing(house)
        let paths = Set(house.site.operations.map(\.path))
        var tried = 0
        func post(_ path: String) async throws -> (isShut: Bool, words: Comment) {
            let answer = try await eve.post(path, Self.fields)
            tried += 1
            let isShut = [401, 403, 405].contains(answer.status) || answer.location == "/account"
            return (isShut, "\(path): \(answer.status) \(answer.location ?? "")")
        }
        for route in try house.site.router().routes where !paths.contains(Self.pattern(route)) {
            let path = Self.pattern(route).replacing("{operation}", with: "putSecret").replacing(#/\{\w+\}/#, with: "x")
            if Self.open[path] != nil { continue }
            if route.method == .post {
                let (isShut, words) = try await post(path)
                #expect(isShut, words)
            } else if !isReadingOpen {
                tried += 1
                let (status, body) = try await eve.open(path)
                #expect([303, 401, 403, 405].contains(status), "\(route): \(status)")
                #expect(!body.contains("charlie:cat") && !body.contains("192.0.2."), "\(route) tells something")
            }
        }
        for operation in house.site.operations where operation.id != "logOut" {
            let (isShut, words) = try await post("/do/\(operation.id)")
            switch operation.access {
            case .role, .project: #expect(isShut, words)
            case .reader, .projectReader: #expect(isShut || isReadingOpen, words)
            case .anyone, .oneself: break
            }
        }
        #expect(tried > 90, "all of it was tried")
        #expect(try await standing(house) == before)
    }

    /// What would do something, if only it were allowed.
    private static let fields = [
        "name": "cats", "user": "eve", "role": "admin", "roles": "*=admin", "do": "save", "edit": "yes", "check": "tcp",
        "target": "charlie:cat", "action": "maintenance", "secret": "x", "password": "a good password", "id": "1",
        "text": "x", "kind": "incident", "subject": "x", "scheme": "cat.example.test", "indicator": "charlie:cat",
    ]

    /// What nobody may have changed.
    private func standing(_ house: Installation) async throws -> [String] {
        let users = try house.accounts.users().map { "\($0.name) \($0.roles.sorted { $0.key < $1.key })" }
        let revision = await house.revisions.inForce()
        let orders = await house.control.overrides().map(\.subject)
        return users + ["\(revision)"] + orders + (try house.accounts.tokens().map(\.name))
            + (try house.accounts.sealedSecrets().names)
    }

    @Test func `the first account is made with curl as well, once`() async throws {
        let house = try await Installation()
        let invitation = try #require(try house.accounts.invite())
        func make(_ invitation: String, _ password: String) async throws -> Int {
            try await house.ask(
                .post, "/api/v1/users/first",
                json: #"{"invitation": "\#(invitation)", "name": "ann", "password": "\#(password)"}"#
            ).status
        }
        #expect(try await make("guessed", Installation.password) == 403)
        #expect(try await make(invitation, "short") == 422)
        #expect(try await make(invitation, Installation.password) == 204)
        #expect(try await make(invitation, Installation.password) == 403)
        #expect(try house.accounts.users().map(\.name) == ["ann"])
    }

    @Test func `a check is tried with curl, and keeps nothing`() async throws {
        let house = try await Installation()
        try await house.makeAdmin()
        let admin = try await house.token(.admin, project: "cats")
        let port = try #require(house.targetPort)
        let wish = #"{"check": "tcp", "arguments": {"host": "127.0.0.1", "port": "\#(port)"}}"#
        let tried = try await house.ask(.post, "/api/v1/checks/try", token: admin, json: wish)
        guard case .object(let report) = tried.json else {
            Issue.record("\(tried)")
            return
        }
        #expect(tried.status == 200 && report["isSuccess"] == true)
        let wrong = try await house.ask(.post, "/api/v1/checks/try", token: admin, json: #"{"check": "tcp"}"#)
        #expect(wrong.status == 200 && wrong.text.contains("host"), "\(wrong)")
        #expect(
            try await house.ask(
                .post, "/api/v1/checks/try", token: try await house.token(.operator), json: wish
            ).status == 403)
    }
}
