import Emulators
import Foundation
import HTTPTypes
import Providers
import TestSupport
import Testing

@testable import Accounts
@testable import Control
@testable import Web

/// Accounts at providers as people make them on the page, and names with them.
@Suite struct AccountFormTests {
    /// A browser, and a Cloudflare of its own with the zone `example.org` and the token `right`.
    private struct Desk {
        let browser: Browser
        let cloudflare = CloudflareEmulator()
        let emulator: RunningEmulator

        init(language: String = "en", document: (String) -> String = { $0 }) async throws {
            await cloudflare.addZone("example.org")
            await cloudflare.addToken("right-token")
            emulator = try await RunningEmulator.start(cloudflare, host: "127.0.0.1", port: 0)
            browser = try await Browser(language: language) {
                // A verdict within a second; and the accounts' secrets are where the accounts of people are.
                "data: .\n"
                    + document($0).replacing(
                        "policies:",
                        with: "policies:\n  default: { interval: 500ms, timeout: 400ms, recheck: 50ms, rise: 1 }")
            }
        }

        var url: String { "http://127.0.0.1:\(emulator.port)/client/v4" }

        /// As the form sends it.
        func account(_ more: [String: String] = [:], prefix: String = "") -> [String: String] {
            var fields = ["\(prefix)name": "cloud", "\(prefix)driver": "cloudflare", "\(prefix)arg-url": url]
            for (key, value) in more { fields[key] = value }
            return fields
        }

        func value(of field: String, in page: String) -> String? {
            guard let place = page.range(of: "name=\"\(field)\" value=\"") else { return nil }
            return String(page[place.upperBound...].prefix { $0 != "\"" })
        }

        func secret(_ name: String) throws -> String? { try browser.house.accounts.sealedSecrets().secret(name) }
    }

    @Test func `a token is typed once, tried, saved sealed, and never seen again`() async throws {
        let desk = try await Desk()
        defer { Task { await desk.emulator.stop() } }
        let empty = try await desk.browser.open("/configure/providers?driver=cloudflare").body
        #expect(empty.contains("name=\"arg-token\" class=\"covered\"") && empty.contains("value=\"cloudflare\""))

        let tried = try await desk.browser.post(
            "/configure/providers",
            desk.account(["arg-token": "right-token", "asking": "www.example.org", "do": "try"]))
        #expect(tried.status == 200 && tried.body.contains("holds 0 records of www.example.org"), "\(tried.body)")
        #expect(!tried.body.contains("right-token") && tried.body.contains("value=\"save\""))
        #expect(await desk.browser.house.revisions.accounts().isEmpty, "nothing is saved by trying")
        #expect(try desk.browser.house.accounts.sealedSecrets().names == [])

        // What was typed need not be typed again.
        let typed = try #require(desk.value(of: "typed-token", in: tried.body))
        let saved = try await desk.browser.post(
            "/configure/providers", desk.account(["typed-token": typed, "do": "save"]))
        #expect(saved.status == 303 && saved.location == "/settings", "\(saved.body)")
        #expect(try desk.secret("cloud-token") == "right-token")
        let account = try #require(await desk.browser.house.revisions.accounts().first)
        #expect(account.name == "cloud" && account.isManaged && account.secrets == ["cloud-token"])
        for path in ["/settings", "/configure/providers/cloud", "/audit", "/revisions/2", "/events"] {
            let page = try await desk.browser.open(path)
            #expect(page.status == 200 && !page.body.contains("right-token"), "\(path)")
        }
        let form = try await desk.browser.open("/configure/providers/cloud").body
        #expect(form.contains("Kept as store:cloud-token"))

        // Left empty, it stays; the rules are changed in one revision.
        let changed = try await desk.browser.post(
            "/configure/providers", desk.account(["edit": "yes", "dry-run": "yes", "do": "save"]))
        #expect(changed.status == 303, "\(changed.body)")
        #expect(await desk.browser.house.revisions.accounts().first?.isDryRun == true)
        #expect(try desk.secret("cloud-token") == "right-token")
        #expect(await desk.browser.house.revisions.inForce() == 3)

        let removed = try await desk.browser.post("/configure/providers", ["name": "cloud", "do": "remove"])
        #expect(removed.status == 303, "\(removed.body)")
        #expect(try desk.secret("cloud-token") == nil, "its keys are forgotten with it")
        #expect(await desk.browser.house.revisions.accounts().isEmpty)
    }

