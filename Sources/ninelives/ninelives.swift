import ArgumentParser

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
            ExplainCommand.self, MaintenanceCommand.self, ForceCommand.self, PinCommand.self, FailBackCommand.self,
            EndCommand.self, OverridesCommand.self, WhatIfCommand.self, EventsCommand.self, AuditCommand.self,
            BackupCommand.self, RestoreCommand.self, ZoneCommand.self, VersionCommand.self,
        ])
}

/// What `ninelives` exits with, so that scripts can tell.
enum Exit {
    /// The answer is no: the check failed, the scheme does not exist.
    static let no = ExitCode(1)
    /// The command line, the configuration or a listener is wrong; nothing was started.
    static let wrong = ExitCode(2)
    /// The server that was asked cannot be reached.
    static let unreachable = ExitCode(3)
}
