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
            "offsite", ">down<", "answers 192.0.2.20", "443/tcp", "chain &lt;b&gt;prerouting&lt;/b&gt;",
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
}
