import ArgumentParser
import Control
import Foundation
import NIOHTTP1
import Settings
import Storage

struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Show what happened, the newest first.",
        discussion: """
            EXAMPLES
              ninelives events --scheme cat.example.org --kind decision
              ninelives events --indicator charlie:cat --limit 20
            """)
    @Option(help: "Only of this scheme.") var scheme: String?
    @Option(help: "Only of this indicator.") var indicator: String?
    @Option(help: "Only of this kind: state, decision, held, override, configuration.") var kind: String?
    @Option(help: "How many at the most, 1…1000.") var limit = 50
    @OptionGroup var server: ServerOptions
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard (1...1000).contains(limit) else { throw ValidationError("--limit \(limit) is out of range: use 1…1000.") }
    }

    func run() async throws {
        struct List: Decodable { var items: [EventReport] }
        var path = "/api/v1/events?limit=\(limit)"
        for (name, value) in [("scheme", scheme), ("indicator", indicator), ("kind", kind)] {
            if let value { path += "&\(name)=\(value.pathSegment)" }
        }
        let body = try await server.server.order(.GET, path)
        if json { return print(String(decoding: body, as: UTF8.self)) }
        for event in try JSONDecoder().decode(List.self, from: body).items {
            print("\(timestamp(event.at))  \(event.text)")
        }
    }
}

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Show who did what, from where; or check that nobody has changed the log.",
        subcommands: [AuditList.self, AuditVerify.self], defaultSubcommand: AuditList.self)
}

struct AuditList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The newest first.")
    @Option(help: "How many at the most, 1…1000.") var limit = 50
    @OptionGroup var server: ServerOptions

    func run() async throws {
        struct Entry: Decodable {
            var at: Double
            var actor: String
            var origin: String
            var action: String
            var target: String
            var detail: String
        }
        struct List: Decodable { var items: [Entry] }
        let body = try await server.server.order(.GET, "/api/v1/audit?limit=\(limit)")
        var table = Table(header: ["TIME (UTC)", "WHO", "FROM", "DID", "TO", "DETAIL"])
        for entry in try JSONDecoder().decode(List.self, from: body).items {
            table.rows.append([
                (timestamp(entry.at), .dim), (entry.actor, .bold), (entry.origin, nil), (entry.action, nil),
                (entry.target, nil), (entry.detail, .dim),
            ])
        }
        print(table.text(on: .standardOutput))
    }
}

struct AuditVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Read the whole log and say whether it is sound; exits with 1 if it is not.")
    @OptionGroup var server: ServerOptions

    func run() async throws {
        struct Finding: Decodable {
            var sound: Int
            var forgotten: Int
            var problem: String?
        }
        let body = try await server.server.order(.GET, "/api/v1/audit/verification")
        let finding = try JSONDecoder().decode(Finding.self, from: body)
        let entries = Wording.count(finding.sound, "entry", plural: "entries")
        let older =
            finding.forgotten == 0 ? "" : " \(finding.forgotten) older ones were forgotten, as history.audit says."
        guard let problem = finding.problem else { return print("The audit log is sound: \(entries).\(older)") }
        printError("The audit log is NOT sound: \(problem). Sound before that: \(entries).")
        throw Exit.no
    }
}

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy everything that the server remembers into one file, while it runs.",
        discussion: """
            Secrets are in it as they are kept: sealed. The key that opens them is not: keep `secret.key` of the data
            folder (or NINELIVES_KEY) as well, somewhere else. The configuration file and what it names is not either.

            EXAMPLE
              ninelives backup ninelives-2026-11-21.db --data ./ninelives-data
            """)
    @Argument(help: "The new file.") var file: String
    @Option(help: "The server's data folder.") var data = Settings.standardDataFolder

    func run() async throws {
        let source = "\(data)/\(Store.fileName)"
        guard FileManager.default.fileExists(atPath: source) else {
            printError("There is no store at \(source). Use --data to say where the server keeps its data.")
            throw Exit.no
        }
        do {
            try Store.backup(folder: data, to: file)
        } catch {
            printError("\(error).")
            throw Exit.no
        }
        print("Everything is in \(file).")
    }
}

/// A time as `--at` takes it.
struct PointInTime: ExpressibleByArgument {
    let seconds: Double

    /// `2026-11-21T03:12:00Z`, or the last `03:12` or `03:12:09` (UTC).
    init?(argument: String) {
        if let date = try? Date(argument, strategy: .iso8601) {
            seconds = date.timeIntervalSince1970
            return
        }
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
        guard (2...3).contains(parts.count), (0...23).contains(parts[0]), parts[1...].allSatisfy((0...59).contains)
        else { return nil }
        let now = Date().timeIntervalSince1970
        let begin = Double(parts[0] * 3600 + parts[1] * 60 + (parts.count == 3 ? parts[2] : 0))
        let midnight = (now / 86_400).rounded(.down) * 86_400
        let day = midnight + begin <= now ? midnight : midnight - 86_400
        // Without seconds, the whole minute counts; of the present one, what has gone of it.
        seconds = min(day + begin + (parts.count == 3 ? 0 : 59), now)
    }
}

/// `2026-11-21 03:12:09`, in UTC.
func timestamp(_ seconds: Double) -> String {
    Date(timeIntervalSince1970: seconds).formatted(
        .iso8601.year().month().day().dateTimeSeparator(.space).time(includingFractionalSeconds: false))
}
