import ArgumentParser
import CSockets

/// Keeps a DNS name pointing at a server that works.
@main
struct Ninelives: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ninelives",
        abstract: "Keeps a DNS name pointing at a server that works.",
        discussion: """
            Ninelives checks servers, decides which should answer for a name, publishes that at once from its own
            authoritative DNS server, and explains why.

            EXAMPLES
              ninelives demo                          three kitten servers to break and to watch
              ninelives serve --config home.yaml      the same on your own servers
              ninelives validate home.yaml            is this file right?
              ninelives status                        what answers now
              ninelives explain cat.example.test      why
              ninelives zone check FILE ORIGIN        is this zone file right?
            """,
        version: Version.current,
        subcommands: [
            ServeCommand.self, DemoCommand.self, CheckCommand.self, ValidateCommand.self, StatusCommand.self,
            ExplainCommand.self, MaintenanceCommand.self, ForceCommand.self, PinCommand.self, DrainCommand.self,
            PauseCommand.self,
            SilenceCommand.self, FailBackCommand.self,
            ApplyCommand.self, DiffCommand.self, HistoryCommand.self, RollbackCommand.self, ExportCommand.self,
            EndCommand.self, OverridesCommand.self, WindowsCommand.self, WhatIfCommand.self, EventsCommand.self,
            AuditCommand.self, ForwardingCommand.self, LinesCommand.self, ServicesCommand.self,
            NoticesCommand.self, PropagationCommand.self, PushCommand.self, FailoverCommand.self, EmulateCommand.self,
            ConformanceCommand.self, SecretCommand.self, BackupCommand.self, RestoreCommand.self, ZoneCommand.self,
            VersionCommand.self,
        ])

    /// As ArgumentParser would, but a wrong command line ends with 2, as everything that is wrong does.
    static func main() async {
        ninelives_tune_memory()
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            printError(fullMessage(for: error))
            exit(withError: Exit.wrong)
        }
    }
}

/// What `ninelives` exits with, so that scripts can tell.
enum Exit {
    /// The answer is no: the check failed, the scheme does not exist.
    static let no = ExitCode(1)
    /// The command line, the configuration or a listener is wrong; nothing was started.
    static let wrong = ExitCode(2)
    /// `failover` has changed the record.
    static let changed = ExitCode(10)
    /// The server or the provider that was asked cannot be reached, or failed.
    static let unreachable = ExitCode(3)
}
