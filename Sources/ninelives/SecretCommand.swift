import Accounts
import ArgumentParser
import Foundation
import Settings

struct SecretCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secret", abstract: "Keep a provider's key or password in the encrypted store.",
        discussion: """
            A configuration names it as store:NAME. It is read from standard input, never from the command line, and is
            never shown again. It is sealed with the data folder's key (secret.key there, or NINELIVES_KEY).

            EXAMPLES
              ninelives secret set cloudflare --config ninelives.yaml < token.txt
              ninelives secret list --config ninelives.yaml
              ninelives secret remove cloudflare --config ninelives.yaml
            """, subcommands: [Set.self, List.self, Remove.self])

    struct Place: ParsableArguments {
        @Option(help: "The configuration, for its data folder.") var config: String?
        @Option(help: "The data folder itself.") var data: String?

        func validate() throws {
            guard (config == nil) != (data == nil) else {
                throw ValidationError("Give --config FILE or --data FOLDER.")
            }
        }

        func open() throws -> SealedSecrets {
            let folder = try data ?? config.map { try loadSettings($0).dataFolder } ?? Settings.standardDataFolder
            do {
                return try SealedSecrets(dataFolder: folder)
            } catch {
                printError("\(error).")
                throw Exit.wrong
            }
        }
    }

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a secret from standard input.")
        @Argument(help: "Its name: letters, digits, - _ and dots.") var name: String
        @OptionGroup var place: Place

        func run() throws {
            guard SealedSecrets.isName(name) else {
                printError(
                    "\"\(name)\" is no name for a secret: use 1 to 100 letters, digits, dashes, underscores, dots.")
                throw Exit.wrong
            }
            let secrets = try place.open()
            if isatty(STDIN_FILENO) == 1 { printError("Type it, and then Ctrl-D on a line of its own:") }
            let octets = FileHandle.standardInput.readData(ofLength: 64 << 10)
            let text = String(decoding: octets, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            guard !text.isEmpty else {
                printError("Nothing came in on standard input.")
                throw Exit.wrong
            }
            do {
                try secrets.set(text, as: name)
            } catch {
                printError("\(error).")
                throw Exit.wrong
            }
            print("store:\(name) is kept.")
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print the names that are kept, and no secret.")
        @OptionGroup var place: Place

        func run() throws { for name in try place.open().names { print("store:\(name)") } }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Forget a secret.")
        @Argument(help: "Its name.") var name: String
        @OptionGroup var place: Place

        func run() throws {
            guard try place.open().remove(name) else {
                printError("There is no store:\(name).")
                throw Exit.no
            }
            print("store:\(name) is gone.")
        }
    }
}
