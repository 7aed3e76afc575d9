import ArgumentParser
import Control
import Foundation
import NIOHTTP1
import Settings

/// What is said of a change, and how carefully it is made.
struct ChangeOptions: ParsableArguments {
    @Flag(help: "Only say what it would do.") var dryRun = false
    @Option(help: "Why, for those who see it.") var comment = ""
    @Option(help: "The revision that you have seen: refuse if somebody has made another one since.") var base: Int?
    @OptionGroup var server: ServerOptions

    /// Makes the change and prints what it does.
    func make(_ path: String, document: String? = nil) async throws {
        struct Wish: Encodable {
            var document: String?
            var comment: String
            var dryRun: Bool
        }
        let wish = Wish(document: document, comment: comment, dryRun: dryRun)
        let json = String(decoding: try JSONEncoder().encode(wish), as: UTF8.self)
        let body = try await server.server.order(.POST, path, json: json, ifMatch: base)
        let outcome = try JSONDecoder().decode(RevisionOutcome.self, from: body)
        for warning in outcome.warnings { printError(warning) }
        for effect in outcome.effects { print("  \(effect.text)") }
        if outcome.diff.isEmpty {
            print("Nothing differs from revision \(outcome.revision), which is in force.")
        } else if outcome.isDryRun {
            print(outcome.effects.isEmpty ? "  nobody gets another answer" : "", terminator: "")
            print("\nNothing was changed: revision \(outcome.revision) is in force.")
        } else {
            print("Revision \(outcome.revision) is in force.")
        }
    }
}

struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Put a configuration file into force on the running server.",
        discussion: """
            The text takes the place of what the server's own file says, until that file is changed. What was made on the
            page or with the API stays. If anything is wrong, all that is wrong is told and nothing is changed.

            EXAMPLES
              ninelives apply home.yaml --dry-run
              ninelives apply home.yaml --comment "echo is primary now"
            """)
    @Argument(help: "The configuration file; - is standard input.") var file: String
    @OptionGroup var change: ChangeOptions

    func run() async throws {
        switch Settings.text(ofFile: file == "-" ? "/dev/stdin" : file) {
        case .success(let text): try await change.make("/api/v1/revisions", document: text)
        case .failure(let errors):
            for error in errors.errors { printError("\(error)") }
            throw Exit.wrong
        }
    }
}

struct RollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Make the configuration what it was in an earlier revision.",
        discussion: """
            EXAMPLES
              ninelives history
              ninelives rollback 6 --dry-run
              ninelives rollback 6
            """)
    @Argument(help: "The revision that is to be in force again.") var revision: Int
    @OptionGroup var change: ChangeOptions

    func run() async throws { try await change.make("/api/v1/revisions/\(revision)/rollback") }
}

struct DiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show what changed in the configuration; secrets are masked.",
        discussion: """
            EXAMPLES
              ninelives diff            what the newest revision changed
              ninelives diff 6          what differs between revision 6 and the one in force
              ninelives diff 4 6        what differs between 4 and 6
            """)
    @Argument(help: "A revision.") var from: Int?
    @Argument(help: "Another one; without it, the one in force.") var to: Int?
    @OptionGroup var server: ServerOptions

    func run() async throws {
        struct Answer: Decodable { var diff: String }
        var newest = to
        if newest == nil {
            let body = try await server.server.order(.GET, "/api/v1/configuration")
            newest = try JSONDecoder().decode(RevisionDetail.self, from: body).revision.number
        }
        let number = newest ?? 1
        if from == nil, number == 1 { return print("Revision 1 is the first.") }
        let query = from.map { "?from=\($0)" } ?? ""
        let body = try await server.server.order(.GET, "/api/v1/revisions/\(number)/diff\(query)")
        print(try JSONDecoder().decode(Answer.self, from: body).diff, terminator: "")
    }
}

struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "List the revisions of the configuration, the newest first.")
    @Option(help: "How many at the most, 1…1000.") var limit = 20
    @OptionGroup var server: ServerOptions
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard (1...1000).contains(limit) else { throw ValidationError("--limit \(limit) is out of range: use 1…1000.") }
    }

    func run() async throws {
        struct List: Decodable { var items: [RevisionReport] }
        let body = try await server.server.order(.GET, "/api/v1/revisions?limit=\(limit)")
        if json { return print(String(decoding: body, as: UTF8.self)) }
        var table = Table(header: ["REVISION", "TIME (UTC)", "BY", "FROM", "WHAT"])
        for revision in try JSONDecoder().decode(List.self, from: body).items {
            let more = revision.effects.count > 1 ? " (and \(revision.effects.count - 1) more)" : ""
            let what = revision.effects.first.map { $0.text + more } ?? ""
            let comment = revision.comment.isEmpty ? what : revision.comment + (what.isEmpty ? "" : ": \(what)")
            table.rows.append([
                ("\(revision.number)", .bold), (timestamp(revision.at), .dim), (revision.author, nil),
                (revision.source, nil), (comment, nil),
            ])
        }
        print(table.text(on: .standardOutput))
    }
}

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Print the configuration in force, or a revision of it.",
        discussion: """
            Secrets are not shown: `masked:…` stands for each. `ninelives apply` takes such a text as it is, as long as the
            secret is in force. What was made on the page or with the API goes to standard error, or with --managed to
            standard output.

            EXAMPLES
              ninelives export > home.yaml
              ninelives export --revision 6
            """)
    @Option(help: "Of this revision.") var revision: Int?
    @Flag(help: "Only what was made on the page or with the API.") var managed = false
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let path = revision.map { "/api/v1/revisions/\($0)" } ?? "/api/v1/configuration"
        let detail = try JSONDecoder().decode(
            RevisionDetail.self, from: try await server.server.order(.GET, path))
        func end(_ text: String) -> String { text.isEmpty || text.hasSuffix("\n") ? "" : "\n" }
        if managed { return print(detail.managed, terminator: end(detail.managed)) }
        print(detail.document, terminator: end(detail.document))
        if !detail.managed.isEmpty {
            printError("Not in this file, as it was made on the page or with the API (ninelives export --managed):")
            printError(detail.managed)
        }
    }
}