    @Test func `a wrong token is told beside its field, and a name in no zone beside the name`() async throws {
        let desk = try await Desk()
        defer { Task { await desk.emulator.stop() } }
        let wrong = try await desk.browser.post(
            "/configure/providers", desk.account(["arg-token": "wrong", "asking": "www.example.org", "do": "try"]))
        #expect(wrong.body.contains("id=\"fault-arg-token\"") && wrong.body.contains("not reached"), "\(wrong.body)")
        #expect(wrong.body.contains("value=\"save\"") && wrong.body.contains("You may save it all the same"))
        let elsewhere = try await desk.browser.post(
            "/configure/providers",
            desk.account(["arg-token": "right-token", "asking": "www.example.com", "do": "try"]))
        #expect(elsewhere.body.contains("id=\"fault-asking\""), "\(elsewhere.body)")
        let missing = try await desk.browser.post(
            "/configure/providers", desk.account(["asking": "www.example.org", "do": "try"]))
        #expect(missing.status == 422 && missing.body.contains("id=\"fault-arg-token\""), "\(missing.body)")
        #expect(missing.body.contains("value=\"\(desk.url)\""), "what was typed is kept")
        for name in ["", "local", "two words", "a/b"] {
            let refused = try await desk.browser.post(
                "/configure/providers", desk.account(["name": name, "arg-token": "right-token", "do": "save"]))
            #expect(refused.status == 422 && refused.body.contains("id=\"fault-name\""), "\(name)")
        }
        #expect(try desk.browser.house.accounts.sealedSecrets().names == [], "no secret is kept of what is refused")
    }

    @Test func `one who is no admin of the server makes no account, nor does a form of somebody else's`() async throws {
        let desk = try await Desk()
        defer { Task { await desk.emulator.stop() } }
        let house = desk.browser.house
        try await house.accounts.add(name: "eve", password: Installation.password, roles: ["dogs": .admin])
        let eve = try await Browser(house, as: "eve")
        let fields = desk.account(["arg-token": "right-token", "do": "save"])
        #expect(try await eve.post("/configure/providers", fields).status == 403)
        #expect(try await eve.open("/configure/providers").status == 403)
        #expect(try await desk.browser.post("/configure/providers", fields, csrf: "another's").status == 403)
        // Nor with a name, nor by what another has typed.
        let name = [
            "name": "a.dogs.example.test", "provider": "+", "address0": "127.0.0.1", "check": "tcp", "port": "1",
        ]
        let made = try await eve.post(
            "/new", name.merging(desk.account(["account-arg-token": "x", "do": "save"], prefix: "account-")) { $1 })
        #expect(made.status == 403)
        let page = try await eve.open("/new").body
        #expect(!page.contains("value=\"+\"") && page.contains("An admin of the server adds accounts"))
        let tried = try await desk.browser.post(
            "/configure/providers", desk.account(["arg-token": "right-token", "do": "try"]))
        let typed = try #require(desk.value(of: "typed-token", in: tried.body))
        #expect(house.site.typed.secret(typed, for: "ann") == "right-token")
        #expect(house.site.typed.secret(typed, for: "eve") == nil)
        #expect(await house.revisions.accounts().isEmpty)
    }

    @Test func `what is typed is forgotten after a while, and the oldest where there is too much`() {
        let typed = TypedSecrets()
        let now = ContinuousClock.now
        let first = typed.keep("one", for: "ann", at: now)
        #expect(typed.secret(first, for: "ann", at: now + TypedSecrets.life - .seconds(1)) == "one")
        #expect(typed.secret(first, for: "ann", at: now + TypedSecrets.life) == nil)
        let second = typed.keep("two", for: "ann", at: now)
        for step in 1...TypedSecrets.limit { _ = typed.keep("more", for: "ann", at: now + .milliseconds(step)) }
        #expect(typed.secret(first, for: "ann", at: now) == nil || typed.secret(second, for: "ann", at: now) == nil)
    }

    @Test func `an account of the file is shown with what keeps it, and changed there only`() async throws {
        let desk = try await Desk {
            $0 + """
                providers:
                  elsewhere: { driver: powerdns, url: "http://127.0.0.1:9/", key: "env:PATH", dry-run: yes }

                """
        }
        defer { Task { await desk.emulator.stop() } }
        let page = try await desk.browser.open("/configure/providers/elsewhere").body
        #expect(page.contains("can be changed there only") && page.contains("<dd>env:PATH</dd>"))
        #expect(!page.contains("value=\"save\"") && !page.contains("Remove this account"))
        let refused = try await desk.browser.post(
            "/configure/providers",
            ["name": "elsewhere", "driver": "webhook", "arg-url": "http://127.0.0.1:9", "edit": "yes", "do": "save"])
        #expect(refused.status == 409 && refused.body.contains("is managed by"), "\(refused.body)")
        #expect(try await desk.browser.open("/configure/providers/nobody").status == 404)
    }

