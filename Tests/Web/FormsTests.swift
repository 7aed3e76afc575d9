import Checks
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import TestSupport
import Testing

@testable import Accounts
@testable import Control
@testable import Web

/// The forms that make and change what is configured, as a browser sends them.
@Suite struct FormsTests {
    // MARK: Names

    @Test func `a new name can be given to an account at a provider, with our own server first`() async throws {
        let browser = try await Browser {
            $0 + """
                providers:
                  elsewhere: { driver: webhook, url: "http://127.0.0.1:9/", dry-run: yes }

                """
        }
        let page = try await browser.open("/new")
        #expect(page.status == 200)
        let local = try #require(page.body.range(of: "value=\"local\""))
        let other = try #require(page.body.range(of: "value=\"elsewhere\""))
        #expect(
            local.lowerBound < other.lowerBound && page.body.contains("<strong>elsewhere</strong> <code>webhook</code>")
        )
        let port = try #require(browser.house.targetPort)
        let done = try await browser.post(
            "/new",
            [
                "name": "dog.example.org", "provider": "elsewhere", "address0": "127.0.0.1", "check": "tcp",
                "port": "\(port)", "do": "save",
            ])
        #expect(done.status == 303, "\(done.body)")
        let scheme = try #require(await browser.house.control.report().schemes.first { $0.name == "dog.example.org" })
        #expect(scheme.provider == "elsewhere")
    }

    @Test func `without accounts our own server is chosen, with its zones, and an account can be made`() async throws {
        let page = try await Browser().open("/new")
        #expect(page.status == 200 && page.body.contains("aria-describedby=\"place-0-text\" checked"))
        #expect(page.body.contains("Its zones: <code>example.test</code>"))
        #expect(page.body.contains("name=\"provider\" value=\"+\"") && page.body.contains("name=\"account-driver\""))
    }

    // MARK: Projects

    @Test func `what belongs to a project is said on the page, and who is told of it`() async throws {
        let browser = try await Browser { $0 + Installation.notices }
        let before = try await browser.open("/settings").body
        #expect(before.contains("/do/putProject"))
        let birds = [
            "name": "birds", "schemes": "*.birds.example.test\r\ncat.example.test", "indicators": "echo:*",
            "channels": "cats-*",
        ]
        #expect(try await browser.post("/do/putProject", birds.merging(["back": "/settings"]) { $1 }).status == 303)
        let project = try #require(await browser.house.revisions.projects().first { $0.name == "birds" })
        #expect(project.schemes == ["*.birds.example.test", "cat.example.test"] && project.isManaged)
        let page = try await browser.open("/settings/projects/birds").body
        for part in ["Failover (Dynamic DNS)", "Accounts at providers", "Policies", "Notices", "Members", "Tokens"] {
            #expect(page.contains(part), "\(part)")
        }
        #expect(page.contains("cat.example.test</a>") || page.contains("cat.<wbr>example.<wbr>test"))
        #expect(page.contains("<option>cats-hook") && !page.contains("<option>ours"), "the project's channels only")
        let subscription = [
            "name": "birds-nights", "project": "birds", "to": "cats-hook", "severity": "critical", "remind": "1h",
            "back": "/settings/projects/birds",
        ]
        #expect(try await browser.post("/do/putSubscription", subscription).status == 303)
        let after = try await browser.open("/settings/projects/birds").body
        #expect(after.contains("birds-nights") && after.contains("→ cats-hook") && after.contains("from critical on"))
        #expect(after.contains("value=\"1h\""), "what was said can be changed where it stands")
        let wrong = try await browser.post("/do/putSubscription", subscription.merging(["remind": "soon"]) { $1 })
        #expect(wrong.status == 422 && wrong.body.contains("remind"))
        #expect(try await browser.post("/do/removeSubscription", ["name": "birds-nights"]).status == 303)
        // What the file has says so, and has no form.
        let cats = try await browser.open("/settings/projects/cats").body
        #expect(cats.contains("can be changed there only") && !cats.contains("/do/putProject\""))
        #expect(cats.contains("all-cats") && !cats.contains("value=\"all-cats\""))
        #expect(try await browser.post("/do/removeProject", ["name": "birds", "back": "/settings"]).status == 303)
        #expect(try await browser.open("/settings/projects/birds").status == 404)
    }

    // MARK: Indicators

    @Test(arguments: Language.allCases)
    func `every method has a name in the catalogues, and a form with all of its arguments`(
        language: Language
    ) async throws {
        let browser = try await Browser(language: language.rawValue)
        let words = try Catalogues()[language]
        for check in CheckMethod.all {
            #expect(words.keys.contains("method.\(check.method)"), "\(check.method)")
            let page = try await browser.open("/configure/indicators?check=\(check.method)")
            #expect(page.status == 200)
            for parameter in check.parameters {
                #expect(page.body.contains("name=\"arg-\(parameter.name)\""), "\(check.method) \(parameter.name)")
            }
        }
    }

    @Test func `what each argument of each method is for is said in Russian as well`() throws {
        let russian = try Catalogues()[.russian]
        for check in CheckMethod.all {
            for parameter in check.parameters {
                #expect(russian.said(parameter.summary) != parameter.summary, "\(check.method) \(parameter.name)")
                // What is no prose (`200-399`, `udp or tcp`) stays as it is written in the file.
                let isProse = parameter.form.hasPrefix("a ") || parameter.form.hasPrefix("an ")
                #expect(!isProse || russian.said(parameter.form) != parameter.form, "\(parameter.form)")
            }
        }
    }

    @Test func `what was written in several lines comes back as it was, however often it is saved`() async throws {
        let browser = try await Browser()
        let headers = "X-One: 1\nX-Two: <two> & \"three\"\nCookie: a=b; c=d"
        let body = "\n  {\"first\": \"line is empty\"}\n"
        var fields = [
            "name": "dog:long", "check": "http-status", "arg-url": "http://127.0.0.1:9/", "arg-method": "POST",
            "arg-headers": headers.replacing("\n", with: "\r\n"), "arg-body": body.replacing("\n", with: "\r\n"),
            "arg-conditions": "status == 200\r\nand time < 300ms", "do": "save",
        ]
        for round in 1...2 {
            let saved = try await browser.post("/configure/indicators", fields)
            #expect(saved.status == 303, "\(saved.body)")
            let entry = try #require(await browser.house.revisions.entries().first { $0.name == "dog:long" })
            #expect(entry.value["headers"] == .text(headers) && entry.value["body"] == .text(body), "round \(round)")
            #expect(entry.value["conditions"] == .text("status == 200\nand time < 300ms"))
            let form = try await browser.open("/configure/indicators/dog:long").body
            #expect(
                form.contains(
                    "\n\(headers.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;"))</textarea>"
                ))
            fields["edit"] = "yes"
        }
    }

    @Test func `what is wrong is said beside its field, and nothing that was typed is lost`() async throws {
        let browser = try await Browser()
        let tried = try await browser.post(
            "/configure/indicators",
            [
                "name": "dog:b", "check": "tcp", "arg-host": "127.0.0.1", "arg-port": "many", "arg-banner": "hello",
                "do": "try",
            ])
        #expect(tried.body.contains("id=\"fault-port\"") && tried.body.contains("aria-describedby=\"fault-port\""))
        #expect(tried.body.contains("value=\"many\"") && tried.body.contains("value=\"hello\""))
        let name = try await browser.post("/new", ["address0": "192.0.2.1", "check": "tcp", "path": "/x"])
        #expect(name.body.contains("id=\"fault-name\"") && name.body.contains("value=\"192.0.2.1\""))
        let zone = try await browser.post(
            "/new", ["name": "a.example.org", "address0": "192.0.2.1", "check": "tcp", "port": "80"])
        #expect(zone.body.contains("no zone for this name") && zone.body.contains("<code>example.test</code>"))
        let port = try await browser.post("/new", ["name": "a.example.test", "address0": "192.0.2.1", "check": "tcp"])
        #expect(port.body.contains("id=\"fault-port\"") && port.body.contains("value=\"a.example.test\""))
    }

    @Test func `value and priority of a member are changed where it stands`() async throws {
        let browser = try await Browser()
        let port = try #require(browser.house.targetPort)
        let made = try await browser.post(
            "/new",
            [
                "name": "m.example.test", "address0": "127.0.0.1", "label0": "one", "check": "tcp", "port": "\(port)",
                "do": "save",
            ])
        #expect(made.status == 303, "\(made.body)")
        let page = try await browser.open("/schemes/m.example.test").body
        #expect(page.contains("name=\"value\" required value=\"127.0.0.1\""))
        let change = [
            "name": "m.example.test", "indicator": "one:m", "value": "127.0.0.1 2001:db8::1", "priority": "backup",
            "back": "/",
        ]
        #expect(try await browser.post("/do/putMember", change).status == 303)
        let scheme = try #require(await browser.house.control.report().schemes.first { $0.name == "m.example.test" })
        #expect(scheme.members.map(\.priority) == [90])
        #expect(scheme.members.first?.values == ["127.0.0.1", "2001:db8::1"])
    }

    @Test func `an indicator is tried, then saved, then changed, then removed`() async throws {
        let browser = try await Browser()
        let port = try #require(browser.house.targetPort)
        var fields = [
            "name": "dog:a", "check": "tcp", "arg-host": "127.0.0.1", "arg-port": "no port", "policy": "quick",
            "do": "try",
        ]
        let wrong = try await browser.post("/configure/indicators", fields)
        #expect(wrong.body.contains("port &quot;no port&quot;") && !wrong.body.contains("value=\"save\""))
        fields["arg-port"] = "\(port)"
        let tried = try await browser.post("/configure/indicators", fields)
        #expect(tried.status == 200 && tried.body.contains("value=\"save\"") && tried.body.contains("badge good"))
        #expect(await browser.house.control.report().indicator("dog:a") == nil, "nothing is saved by trying")
        fields["do"] = "save"
        #expect(try await browser.post("/configure/indicators", fields, csrf: "another's").status == 403)
        let saved = try await browser.post("/configure/indicators", fields)
        #expect(saved.status == 303 && saved.location == "/indicators/dog:a", "\(saved.body)")
        #expect(try await browser.post("/configure/indicators", fields).status == 409, "the name is taken")

        let form = try await browser.open("/configure/indicators/dog:a")
        #expect(form.body.contains("value=\"\(port)\"") && form.body.contains("<option selected>quick"))
        fields["edit"] = "yes"
        fields["policy"] = "default"
        #expect(try await browser.post("/configure/indicators", fields).status == 303)
        #expect(await browser.house.control.report().indicator("dog:a")?.policy == "default")
        let page = try await browser.open("/indicators/dog:a")
        #expect(page.body.contains("href=\"/configure/indicators/dog:a\""))
        #expect(try await browser.post("/do/removeIndicator", ["name": "dog:a", "back": "/indicators"]).status == 303)
        #expect(await browser.house.control.report().indicator("dog:a") == nil)
    }

    @Test func `what the file has is shown, and said to be the file's`() async throws {
        let browser = try await Browser()
        let page = try await browser.open("/indicators/charlie:cat")
        #expect(page.body.contains("can be changed there only") && !page.body.contains("/configure/indicators/"))
        let form = try await browser.open("/configure/indicators/charlie:cat")
        #expect(form.status == 200 && form.body.contains("<dd>tcp</dd>") && !form.body.contains("value=\"try\""))
        #expect(try await browser.open("/configure/indicators/nobody").status == 404)
    }

    // MARK: Settings

    @Test func `a policy is added, changed and removed; the file's are only shown`() async throws {
        let browser = try await Browser()
        let before = try await browser.open("/settings")
        #expect(before.status == 200 && before.body.contains("quick") && before.body.contains("in the file"))
        #expect(!before.body.contains("/do/removePolicy"), "the file has all of them")
        let made = try await browser.post("/do/putPolicy", ["name": "slow", "interval": "60s", "back": "/settings"])
        #expect(made.status == 303, "\(made.body)")
        let wrong = try await browser.post("/do/putPolicy", ["name": "slow", "interval": "soon"])
        #expect(wrong.status == 422, "\(wrong.body)")
        let after = try await browser.open("/settings")
        #expect(after.body.contains("interval 60s") && after.body.contains("value=\"60s\""))
        #expect(try await browser.post("/do/removePolicy", ["name": "slow", "back": "/settings"]).status == 303)
        #expect(try await !browser.open("/settings").body.contains("slow"))
    }

    @Test func `projects are shown with who has a role in them`() async throws {
        let browser = try await Browser()
        try await browser.house.accounts.add(
            name: "eve", password: Installation.password, roles: ["cats": .operator])
        #expect(try await browser.open("/settings").body.contains("href=\"/settings/projects/cats\""))
        let page = try await browser.open("/settings/projects/cats")
        #expect(page.body.contains("<strong>eve</strong>") && page.body.contains("selected>operator"))
    }

    // MARK: Secrets

    @Test func `a provider's key is set on the page, used at once, and never shown again`() async throws {
        let browser = try await Browser {
            $0 + """
                providers:
                  elsewhere: { driver: powerdns, url: "http://127.0.0.1:9/", key: "store:power", dry-run: yes }

                """
        }
        let before = try await browser.open("/settings").body
        #expect(before.contains("store:power") && before.contains("not set") && before.contains("used by elsewhere"))
        let secret = "line one\nline <two>"
        let fields = ["name": "power", "secret": " \(secret)\n", "back": "/settings"]
        #expect(try await browser.post("/do/putSecret", fields).status == 303)
        let kept = try browser.house.accounts.sealedSecrets()
        #expect(try kept.secret("power") == secret)
        let after = try await browser.open("/settings").body
        #expect(!after.contains("not set") && after.contains("Replace it") && !after.contains("line one"))
        let admin = try await browser.house.token(.admin)
        let listed = try await browser.house.ask(.get, "/api/v1/secrets", token: admin).text
        #expect(listed.contains(#""usedBy":["elsewhere"]"#) && listed.contains("setAt") && !listed.contains("line one"))
        let audit = try browser.house.accounts.auditEntries(before: nil, limit: 10)
        #expect(audit.contains { $0.action == "secret.set" && $0.target == "power" })
        #expect(!audit.contains { $0.detail.contains("line") })
        for (name, value) in [("../key", "x"), (".hidden", "x"), ("blank", "  ")] {
            #expect(try await browser.post("/do/putSecret", ["name": name, "secret": value]).status == 422, "\(name)")
        }
        #expect(kept.names == ["power"])
        #expect(try await browser.post("/do/removeSecret", ["name": "power", "back": "/settings"]).status == 303)
        #expect(try kept.secret("power") == nil)
        #expect(try await browser.post("/do/removeSecret", ["name": "power"]).status == 404)
    }

    @Test func `a token is made for one project, with an end, by somebody who has a role there only`() async throws {
        let house = try await Installation(isReadingOpen: false)
        try await house.makeAdmin()
        try await house.accounts.add(name: "olga", password: Installation.password, roles: ["cats": .operator])
        let olga = try await Browser(house, as: "olga")
        let form = try await olga.open("/account").body
        #expect(form.contains("<option value=\"cats\">cats") && !form.contains("value=\"admin\""))
        let made = try await olga.post(
            "/account/tokens",
            ["name": "script", "role": "operator", "project": "cats", "expires": "4102444800"])
        #expect(made.status == 200)
        let secret = try #require(made.body.firstMatch(of: /class="secret">(nl_[^<]+)</).map { String($0.1) })
        let seen = try await house.ask(.get, "/api/v1/indicators", token: secret).text
        #expect(seen.contains("charlie:cat") && !seen.contains("echo:cat"))
    }

    @Test func `an account that nothing listens for is not reached, and says why`() async throws {
        let browser = try await Browser {
            $0.replacing("    failback: immediate", with: "    provider: elsewhere\n    failback: immediate") + """
                providers:
                  elsewhere: { driver: powerdns, url: "http://127.0.0.1:9/", key: "env:PATH", dry-run: yes }

                """
        }
        let page = try await browser.open("/settings")
        #expect(page.body.contains("elsewhere") && page.body.contains("1 name") && page.body.contains("dry run"))
        let tested = try await browser.post("/settings/test", ["name": "elsewhere"])
        #expect(tested.status == 200 && tested.body.contains("not reached"), "\(tested.body)")
        #expect(try await browser.post("/settings/test", ["name": "nobody"]).status == 404)
        #expect(try await browser.post("/settings/test", ["name": "elsewhere"], csrf: "").status == 403)
    }

    // MARK: Notices

    @Test func `the channels are shown, and one can be tested`() async throws {
        let browser = try await Browser {
            $0 + """
                notices:
                  channels:
                    phone: { kind: ntfy, url: "http://127.0.0.1:9", topic: "env:NINELIVES_TOPIC" }

                """
        }
        let page = try await browser.open("/notices")
        #expect(page.status == 200 && page.body.contains("phone") && page.body.contains("not used yet"))
        let sent = try await browser.post("/notices/test", ["channel": "phone", "back": "/notices"])
        #expect(sent.status == 200 && sent.body.contains("given up") && sent.body.contains("href=\"/notices\""))
        #expect(try await browser.post("/notices/test", ["channel": "nobody"]).status == 404)
        #expect(try await browser.post("/notices/test", ["channel": "phone"], csrf: "").status == 403)
        let after = try await browser.open("/notices?state=given-up")
        #expect(after.body.contains("given up") && after.body.contains("→ phone"))
    }

    // MARK: Posts

    @Test func `a post is on the status page for everybody, until it is removed or over`() async throws {
        let browser = try await Browser()
        let post = [
            "kind": "maintenance", "scheme": "cat.example.test", "text": "A <new> kernel", "back": "/status",
            "from": "2199-11-21T22:00", "until": "2199-11-21T23:00",
        ]
        #expect(try await browser.post("/do/addStatusPost", post).status == 303)
        var over = post
        over["text"] = "long ago"
        over["from"] = ""
        over["until"] = "2001-01-01T00:00"
        #expect(try await browser.post("/do/addStatusPost", over).status == 303)
        let shown = try await browser.house.ask(.get, "/status").text
        #expect(shown.contains("A &lt;new&gt; kernel") && shown.contains("2199-11-21"))
        #expect(!shown.contains("long ago") && !shown.contains("/do/addStatusPost"))
        let listed = try await browser.house.ask(.get, "/api/v1/status/posts").text
        #expect(listed.contains("long ago") && listed.contains("7254655200"), "\(listed)")
        for (until, why) in [
            ("2199-11-21T21:00", "it ends before it begins"), ("2199-11-21T23:77", "no hour has 77 minutes"),
            ("2199-02-30T23:00", "no February has 30 days"), ("6033-01-30T12:00", "after all times of the API"),
        ] {
            var wrong = post
            wrong["until"] = until
            #expect(try await browser.post("/do/addStatusPost", wrong).status == 422, "\(why)")
        }
        #expect(try await browser.post("/do/removeStatusPost", ["id": "1", "back": "/status"]).status == 303)
        #expect(try await !browser.house.ask(.get, "/status").text.contains("kernel"))
        #expect(try await browser.post("/do/removeStatusPost", ["id": "1"]).status == 404)
    }
}
