import Foundation
import Testing

@testable import Accounts
@testable import Web

/// Two people with the same form open: the later one is told, and nothing that was typed is lost.
@Suite struct TwoEditorsTests {
    private func seen(_ body: String, after text: String = "") throws -> String {
        let rest = text.isEmpty ? body.startIndex : try #require(body.ranges(of: text).first).upperBound
        return try #require(body[rest...].firstMatch(of: /name="seen" value="([a-z0-9]+)"/).map { String($0.1) })
    }

    @Test func `an indicator's form that was overtaken says so, keeps what was typed, and saves when asked again`()
        async throws
    {
        let ann = try await Browser()
        let port = String(try #require(ann.house.targetPort))
        let first = [
            "name": "new:cat", "check": "tcp", "arg-host": "127.0.0.1", "arg-port": port, "policy": "quick",
            "do": "save",
        ]
        #expect(try await ann.post("/configure/indicators", first).status == 303)
        let opened = try await ann.open("/configure/indicators/new%3Acat")
        var mine = first.merging(["edit": "yes", "arg-host": "127.0.0.2", "seen": try seen(opened.body)]) { $1 }
        let theirs = mine.merging(["arg-host": "127.0.0.3"]) { $1 }
        #expect(try await ann.post("/configure/indicators", theirs).status == 303)

        let late = try await ann.post("/configure/indicators", mine)
        #expect(late.status == 409)
        #expect(late.body.contains("Somebody else has changed this") && late.body.contains("value=\"127.0.0.2\""))
        let kept = try await ann.house.site.entries().first { $0.name == "new:cat" }
        #expect(kept?.value["host"] == .text("127.0.0.3"), "nothing was overwritten")

        mine["seen"] = try seen(late.body)
        #expect(try await ann.post("/configure/indicators", mine).status == 303)
        let now = try await ann.house.site.entries().first { $0.name == "new:cat" }
        #expect(now?.value["host"] == .text("127.0.0.2"))
    }

    @Test(arguments: ["en", "ru"])
    func `a policy, a project, a role and a rollback are not overwritten unseen either`(language: String) async throws {
        let ann = try await Browser(language: language)
        let house = ann.house
        try await house.accounts.add(name: "ben", password: Installation.password, roles: ["*": .viewer])
        func send(_ operation: String, _ fields: [String: String]) async throws -> (status: Int, body: String) {
            let answer = try await ann.post("/do/\(operation)", fields)
            return (answer.status, answer.body)
        }
        // Both open the form for a new one of that name.
        let new = ["name": "slow", "interval": "60s", "seen": Seen.nothing]
        #expect(try await send("putPolicy", new).status == 303)
        #expect(try await send("putPolicy", new.merging(["interval": "90s"]) { $1 }).status == 409)

        let policy = try seen(try await ann.open("/settings").body, after: "value=\"slow\"")
        let change = ["name": "slow", "interval": "70s", "seen": policy]
        #expect(try await send("putPolicy", change).status == 303)
        let late = try await send("putPolicy", change.merging(["interval": "80s"]) { $1 })
        #expect(late.status == 409 && late.body.contains("<dd>80s</dd>"), "what was typed is shown")
        let again = try seen(late.body)
        #expect(try await send("putPolicy", change.merging(["interval": "80s", "seen": again]) { $1 }).status == 303)

        let project = ["name": "birds", "indicators": "bird:*", "seen": Seen.nothing]
        #expect(try await send("putProject", project).status == 303)
        #expect(try await send("putProject", project).status == 409)

        let ben = try seen(try await ann.open("/people").body, after: "name=\"name\" value=\"ben\"")
        let role = ["name": "ben", "seen": ben]
        #expect(try await send("changeUser", role.merging(["roles": "*=operator"]) { $1 }).status == 303)
        #expect(try await send("changeUser", role.merging(["roles": "*=admin"]) { $1 }).status == 409)
        #expect(try house.accounts.users().first { $0.name == "ben" }?.roles == ["*": "operator"])

        let revision = try seen(try await ann.open("/revisions/1").body)
        #expect(try await send("putPolicy", ["name": "slower", "interval": "90s"]).status == 303)
        #expect(try await send("rollBack", ["number": "1", "seen": revision]).status == 409)
    }

    @Test func `a form that others have not touched is saved, whatever else has changed`() async throws {
        let ann = try await Browser()
        #expect(try await ann.post("/do/putPolicy", ["name": "slow", "interval": "60s"]).status == 303)
        let policy = try seen(try await ann.open("/settings").body, after: "value=\"slow\"")
        #expect(try await ann.post("/do/putPolicy", ["name": "other", "interval": "60s"]).status == 303)
        let mine = ["name": "slow", "interval": "70s", "seen": policy]
        #expect(try await ann.post("/do/putPolicy", mine).status == 303)
    }
}
