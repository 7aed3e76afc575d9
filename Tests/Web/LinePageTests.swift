import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import Control
@testable import Web

/// The page of lines and services.
@Suite struct LinePageTests {
    private func page(_ house: Installation, _ path: String = "/lines", language: String = "en") async throws -> String
    {
        let answer = try await house.ask(.get, path, headers: [.acceptLanguage: language])
        #expect(answer.status == 200, "\(answer.text)")
        return answer.text
    }

    @Test func `it shows who gets the traffic, by which lines, and how each of them is, in both languages`()
        async throws
    {
        let house = try await Installation(document: { $0 + Installation.lines })
        try await eventually("the lines are down and the spare answers") {
            let report = await house.control.lines()
            return report.lines.map(\.state) == ["err", "err"] && report.services[0].addresses == ["192.0.2.9"]
        }
        await house.control.setForwardingInForce { "chain <b>prerouting</b>" }
        let english = try await page(house)
        for text in [
            "198.51.100.10", "interface absent0", "there is no interface absent0", "tcp 127.0.0.1:9", "192.0.2.9",
            "onsite",
            "offsite", ">down<", "<code>192.0.2.20</code>", "443/tcp", "chain &lt;b&gt;prerouting&lt;/b&gt;",
        ] {
            #expect(english.contains(text), "\(text)")
        }
        let russian = try await page(house, language: "ru")
        #expect(russian.contains("<h1>Линии и службы</h1>") && russian.contains(">не работает<"))
        let prefixes = Set(house.site.catalogues[.english].keys.compactMap { $0.split(separator: ".").first })
        for body in [english, russian] {
            for match in body.matches(of: />([a-z-]+\.[a-z0-9.-]+)</) {
                let text = String(match.1)
                #expect(!prefixes.contains { text.hasPrefix($0 + ".") }, "the key \(text) is shown")
            }
        }
        #expect(try await page(house, "/").contains("<a href=\"/lines\">Lines</a>"))
        #expect(try await page(house, "/indicators/line:wan1").contains("line:wan1"))
    }

    @Test func `where no lines are configured there is no way to it, and it says so`() async throws {
        let house = try await Installation()
        #expect(!(try await page(house, "/").contains("/lines")))
        #expect(try await page(house).contains("No lines and no services are configured."))
        let items = try await house.ask(.get, "/api/v1/lines")
        #expect(items.text == #"{"items":[]}"#)
    }

    @Test func `people of a project see its services and how the lines are that these need, and nothing else`()
        async throws
    {
        let house = try await Installation(
            isReadingOpen: false,
            document: {
                ($0 + Installation.lines).replacing("\"*.cats.example.test\"", with: "shop.example.test")
            })
        try await house.makeAdmin()
        await house.control.setForwardingInForce { "chain prerouting" }
        try await house.accounts.add(
            name: "olga", password: Installation.password, roles: ["cats": .viewer, "dogs": .admin])
        let browser = try await Browser(house, as: "olga")
        let page = try await house.ask(.get, "/lines", headers: [.cookie: browser.session]).text
        #expect(page.contains("shop.example.test") && page.contains("wan1"))
        for secret in ["www.example.test", "absent0", "tcp 127.0.0.1:9", "127.0.0.31", "chain prerouting"] {
            #expect(!page.contains(secret), "\(secret)")
        }
        let token = try await house.token(.viewer, project: "cats")
        #expect(try await house.ask(.get, "/api/v1/line-hosts", token: token).text == #"{"items":[]}"#)
        let services = try await house.ask(.get, "/api/v1/services", token: token).text
        #expect(services.contains("shop.example.test"))
        #expect(!(try await house.ask(.get, "/api/v1/forwarding", token: token).text.contains("chain")))
    }
}
