import Emulators
import HTTPTypes
import Testing

@testable import Accounts
@testable import Control
@testable import Web

/// Accounts at providers and projects, as programs make them.
@Suite struct AccountAPITests {
    private static let accounts = "/api/v1/configuration/providers"
    private static let projects = "/api/v1/configuration/projects"

    private func house(_ more: String = "") async throws -> (Installation, admin: String) {
        let house = try await Installation { $0 + more }
        try await house.makeAdmin()
        return (house, try await house.token(.admin))
    }

    @Test func `an account is made, changed by whoever has seen it last, and removed`() async throws {
        let (house, admin) = try await house()
        func ask(_ method: HTTPRequest.Method, _ path: String, _ json: String? = nil, tag: String? = nil) async throws
            -> Installation.Answer
        {
            var headers: HTTPFields = [:]
            headers[.ifMatch] = tag
            return try await house.ask(method, Self.accounts + path, token: admin, headers: headers, json: json)
        }
        let webhook = #"{"driver": "webhook", "url": "http://127.0.0.1:9/", "token": "store:hook", "dry-run": true}"#
        let trial = try await ask(.put, "/hook?dry-run=true", webhook)
        #expect(trial.status == 200 && trial.text.contains("the provider hook is added"), "\(trial.text)")
        #expect(await house.revisions.inForce() == 1)
        let made = try await ask(.put, "/hook", webhook, tag: "\"1\"")
        #expect(made.status == 200 && made.headers[.eTag] == "\"2\"", "\(made.text)")
        #expect(try await ask(.put, "/hook", webhook, tag: "\"1\"").status == 412, "somebody else was first")
        let seen = try await ask(.get, "/hook")
        #expect(seen.text.contains(#""managedBy":"api""#) && seen.text.contains("store:hook"))
        #expect(seen.headers[.eTag] == "\"2\"")
        let waits = try await house.ask(.get, "/api/v1/secrets", token: admin).text
        #expect(waits.contains(#""name":"hook""#) && waits.contains(#""usedBy":["hook"]"#) && !waits.contains("setAt"))

        // In use, it stays.
        let scheme = #"{"provider": "hook", "members": [{"indicator": "charlie:cat", "value": "192.0.2.1"}]}"#
        let used = try await house.ask(
            .put, "/api/v1/configuration/schemes/hooked.example.org", token: admin, json: scheme)
        #expect(used.status == 200, "\(used.text)")
        let refused = try await ask(.delete, "/hook")
        #expect(refused.status == 422 && refused.text.contains("is not a provider"), "\(refused.text)")
        _ = try await house.ask(.delete, "/api/v1/configuration/schemes/hooked.example.org", token: admin)
        #expect(try await ask(.delete, "/hook").status == 200)
        #expect(try await ask(.delete, "/hook").status == 404)
        let audit = try house.accounts.auditEntries(before: nil, limit: 20).map(\.action)
        #expect(audit.contains("provider.put") && audit.contains("provider.remove"))
    }

