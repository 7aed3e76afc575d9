import ArgumentParser
import Control
import Foundation
import NIOHTTP1

struct PushCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push", abstract: "Send a name's records to its providers again, or allow paused changes.",
        discussion: """
            Sends them even if nothing differs, and tries again what was refused. With --allow, the changes of a
            provider that were paused because too many names would change at once are made. With --dry-run, each
            provider is only asked what it holds now, and what would be done is printed.

            EXAMPLES
              ninelives push www.example.org
              ninelives push www.example.org --provider cloudflare
              ninelives push www.example.org --dry-run
              ninelives push --allow cloudflare
            """)

    @Argument(help: "The scheme: the DNS name.") var scheme: String?
    @Option(help: "Only to this provider.") var provider: String?
    @Option(help: "Allow the paused changes of this provider.") var allow: String?
    @Flag(help: "Change nothing; say what would be.") var dryRun = false
    @OptionGroup var server: ServerOptions

    func validate() throws {
        guard (scheme == nil) != (allow == nil), allow == nil || provider == nil else {
            throw ValidationError("Give a scheme (and perhaps --provider), or --allow PROVIDER.")
        }
        guard allow == nil || !dryRun else {
            throw ValidationError("--dry-run goes with a scheme: `ninelives push NAME --dry-run`.")
        }
    }

    func run() async throws {
        let running = try server.server
        if let allow {
            guard try await running.post("/api/v1/providers/\(allow.pathSegment)/allow-changes") else {
                printError("There is no provider \"\(allow)\" at \(server.url).")
                throw Exit.no
            }
            return print("\(allow): the changes are made now.")
        }
        let name = scheme ?? ""
        var query = [dryRun ? "dry-run=true" : nil, provider.map { "provider=\($0.pathSegment)" }].compactMap(\.self)
        if !query.isEmpty { query[0] = "?" + query[0] }
        let path = "/api/v1/schemes/\(name.pathSegment)/push" + query.joined(separator: "&")
        guard case .found(let body) = try await running.ask(.POST, path) else {
            printError(
                "There is no scheme \"\(name)\" with such a provider at \(server.url); `ninelives status` lists all.")
            throw Exit.no
        }
        guard dryRun else { return print("\(name) is sent again; `ninelives status` shows what comes of it.") }
        struct Outcome: Decodable { var items: [PushPreview] }
        for item in try JSONDecoder().decode(Outcome.self, from: body).items {
            print("dry run: \(name) at \(item.provider): \(item.words)")
        }
    }
}
