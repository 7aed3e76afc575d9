import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@testable import Accounts
@testable import Control
@testable import Web

/// Pages as a browser asks for them, with forms as it sends them.
@Suite struct PagesTests {
    private struct Answer {
        var status: Int
        var headers: HTTPFields
        var body: String
    }

    private func ask(
        _ site: Site, _ path: String, _ method: HTTPRequest.Method = .get, headers: HTTPFields = [:],
        form: String? = nil
    ) async throws -> Answer {
        try await Application(router: site.router()).test(.router) { client in
            var headers = headers
            if form != nil { headers[.contentType] = "application/x-www-form-urlencoded" }
            let response = try await client.execute(
                uri: path, method: method, headers: headers, body: form.map { ByteBuffer(string: $0) })
            return Answer(
                status: response.status.code, headers: response.headers, body: String(buffer: response.body))
        }
    }

    private func fakeSite(_ control: FakeControl = FakeControl()) throws -> Site {
        try Site(control: control, demo: nil, gate: Gate(accounts: nil, isReadingOpen: true), moreMetrics: { "" })
    }

    // MARK: Languages

    @Test(arguments: [
        "/", "/schemes", "/schemes/cat.example.test", "/indicators", "/indicators/charlie:cat", "/events", "/status",
    ])
    func `every page speaks the reader's language, and leaves no key untranslated`(path: String) async throws {
        let site = try fakeSite()
        let russian = try await ask(site, path, headers: [.acceptLanguage: "ru"])
        #expect(russian.status == 200 && russian.body.contains("<html lang=\"ru\""))
        #expect(russian.body.contains("Обзор") && !russian.body.contains(">Overview<"))
        let english = try await ask(site, path, headers: [.acceptLanguage: "de"])
        #expect(english.body.contains("<html lang=\"en\"") && english.body.contains(">Overview<"))
        for page in [russian.body, english.body] {
            let keys = site.catalogues[.english].keys
            let prefixes = Set(keys.compactMap { $0.split(separator: ".").first })
            let shown = page.matches(of: />([a-z-]+\.[a-z0-9.-]+)</).map { String($0.1) }
            for text in shown where prefixes.contains(where: { text.hasPrefix($0 + ".") }) {
                Issue.record("\(path) shows the key \(text)")
            }
        }
    }

    @Test func `a dry run is said on every page, and only then`() async throws {
        for isDryRun in [true, false] {
            let site = try fakeSite(FakeControl(isDryRun: isDryRun))
            for path in ["/", "/schemes/cat.example.test", "/events", "/status", "/nowhere"] {
                let page = try await ask(site, path, headers: [.accept: "text/html"])
                #expect(page.body.contains("Dry run: no provider") == isDryRun, "\(path)")
            }
        }
    }

    @Test func `the language that was chosen is kept in a cookie, and one comes back where one was`() async throws {
        let site = try fakeSite()
        let chosen = try await ask(site, "/language/ru?to=/schemes?show=best")
        #expect(chosen.status == 303 && chosen.headers[.location] == "/schemes?show=best")
        #expect(chosen.headers[.setCookie]?.hasPrefix("ninelives-language=ru;") == true)
        let page = try await ask(
            site, "/", headers: [.acceptLanguage: "en", .cookie: "a=b; ninelives-language=ru"])
        #expect(page.body.contains("<html lang=\"ru\""))
        #expect(try await ask(site, "/language/tlh").status == 404)
    }

