import Foundation
import Providers
import Settings
import Testing

/// docs/providers.md says what the drivers declare, and its examples are configurations.
@Suite struct ProviderDocumentationTests {
    @Test func `every driver stands in the table and has a section, in the drivers' order`() throws {
        let page = try Self.page()
        let drivers = ProviderDriver.all.map { $0.driver }
        let sections = page.matches(of: /\n### `([a-z0-9-]+)`\n/).map { String($0.1) }
        #expect(Set(sections) == Set(drivers))
        #expect(sections.count == drivers.count)
        let rows = page.matches(of: /\n\| \[`([a-z0-9-]+)`\]\(#([a-z0-9-]+)\) \|/).map { (String($0.1), String($0.2)) }
        #expect(rows.map(\.0) == sections)
        #expect(rows.allSatisfy { $0.0 == $0.1 })
    }

    @Test(arguments: ProviderDriver.all.map { $0.driver })
    func `each argument is described with its default, and no other one`(driver: String) throws {
        let section = try Self.section(driver)
        let type = try #require(ProviderDriver.named(driver))
        var described: [String: String] = [:]
        for row in section.split(separator: "\n") where row.hasPrefix("| ") {
            let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count >= 3, !cells[0].isEmpty, cells[1] != "default", cells[1] != "of what is asked" else {
                continue
            }
            for name in cells[0].matches(of: /`([a-z0-9-]+)`/).map({ String($0.1) }) {
                described[name] = cells[0].contains("**") ? "required" : cells[1]
            }
        }
        for word in ["action", "name", "types", "rrsets", "before"] where driver == "exec" { described[word] = nil }
        #expect(Set(described.keys) == Set(type.parameters.map(\.name)))
        for parameter in type.parameters {
            let expected = parameter.isRequired ? "required" : parameter.standard.map { "`\($0)`" }
            if let expected { #expect(described[parameter.name] == expected, "\(driver) \(parameter.name)") }
        }
    }

    @Test(arguments: ProviderDriver.all.map { $0.driver })
    func `the example of each driver is a configuration`(driver: String) throws {
        let section = try Self.section(driver)
        let example = try #require(section.firstMatch(of: /```yaml\n([^`]*)```/)?.1)
        let result = Settings.parse(String(example), file: "providers.md")
        let settings = try result.get()
        #expect(settings.providers.map { type(of: $0.provider).driver } == [driver])
    }

    @Test func `every driver can be pointed at another server, and trust another authority where it uses HTTP`() {
        for driver in ProviderDriver.all {
            let names = driver.parameters.map(\.name)
            if ["exec"].contains(driver.driver) { continue }
            #expect(names.contains("url") || names.contains("server"), "\(driver.driver)")
            #expect(names.contains("ca-file") || !names.contains("url"), "\(driver.driver)")
        }
    }

    private static func section(_ driver: String) throws -> String {
        let page = try page()
        let start = try #require(page.range(of: "\n### `\(driver)`\n"))
        let rest = page[start.upperBound...]
        let end = rest.firstMatch(of: /\n##/)?.range.lowerBound ?? rest.endIndex
        return String(rest[..<end])
    }

    private static func page() throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "docs/providers.md"), encoding: .utf8)
    }
}
