import ArgumentParser
import Control
import Foundation
import NIOHTTP1

struct LinesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lines", abstract: "Show the lines: whether they are up, and what their test points say.",
        discussion: """
            EXAMPLES
              ninelives lines
              ninelives lines --json | jq '.items[] | .name, .state'
            """)

    @OptionGroup var server: ServerOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        struct List: Decodable { var items: [LineReport] }
        let body = try await server.server.order(.GET, "/api/v1/lines")
        if json { return print(String(decoding: body, as: UTF8.self)) }
        let lines = try JSONDecoder().decode(List.self, from: body).items
        if lines.isEmpty { return print("No lines are configured.") }
        print(lines.map { text(of: $0, on: .standardOutput) }.joined(separator: "\n\n"))
    }

    private func text(of line: LineReport, on terminal: Terminal) -> String {
        let word = ["ok": "up", "err": "down"][line.state] ?? line.state
        var title = terminal.styled(line.name, .bold) + " " + terminal.styled(word, Terminal.style(ofState: line.state))
        if let held = line.held { title += terminal.styled(", \(held)", .yellow) }
        if let override = line.override { title += terminal.styled(" (\(override))", .yellow) }
        title += terminal.styled("  " + line.addresses.joined(separator: ", "), .dim)
        if let interface = line.interface { title += terminal.styled(" on \(interface)", .dim) }
        var table = Table(header: ["  ", "TEST POINT", "STATE", "LAST PROBE"])
        for point in line.testPoints {
            table.rows.append([
                ("  ", nil), (point.test, nil), (point.state, Terminal.style(ofState: point.state)),
                (point.lastProbe?.reason ?? "not probed yet", .dim),
            ])
        }
        return title + "\n" + table.text(on: terminal)
    }
}

struct ServicesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "services", abstract: "Show the services: their servers by level, and who gets the traffic.",
        discussion: """
            EXAMPLES
              ninelives services
              ninelives services --json | jq '.items[] | .name, .addresses'
            """)

    @OptionGroup var server: ServerOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        struct List: Decodable { var items: [ServiceReport] }
        let body = try await server.server.order(.GET, "/api/v1/services")
        if json { return print(String(decoding: body, as: UTF8.self)) }
        let services = try JSONDecoder().decode(List.self, from: body).items
        if services.isEmpty { return print("No services are configured.") }
        print(services.map { text(of: $0, on: .standardOutput) }.joined(separator: "\n\n"))
    }

    private func text(of service: ServiceReport, on terminal: Terminal) -> String {
        let answer =
            switch service.answer {
            case "addresses": service.addresses.joined(separator: ", ")
            case "none": "nothing yet"
            default: service.answer
            }
        var lines = [
            terminal.styled(service.name, .bold) + " \(service.ports.joined(separator: ", ")) → "
                + terminal.styled(answer, service.isAllDown ? .red : .green)
                + terminal.styled(" (TTL \(service.ttl) s)", .dim)
        ]
        if let held = service.held { lines.append("  " + terminal.styled("held: \(held)", .yellow)) }
        var table = Table(header: ["  ", "LEVEL", "SERVER", "SITE", "ADDRESS", "STATE", ""])
        for server in service.servers {
            let state = server.override.map { "\(server.state) (\($0))" } ?? server.state
            let role =
                (server.isForwardedTo ? "gets the traffic" : "")
                + (server.unusableBecause == "line" ? "no line to it is up" : "")
            table.rows.append([
                (server.isActive ? " ►" : "  ", .green), (server.level, nil),
                (server.name, server.isActive ? .bold : nil), (server.site, nil), (server.address, nil),
                (state, Terminal.style(ofState: server.state)), (role, .dim),
            ])
        }
        return (lines + [table.text(on: terminal)]).joined(separator: "\n")
    }
}
