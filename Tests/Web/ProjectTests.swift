import Accounts
import HTTPTypes
import Testing

@testable import Web

/// What people may who belong to a project only.
@Suite struct ProjectTests {
    /// Somebody with a role in the project `cats` asks for what is theirs and what is not.
    @Test func `every operation is open to the roles that it needs, and to nobody else`() async throws {
        let house = try await Installation(isReadingOpen: false)
        try await house.makeAdmin()
        var tokens: [Role: String] = [:]
        for role in Role.allCases { tokens[role] = try await house.token(role, project: "cats") }
        for operation in house.site.operations {
            if case .anyone = operation.access { continue }
            let path = operation.path.replacing("{name}", with: "foreign").replacing(#/\{\w+\}/#, with: "x")
            let json = operation.body == nil ? nil : "{}"
            for role in Role.allCases {
                let answer = try await house.ask(operation.method, path, token: tokens[role], json: json)
                switch operation.access {
                case .reader, .role:
                    #expect(answer.status == 403, "\(operation.id) as \(role) of a project: \(answer.text)")
                case .project(let needed) where role < needed:
                    #expect(answer.status == 403, "\(operation.id) as \(role) of a project: \(answer.text)")
                case .project where operation.path.contains("{"):
                    // Nothing of that name is theirs.
                    #expect([400, 403, 404].contains(answer.status), "\(operation.id): \(answer.text)")
                default:
                    #expect(answer.status < 500, "\(operation.id): \(answer.text)")
                }
            }
        }
    }

    @Test(
        "an account without any role gets nowhere, by page or by API", arguments: [false, true])
    func nobody(isReadingOpen: Bool) async throws {
        let house = try await Installation(isReadingOpen: isReadingOpen)
        try await house.makeAdmin()
        try await house.accounts.add(name: "eve", password: Installation.password, roles: [:])
        let browser = try await Browser(house, as: "eve")
        // A stream has no end, and who logs out is nobody.
        for operation in house.site.operations where !["followEvents", "logOut"].contains(operation.id) {
            let path = operation.path.replacing("{name}", with: "charlie:cat").replacing(#/\{\w+\}/#, with: "x")
            let json = operation.body == nil ? nil : "{}"
            let headers: HTTPFields = [
                try #require(HTTPField.Name("X-CSRF-Token")): browser.csrf, .cookie: browser.session,
            ]
            let answer = try await house.ask(operation.method, path, headers: headers, json: json)
            switch operation.access {
            case .anyone, .oneself: #expect(answer.status < 500, "\(operation.id)")
            case .reader where isReadingOpen, .projectReader where isReadingOpen:
                #expect(answer.status < 500 && answer.status != 401, "\(operation.id): \(answer.text)")
            default: #expect(answer.status == 403, "\(operation.id): \(answer.text)")
            }
        }
        let closed = [
            "/settings", "/new", "/configure/indicators", "/audit", "/people", "/configure/indicators/charlie:cat",
        ]
        for path in closed {
            let answer = try await browser.open(path)
            #expect(
                [303, 403].contains(answer.status) && !answer.body.contains("charlie:cat</"), "\(path) \(answer.status)"
            )
        }
        for path in [
            "/do/putProjectMember", "/do/putSecret", "/do/addUser", "/new", "/configure/indicators", "/settings/test",
            "/notices/test",
        ] {
            let answer = try await browser.post(path, ["name": "cats", "user": "eve", "role": "admin", "do": "save"])
            #expect(
                [401, 403].contains(answer.status) || answer.location == "/account", "\(path) \(answer.status)")
        }
        #expect(try house.accounts.users().first { $0.name == "eve" }?.roles.isEmpty == true)
    }

    // MARK: Pages

    private static let paths: [(path: String, viewer: Int, admin: Int)] = [
        ("/", 200, 200), ("/schemes", 200, 200), ("/schemes/cat.example.test", 200, 200), ("/indicators", 200, 200),
        ("/indicators/charlie:cat", 200, 200), ("/events", 200, 200), ("/status", 200, 200), ("/account", 200, 200),
        // another project's
        ("/indicators/echo:cat", 404, 404), ("/settings/projects/dogs", 404, 404),
        ("/configure/indicators/echo:cat", 403, 403),
        // one's own, by role
        ("/settings/projects/cats", 200, 200), ("/settings", 403, 200), ("/new", 403, 200),
        ("/configure/indicators", 403, 200), ("/configure/indicators/charlie:cat", 403, 200),
        // the whole server's
        ("/notices", 403, 403), ("/revisions", 403, 403), ("/revisions/1", 403, 403), ("/audit", 403, 403),
        ("/people", 403, 403), ("/metrics", 303, 303),
    ]

