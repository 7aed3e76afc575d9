import ArgumentParser
import Control
import Foundation

struct PropagationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "propagation", abstract: "Show how far a name's answer has got in the world.",
        discussion: """
            Asks every name server of the zone, each at each of its addresses, and the best-known public resolvers, all
            at once and within two seconds; and tells when the last cache lets go of the old answer.

            EXAMPLES
              ninelives propagation www.example.org
              ninelives propagation www.example.org --json | jq '.resolvers[] | select(.agrees | not)'

            EXIT CODES
              0  every server that answered answers as decided
              1  some server answers something else, or there is no such scheme
            """)

    @Argument(help: "The scheme: the DNS name it answers for.") var scheme: String
    @OptionGroup var server: ServerOptions
    @Flag(help: "Print the report as JSON.") var json = false

    func run() async throws {
        guard case .found(let body) = try await server.server.get("/api/v1/schemes/\(scheme.pathSegment)/propagation")
        else {
            printError(
                "There is no scheme \"\(scheme)\" at \(server.url); `ninelives status` lists those that exist.")
            throw Exit.no
        }
        let report = try JSONDecoder().decode(PropagationReport.self, from: body)
        if json {
            print(String(decoding: body, as: UTF8.self))
        } else {
            print(PropagationText(report: report).text(on: .standardOutput))
        }
        if (report.authorities + report.resolvers).contains(where: { $0.agrees == false }) { throw Exit.no }
    }
}

/// The report as a person reads it in a terminal.
struct PropagationText {
    let report: PropagationReport

    func text(on terminal: Terminal) -> String {
        let answer = report.addresses.isEmpty ? "no address" : report.addresses.joined(separator: ", ")
        let duration = report.since.map { ", for \(age(report.at - $0))" } ?? ""
        var lines = [
            terminal.styled(report.scheme, .bold) + " → " + answer
                + terminal.styled(" (TTL \(report.ttl) s\(duration))", .dim)
        ]
        for provider in report.providers {
            let since = provider.since.map { " for \(age(report.at - $0))" } ?? ""
            let words = provider.words.isEmpty ? "" : ": \(provider.words)"
            lines.append(
                "  " + terminal.styled("\(provider.name): \(provider.sync)", Terminal.style(ofSync: provider.sync))
                    + terminal.styled(since + words, .dim))
        }
        var table = Table(header: ["  ", "SERVER", "ADDRESS", "ANSWERS", "TTL", "SERIAL", "TOOK", ""])
        for server in report.authorities { table.rows.append(row(server, role: "name server")) }
        for server in report.resolvers { table.rows.append(row(server, role: "resolver")) }
        lines.append(table.text(on: terminal))
        lines.append(report.summary + ";")
        lines.append(report.forecast + ".")
        return lines.joined(separator: "\n")
    }

    private func row(
        _ server: PropagationReport.Server, role: String
    ) -> [(text: String, style: Terminal.Style?)] {
        let (mark, style): (String, Terminal.Style) =
            switch server.agrees {
            case true: (" ✓", .green)
            case false: (" ✗", .red)
            case nil: (" ?", .yellow)
            }
        let answers = server.answers.isEmpty ? "no record" : server.answers.joined(separator: ", ")
        let note = server.trouble ?? server.disagreesSince.map { "for \(age(report.at - $0))" } ?? ""
        return [
            (mark, style), (server.name ?? role, nil), (server.address, nil),
            (server.trouble == nil ? answers : "–", nil), (server.ttl.map { "\($0) s" } ?? "", nil),
            (server.serial.map { "\($0)" } ?? "", nil), ("\(Int(server.milliseconds.rounded())) ms", .dim),
            (note, style),
        ]
    }
}
