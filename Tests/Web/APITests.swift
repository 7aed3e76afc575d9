import Accounts
import Checks
import Failover
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import NIOPosix
import Storage
import TestSupport
import Testing

@testable import Control
@testable import Web

@Suite struct APITests {
    @Test func `an operator orders maintenance with a pattern, sees it, and ends it`() async throws {
        let house = try await Installation()
        try await house.makeAdmin()
        let token = try await house.token(.operator)
        let made = try await house.ask(
            .post, "/api/v1/overrides", token: token,
            json: #"{"action": "maintenance", "target": "charlie:*", "reason": "kernel", "seconds": 60}"#)
        #expect(made.status == 201, "\(made.text)")
        #expect(made.text.contains(#""subject":"indicator:charlie:cat""#) && made.text.contains("ann/operator"))
        let scheme = try await house.ask(.get, "/api/v1/schemes/cat.example.test")
        #expect(scheme.text.contains(#""addresses":["192.0.2.2"]"#))
        #expect(
            try await house.ask(.delete, "/api/v1/overrides/indicator:charlie:cat", token: token).status == 204)
        #expect(try await house.ask(.get, "/api/v1/overrides").json == ["items": []])
        #expect(try await house.ask(.delete, "/api/v1/overrides/indicator:charlie:cat", token: token).status == 404)
        let audit = try await house.ask(.get, "/api/v1/audit", token: try await house.token(.admin))
        #expect(audit.text.contains("override.maintenance") && audit.text.contains("override.end"))
    }

    @Test func `notices can be listed by everybody, and a channel tried by operators`() async throws {
        let house = try await Installation()
        try await house.makeAdmin()
        #expect(try await house.ask(.get, "/api/v1/notices?state=waiting").json == ["items": []])
        #expect(try await house.ask(.get, "/api/v1/notices?state=lost").status == 400)
        #expect(try await house.ask(.get, "/api/v1/channels").json == ["items": []])
        let path = "/api/v1/notices/nobody/test"
        #expect(try await house.ask(.post, path).status == 401)
        #expect(try await house.ask(.post, path, token: try await house.token(.viewer)).status == 403)
        let answer = try await house.ask(.post, path, token: try await house.token(.operator))
        #expect(answer.status == 404 && answer.text.contains("There is no channel"))
    }

