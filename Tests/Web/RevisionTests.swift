import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import Control
@testable import Web

/// How people and programs change the configuration.
@Suite struct RevisionTests {
    private func house() async throws -> (Installation, admin: String) {
        let house = try await Installation()
        try await house.makeAdmin()
        return (house, try await house.token(.admin))
    }

    private func json(_ document: String, dryRun: Bool = false) throws -> String {
        struct Wish: Encodable {
            var document: String
            var dryRun: Bool
        }
        return String(decoding: try JSONEncoder().encode(Wish(document: document, dryRun: dryRun)), as: UTF8.self)
    }

    @Test func `a dry run says what a change does, and changes nothing`() async throws {
        let (house, admin) = try await house()
        let document = try house.document(replacing: "priority: 99", with: "priority: 200")
        let trial = try await house.ask(
            .post, "/api/v1/revisions", token: admin, json: try json(document, dryRun: true))
        #expect(trial.text.contains("cat.example.test moves from charlie:cat (192.0.2.1) to echo:cat (192.0.2.2)"))
        #expect(await house.revisions.inForce() == 1)
        #expect(await house.control.report().schemes[0].addresses == ["192.0.2.1"])
        let made = try await house.ask(.post, "/api/v1/revisions", token: admin, json: try json(document))
        #expect(made.status == 200 && made.headers[.eTag] == "\"2\"", "\(made.text)")
        #expect(await house.control.report().schemes[0].addresses == ["192.0.2.2"])
        // The same once more is no revision.
        _ = try await house.ask(.post, "/api/v1/revisions", token: admin, json: try json(document))
        #expect(await house.revisions.inForce() == 2)
    }

