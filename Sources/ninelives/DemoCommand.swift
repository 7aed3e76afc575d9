import ArgumentParser
import Control
import Demo
import Foundation
import NIOCore
import NIOPosix
import Settings
import Storage

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "The world's most reliable kitten website: three servers to break and to watch.",
        discussion: """
            Starts three kitten servers (charlie on 127.0.0.11, echo on .12, bravo on .13), checks them, answers for
            cat.example.test and shows it all on a page. Needs no root and no configuration; Ctrl-C stops it. It writes
            its configuration, and keeps its data, in a temporary folder of its own or that of --data.

            EXAMPLES
              ninelives demo                     a minute of the kittens' hour is a second
              ninelives demo --speed 1           the real clock
              ninelives demo --kill charlie      break a server of the running demo: its port refuses
              ninelives demo --revive charlie    and mend it
            """)

    @Option(help: "How many times faster than the real clock the kittens' hour goes (1…3600).") var speed = 60
    @Option(help: "Kill this server of the running demo, and exit.") var kill: String?
    @Option(help: "Revive this server of the running demo, and exit.") var revive: String?
    @Option(help: "Where our DNS listens.") var dns = "127.0.0.1:5300"
    @Option(help: "Where the page is.") var http = "127.0.0.1:8053"
    @Option(help: "The port of the kitten servers.") var kittenPort = 8080
    @OptionGroup var server: ServerOptions
    @Option(help: "What to log: trace, debug, info, notice, warning or error.") var logLevel: LogLevel = .error

    func validate() throws {
        guard (1...3600).contains(speed) else {
            throw ValidationError("--speed \(speed) is out of range: use 1 (the real clock) to 3600.")
        }
        guard (1...65535).contains(kittenPort) else {
            throw ValidationError("--kitten-port \(kittenPort) is not a port: use 1…65535.")
        }
        if kill != nil, revive != nil {
            throw ValidationError("--kill and --revive exclude each other: give one.")
        }
    }

    func run() async throws {
        if let name = kill { return try await order("kill", name) }
        if let name = revive { return try await order("revive", name) }
        try await start()
    }

    private func order(_ what: String, _ name: String) async throws {
        let running = try server.server
        guard try await running.post("/demo/servers/\(name.pathSegment)/\(what)") else {
            printError("There is no kitten server \"\(name)\" at \(server.url); there are charlie, echo and bravo.")
            throw Exit.no
        }
        print("\(name) is \(what == "kill" ? "dead: its port refuses" : "alive again").")
    }

    // MARK: Starting

    /// Where a demo keeps its data, and where the other commands find its token.
    static var standardFolder: String { "\(FileManager.default.temporaryDirectory.path)/ninelives-demo" }

    private func start() async throws {
        let folder = server.data ?? Self.standardFolder
        let file = try writeConfiguration(in: folder)
        let settings = try loadSettings(file)
        let clock: @Sendable () -> Double = { Date().timeIntervalSince1970 }
        let site = KittenSite(
            port: kittenPort, hour: KittenHour(speed: speed, startedAt: clock()), now: clock,
            group: MultiThreadedEventLoopGroup.singleton)
        try settings.refuseBusyListeners()
        // Every demo begins its hour anew.
        Store.erase(folder: settings.dataFolder)
        let (start, _) = try findStart(file)
        do {
            try await site.start()
        } catch {
            printError("\(error). Use --kitten-port to choose another port.")
            throw Exit.wrong
        }
        let logger = makeLogger(level: logLevel)
        let outcome = await Result {
            try await Node(start: start, known: nil, demo: site, logger: logger).run {
                // Written at once, even where standard output is a pipe.
                FileHandle.standardOutput.write(Data((welcome(configuration: file) + "\n").utf8))
            }
        }
        await site.stop()
        try outcome.get()
    }

    private func writeConfiguration(in folder: String) throws -> String {
        let file = "\(folder)/demo.yaml"
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let text = DemoConfiguration.yaml(dns: dns, http: http, kittenPort: kittenPort)
            try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        } catch {
            printError("The demo cannot write \(file): \(error.localizedDescription). Use --data to choose a folder.")
            throw Exit.wrong
        }
        return file
    }

    private func welcome(configuration: String) -> String {
        let parts = dns.split(separator: ":")
        let dig = "dig @\(parts.dropLast().joined(separator: ":")) -p \(parts.last ?? "53")"
        let pace = speed == 1 ? "the real clock" : "an hour takes \(age(3600 / Double(speed)))"
        return """
            The world's most reliable kitten website is open (\(pace)).

              charlie  http://127.0.0.11:\(kittenPort)/  main, fails from HH:20 until HH:00
              echo     http://127.0.0.12:\(kittenPort)/  backup, fails from HH:40 until HH:00
              bravo    http://127.0.0.13:\(kittenPort)/  never fails

            Watch it:      http://\(http)/
            Ask for it:    \(dig) cat.example.test
                           \(dig) www.example.test      (a CNAME follows it)
            Break it:      ninelives demo --kill charlie      and --revive charlie
            Ask why:       ninelives explain cat.example.test
            Its settings:  \(configuration)

            Ctrl-C stops it.
            """
    }
}
