import Accounts
import Failover
import Foundation
import Notices
import TestSupport
import Testing

@testable import Settings

/// Who is told what, as it is written; and docs/notices.md, held against the code.
@Suite struct NoticeSettingsTests {
    private func read(_ text: String) throws -> Settings {
        try Settings.parse(text, file: "n.yaml").get()
    }

    @Test func `everything that can be written arrives`() throws {
        let notices = try read(
            """
            notices:
              name: ns1
              certificates: [30, 3]
              channels:
                mail: { kind: email, server: mail.example.org, from: a@example.org, to: [b@example.org, c@example.org] }
                push: { kind: ntfy, topic: cats }
              subscriptions:
                all:
                  to: [push, mail]
                  schemes: ["*.example.org", cat]
                  kinds: [switch, vantage]
                  severity: info
                  hold: 2m
                  group: 0s
                  remind: 1h
                  time-zone: Europe/Berlin
                  hours:
                    - { days: sat-mon, from: "22:00", to: "07:30", hold: until-end, at-most: warning }
                    - { from: "00:00", to: "00:00", hold: 5m }
            """
        ).notices
        #expect(notices.name == "ns1" && notices.certificateDays == [30, 3])
        #expect(notices.channels.map(\.name) == ["mail", "push"])
        #expect(notices.channels[0].channel.target == "b@example.org, c@example.org through mail.example.org:587")
        let expected = Subscription(
            name: "all", channels: ["push", "mail"], schemes: ["*.example.org", "cat"], indicators: [],
            kinds: [.switched, .vantage], severity: .info, hold: .seconds(120), group: .zero, remind: .seconds(3600),
            hours: [
                Hours(days: [6, 7, 1], from: 1320, to: 450, hold: .untilEnd, atMost: .warning),
                Hours(from: 0, to: 0, hold: .length(.seconds(300))),
            ], timeZone: try #require(TimeZone(identifier: "Europe/Berlin")))
        #expect(notices.subscriptions == [expected])
    }

    @Test func `nothing is said, and nobody is told`() throws {
        let notices = try read("data: x").notices
        #expect(notices.channels.isEmpty && notices.subscriptions.isEmpty && notices.certificateDays == [21, 7, 2])
    }

    @Test func `a channel that nobody subscribes to is a warning`() throws {
        let warnings = try read("notices: { channels: { a: { kind: ntfy, topic: cats } } }").warnings
        #expect(
            warnings.map(\.description) == [
                "n.yaml:1:24: notices.channels.a belongs to no subscription: nothing is sent there"
            ])
    }

    private static let channel = "channels: { a: { kind: ntfy, topic: cats } }"

