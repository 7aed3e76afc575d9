import ArgumentParser
import Failover
import Settings

struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Say whether a configuration file is right, and all that is wrong with it.",
        discussion: """
            Starts nothing. Exit code 0: right; 2: wrong, with file, line, value and what would be right.

            EXAMPLE
              ninelives validate home.yaml
            """)

    @Argument(help: "The configuration file.") var file: String

    func run() throws {
        let settings = try loadSettings(file)
        let configuration = settings.configuration
        print(
            "\(file) is right: \(settings.zones.count) zones, \(configuration.indicators.count) indicators, "
                + "\(configuration.schemes.count) schemes.")
    }
}

/// Loads a file; prints every error and ends the command with exit code 2 if there is one.
func loadSettings(_ file: String) throws -> Settings {
    switch Settings.load(path: file) {
    case .success(let settings):
        for warning in settings.warnings { printError("\(warning)") }
        let errors = settings.certificateErrors
        if !errors.isEmpty { throw refuse(file, errors) }
        return settings
    case .failure(let errors): throw refuse(file, errors.errors)
    }
}

private func refuse(_ file: String, _ errors: [SettingsError]) -> any Error {
    for error in errors { printError("\(error)") }
    printError("\(file) has \(errors.count == 1 ? "1 error" : "\(errors.count) errors"); nothing was started.")
    return Exit.wrong
}