    @Test(arguments: [
        ("two words", #"{"driver": "webhook", "url": "http://127.0.0.1:9/"}"#, "/name", "no name for an account"),
        ("x", #"{"url": "http://127.0.0.1:9/"}"#, "", "no driver"),
        ("x", #"{"driver": "cloudfare", "token": "env:X"}"#, "/driver", "a misspelt driver"),
        ("x", #"{"driver": "webhook"}"#, "/url", "no url"),
        ("x", #"{"driver": "webhook", "url": "http://127.0.0.1:9/", "tokn": "s3cret"}"#, "/tokn", "a misspelt key"),
        ("x", #"{"driver": "webhook", "url": "http://127.0.0.1:9/", "token": "s3cret"}"#, "/token", "a written secret"),
        ("x", #"{"driver": "webhook", "url": "http://127.0.0.1:9/", "drift": "maybe"}"#, "/drift", "a wrong rule"),
        ("local", #"{"driver": "webhook", "url": "http://127.0.0.1:9/"}"#, "", "our own server's name"),
    ])
    func `what is wrong with an account is told with its place, and no secret with it`(
        name: String, body: String, pointer: String, why: String
    ) async throws {
        let (house, admin) = try await house()
        let path = "\(Self.accounts)/\(name.urlEncoded)"
        let answer = try await house.ask(.put, path, token: admin, json: body)
        #expect(answer.status == 422 && answer.text.contains("\"pointer\":\"\(pointer)\""), "\(why): \(answer.text)")
        #expect(!answer.text.contains("s3cret"), "\(why)")
        #expect(await house.revisions.inForce() == 1)
    }

    @Test func `what the file has cannot be changed here, and says where it can`() async throws {
        let (house, admin) = try await house(
            """
            providers:
              elsewhere: { driver: powerdns, url: "http://127.0.0.1:9/", key: "env:PATH" }

            """)
        let account = #"{"driver": "webhook", "url": "http://127.0.0.1:9/"}"#
        for (path, body) in [
            ("\(Self.accounts)/elsewhere", account), ("\(Self.projects)/cats", #"{"schemes": ["*"]}"#),
        ] {
            let refused = try await house.ask(.put, path, token: admin, json: body)
            #expect(refused.status == 409 && refused.text.contains("is managed by"), "\(refused.text)")
            #expect(try await house.ask(.delete, path, token: admin).status == 409)
            #expect(try await house.ask(.get, path, token: admin).text.contains(#""managedBy":"file""#))
        }
    }

    @Test func `an account is tried before it is there, and what was typed is kept nowhere`() async throws {
        let cloudflare = CloudflareEmulator()
        await cloudflare.addZone("example.org")
        await cloudflare.addToken("right-token")
        let emulator = try await RunningEmulator.start(cloudflare, host: "127.0.0.1", port: 0)
        defer { Task { await emulator.stop() } }
        let (house, admin) = try await house()
        func attempt(_ token: String, name: String = "www.example.org", more: String = "") async throws
            -> Installation.Answer
        {
            try await house.ask(
                .post, "/api/v1/providers/try", token: admin,
                json: """
                    {"account": {"driver": "cloudflare", "url": "http://127.0.0.1:\(emulator.port)/client/v4"\(more)}, \
                    "secrets": {"token": "\(token)"}, "name": "\(name)"}
                    """)
        }
        let right = try await attempt("right-token")
        #expect(right.status == 200 && right.text.contains(#""isReached":true"#), "\(right.text)")
        #expect(right.text.contains(#""name":"www.example.org""#) && right.text.contains(#""records":[]"#))
        #expect(try await attempt("wrong-token").text.contains(#""why":"credentials""#))
        #expect(try await attempt("right-token", name: "www.example.com").text.contains(#""why":"noSuchZone""#))
        #expect(try await attempt("right-token", name: "no name").text.contains(#""why":"notAsked""#))
        let wrong = try await attempt("right-token", more: #", "zone-id": "not hexadecimal""#)
        #expect(wrong.status == 422 && wrong.text.contains(#""pointer":"/account/zone-id""#), "\(wrong.text)")
        let stray = try await house.ask(
            .post, "/api/v1/providers/try", token: admin,
            json: #"{"account": {"driver": "exec", "program": "/bin/true"}, "secrets": {"token": "x"}, "name": "a.b"}"#)
        #expect(stray.status == 422 && stray.text.contains(#""pointer":"/secrets/token""#), "\(stray.text)")
        let file = try await house.ask(
            .post, "/api/v1/providers/try", token: try await house.token(.operator, name: "op"),
            json: #"{"account": {"driver": "webhook"}, "name": "a.b"}"#)
        #expect(file.status == 403, "it reaches out to wherever it is told")
        #expect(await house.revisions.inForce() == 1)
        #expect(try house.accounts.sealedSecrets().names == [])
        let audit = try house.accounts.auditEntries(before: nil, limit: 20)
        #expect(audit.contains { $0.action == "provider.try" } && !audit.contains { $0.detail.contains("-token") })
    }

    @Test func `what belongs to a project is said by the server's admins, and counts at once`() async throws {
        let (house, admin) = try await house()
        try await house.accounts.add(name: "eve", password: Installation.password, roles: ["cats": .admin])
        let eve = try await house.accounts.makeToken(
            name: "eve", for: "eve", role: .admin, project: "cats", expires: nil
        ).secret
        let project = #"{"indicators": ["echo:*"], "schemes": ["*.birds.example.test"]}"#
        #expect(try await house.ask(.put, "\(Self.projects)/birds", token: eve, json: project).status == 403)
        let made = try await house.ask(.put, "\(Self.projects)/birds", token: admin, json: project)
        #expect(made.status == 200 && made.text.contains("the project birds is added"), "\(made.text)")
        #expect(await house.control.readModel().projects(ofIndicator: "echo:cat") == ["birds"])
        let listed = try await house.ask(.get, "/api/v1/projects", token: admin).text
        #expect(listed.contains(#""name":"birds""#) && listed.contains(#""managedBy":"api""#))
        // Each sees the projects where they have a role.
        let seen = try await house.ask(.get, Self.projects, token: eve).text
        #expect(seen.contains(#""name":"cats""#) && !seen.contains("birds"), "\(seen)")
        #expect(try await house.ask(.get, "\(Self.projects)/birds", token: eve).status == 403)
        for (body, pointer) in [("{}", ""), (#"{"schemes": "*"}"#, "/schemes"), (#"{"colour": ["red"]}"#, "/colour")] {
            let wrong = try await house.ask(.put, "\(Self.projects)/birds", token: admin, json: body)
            #expect(wrong.status == 400 || wrong.status == 422, "\(body)")
            #expect(wrong.text.contains("\"pointer\":\"\(pointer)\""), "\(wrong.text)")
        }
        #expect(try await house.ask(.delete, "\(Self.projects)/birds", token: admin).status == 200)
        #expect(await house.control.readModel().projects(ofIndicator: "echo:cat") == [])
    }
}
