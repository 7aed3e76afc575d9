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
        for path in ["/", "/schemes/cat.example.test", "/metrics"] {
            #expect(try await house.ask(.get, path, token: tokens[.admin]).status == 401, "\(path)")
        }
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
}
