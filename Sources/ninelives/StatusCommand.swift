import ArgumentParser
import Control
import Foundation

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show what every name answers and how its servers are.",
        discussion: """
            EXAMPLES
              ninelives status
              ninelives status --json | jq '.schemes[] | .name, .addresses'
              ninelives status --url http://127.0.0.1:9000
            """)

    @OptionGroup var server: ServerOptions
    @Flag(help: "Print the whole report as JSON.") var json = false

    func run() async throws {
        guard case .found(let body) = try await server.server.get("/api/v1/status") else {
            printError("\(server.url) is not a Ninelives server: it has no /api/v1/status.")
            throw Exit.unreachable
        }
        if json {
            print(String(decoding: body, as: UTF8.self))
        } else {
            print(StatusText(report: try JSONDecoder().decode(Report.self, from: body)).text(on: .standardOutput))
        }
    }
}

/// The report as a person reads it in a terminal.
struct StatusText {
    let report: Report

    func text(on terminal: Terminal) -> String {
        let schemes = report.schemes.map { scheme($0, on: terminal) }
        let end = schemes.isEmpty ? ["No schemes are configured."] : []
        let problems = (report.problems ?? []).map { terminal.styled("not in force: \($0)", .red) }
        return (problems + schemes + end).joined(separator: "\n\n")
    }

    private func scheme(_ scheme: SchemeReport, on terminal: Terminal) -> String {
        var lines = [title(of: scheme, on: terminal)]
        if let held = scheme.held {
            lines.append("  " + terminal.styled("held: \(held)", .yellow))
        }
        for provider in scheme.providers where scheme.providers.count > 1 || provider.name != "local" {
            lines.append("  " + terminal.styled(provider.summary, Terminal.style(ofSync: provider.sync)))
        }
        var table = Table(header: ["  ", "PRIORITY", "MEMBER", "VALUE", "STATE", "LAST PROBE"])
        for member in scheme.members { table.rows.append(row(member)) }
        lines.append(table.text(on: terminal))
        return lines.joined(separator: "\n")
    }

    private func title(of scheme: SchemeReport, on terminal: Terminal) -> String {
        let answer =
            switch scheme.answer {
            case "addresses": scheme.addresses.joined(separator: ", ")
            case "none": "nothing yet"
            default: scheme.answer
            }
        let duration = scheme.since.map { ", for \(age(report.at - $0))" } ?? ""
        let style: Terminal.Style = scheme.isAllDown ? .red : .green
        return terminal.styled(scheme.name, .bold) + " → " + terminal.styled(answer, style)
            + terminal.styled(" (TTL \(scheme.ttl) s\(duration))", .dim)
    }

    private func row(_ member: MemberReport) -> [(text: String, style: Terminal.Style?)] {
        let indicator = report.indicators.first { $0.name == member.indicator }
        let state = member.override.map { "\(member.state) (\($0))" } ?? member.state
        let priority = member.priorityName.map { "\(member.priority) \($0)" } ?? String(member.priority)
        return [
            (member.isActive ? " ►" : "  ", .green), (priority, nil),
            (member.indicator, member.isActive ? .bold : nil), (member.values.joined(separator: ", "), nil),
            (state, Terminal.style(ofState: member.state)), (indicator?.lastProbe?.reason ?? "not probed yet", .dim),
        ]
    }
}