    @Test func `whoever has a role in a project uses its pages, and sees nothing else on any`() async throws {
        let house = try await Installation(isReadingOpen: false)
        try await house.makeAdmin()
        for role in [Role.viewer, .admin] {
            try await house.accounts.add(
                name: role.rawValue, password: Installation.password, roles: ["cats": role])
            let browser = try await Browser(house, as: role.rawValue)
            for (path, viewer, admin) in Self.paths {
                let answer = try await browser.open(path)
                #expect(answer.status == (role == .viewer ? viewer : admin), "\(path) as \(role)")
                // The scheme is theirs, and so are the names of its members; the indicator is not.
                if path != "/schemes/cat.example.test", path != "/" {
                    #expect(!answer.body.contains("/indicators/echo:cat\""), "\(path) as \(role)")
                }
                #expect(!answer.body.contains("href=\"/revisions\"") && !answer.body.contains("/people"), "\(path)")
            }
        }
        let viewer = try await Browser(house, as: "viewer")
        let page = try await viewer.open("/schemes/cat.example.test").body
        #expect(page.contains("192.0.2.1") && !page.contains("/do/addOverride"))
        let list = try await viewer.open("/indicators").body
        #expect(list.contains("charlie:cat") && !list.contains("echo:cat") && !list.contains(">job<"))
    }