    // MARK: With a name

    @Test func `an account is made in the form of a name, and both in one revision`() async throws {
        let desk = try await Desk()
        defer { Task { await desk.emulator.stop() } }
        let port = try #require(desk.browser.house.targetPort)
        var fields = desk.account(["account-arg-token": "right-token"], prefix: "account-")
        for (key, value) in [
            "name": "www.example.org", "provider": "+", "address0": "127.0.0.1", "check": "tcp", "port": "\(port)",
        ] { fields[key] = value }

        fields["do"] = "driver"
        let chosen = try await desk.browser.post("/new", fields)
        #expect(chosen.body.contains("name=\"account-arg-zone-id\"") && !chosen.body.contains("class=\"fault\""))
        #expect(chosen.body.contains("value=\"www.example.org\""), "what was typed is kept")

        fields["do"] = "try"
        fields["name"] = "www.example.com"
        let elsewhere = try await desk.browser.post("/new", fields)
        #expect(elsewhere.body.contains("id=\"fault-name\""), "the account has no such zone")
        fields["name"] = "www.example.org"
        let tried = try await desk.browser.post("/new", fields)
        #expect(tried.body.contains("1 of 1 servers work") && tried.body.contains("holds 0 records"), "\(tried.body)")
        #expect(!tried.body.contains("right-token"))
        #expect(await desk.browser.house.revisions.inForce() == 1, "nothing is saved by trying")

        fields["account-arg-token"] = nil
        fields["account-typed-token"] = try #require(desk.value(of: "account-typed-token", in: tried.body))
        fields["do"] = "save"
        let saved = try await desk.browser.post("/new", fields)
        #expect(saved.status == 303 && saved.location == "/schemes/www.example.org", "\(saved.body)")
        #expect(await desk.browser.house.revisions.inForce() == 2)
        #expect(try desk.secret("cloud-token") == "right-token")
        try await eventually("the record is at the provider", within: .seconds(20)) {
            await desk.cloudflare.listing().contains { $0.contains("www.example.org") && $0.contains("127.0.0.1") }
        }
    }

    @Test func `a name at an account that is there is tried with it, and says what it replaces`() async throws {
        let desk = try await Desk()
        defer { Task { await desk.emulator.stop() } }
        let port = try #require(desk.browser.house.targetPort)
        _ = try await desk.browser.post(
            "/configure/providers", desk.account(["arg-token": "right-token", "do": "save"]))
        let page = try await desk.browser.open("/new").body
        #expect(page.contains("value=\"cloud\"") && page.contains("A, AAAA, CNAME records · TTL from 60 s"))
        var fields = [
            "name": "old.example.org", "provider": "cloud", "address0": "127.0.0.1", "check": "tcp", "port": "\(port)",
            "do": "save",
        ]
        #expect(try await desk.browser.post("/new", fields).status == 303)
        let account = try #require(await desk.browser.house.revisions.accounts().first)
        try await eventually("the record is there", within: .seconds(20)) {
            await desk.browser.house.control.testProvider(account.name, asking: "old.example.org")?.records
                == ["A 127.0.0.1"]
        }
        // Another scheme for a name that the provider has already: the form says what is there.
        fields["name"] = "old.example.org"
        fields["do"] = "try"
        let again = try await desk.browser.post("/new", fields)
        #expect(again.status == 409 && again.body.contains("id=\"fault-name\""), "\(again.body)")
        #expect(try await desk.browser.post("/do/removeScheme", ["name": "old.example.org"]).status == 303)
        for label in ["server1:old"] {
            #expect(try await desk.browser.post("/do/removeIndicator", ["name": label]).status == 303)
        }
        let tried = try await desk.browser.post("/new", fields)
        #expect(tried.body.contains("There now: <code>A 127.0.0.1</code>"), "\(tried.body)")
        #expect(tried.body.contains("the name goes to 127.0.0.1"))
    }