    @Test(arguments: ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example", "", "/a\nb"])
    func `nobody is sent to another site`(target: String) {
        #expect(Site.local(target) == "/")
    }

    // MARK: Lists

    @Test func `a list of thousands is searched, filtered and shown in pages`() async throws {
        let control = FakeControl()
        control.change { report in
            let indicator = report.indicators[0]
            let scheme = report.schemes[0]
            report.indicators = (0..<1000).map { number in
                var one = indicator
                one.name = "server\(number):web"
                one.state = number.isMultiple(of: 100) ? "err" : "ok"
                return one
            }
            report.schemes = (0..<200).map { number in
                var one = scheme
                one.name = "name\(number).example.test"
                one.addresses = ["192.0.2.\(number % 250)"]
                one.isAllDown = number == 150
                return one
            }
        }
        let site = try fakeSite(control)
        func rows(_ path: String) async throws -> Int {
            try await ask(site, path).body.components(separatedBy: "data-key=\"row-").count - 1
        }
        #expect(try await rows("/indicators") == 50)
        #expect(try await rows("/indicators?page=20") == 50)
        #expect(try await rows("/indicators?page=999") == 50, "the last page stands for those after it")
        #expect(try await rows("/indicators?show=err") == 10)
        #expect(try await rows("/indicators?search=SERVER99") == 11, "99 and 990 to 999, whatever the case")
        #expect(try await rows("/indicators?search=nothing") == 0)
        #expect(try await rows("/schemes?show=all-down") == 1)
        #expect(
            try await rows("/schemes?search=192.0.2.7&page=1") == 11, "addresses are searched too: .7, .70 to .79 …")
        let overview = try await ask(site, "/")
        #expect(
            overview.body.contains("(1!)") || overview.body.contains("(200!)"), "the title counts what needs attention")
    }

    // MARK: The status page

    @Test func `the status page says what is up without naming servers or addresses`() async throws {
        let site = try fakeSite()
        for path in ["/status", "/status.json", "/status.rss", "/status/badge/cat.example.test.svg"] {
            let answer = try await ask(site, path)
            #expect(answer.status == 200, "\(path)")
            #expect(!answer.body.contains("charlie") && !answer.body.contains("127.0.0.1"), "\(path)")
        }
        let json = try await ask(site, "/status.json")
        #expect(json.body.contains("\"status\":\"up\"") && json.body.contains("cat.example.test"))
        let badge = try await ask(site, "/status/badge/cat.example.test.svg")
        #expect(
            badge.headers[.contentType]?.hasPrefix("image/svg+xml") == true
                && badge.body.contains("cat.example.test: up"))
        #expect(try await ask(site, "/status/badge/dog.example.test.svg").status == 404)
    }

    @Test func `where looking needs an account the status page may still be open, and nothing else is`() async throws {
        let gate = Gate(accounts: nil, isReadingOpen: false, isStatusOpen: true)
        let site = try Site(control: FakeControl(), demo: nil, gate: gate, moreMetrics: { "" })
        for path in ["/status", "/status.json", "/status.rss"] { #expect(try await ask(site, path).status == 200) }
        for path in ["/", "/schemes", "/events", "/live?page=/", "/live?page=/schemes", "/metrics"] {
            #expect(try await ask(site, path).status == 401, "\(path)")
        }
        gate.setStatusOpen(false)
        let shut = try Site(control: FakeControl(), demo: nil, gate: gate, moreMetrics: { "" })
        #expect(try await ask(shut, "/status").status == 401)
    }

    // MARK: Forms

    @Test func `a form does what the API does, with the rights and the audit of the API`() async throws {
        let house = try await Installation()
        try await house.makeAdmin()
        let login = try await ask(
            house.site, "/login", .post, form: "name=ann&password=\(Installation.password.urlEncoded)")
        let session = try #require(login.headers[.setCookie]?.split(separator: ";").first.map(String.init))
        let headers: HTTPFields = [.cookie: session]
        let page = try await ask(house.site, "/schemes/cat.example.test", headers: headers)
        let csrf = try #require(page.body.firstMatch(of: /name="csrf" value="([^"]+)"/).map { String($0.1) })
        let order =
            "back=/schemes/cat.example.test&reason=kernel&seconds=600&set=action%3Dmaintenance%26target%3Dcharlie:cat"
        // without the token of the form nothing happens
        #expect(try await ask(house.site, "/do/addOverride", .post, headers: headers, form: order).status == 403)
        #expect(try await ask(house.site, "/do/addOverride", .post, form: "csrf=\(csrf)&\(order)").status == 401)
        #expect(await house.control.overrides().isEmpty)
        let done = try await ask(
            house.site, "/do/addOverride", .post, headers: headers, form: "csrf=\(csrf)&\(order)")
        #expect(done.status == 303 && done.headers[.location] == "/schemes/cat.example.test")
        let overrides = await house.control.overrides()
        #expect(
            overrides.map(\.action) == ["maintenance"] && overrides[0].author == "ann"
                && overrides[0].reason == "kernel")
        #expect(try house.accounts.auditEntries().contains { $0.action == "override.maintenance" && $0.actor == "ann" })
        let after = try await ask(house.site, "/schemes/cat.example.test", headers: headers)
        #expect(after.body.contains("kernel") && after.body.contains("/do/endOverride"))
        _ = try await ask(
            house.site, "/do/endOverride", .post, headers: headers, form: "csrf=\(csrf)&subject=indicator:charlie:cat")
        #expect(await house.control.overrides().isEmpty)
        // what is wrong is said
        let wrong = try await ask(
            house.site, "/do/addOverride", .post, headers: headers,
            form: "csrf=\(csrf)&action=pin&target=cat.example.test")
        #expect(wrong.status == 422 && wrong.body.contains("role=\"alert\""))
    }

    @Test func `a viewer sees no buttons, and can press none`() async throws {
        let house = try await Installation()
        try await house.makeAdmin()
        try await house.accounts.add(name: "eve", password: Installation.password, roles: ["*": .viewer])
        let login = try await ask(
            house.site, "/login", .post, form: "name=eve&password=\(Installation.password.urlEncoded)")
        let session = try #require(login.headers[.setCookie]?.split(separator: ";").first.map(String.init))
        let headers: HTTPFields = [.cookie: session]
        for path in ["/schemes/cat.example.test", "/indicators/charlie:cat"] {
            let page = try await ask(house.site, path, headers: headers)
            #expect(page.status == 200 && !page.body.contains("/do/"), "\(path)")
        }
        let own = try await ask(house.site, "/account", headers: headers)
        let csrf = try #require(own.body.firstMatch(of: /name="csrf" value="([^"]+)"/).map { String($0.1) })
        for (operation, fields) in [
            ("addOverride", "action=maintenance&target=charlie:cat"), ("recheckIndicator", "name=charlie:cat"),
            ("addUser", "name=x&password=aaaaaaaaaaaa&roles=*%3Dadmin"), ("changeUser", "name=eve&roles=*%3Dadmin"),
        ] {
            let answer = try await ask(
                house.site, "/do/\(operation)", .post, headers: headers, form: "csrf=\(csrf)&\(fields)")
            #expect(answer.status == 403, "\(operation)")
        }
        for path in ["/audit", "/people"] { #expect(try await ask(house.site, path, headers: headers).status == 403) }
    }

    @Test func `an admin adds people, makes a token that is told once, and reads the audit log`() async throws {
        let house = try await Installation()
        try await house.makeAdmin()
        let login = try await ask(
            house.site, "/login", .post, form: "name=ann&password=\(Installation.password.urlEncoded)")
        let session = try #require(login.headers[.setCookie]?.split(separator: ";").first.map(String.init))
        let headers: HTTPFields = [.cookie: session]
        let people = try await ask(house.site, "/people", headers: headers)
        let csrf = try #require(people.body.firstMatch(of: /name="csrf" value="([^"]+)"/).map { String($0.1) })
        let added = try await ask(
            house.site, "/do/addUser", .post, headers: headers,
            form: "csrf=\(csrf)&back=/people&name=bob&password=another%20long%20horse&roles=*%3Doperator")
        #expect(added.status == 303 && added.headers[.location] == "/people")
        #expect(try await ask(house.site, "/people", headers: headers).body.contains("data-key=\"user-bob\""))
        let made = try await ask(
            house.site, "/account/tokens", .post, headers: headers, form: "csrf=\(csrf)&name=cron&role=viewer")
        let secret = try #require(made.body.firstMatch(of: /class="secret">(nl_[^<]+)</).map { String($0.1) })
        #expect(try house.accounts.identity(token: secret)?.roles == ["*": .viewer])
        #expect(try await !ask(house.site, "/account", headers: headers).body.contains(secret))
        let audit = try await ask(house.site, "/audit?action=token&verify=1", headers: headers)
        #expect(
            audit.body.contains("token.add") && !audit.body.contains("user.add") && audit.body.contains("all sound"))
    }

    // MARK: The sandbox

    @Test func `in a sandbox whoever comes from this machine may do everything, and another site's pages nothing`()
        async throws
    {
        let house = try await Installation()
        let sandbox = Gate.Sandbox()
        let site = try Site(
            control: house.control, demo: nil,
            gate: Gate(accounts: house.accounts, isReadingOpen: true, sandbox: sandbox), moreMetrics: { "" })
        let order = "csrf=\(sandbox.csrf)&action=maintenance&target=charlie:cat"
        let elsewhere = HTTPRequest(
            method: .post, scheme: "http", authority: "rebound.example:8053", path: "/do/addOverride")
        #expect(try site.gate.identify(Request(head: elsewhere, body: .init(buffer: ByteBuffer()))) == nil)
        let here = HTTPRequest(method: .post, scheme: "http", authority: "127.0.0.1:8053", path: "/do/addOverride")
        #expect(try site.gate.identify(Request(head: here, body: .init(buffer: ByteBuffer())))?.name == "you")
        let forged = try await ask(
            site, "/do/addOverride", .post, form: order.replacing("csrf=", with: "csrf=x"))
        #expect(forged.status == 403)
        #expect(try await ask(site, "/do/addOverride", .post, form: order).status == 303)
        #expect(await house.control.overrides().count == 1)
    }
}

