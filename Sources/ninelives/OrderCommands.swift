import ArgumentParser
import Control
import Foundation
import NIOHTTP1

/// How long and why, for whatever an operator imposes.
struct OrderOptions: ParsableArguments {
    @Option(name: .customLong("for"), help: "How long: 30m, 1h, 2h30m, or `ever` until it is ended by hand.")
    var length = "1h"
    @Option(help: "Why, for those who see it.") var reason = ""
    @OptionGroup var server: ServerOptions

    func validate() throws { _ = try seconds() }

    /// Nil until it is ended by hand.
    func seconds() throws -> Double? {
        if length == "ever" { return nil }
        guard let seconds = secondsOf(length), seconds >= 1, seconds <= 31_536_000 else {
            throw ValidationError("--for \(length) is no length of time: use 30m, 1h, 2h30m, or `ever`.")
        }
        return seconds
    }

    /// Gives the order and prints what is in force now.
    func give(_ action: Order.Action, _ target: String, member: String? = nil) async throws {
        struct Wish: Encodable {
            var action: String
            var target: String
            var member: String?
            var reason: String
            var seconds: Double?

            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: CodingKeys.self)
                try container.encode(action, forKey: .action)
                try container.encode(target, forKey: .target)
                try container.encodeIfPresent(member, forKey: .member)
                try container.encode(reason, forKey: .reason)
                // null says: until it is ended by hand.
                try container.encode(seconds, forKey: .seconds)
            }

            enum CodingKeys: CodingKey { case action, target, member, reason, seconds }
        }
        let wish = Wish(
            action: action.rawValue, target: target, member: member, reason: reason, seconds: try seconds())
        let json = String(decoding: try JSONEncoder().encode(wish), as: UTF8.self)
        let body = try await server.server.order(.POST, "/api/v1/overrides", json: json)
        printOverrides(try JSONDecoder().decode(OverrideList.self, from: body).items)
    }
}

struct OverrideList: Decodable {
    var items: [OverrideReport]
}

func printOverrides(_ overrides: [OverrideReport]) {
    var table = Table(header: ["SUBJECT", "WHAT", "BY", "UNTIL", "WHY"])
    let now = Date().timeIntervalSince1970
    for override in overrides {
        let until = override.until.map { "in \(age($0 - now))" } ?? "it is ended"
        table.rows.append([
            (override.subject, .bold), (override.action + (override.member.map { " \($0)" } ?? ""), .yellow),
            (override.author, nil), (until, nil), (override.reason, .dim),
        ])
    }
    print(table.text(on: .standardOutput))
}

/// `90s`, `30m`, `1h30m`, `2d` in seconds; nil if it is none.
func secondsOf(_ text: String) -> Double? {
    let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    var total = 0.0
    var digits = ""
    for character in text {
        if character.isASCII, character.isNumber {
            digits.append(character)
        } else {
            guard let unit = units[character], let number = Double(digits), digits.count < 9 else { return nil }
            total += number * unit
            digits = ""
        }
    }
    return digits.isEmpty && !text.isEmpty ? total : nil
}

struct MaintenanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "maintenance", abstract: "Take servers out of service for a while, whatever their checks say.",
        discussion: """
            EXAMPLES
              ninelives maintenance charlie:cat --reason "new kernel"
              ninelives maintenance 'charlie:*' --for 3h
              ninelives end indicator:charlie:cat            end it before its time
            """)
    @Argument(help: "Indicators: a name, or a pattern with * and ?.") var indicators: String
    @OptionGroup var order: OrderOptions
    func run() async throws { try await order.give(.maintenance, indicators) }
}

struct ForceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "force", abstract: "Count servers as ok or err for a while, whatever their checks say.",
        discussion: """
            EXAMPLES
              ninelives force err charlie:cat
              ninelives force ok 'echo:*' --for 10m --reason "the check is wrong"
            """)
    enum State: String, ExpressibleByArgument, CaseIterable { case ok, err }
    @Argument(help: "ok or err.") var state: State
    @Argument(help: "Indicators: a name, or a pattern with * and ?.") var indicators: String
    @OptionGroup var order: OrderOptions
    func run() async throws { try await order.give(state == .ok ? .forceOK : .forceErr, indicators) }
}

struct PinCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pin", abstract: "Let one member answer for a name for a while, whatever its state.",
        discussion: """
            EXAMPLE
              ninelives pin cat.example.org echo:cat --for 30m
            """)
    @Argument(help: "The scheme, or a pattern with * and ?.") var scheme: String
    @Argument(help: "The indicator of the member that is to answer.") var member: String
    @OptionGroup var order: OrderOptions
    func run() async throws { try await order.give(.pin, scheme, member: member) }
}

struct DrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Let servers answer only if nothing else is usable, for a while.",
        discussion: """
            EXAMPLE
              ninelives drain 'charlie:*' --for 2h --reason "moving away"
            """)
    @Argument(help: "Indicators: a name, or a pattern with * and ?.") var indicators: String
    @OptionGroup var order: OrderOptions
    func run() async throws { try await order.give(.drain, indicators) }
}

