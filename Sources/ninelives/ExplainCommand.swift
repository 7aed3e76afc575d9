import ArgumentParser
import Control
import Foundation

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say why a name answers what it answers, step by step.",
        discussion: """
            The steps are in the order in which they happened: probes, verdict, state, the operator's word, selection,
            guard, decision, and how soon our DNS answered so.

            EXAMPLES
              ninelives explain cat.example.test
              ninelives explain cat.example.test --at 03:12
              ninelives explain cat.example.test --json
            """)

    @Argument(help: "The scheme: the DNS name it answers for.") var scheme: String
    @Option(help: "Explain what it answered then: 2026-11-21T03:12:00Z, or 03:12 (UTC) of the last 24 hours.")
    var at: PointInTime?
    @OptionGroup var server: ServerOptions
    @Flag(help: "Print the explanation as JSON.") var json = false

    func run() async throws {
        let query = at.map { "?at=\($0.seconds)" } ?? ""
        let path = "/api/v1/schemes/\(scheme.pathSegment)/explain\(query)"
        guard case .found(let body) = try await server.server.get(path) else {
            if at != nil {
                printError("Nothing had been decided for \"\(scheme)\" by then, as far as is known.")
            } else {
                printError(
                    "There is no scheme \"\(scheme)\" at \(server.url); `ninelives status` lists those that exist.")
            }
            throw Exit.no
        }
        if json {
            print(String(decoding: body, as: UTF8.self))
        } else {
            print(text(of: try JSONDecoder().decode(Explanation.self, from: body), on: .standardOutput))
        }
    }

    private func text(of explanation: Explanation, on terminal: Terminal) -> String {
        var table = Table(header: ["TIME (UTC)", "STAGE", "WHAT"])
        for step in explanation.steps {
            table.rows.append([
                (step.at.map(timeOfDay) ?? "", .dim), (step.stage, .bold), (step.text, nil),
            ])
        }
        return terminal.styled(explanation.summary, .bold) + "\n\n" + table.text(on: terminal)
    }

    /// `03:12:09.250`, in UTC, to the millisecond.
    private func timeOfDay(_ seconds: Double) -> String {
        let milliseconds = Int((seconds * 1000).rounded(.down)) % 86_400_000
        return String(
            format: "%02d:%02d:%02d.%03d", milliseconds / 3_600_000, milliseconds / 60_000 % 60,
            milliseconds / 1000 % 60, milliseconds % 1000)
    }
}
