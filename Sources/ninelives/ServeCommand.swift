import ArgumentParser
import Control
import Logging
import Settings

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Check servers, decide, and answer for names, by a configuration file.",
        discussion: """
            Runs until it is stopped (Ctrl-C or SIGTERM). If anything in the file is wrong, or a port is in use, it
            says all that is wrong and exits with 2; nothing is started. A file that was right when the server last
            read it, and is broken now, is told of, and the last revision that was right is served.

            With --dry-run no provider's account is changed, until it is started again without it: what each would be
            sent is logged and shown (`ninelives status`, the page, the API). Our own DNS server answers, and notices
            go out, as always.

            EXAMPLES
              ninelives serve --config home.yaml
              ninelives serve --config home.yaml --dry-run
            """)

    @Option(help: "The configuration file.") var config: String
    @Flag(help: "Change no provider's account; log and show what would be.") var dryRun = false
    @Option(help: "What to log: trace, debug, info, notice, warning or error.") var logLevel: LogLevel = .info

    func run() async throws {
        let (start, store) = try findStart(config)
        let settings = start.settings
        let logger = makeLogger(level: logLevel)
        try await Node(start: start, known: store, demo: nil, isDryRun: dryRun, logger: logger).run {
            if dryRun { logger.notice("A dry run: no provider's account is changed") }
            logger.notice(
                "Serving",
                metadata: [
                    "dns": "\(settings.dnsListeners.map(\.description).joined(separator: " "))",
                    "http": "\(settings.webAddress)", "version": "\(Version.current)",
                ])
        }
    }
}

/// The levels of swift-log, as an option.
enum LogLevel: String, ExpressibleByArgument, CaseIterable {
    case trace, debug, info, notice, warning, error

    var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
}

/// Logs go to standard error, so that standard output stays what the command has to say.
func makeLogger(level: LogLevel) -> Logger {
    var logger = Logger(label: "ninelives") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = level.level
    return logger
}
