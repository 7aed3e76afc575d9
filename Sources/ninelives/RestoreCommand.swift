import Accounts
import ArgumentParser
import Control
import Failover
import Foundation
import Settings
import Storage

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Put a backup in the place of what the server remembers.",
        discussion: """
            If the server is running, it is asked to do so, and answers meanwhile; with --url it is asked wherever it is.
            What was there is kept in the data folder as a backup itself. A file that is no backup, is damaged, or comes
            from a newer version or another key is refused, and nothing is changed. On another machine, put the old one's
            `secret.key` into the data folder first: without it the backup's secrets cannot be opened.

            EXAMPLES
              ninelives restore ninelives-2026-11-21.db --data ./ninelives-data
              ninelives restore ninelives-2026-11-21.db --url https://ninelives.example.org --token-file token
            """)
    @Argument(help: "A file that `ninelives backup` made.") var file: String
    @Option(help: "The server's data folder.") var data = Settings.standardDataFolder
    @Option(help: "Where the running server's page is; found by its data folder if it runs on this machine.")
    var url: String?
    @Option(help: "A file with an admin's token; otherwise NINELIVES_TOKEN, or the data folder's own local.token.")
    var tokenFile: String?

    private var name: String { (file as NSString).lastPathComponent }

    func run() async throws {
        guard FileManager.default.isReadableFile(atPath: file) else {
            printError("\(file) cannot be read. Nothing was changed.")
            throw Exit.no
        }
        if url != nil || Store.isInUse(folder: data) { return try await ask() }
        do {
            let report = try await restore()
            print(report.sentence(called: name))
        } catch {
            printError("\(error).")
            throw Exit.no
        }
    }

    /// Without a server.
    private func restore() async throws(RestoreRefusal) -> RestoreReport {
        let restore = try Restore(of: file, in: data)
        do {
            return try await restore.put(
                called: name, by: NSUserName(), from: "local", at: Instant(seconds: Date().timeIntervalSince1970))
        } catch {
            await restore.restoration.giveUp()
            throw .failed("\(error)")
        }
    }

    /// By the server that runs.
    private func ask() async throws {
        var token = tokenFile
        let own = Accounts.localTokenPath(in: data)
        let isGiven = ProcessInfo.processInfo.environment["NINELIVES_TOKEN"] != nil
        if token == nil, !isGiven, FileManager.default.isReadableFile(atPath: own) { token = own }
        let isKnown = url == nil && ServerAddress.written(in: data) != nil
        let server = try RunningServer(
            url: isKnown ? nil : url ?? RunningServer.standardURL, folder: data, tokenFile: token)
        let body = try await server.upload(file, to: "/api/v1/restore?name=\(name.pathSegment)")
        print(try JSONDecoder().decode(RestoreReport.self, from: body).sentence(called: name))
    }
}