@Suite struct TrackTests {
    private let track = Track([
        .init(at: 100, standing: .up), .init(at: 200, standing: .down), .init(at: 250, standing: .up),
        .init(at: 300, standing: .unknown), .init(at: 400, standing: .up),
    ])

    @Test(
        arguments: [
            // before the first turn nothing is known
            (0, 100, nil), (0, 150, 1.0), (100, 200, 1.0), (100, 300, 0.75), (200, 250, 0.0),
            // unknown time does not count
            (250, 400, 1.0), (300, 400, nil), (100, 500, 250.0 / 300),
        ] as [(Double, Double, Double?)])
    func `uptime is the share of the known time`(from: Double, until: Double, expected: Double?) {
        #expect(track.uptime(from: from, until: until) == expected)
    }

    @Test func `a strip's parts say how much of each was down`() {
        #expect(track.parts(from: 0, until: 450, length: 100, count: 5) == [nil, 0, 0.5, nil, 0])
    }

    @Test func `what stays the same is no turn`() {
        let track = Track([.init(at: 1, standing: .up), .init(at: 2, standing: .up), .init(at: 3, standing: .down)])
        #expect(track.turns.map(\.at) == [1, 3])
    }

    @Test(arguments: [(1.0, "100 %"), (0.99999, "99.999 %"), (0.999999, "99.999 %"), (0.5, "50 %"), (0, "0 %")])
    func `what is not whole is never shown as whole`(share: Double, text: String) {
        #expect(Pages.percent(share) == text)
    }

    @Test(arguments: [
        (0.0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"), (1_795_250_000, "2026-11-21T08:33:20Z"),
        (-1, "1969-12-31T23:59:59Z"),
    ])
    func `moments are dates of the calendar`(at: Double, text: String) {
        #expect(Moment.text(at).iso == text)
        let day = String(text.prefix(10))
        if at >= 0 { #expect(Pages.dayStart(day) == (at / 86_400).rounded(.down) * 86_400) }
    }
}