    @Test(
        arguments: [
            (
                "{ channels: { a: { kind: nfty } } }",
                #"channels.a.kind "nfty" is not a kind of channel: did you mean "ntfy"?"#
            ),
            ("{ channels: { a: { topic: x } } }", "channels.a has no kind; use kind: with one of webhook, email,"),
            ("{ channels: { a: { kind: ntfy } } }", "channels.a.topic is missing; use the secret, or env:NAME"),
            (
                "{ channels: { a: { kind: ntfy, topic: x, tokne: s3cret } } }",
                "channels.a.tokne is not an argument of ntfy"
            ),
            (
                "{ channels: { a: { kind: webhook, url: x, secret: [a] } } }",
                #"channels.a.url "x" is not a URL; use http://HOST"#
            ),
            ("{ \(channel), subscriptions: { s: {} } }", "subscriptions.s has no channel; use to:"),
            (
                "{ \(channel), subscriptions: { s: { to: b } } }",
                #"subscriptions.s.to "b" is not a channel; use one of a"#
            ),
            (
                "{ \(channel), subscriptions: { s: { to: a, severity: bad } } }",
                #"subscriptions.s.severity "bad" is not a severity; use one of info, warning, critical"#
            ),
            (
                "{ \(channel), subscriptions: { s: { to: a, kinds: [swich] } } }",
                #"subscriptions.s.kinds[0] "swich" is not a kind of notice: did you mean "switch"?"#
            ),
            (
                "{ \(channel), subscriptions: { s: { to: a, time-zone: Berlin } } }",
                #"subscriptions.s.time-zone "Berlin" is not a time zone; use a name such as Europe/Berlin or UTC"#
            ),
            (
                "{ \(channel), subscriptions: { s: { to: a, hours: { from: 22:00, to: \"25:00\", hold: 1m } } } }",
                #"subscriptions.s.hours.to "25:00" is not a time of day; use HH:MM in quotes, such as "22:00""#
            ),
            (
                "{ \(channel), subscriptions: { s: { to: a, hours: { from: \"22:00\", hold: 1m } } } }",
                "subscriptions.s.hours has no to; use to:"
            ),
            (
                "{ \(channel), subscriptions: { s: { to: a, hours: "
                    + "{ days: mo-fr, from: \"22:00\", to: \"07:00\", hold: 1m } } } }",
                #"subscriptions.s.hours.days "mo-fr" is not a day; use mon, tue, …, or a range such as mon-fri"#
            ),
            ("{ certificates: [0] }", #"certificates[0] "0" is out of range; use 1…365"#),
        ])
    func `a mistake is told with its place, and never with a secret`(text: String, expected: String) throws {
        guard case .failure(let failure) = Settings.parse("notices: \(text)", file: "n.yaml") else {
            Issue.record("\(text) was taken")
            return
        }
        let messages = failure.errors.map(\.description)
        #expect(messages.contains { $0.contains("notices.\(expected)") }, "\(messages)")
        #expect(!messages.joined().contains("s3cret"))
    }

    @Test func `whatever holds a secret is masked in what is shown of a configuration`() {
        for kind in ChannelKind.all {
            for parameter in kind.parameters where [.secret, .secretURL].contains(parameter.kind) {
                #expect(SecretText.keys.contains(parameter.name), "\(kind.kind) \(parameter.name)")
            }
        }
    }

    @Test func `a channel's secret may be in the encrypted store of the data folder`() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let text = """
            data: \(folder.path)/data
            notices:
              channels: { a: { kind: slack, webhook-url: "store:hook" } }
              subscriptions: { s: { to: a } }
            """
        let channel = try #require(try read(text).notices.channels.first?.channel)
        #expect(channel.target == "store:hook", "it is not there yet")
        try SealedSecrets(dataFolder: "\(folder.path)/data").set("https://hooks.example.org/T0/s3cret", as: "hook")
        #expect(channel.target == "https://hooks.example.org")
        #expect(SecretText(text) { _ in String(repeating: "0", count: 12) }.secrets.isEmpty, "nothing is to be hidden")
    }

    // MARK: The manual

    private static func manual() throws -> String {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return try String(
            contentsOf: folder.deletingLastPathComponent().appending(path: "docs/notices.md"), encoding: .utf8)
    }

    private static func section(_ kind: String) throws -> Substring {
        let manual = try manual()
        let start = try #require(manual.firstRange(of: "\n## \(kind)\n"), "\(kind) has no section")
        let rest = manual[start.upperBound...]
        return rest[..<(rest.firstRange(of: "\n## ")?.lowerBound ?? rest.endIndex)]
    }

    @Test func `the manual has every argument of every channel, in the order of the code, and an example`() throws {
        for kind in ChannelKind.all {
            let section = try Self.section(kind.kind)
            let rows = section.split(separator: "\n").filter { $0.hasPrefix("| `") }
            #expect(rows.count == kind.parameters.count, "\(kind.kind)")
            for (row, parameter) in zip(rows, kind.parameters) {
                #expect(row.hasPrefix("| `\(parameter.name)` |"), "\(kind.kind)")
                #expect(row.contains("*required*") == parameter.isRequired, "\(kind.kind) \(parameter.name)")
                if let standard = parameter.standard { #expect(row.contains("| `\(standard)` |"), "\(row)") }
            }
            let example = try #require(section.components(separatedBy: "```yaml\n").dropFirst().first)
            let lines = try #require(example.components(separatedBy: "```").first)
            let indented = lines.split(separator: "\n").map { "      \($0)\n" }.joined()
            let settings = try read(
                "notices:\n  channels:\n    it:\n\(indented)  subscriptions: { all: { to: it } }\n")
            let made = try #require(settings.notices.channels.first?.channel)
            #expect(type(of: made).kind == kind.kind && settings.warnings.isEmpty)
        }
    }

    @Test func `the manual's first example is right as it stands, and it knows every kind of notice`() throws {
        let manual = try Self.manual()
        let example = try #require(manual.components(separatedBy: "```yaml\n").dropFirst().first)
        let text = try #require(example.components(separatedBy: "```").first)
        let notices = try read(text).notices
        #expect(notices.channels.count == 2 && notices.subscriptions.map(\.name) == ["urgent", "all"])
        for kind in Happening.Kind.allCases { #expect(manual.contains("| `\(kind.rawValue)` |")) }
    }
}