    @Test func `a name is brought to several places, each of them tried`() async throws {
        let desk = try await Desk {
            $0.replacing(
                "zones:\n",
                with: """
                    zones:
                      - name: example.org
                        records: |
                          @ 300 IN SOA ns1 host 1 2 3 4 5
                          @ 300 IN NS ns1
                          ns1 300 IN A 127.0.0.1

                    """)
        }
        defer { Task { await desk.emulator.stop() } }
        let port = try #require(desk.browser.house.targetPort)
        #expect(!(try await desk.browser.open("/new").body.contains("name=\"also\"")), "there is nowhere else")
        _ = try await desk.browser.post(
            "/configure/providers", desk.account(["arg-token": "right-token", "do": "save"]))
        #expect(try await desk.browser.open("/new").body.contains("name=\"also\" value=\"cloud\""))
        var fields = [
            "name": "both.example.org", "provider": "local", "also": "cloud", "address0": "127.0.0.1", "check": "tcp",
            "port": "\(port)", "do": "try",
        ]
        let tried = try await desk.browser.post("/new", fields)
        #expect(tried.body.contains("answers for example.org"), "\(tried.body)")
        #expect(tried.body.contains("holds 0 records"))
        #expect(tried.body.contains("value=\"cloud\" checked"), "what was ticked stays so")
        fields["do"] = "save"
        #expect(try await desk.browser.post("/new", fields).status == 303)
        let entries = await desk.browser.house.revisions.entries()
        let scheme = try #require(entries.first { $0.section == .schemes && $0.name == "both.example.org" })
        #expect(scheme.value["providers"] == .list([.text("local"), .text("cloud")]))
    }

    @Test func `boxes of one name are each a line of its field, and a button's own fields replace the form's`() {
        let form = FormFields(encoded: "also=local&also=cloud&action=pin&set=action%3Ddrain%26target%3Da")
        #expect(form["also"] == "local\ncloud")
        #expect(form["action"] == "drain" && form["target"] == "a")
    }

    @Test func `what is wrong with a name is told at its fields, and nothing of it is saved`() async throws {
        let desk = try await Desk()
        defer { Task { await desk.emulator.stop() } }
        let browser = desk.browser
        let right = [
            "name": "w.example.test", "address0": "127.0.0.1", "address1": "127.0.0.2", "check": "tcp", "port": "9",
            "do": "save",
        ]
        for (change, fault, why) in [
            (["name": ""], "name", "no name"),
            (["name": "w.example.org"], "name", "no zone"),
            (["name": "w..example.test"], "name", "no name at all"),
            (["name": "cat.example.test"], "name", "taken"),
            (["address1": "127.0.0.300"], "address1", "no address"),
            (["port": ""], "port", "no port"),
            (["port": "99999"], "port", "not a port"),
            (["label0": "charlie:cat"], "label0", "taken"),
            (["label0": "a", "label1": "a"], "label1", "twice"),
            (["check": "http-grep"], "must-have", "no text"),
            (["check": ""], "check", "no check"),
            (["provider": "nobody"], "name", "no such account"),
            (["provider": "+"], "account-driver", "no driver"),
            (["provider": "+", "account-driver": "cloudflare"], "account-name", "nameless"),
            (
                ["provider": "+", "account-driver": "cloudflare", "account-name": "cloud"], "account-arg-token",
                "no token"
            ),
        ] as [([String: String], String, String)] {
            let answer = try await browser.post("/new", right.merging(change) { $1 })
            let told = answer.body.matches(of: /id="fault-([^"]+)"/).map { String($0.1) }
            #expect(answer.status != 303 && told.contains(fault), "\(why): \(told)")
            #expect(answer.body.contains("role=\"alert\""), "\(why)")
        }
        #expect(await browser.house.revisions.inForce() == 1)
        #expect(try await browser.post("/new", right).status == 303, "and the rest was right")
        #expect(await browser.house.revisions.inForce() == 2, "one revision for all of it")
    }

    @Test(arguments: Language.allCases)
    func `every driver has a form with all of its arguments, told in every language`(language: Language) async throws {
        let browser = try await Browser(language: language.rawValue)
        let words = try Catalogues()[language]
        for driver in ProviderDriver.all {
            let page = try await browser.open("/configure/providers?driver=\(driver.driver)")
            #expect(page.status == 200)
            #expect(language == .english || words.said(driver.summary) != driver.summary, "\(driver.driver)")
            for parameter in driver.parameters {
                #expect(page.body.contains("name=\"arg-\(parameter.name)\""), "\(driver.driver) \(parameter.name)")
                let isSaid = language == .english || words.said(parameter.summary) != parameter.summary
                #expect(isSaid, "\(driver.driver) \(parameter.name)")
                let isProse = parameter.form.hasPrefix("a ") || parameter.form.hasPrefix("an ")
                #expect(
                    !isProse || language == .english || words.said(parameter.form) != parameter.form,
                    "\(parameter.form)")
            }
        }
    }
}
