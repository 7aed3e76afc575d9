import Foundation
import Testing

@testable import Settings

/// What stands in files: examples, the documentation, and files that nobody should have to read.
@Suite struct SettingsFileTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static let examples = ["appliance.yaml", "home.yaml", "minimal.yaml"]

    @Test(arguments: examples)
    func `every example works as it stands, without a warning`(name: String) throws {
        let settings = try Settings.load(path: Self.root.appending(path: "examples/\(name)").path()).get()
        #expect(!settings.configuration.schemes.isEmpty && settings.warnings.isEmpty)
        #expect(settings.checks.count == settings.configuration.indicators.count)
    }

    @Test func `no example is forgotten by the test above`() throws {
        let files = try FileManager.default.contentsOfDirectory(
            atPath: Self.root.appending(path: "examples").path())
        #expect(files.filter { $0.hasSuffix(".yaml") }.sorted() == Self.examples)
    }

    @Test(
        arguments: SettingsKeys.all.flatMap { section in section.keys.map { (section.section, $0.name, $0.standard) } })
    func `the documentation has every key in its section, with its default`(
        section: String, key: String, standard: String?
    ) throws {
        let rows = try documentation(of: section).filter { $0.hasPrefix("| `\(key)` | ") }
        let row = try #require(rows.first, "no row for \(key) below \(section)")
        if let standard {
            #expect(row.split(separator: " | ").dropFirst(2).first?.hasPrefix("`\(standard)`") == true, "\(row)")
        }
    }

    @Test(arguments: [
        "listen", "tls", "https", "dns", "cookies", "rate-limit", "zones", "keys", "policies", "reports", "checks",
        "indicators", "schemes",
        "members", "notices", "channels", "subscriptions", "hours", "lines", "services", "servers", "hosts",
    ])
    func `the documentation has no key that does not exist`(section: String) throws {
        let known = try #require(SettingsKeys.all.first { $0.section == section }).keys.map(\.name)
        let table = try documentation(of: section).drop { !$0.hasPrefix("| key | ") }.prefix { $0.hasPrefix("|") }
        let keys = table.dropFirst(2).compactMap { $0.split(separator: "`").dropFirst().first.map(String.init) }
        #expect(keys == known || Set(keys) == Set(known), "\(keys)")
    }

    @Test func `the documentation's first example works as it stands`() throws {
        let page = try Self.page()
        let block = try #require(page.components(separatedBy: "```yaml\n").dropFirst().first)
        let text = try #require(block.components(separatedBy: "```").first)
        let settings = try Settings.parse(text, file: "configuration.md").get()
        #expect(settings.configuration.schemes.count == 1 && settings.warnings.isEmpty)
    }

    /// The lines below a heading, up to the next one.
    private func documentation(of section: String) throws -> [Substring] {
        let lines = try Self.page().split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex { $0 == "## `\(section)`" || $0 == "### `\(section)`" })
        return Array(lines[(start + 1)...].prefix { !$0.hasPrefix("## ") && !$0.hasPrefix("### ") })
    }

    private static func page() throws -> String {
        try String(contentsOf: root.appending(path: "docs/configuration.md"), encoding: .utf8)
    }

    // MARK: Files that cannot be read

    @Test(
        arguments: [
            (Data([0xFF, 0xFE, 0x00]), "is not UTF-8; use a file in UTF-8"),
            (Data(repeating: 0x20, count: Settings.sizeLimit + 1), "is larger than 16 MiB; use a smaller file"),
        ])
    func `a file that is no configuration is refused as a whole`(contents: Data, message: String) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "settings-\(UUID().uuidString).yaml").path()
        try contents.write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(failure(of: path) == "\(path):1:1: \(message)")
    }

    @Test(arguments: ["/", "/nonexistent/ninelives.yaml"])
    func `what is no file is refused`(path: String) {
        #expect(failure(of: path) == "\(path):1:1: cannot be read; use the path of a readable YAML file")
    }

    @Test func `a file without an end is not read to its end`() {
        #expect(failure(of: "/dev/zero") == "/dev/zero:1:1: is larger than 16 MiB; use a smaller file")
    }

    private func failure(of path: String) -> String? {
        guard case .failure(let errors) = Settings.load(path: path) else { return nil }
        return errors.description
    }

    // MARK: Texts that grow

    @Test func `aliases that stand for ever more are refused, as values and as keys`() {
        let levels = (1...30).map {
            "  l\($0): &l\($0) [\(Array(repeating: "*l\($0 - 1)", count: 10).joined(separator: ", "))]"
        }
        let bomb = (["policies:", "  l0: &l0 [x]"] + levels).joined(separator: "\n")
        #expect(
            errors(in: bomb) == [
                "n.yaml:1:1: grows to more than 1,000,000 values, aliases written out; use fewer aliases"
            ])
        for key in ["  ? *l30\n  : x", "  [*l30]: x", "  *l30 : x"] {
            #expect(
                errors(in: bomb + "\n" + key) == [
                    "n.yaml:33:1: uses aliases inside of a key; use keys that are words"
                ], "\(key)")
        }
    }

    @Test func `many aliases in ordinary places are no harm`() throws {
        let indicators = (1...40).map { "  i\($0): { check: tcp, policy: *p, host: h, port: \($0) }" }
        let text = (["policies: { &p q: {} }", "indicators:"] + indicators).joined(separator: "\n")
        #expect(try read(text).checks.count == 40)
    }

    @Test(arguments: [("[", "]"), ("{a: ", "}"), ("- ", "")])
    func `a text nested without end is refused`(open: String, close: String) {
        let text = String(repeating: open, count: 100_000) + String(repeating: close, count: 100_000)
        #expect(errors(in: text).count == 1)
    }
}
