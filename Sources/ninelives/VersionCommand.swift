import ArgumentParser

/// Which version this is.
enum Version {
    static let current = "0.1.0"
}

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version.", discussion: "EXAMPLE\n  ninelives version")

    func run() { print("ninelives \(Version.current)") }
}