    @Test func `what-if says what would be answered and changes nothing`() async throws {
        let house = try await Installation()
        let answer = try await house.ask(.post, "/api/v1/what-if", json: #"{"down": ["charlie:cat"]}"#)
        #expect(answer.status == 200)
        #expect(answer.text.contains(#""now":["192.0.2.1"]"#) && answer.text.contains(#""then":["192.0.2.2"]"#))
        #expect(try await house.ask(.get, "/api/v1/overrides").json == ["items": []])
        #expect(try await house.ask(.post, "/api/v1/what-if", json: #"{"down": ["tom"]}"#).status == 404)
    }

    @Test func `history is read page by page, and an explanation of the past is found`() async throws {
        let house = try await Installation()
        try await eventually("the decision is in the history") {
            try await house.ask(.get, "/api/v1/events?kind=decision").text.contains("192.0.2.1")
        }
        let first = try await house.ask(.get, "/api/v1/events?limit=1")
        guard case .object(let page) = first.json, case .string(let next)? = page["next"] else {
            Issue.record("no next page: \(first.text)")
            return
        }
        #expect(try await house.ask(.get, "/api/v1/events?limit=1&before=\(next)").text != first.text)
        let now = Int(Date().timeIntervalSince1970) + 1
        let past = try await house.ask(.get, "/api/v1/schemes/cat.example.test/explain?at=\(now)")
        #expect(past.status == 200 && past.text.contains("192.0.2.1"))
        #expect(try await house.ask(.get, "/api/v1/schemes/cat.example.test/explain?at=5").status == 404)
    }

    @Test func `whoever has no right gets nowhere, whatever is tried`() async throws {
        let house = try await Installation(isReadingOpen: false)
        try await house.makeAdmin()
        try await house.accounts.add(name: "nobody", password: Installation.password, roles: [:])
        let none = try await house.accounts.makeToken(
            name: "t", for: "nobody", role: .admin, project: "*", expires: nil
        ).secret
        var tokens: [Role: String] = [:]
        for role in Role.allCases { tokens[role] = try await house.token(role) }
        // A token may neither make tokens nor change how its owner logs in, whoever has it.
        let forSessions = ["addToken", "makeSecondFactor", "setSecondFactor", "removeSecondFactor", "changePassword"]
        func isForSessions(_ operation: Web.Operation) -> Bool { forSessions.contains(operation.id) }
        for operation in house.site.operations where operation.type == "application/json" {
            let path = operation.path.replacing(#/\{\w+\}/#, with: "x")
            let json = operation.body == nil ? nil : "{}"
            if case .anyone = operation.access { continue }
            for role in Role.allCases {
                let answer = try await house.ask(operation.method, path, token: tokens[role], json: json)
                let mayNot =
                    switch operation.access {
                    case .role(let needed), .project(let needed): role < needed
                    default: false
                    }
                #expect((answer.status == 403) == mayNot || isForSessions(operation), "\(operation.id) as \(role)")
                #expect(answer.status < 500 && answer.status != 401, "\(operation.id) as \(role): \(answer.text)")
            }
            let without = try await house.ask(operation.method, path, json: json)
            #expect(without.status == 401, "\(operation.id) without a token")
            let worthless = try await house.ask(operation.method, path, token: none, json: json)
            #expect(worthless.status == 401, "\(operation.id) with a token of somebody without a role")
        }
        for path in ["/", "/schemes/cat.example.test", "/events", "/metrics", "/api/openapi.json"] {
            #expect(try await house.ask(.get, path).status == 401, "\(path)")
            let html = try await house.ask(.get, path, headers: [.accept: "text/html"])
            #expect(html.status == 303 && html.headers[.location] == "/login", "\(path) for a browser")
        }
    }

    @Test func `a session changes something only with what other sites cannot know`() async throws {
        let house = try await Installation()
        try await house.makeAdmin()
        let login = try await house.ask(
            .post, "/api/v1/session", json: #"{"name": "ann", "password": "\#(Installation.password)"}"#)
        #expect(login.status == 200)
        let cookie = try #require(login.headers[.setCookie])
        #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"))
        let value = String(cookie.prefix { $0 != ";" })
        guard case .object(let me) = login.json, case .string(let csrf)? = me["csrf"] else {
            Issue.record("no CSRF token: \(login.text)")
            return
        }
        let order = #"{"action": "force-err", "target": "charlie:cat"}"#
        let forged = try await house.ask(.post, "/api/v1/overrides", headers: [.cookie: value], json: order)
        #expect(forged.status == 403)
        let name = try #require(HTTPField.Name("X-CSRF-Token"))
        let real = try await house.ask(
            .post, "/api/v1/overrides", headers: [.cookie: value, name: csrf], json: order)
        #expect(real.status == 201, "\(real.text)")
        let token = try await house.ask(
            .post, "/api/v1/tokens", headers: [.cookie: value, name: csrf],
            json: #"{"name": "ci", "role": "operator"}"#)
        #expect(token.status == 201 && token.text.contains("nl_"))
        #expect(try await house.ask(.get, "/api/v1/tokens", headers: [.cookie: value]).text.contains("nl_") == false)
    }

    @Test func `the first account is made over the link, and the link is then worth nothing`() async throws {
        let house = try await Installation(isReadingOpen: false)
        let invitation = try #require(try house.accounts.invite())
        #expect(try await house.ask(.get, "/welcome/wrong").status == 403)
        let form = try await house.ask(.get, "/welcome/\(invitation)")
        #expect(form.status == 200 && form.text.contains(invitation))
        let headers: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
        let weak = try await house.ask(
            .post, "/welcome", headers: headers, json: "name=ann&password=short&invitation=\(invitation)")
        #expect(weak.status == 422 && weak.text.contains("too short"))
        let made = try await house.ask(
            .post, "/welcome", headers: headers,
            json: "name=ann&password=correct+horse+battery&invitation=\(invitation)")
        #expect(made.status == 303)
        let cookie = String(try #require(made.headers[.setCookie]).prefix { $0 != ";" })
        #expect(try await house.ask(.get, "/", headers: [.cookie: cookie]).status == 200)
        #expect(try await house.ask(.get, "/welcome/\(invitation)").status == 403)
        let wrong = try await house.ask(.post, "/login", headers: headers, json: "name=ann&password=wrong")
        #expect(wrong.status == 401 && wrong.headers[.setCookie] == nil)
    }

    @Test(
        "what does not fit the document is refused, and said where",
        arguments: [
            (#"{"action": "dance", "target": "x"}"#, "/action"), (#"{"action": "maintenance"}"#, "/target"),
            (#"{"action": "maintenance", "target": "x", "colour": 1}"#, "/colour"),
            (#"{"action": "maintenance", "target": "x", "seconds": "1h"}"#, "/seconds"),
            (#"{"action": "maintenance", "target": ["x"]}"#, "/target"), (#"[]"#, "expected an object"),
            (#"{"#, "no JSON"),
        ])
    func wrongBodies(body: String, finding: String) async throws {
        let house = try await Installation()
        try await house.makeAdmin()
        let token = try await house.token(.operator)
        let answer = try await house.ask(.post, "/api/v1/overrides", token: token, json: body)
        #expect(answer.status == 400 && answer.text.contains(finding), "\(answer.text)")
        #expect(answer.headers[.contentType] == "application/problem+json")
    }

    @Test func `wrong queries, methods and content types are refused as the document says`() async throws {
        let house = try await Installation()
        try await house.makeAdmin()
        #expect(try await house.ask(.get, "/api/v1/events?limit=0").status == 400)
        #expect(try await house.ask(.get, "/api/v1/events?colour=red").status == 400)
        let method = try await house.ask(.put, "/api/v1/events")
        #expect(method.status == 405 && method.headers[.allow] == "GET, HEAD")
        let type = try await house.ask(
            .post, "/api/v1/overrides", token: try await house.token(.operator),
            headers: [.contentType: "text/plain"], json: "{}")
        #expect(type.status == 415)
    }

    @Test func `every answer is as the document says`() async throws {
        let account = "providers:\n  elsewhere: { driver: webhook, url: \"http://127.0.0.1:9/\", dry-run: yes }\n"
        let house = try await Installation(document: { $0 + Installation.lines + Installation.notices + account })
        try await house.makeAdmin()
        let admin = try await house.token(.admin)
        _ = try await house.ask(
            .post, "/api/v1/overrides", token: admin,
            json: #"{"action": "pin", "target": "cat*", "member": "echo:cat", "seconds": null}"#)
        let changed = try await house.ask(
            .put, "/api/v1/configuration/policies/slow", token: admin, json: #"{"interval": "60s"}"#)
        #expect(changed.status == 200 && changed.headers[.eTag] == "\"2\"", "\(changed.text)")
        let names = [
            "getIndicator": "echo:cat", "getConfiguredIndicator": "echo:cat", "getConfiguredPolicy": "slow",
            "getConfiguredSubscription": "all-cats", "getConfiguredProvider": "elsewhere",
            "getConfiguredProject": "cats", "listProjectMembers": "cats",
        ]
        for operation in house.site.operations where operation.method == .get && operation.type == "application/json" {
            let path = operation.path.replacing("{name}", with: names[operation.id] ?? "cat.example.test")
                .replacing("{number}", with: "2").replacing("{indicator}", with: "job")
            let answer = try await house.ask(.get, path, token: admin)
            #expect(answer.status == operation.status.code, "\(operation.id): \(answer.text)")
            let schema = try #require(operation.result)
            #expect(resolved(schema).violations(of: answer.json) == [], "\(operation.id)")
        }
    }

    @Test func `a client reports with its own token, an account with one of its role`() async throws {
        let house = try await Installation()
        try await house.makeAdmin()
        let path = "/api/v1/report/job"
        #expect(try await house.ask(.post, path).status == 401)
        #expect(try await house.ask(.post, path, token: "not-the-token-of-the-job").status == 403)
        #expect(try await house.ask(.get, "/api/v1/report/nobody", token: Installation.reportToken).status == 403)
        #expect(try await house.ask(.post, path, token: try await house.token(.viewer)).status == 403)
        let report = try await house.ask(.post, path + "?text=12%20GB", token: Installation.reportToken)
        #expect(
            report.status == 200 && report.text.contains(#""ok":true,"reason":"reported (12 GB)""#), "\(report.text)")
        let bad = try await house.ask(.get, path + "?state=err&token=\(Installation.reportToken)")
        #expect(bad.status == 200 && bad.text.contains(#""ok":false"#), "\(bad.text)")
        let operatorToken = try await house.token(.operator)
        #expect(try await house.ask(.post, path, token: operatorToken).status == 200)
        #expect(try await house.ask(.post, "/api/v1/report/nobody", token: operatorToken).status == 404)
        #expect(try await house.ask(.post, path + "?value=3", token: operatorToken).status == 422)
        // Everywhere else it is nothing.
        #expect(try await house.ask(.get, "/api/v1/status", token: Installation.reportToken).status == 401)
        let told = try await house.ask(.get, "/api/v1/status").text + house.ask(.get, "/api/v1/events").text
        #expect(!told.contains(Installation.reportToken))
    }

    /// With the named schemas put in.
    private func resolved(_ schema: Schema) -> Schema {
        switch schema {
        case .named(let name): Schemas.all[name].map(resolved) ?? schema
        case .array(let item): .array(resolved(item))
        case .map(let value): .map(resolved(value))
        case .nullable(let value): .nullable(resolved(value))
        case .object(let properties):
            .object(
                properties.map {
                    Schema.Property($0.name, resolved($0.schema), $0.description, required: $0.isRequired)
                })
        default: schema
        }
    }
}
