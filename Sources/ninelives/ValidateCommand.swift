import ArgumentParser
import Control
import Failover
import Foundation
import Settings
import Storage

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
        let counts = [
            Wording.count(settings.zones.count, "zone"), Wording.count(configuration.indicators.count, "indicator"),
            Wording.count(configuration.schemes.count, "scheme"),
        ]
        print("\(file) is right: \(counts.joined(separator: ", ")).")
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

/// What a server starts with, and the store that it has already; prints every error and ends the command with exit code
/// 2 if there is nothing to start with.
func findStart(_ file: String) throws -> (StartingPoint, Store?) {
    let folder = StartingPoint.dataFolder(ofFile: file)
    let hasStore = FileManager.default.fileExists(atPath: "\(folder)/\(Store.fileName)")
    do {
        let store = hasStore ? try Store(folder: folder) : nil
        let seal = hasStore ? RevisionSeal(existingIn: folder) : nil
        switch try StartingPoint.find(file: file, store: store, seal: seal) {
        case .failure(let errors): throw refuse(file, errors.errors)
        case .success(var start):
            // The store that was found is the one that is used, whatever an older revision says.
            if hasStore { start.settings.dataFolder = folder }
            for problem in start.problems { printError("\(problem)") }
            if !start.problems.isEmpty, let revision = start.newest {
                printError("\(file) is broken: revision \(revision.number), the last that was right, is served.")
            }
            for warning in start.settings.warnings { printError("\(warning)") }
            let errors = start.settings.certificateErrors
            if !errors.isEmpty { throw refuse(file, errors) }
            return (start, store)
        }
    } catch let error as StoreError {
        printError("\(error).\nNothing was started.")
        throw Exit.wrong
    }
}

private func refuse(_ file: String, _ errors: [SettingsError]) -> any Error {
    for error in errors { printError("\(error)") }
    printError("\(file) has \(Wording.count(errors.count, "error")); nothing was started.")
    return Exit.wrong
}