    @Test func `the status page of a project shows its names and posts, to everybody where that is allowed`()
        async throws
    {
        let house = try await Installation(isReadingOpen: false)
        try await house.makeAdmin()
        house.site.gate.setStatusOpen(true)
        try await house.accounts.add(name: "olga", password: Installation.password, roles: ["cats": .operator])
        let olga = try await Browser(house, as: "olga")
        var post = ["kind": "incident", "scheme": "cat.example.test", "text": "A <dog> came", "back": "/status/cats"]
        #expect(try await olga.post("/do/addStatusPost", post).status == 303)
        post["scheme"] = ""
        #expect(try await olga.post("/do/addStatusPost", post).status == 403, "all names are not the project's")
        post["scheme"] = "dog.dogs.example.test"
        #expect(try await olga.post("/do/addStatusPost", post).status == 403)
        for path in ["/status/cats", "/status.json?project=cats", "/status.rss?project=cats"] {
            let mine = try await house.ask(.get, path)
            #expect(
                mine.status == 200 && mine.text.contains("cat.example.test") && mine.text.contains("came"), "\(path)")
            let theirs = try await house.ask(.get, path.replacing("cats", with: "dogs"))
            #expect(theirs.status == 200 && !theirs.text.contains("cat.example"), "\(path)")
            #expect(try await house.ask(.get, path.replacing("cats", with: "birds")).status == 404, "\(path)")
        }
        let json = try await house.ask(.get, "/status.json").text
        #expect(json.contains(#""kind":"incident""#) && json.contains(#""name":"cat.example.test""#))
        #expect(try await house.ask(.get, "/status.rss").text.contains("A &lt;dog&gt; came"))
        #expect(try await house.ask(.get, "/status/badge/cat.example.test.svg").status == 200)
        house.site.gate.setStatusOpen(false)
        #expect(try await house.ask(.get, "/status/cats").status == 401)
        #expect(try await olga.open("/status.json?project=cats").body.contains("cat.example.test"))
        #expect(try await olga.post("/do/removeStatusPost", ["id": "1", "back": "/status"]).status == 303)
    }

    @Test func `an operator of a project orders on the pages of the project`() async throws {
        let house = try await Installation(isReadingOpen: false)
        try await house.makeAdmin()
        try await house.accounts.add(name: "olga", password: Installation.password, roles: ["cats": .operator])
        let browser = try await Browser(house, as: "olga")
        let page = try await browser.open("/schemes/cat.example.test").body
        #expect(page.contains("action=maintenance&amp;target=charlie:cat"))
        #expect(page.contains("action=pin&amp;target=cat.example.test&amp;member=echo:cat"))
        #expect(!page.contains("target=echo:cat"), "the other member is nobody's of the project")
        func order(_ target: String) async throws -> Int {
            try await browser.post("/do/addOverride", ["action": "maintenance", "target": target, "back": "/"]).status
        }
        #expect(try await order("charlie:cat") == 303)
        #expect(try await order("echo:cat") == 403)
        // Only where all that was found is the project's.
        #expect(try await !browser.open("/indicators?search=cat").body.contains("target=%2Acat%2A"), "one is too few")
        let port = try #require(house.targetPort)
        let check = #"{"check": "tcp", "host": "127.0.0.1", "port": \#(port)}"#
        let admin = try await house.token(.admin)
        _ = try await house.ask(.put, "/api/v1/configuration/indicators/charlie:two", token: admin, json: check)
        #expect(try await browser.open("/indicators?search=charlie").body.contains("target=%2Acharlie%2A"))
        let ann = try await Browser(house, as: "ann")
        let copy = try await ann.open("/configure/indicators?copy=charlie:two").body
        #expect(copy.contains("value=\"charlie:two-copy\"") && copy.contains("value=\"\(port)\""))
        #expect(try await browser.post("/do/recheckIndicator", ["name": "charlie:cat"]).status == 303)
        #expect(try await browser.post("/do/recheckIndicator", ["name": "echo:cat"]).status == 403)
        #expect(try await browser.open("/").body.contains("maintenance"))
    }

    @Test func `an admin of a project gives and takes roles in it, and in no other`() async throws {
        let house = try await Installation(isReadingOpen: false)
        try await house.makeAdmin()
        try await house.accounts.add(name: "cathy", password: Installation.password, roles: ["cats": .admin])
        try await house.accounts.add(name: "bob", password: Installation.password, roles: ["dogs": .viewer])
        let cathy = try await Browser(house, as: "cathy")
        func put(_ project: String, _ user: String, _ role: String) async throws -> Int {
            try await cathy.post(
                "/do/putProjectMember", ["name": project, "user": user, "role": role, "back": "/settings"]
            ).status
        }
        func roles() throws -> [String: String] { try house.accounts.users().first { $0.name == "bob" }?.roles ?? [:] }
        #expect(try await put("cats", "bob", "operator") == 303)
        #expect(try roles() == ["cats": "operator", "dogs": "viewer"], "other roles stay")
        #expect(try await cathy.open("/settings/projects/cats").body.contains("<strong>bob</strong>"))
        #expect(try await put("cats", "nobody", "operator") == 404)
        #expect(try await put("dogs", "cathy", "admin") == 403)
        #expect(try await put("*", "cathy", "admin") == 403, "a project's admin is not made the server's")
        #expect(try await put("cats", "bob", "king") == 400)
        let leave = ["name": "cats", "user": "bob", "back": "/settings"]
        #expect(try await cathy.post("/do/removeProjectMember", leave).status == 303)
        #expect(try await cathy.post("/do/removeProjectMember", leave).status == 404)
        #expect(try roles() == ["dogs": "viewer"])
        let audit = try house.accounts.auditEntries(before: nil, limit: 20).map {
            "\($0.action) \($0.target) \($0.actor)"
        }
        #expect(audit.contains("project.member.put cats/bob cathy"))
        #expect(
            try await Browser(house, as: "ann").post(
                "/do/putProjectMember", ["name": "birds", "user": "bob", "role": "viewer"]
            ).status == 404)
    }

    @Test func `a role for the whole server is set without losing those in projects`() async throws {
        let house = try await Installation()
        try await house.makeAdmin()
        try await house.accounts.add(name: "bob", password: Installation.password, roles: ["dogs": .admin])
        let ann = try await Browser(house, as: "ann")
        let page = try await ann.open("/people").body
        #expect(page.contains("admin in dogs") && page.contains("value=\"dogs=admin *=viewer\""))
        #expect(page.contains("value=\"cats=operator\""), "somebody new may be given a role in a project")
        let change = ["name": "bob", "roles": "dogs=admin *=viewer", "back": "/people"]
        #expect(try await ann.post("/do/changeUser", change).status == 303)
        #expect(try house.accounts.users().first { $0.name == "bob" }?.roles == ["dogs": "admin", "*": "viewer"])
    }

    @Test func `whoever looks sees what belongs to the project, and nothing else`() async throws {
        let house = try await Installation(isReadingOpen: false)
        try await house.makeAdmin()
        let cats = try await house.token(.viewer, name: "a", project: "cats")
        let dogs = try await house.token(.viewer, name: "b", project: "dogs")
        let (mine, theirs) = (
            try await house.ask(.get, "/api/v1/status", token: cats),
            try await house.ask(.get, "/api/v1/status", token: dogs)
        )
        #expect(mine.text.contains(#""name":"charlie:cat""#) && !mine.text.contains(#""name":"echo:cat""#))
        #expect(mine.text.contains(#""name":"cat.example.test""#))
        #expect(!theirs.text.contains("cat.example.test") && !theirs.text.contains("charlie:cat"))
        for path in [
            "schemes/cat.example.test", "schemes/cat.example.test/explain", "indicators/charlie:cat",
            "configuration/indicators/charlie:cat",
        ] {
            #expect(try await house.ask(.get, "/api/v1/" + path, token: cats).status == 200, "\(path)")
            let answer = try await house.ask(.get, "/api/v1/" + path, token: dogs)
            #expect([403, 404].contains(answer.status) && !answer.text.contains("192.0.2.1"), "\(path)")
        }
        for path in ["events", "overrides", "schemes", "indicators", "configuration/indicators"] {
            let answer = try await house.ask(.get, "/api/v1/" + path, token: dogs)
            #expect(answer.json == .object(["items": []]) || answer.text.contains(#""items":[]"#), "\(answer.text)")
        }
    }

    @Test(
        "an operator of a project orders what is theirs, and an order that reaches beyond is refused whole",
        arguments: [
            (#"{"action": "maintenance", "target": "charlie:*"}"#, 201),
            (#"{"action": "maintenance", "target": "*"}"#, 403),  // reaches echo:cat, too
            (#"{"action": "force-err", "target": "echo:cat"}"#, 403),
            (#"{"action": "pin", "target": "cat.example.test", "member": "echo:cat"}"#, 201),
            (#"{"action": "silence", "target": "c*"}"#, 201), (#"{"action": "silence", "target": "*cat*"}"#, 403),
            (#"{"action": "drain", "target": "nobody"}"#, 404),
        ] as [(String, Int)])
    func orders(json: String, status: Int) async throws {
        let house = try await Installation()
        try await house.makeAdmin()
        let token = try await house.token(.operator, project: "cats")
        let answer = try await house.ask(.post, "/api/v1/overrides", token: token, json: json)
        #expect(answer.status == status, "\(answer.text)")
        if status == 403 { #expect(await house.control.overrides().isEmpty) }
    }

    @Test func `nobody ends what others have imposed outside of their project`() async throws {
        let house = try await Installation()
        try await house.makeAdmin()
        let whole = try await house.token(.operator)
        let cats = try await house.token(.operator, name: "cats", project: "cats")
        for target in ["echo:cat", "charlie:cat"] {
            let order = #"{"action": "silence", "target": "\#(target)"}"#
            #expect(try await house.ask(.post, "/api/v1/overrides", token: whole, json: order).status == 201)
        }
        func end(_ name: String) async throws -> Int {
            try await house.ask(.delete, "/api/v1/overrides/silence:indicator:\(name)", token: cats).status
        }
        #expect(try await end("echo:cat") == 403)
        #expect(try await end("charlie:cat") == 204)
    }

    @Test func `an admin of a project makes what belongs to it, of what belongs to it`() async throws {
        let house = try await Installation()
        try await house.makeAdmin()
        let token = try await house.token(.admin, project: "cats")
        let port = try #require(house.targetPort)
        let check = #"{"check": "tcp", "host": "127.0.0.1", "port": \#(port), "policy": "quick"}"#
        func put(_ path: String, _ json: String) async throws -> Int {
            try await house.ask(.put, "/api/v1/configuration/" + path, token: token, json: json).status
        }
        #expect(try await put("indicators/charlie:new", check) == 200)
        #expect(try await put("indicators/echo:new", check) == 403)
        #expect(try await put("policies/mine", "{}") == 403)
        func scheme(_ indicator: String) -> String {
            #"{"members": [{"indicator": "\#(indicator)", "value": "192.0.2.9"}]}"#
        }
        #expect(try await put("schemes/a.cats.example.test", scheme("charlie:new")) == 200)
        #expect(try await put("schemes/a.cats.example.test", scheme("echo:cat")) == 403)
        #expect(try await put("schemes/a.example.test", scheme("charlie:new")) == 403)
        let member = #"{"value": ["192.0.2.10"]}"#
        #expect(try await put("schemes/a.cats.example.test/members/echo:cat", member) == 403)
        #expect(try await put("schemes/a.cats.example.test/members/charlie:cat", member) == 200)
        #expect(
            try await house.ask(.post, "/api/v1/revisions/1/rollback", token: token, json: "{}").status == 403)
    }

    @Test(
        "an admin of a project subscribes for what belongs to it, by the project's channels",
        arguments: [
            ("mine", #"{"project": "cats", "to": "cats-hook"}"#, 200, "revision"),
            // Patterns that reach beyond are bounded by the project.
            (
                "mine", #"{"project": "cats", "to": ["cats-hook"], "indicators": ["*"], "kinds": ["state"]}"#, 200,
                "revision"
            ),
            ("mine", #"{"to": "cats-hook"}"#, 403, "the whole server's"),
            ("mine", #"{"project": "dogs", "to": "cats-hook"}"#, 403, "belongs to no project where you may"),
            ("mine", #"{"project": "cats", "to": "ours"}"#, 422, "is not a channel of the project cats"),
            // The file's stay the file's, and the server's the server's.
            ("all-cats", #"{"project": "cats", "to": "cats-hook"}"#, 409, "is managed by"),
            ("everything", #"{"project": "cats", "to": "cats-hook"}"#, 403, "belongs to no project where you may"),
        ] as [(String, String, Int, String)])
    func subscriptions(name: String, json: String, status: Int, words: String) async throws {
        let house = try await Installation(isReadingOpen: false) { $0 + Installation.notices }
        try await house.makeAdmin()
        let token = try await house.token(.admin, project: "cats")
        let path = "/api/v1/configuration/subscriptions"
        let answer = try await house.ask(.put, "\(path)/\(name)", token: token, json: json)
        #expect(answer.status == status && answer.text.contains(words), "\(answer.text)")
        let list = try await house.ask(.get, path, token: token).text
        #expect(list.contains("all-cats") && !list.contains("everything"), "\(list)")
        #expect(list.contains("\"mine\"") == (status == 200), "\(list)")
        guard status == 200 else { return }
        let dogs = try await house.token(.admin, name: "dogs", project: "dogs")
        #expect(try await house.ask(.delete, "\(path)/mine", token: dogs).status == 403)
        #expect(!(try await house.ask(.get, path, token: dogs).text.contains("cats")))
        #expect(try await house.ask(.delete, "\(path)/mine", token: token).status == 200)
    }

    @Test(
        "a test notice is sent by operators of the server, and by a project's admins by the project's channels",
        arguments: [
            (.operator, "*", "ours", 200), (.admin, "cats", "cats-hook", 200),
            // neither a channel of the server's nor somebody else's
            (.admin, "cats", "ours", 403), (.admin, "dogs", "cats-hook", 403),
            // who may not change the subscriptions needs no test of them
            (.operator, "cats", "cats-hook", 403), (.viewer, "*", "ours", 403),
        ] as [(Role, String, String, Int)])
    func testNotice(role: Role, project: String, channel: String, status: Int) async throws {
        let house = try await Installation(isReadingOpen: false) { $0 + Installation.notices }
        try await house.makeAdmin()
        let token = try await house.token(role, project: project)
        let answer = try await house.ask(.post, "/api/v1/notices/\(channel)/test", token: token, json: "{}")
        #expect(answer.status == status, "\(answer.text)")
    }

    @Test func `a project's page shows its channels, each with a test`() async throws {
        let browser = try await Browser { $0 + Installation.notices }
        let page = try await browser.open("/settings/projects/cats").body
        #expect(page.contains("name=\"channel\" value=\"cats-hook\"") && !page.contains("value=\"ours\""))
        let sent = try await browser.post(
            "/notices/test", ["channel": "cats-hook", "back": "/settings/projects/cats"])
        #expect(sent.status == 200 && sent.body.contains("given up") && sent.body.contains("/settings/projects/cats"))
    }
}