struct PauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Freeze what a name answers for a while, whatever happens to its members.",
        discussion: """
            EXAMPLES
              ninelives pause cat.example.org --for 30m --reason "moving the rack"
              ninelives end scheme:cat.example.org
            """)
    @Argument(help: "The scheme, or a pattern with * and ?.") var scheme: String
    @OptionGroup var order: OrderOptions
    func run() async throws { try await order.give(.pause, scheme) }
}

struct SilenceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "silence",
        abstract: "Tell nobody of these servers and names for a while. No answer changes by it.",
        discussion: """
            EXAMPLES
              ninelives silence 'charlie:*'
              ninelives silence cat.example.org --for 8h
            """)
    @Argument(help: "Indicators and schemes: a name, or a pattern with * and ?.") var target: String
    @OptionGroup var order: OrderOptions
    func run() async throws { try await order.give(.silence, target) }
}

struct FailBackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "failback", abstract: "Go back to the best usable member now, without waiting.")
    @Argument(help: "The scheme, or a pattern with * and ?.") var scheme: String
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let wish = ["action": Order.Action.failBack.rawValue, "target": scheme]
        let json = String(decoding: try JSONEncoder().encode(wish), as: UTF8.self)
        _ = try await server.server.order(.POST, "/api/v1/overrides", json: json)
        print("\(scheme) goes to its best usable member.")
    }
}

struct EndCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "end", abstract: "End what was imposed before its time.",
        discussion: """
            EXAMPLES
              ninelives overrides                            what is in force
              ninelives end indicator:charlie:cat
              ninelives end scheme:cat.example.org
            """)
    @Argument(help: "What `ninelives overrides` lists as SUBJECT.") var subject: String
    @OptionGroup var server: ServerOptions

    func run() async throws {
        _ = try await server.server.order(.DELETE, "/api/v1/overrides/\(subject.pathSegment)")
        print("\(subject): ended.")
    }
}

struct OverridesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "overrides", abstract: "List what operators have imposed and nobody has ended yet.")
    @OptionGroup var server: ServerOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let body = try await server.server.order(.GET, "/api/v1/overrides")
        if json { return print(String(decoding: body, as: UTF8.self)) }
        let overrides = try JSONDecoder().decode(OverrideList.self, from: body).items
        if overrides.isEmpty { print("Nothing is imposed.") } else { printOverrides(overrides) }
    }
}

struct WindowsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "windows", abstract: "List planned maintenance: what is open, and what comes next.")
    @OptionGroup var server: ServerOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        struct List: Decodable { var items: [WindowReport] }
        let body = try await server.server.order(.GET, "/api/v1/windows")
        if json { return print(String(decoding: body, as: UTF8.self)) }
        var table = Table(header: ["WINDOW", "OPEN", "FROM (UTC)", "UNTIL (UTC)", "INDICATORS", "WHY"])
        for window in try JSONDecoder().decode(List.self, from: body).items {
            table.rows.append([
                (window.name, .bold), (window.isOpen ? "yes" : "no", window.isOpen ? .yellow : nil),
                (window.start.map(timestamp) ?? "never", nil), (window.end.map(timestamp) ?? "", nil),
                (window.indicators.joined(separator: " "), nil), (window.reason, .dim),
            ])
        }
        print(table.rows.isEmpty ? "No maintenance is planned." : table.text(on: .standardOutput))
    }
}

struct WhatIfCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "what-if", abstract: "Say what every name would answer if servers were down or up.",
        discussion: """
            Nothing is changed.

            EXAMPLE
              ninelives what-if --down charlie:cat --up 'echo:*'
            """)
    @Option(help: "Indicators that are down: a name, or a pattern with * and ?.") var down: [String] = []
    @Option(help: "Indicators that are up.") var up: [String] = []
    @OptionGroup var server: ServerOptions

    func validate() throws {
        if down.isEmpty, up.isEmpty { throw ValidationError("Say what is down or up: --down charlie:cat") }
    }

    func run() async throws {
        struct List: Decodable { var items: [WhatIfReport] }
        let json = String(decoding: try JSONEncoder().encode(["down": down, "up": up]), as: UTF8.self)
        let body = try await server.server.order(.POST, "/api/v1/what-if", json: json)
        var table = Table(header: ["NAME", "ANSWERS NOW", "WOULD ANSWER", "BECAUSE"])
        for item in try JSONDecoder().decode(List.self, from: body).items {
            table.rows.append([
                (item.scheme, .bold), (item.now.joined(separator: " "), nil),
                (item.changes ? item.then.joined(separator: " ") : "the same", item.changes ? .yellow : .dim),
                (item.rule, .dim),
            ])
        }
        print(table.text(on: .standardOutput))
    }
}