    @Test func `the later of two editors is told who was first, and overwrites nothing`() async throws {
        let (house, admin) = try await house()
        let seen = try await house.ask(.get, "/api/v1/configuration/policies/quick", token: admin)
        #expect(seen.headers[.eTag] == "\"1\"")
        func put(_ interval: String, _ tag: String) async throws -> Installation.Answer {
            try await house.ask(
                .put, "/api/v1/configuration/policies/slow?comment=why", token: admin, headers: [.ifMatch: tag],
                json: #"{"interval": "\#(interval)"}"#)
        }
        #expect(try await put("60s", "\"1\"").status == 200)
        let late = try await put("90s", "\"1\"")
        #expect(late.status == 412)
        #expect(late.text.contains("ann/admin made revision 2") && late.text.contains("policy slow is added"))
        #expect(try await house.ask(.get, "/api/v1/configuration/policies/slow", token: admin).text.contains("60s"))
        #expect(try await put("90s", "W/\"2\"").status == 200)
        #expect(try await put("90s", "nonsense").status == 400)
    }

    @Test func `an indicator and a scheme are made, changed and removed without a file`() async throws {
        let (house, admin) = try await house()
        let port = try #require(house.targetPort)
        let base = "/api/v1/configuration"
        func ask(_ method: HTTPRequest.Method, _ path: String, _ json: String? = nil) async throws
            -> Installation.Answer
        { try await house.ask(method, base + path, token: admin, json: json) }
        let check = #"{"check": "tcp", "host": "127.0.0.1", "port": \#(port), "policy": "quick"}"#
        #expect(try await ask(.put, "/indicators/dog:a", check).status == 200)
        #expect(try await ask(.put, "/indicators/dog:b", check).status == 200)
        let scheme = #"{"ttl": 7, "members": [{"indicator": "dog:a", "value": ["192.0.2.11"]}]}"#
        #expect(try await ask(.put, "/schemes/dog.example.test", scheme).status == 200)
        let member = try await ask(
            .put, "/schemes/dog.example.test/members/dog:b", #"{"value": ["192.0.2.12"], "priority": 200}"#)
        #expect(member.status == 200, "\(member.text)")
        try await eventually("the better member answers") {
            await house.control.report().schemes.first { $0.name == "dog.example.test" }?.addresses == ["192.0.2.12"]
        }
        let listed = try await ask(.get, "/schemes")
        #expect(listed.text.contains(#""managedBy":"api""#) && listed.text.contains(#""managedBy":"file""#))
        let report = await house.control.report()
        #expect(report.schemes.map(\.managedBy) == ["file", "api"])
        #expect(try await ask(.delete, "/schemes/dog.example.test/members/dog:b").status == 200)
        #expect(try await ask(.delete, "/schemes/dog.example.test/members/dog:b").status == 404)
        // A member's indicator stays as long as the member does.
        let used = try await ask(.delete, "/indicators/dog:a")
        #expect(used.status == 422 && used.text.contains("dog:a"), "\(used.text)")
        #expect(try await ask(.delete, "/schemes/dog.example.test").status == 200)
        #expect(try await ask(.delete, "/indicators/dog:a").status == 200)
        #expect(try await ask(.delete, "/indicators/dog:a").status == 404)
    }

    @Test(
        "what a file manages, and what is wrong, is refused with its place",
        arguments: [
            ("/indicators/echo:cat", #"{"check": "tcp", "host": "127.0.0.1", "port": 80}"#, 409, "n.yaml"),
            ("/indicators/x", #"{"check": "tcp", "host": "127.0.0.1", "port": 99999}"#, 422, "\"/port\""),
            ("/indicators/x", #"{"check": "ttcp"}"#, 422, "\"/check\""),
            (
                "/schemes/a.example.test", #"{"members": [{"indicator": "nope", "value": "192.0.2.1"}]}"#, 422,
                "\"/members/0/indicator\""
            ),
            ("/schemes/a.example.test", #"{"members": []}"#, 422, "has no members"),
            ("/schemes/a.example.test", #"{"colour": "red"}"#, 400, "\"/colour\""),
            ("/schemes/cat.example.test", #"{"members": []}"#, 409, "n.yaml"),
            ("/policies/p", #"{"interval": "10"}"#, 422, "\"/interval\""),
        ] as [(String, String, Int, String)])
    func refused(path: String, body: String, status: Int, finding: String) async throws {
        let (house, admin) = try await house()
        let answer = try await house.ask(.put, "/api/v1/configuration" + path, token: admin, json: body)
        #expect(answer.status == status && answer.text.contains(finding), "\(answer.text)")
        #expect(await house.revisions.inForce() == 1)
    }

    @Test func `an edited file is applied, one that clashes is told of, and neither is lost by a rollback`()
        async throws
    {
        let (house, admin) = try await house()
        let made = try await house.ask(
            .put, "/api/v1/configuration/policies/slow", token: admin, json: #"{"interval": "60s"}"#)
        #expect(made.status == 200)
        try house.folder.write("n.yaml", try house.document(replacing: "quick: {", with: "slow: {}\n  quick: {"))
        _ = await house.revisions.reread("test")
        let clash = await house.control.report().problems ?? []
        #expect(clash.contains { $0.contains("has been made with the API") }, "\(clash)")
        #expect(await house.revisions.inForce() == 2)
        try house.folder.write("n.yaml", try house.document(replacing: "slow: {}", with: "other: {}"))
        _ = await house.revisions.reread("test")
        #expect(await house.control.report().problems == nil)
        #expect(await house.revisions.inForce() == 3)
        let back = try await house.ask(.post, "/api/v1/revisions/1/rollback", token: admin, json: "{}")
        #expect(back.status == 200 && back.text.contains("the policy slow is removed"), "\(back.text)")
        // The file has not changed since: reading it again does not undo the rollback.
        _ = await house.revisions.reread("test")
        #expect(await house.revisions.inForce() == 4)
        let list = try await house.ask(.get, "/api/v1/revisions")
        #expect(list.text.contains(#""source":"rollback""#) && list.text.contains(#""source":"file""#))
        #expect(try await house.ask(.post, "/api/v1/revisions/99/rollback", token: admin, json: "{}").status == 404)
    }

    @Test func `no secret is shown or stored in the clear, and a masked text can be applied`() async throws {
        let (house, admin) = try await house()
        let secret = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="
        let shown = try await house.ask(.get, "/api/v1/configuration", token: admin)
        #expect(!shown.text.contains(secret) && shown.text.contains("masked:"))
        guard case .object(let detail) = shown.json, case .string(let document)? = detail["document"] else {
            Issue.record("no document: \(shown.text)")
            return
        }
        let same = try await house.ask(.post, "/api/v1/revisions", token: admin, json: try json(document))
        #expect(same.status == 200 && same.text.contains(#""isNew":false"#), "\(same.text)")
        let other = document.replacing(/masked:\w+/, with: "\"OTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=\"")
        let changed = try await house.ask(.post, "/api/v1/revisions", token: admin, json: try json(other))
        #expect(changed.text.contains("-  k.example.test: { secret: masked:") && !changed.text.contains("OTIz"))
        let stale = try await house.ask(.post, "/api/v1/revisions", token: admin, json: try json(document))
        #expect(stale.status == 422 && stale.text.contains("stands for no secret"), "\(stale.text)")
        let back = try await house.ask(.post, "/api/v1/revisions/1/rollback", token: admin, json: "{}")
        #expect(back.status == 200, "\(back.text)")
        for suffix in ["", "-wal"] {
            let data = FileManager.default.contents(atPath: house.folder.path + "/ninelives.db" + suffix) ?? Data()
            #expect(data.firstRange(of: Data(secret.utf8)) == nil && data.firstRange(of: Data("OTIz".utf8)) == nil)
        }
    }

    @Test func `a request that comes twice with one key is carried out once`() async throws {
        let (house, admin) = try await house()
        let key = try #require(HTTPField.Name("Idempotency-Key"))
        let document = try json(try house.document(replacing: "priority: 99", with: "priority: 98"))
        let first = try await house.ask(
            .post, "/api/v1/revisions", token: admin, headers: [key: "one"], json: document)
        let again = try await house.ask(
            .post, "/api/v1/revisions", token: admin, headers: [key: "one"], json: document)
        #expect(first.text.contains(#""isNew":true"#) && again.text == first.text && again.status == 200)
        #expect(again.headers[.eTag] == first.headers[.eTag])
        let other = try await house.ask(
            .post, "/api/v1/revisions", token: admin, headers: [key: "one"], json: #"{"document": ""}"#)
        #expect(other.status == 422 && other.text.contains("another request"))
        // Somebody else's key is another key.
        let stranger = try await house.token(.admin, name: "second")
        let theirs = try await house.ask(
            .post, "/api/v1/revisions", token: stranger, headers: [key: "one"], json: document)
        #expect(theirs.text.contains(#""isNew":false"#))
    }
}
