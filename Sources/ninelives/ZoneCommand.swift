import ArgumentParser
import Control
import DNS
import Foundation
import Settings

struct ZoneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "zone", abstract: "Check a zone file, or print it in canonical form.",
        subcommands: [ZoneCheckCommand.self, ZonePrintCommand.self])
}

/// The arguments of both.
struct ZoneArguments: ParsableArguments {
    @Argument(help: "The zone file; - for standard input.") var file: String
    @Argument(help: "The zone's name, such as example.org.") var origin: String

    /// Reads the zone; prints warnings, and all that is wrong, to standard error.
    func read(warn: Bool) throws -> Zone {
        let apex: Name
        do {
            apex = try Name(origin)
        } catch {
            printError("The origin is no domain name: \(error); expected \(error.expected)")
            throw Exit.wrong
        }
        var mended: [ZoneFileError] = []
        guard let result = ZoneFileAccess.read(file, origin: apex, warn: { mended.append($0) }) else {
            printError("\(file) cannot be read; give the path of a readable zone file, or - for standard input.")
            throw Exit.wrong
        }
        if warn {
            for error in mended { printError("\(error.file):\(error.line):\(error.column): warning: \(error.problem)") }
        }
        switch result {
        case .success(let zone):
            if warn { for warning in zone.warnings { printError("\(file): warning: \(warning)") } }
            return zone
        case .failure(let errors):
            for error in errors.errors { printError("\(error)") }
            throw Exit.no
        }
    }
}

struct ZoneCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Say whether a zone file is right, and all that is wrong with it.",
        discussion: """
            Exit code 0: right, though there may be warnings; 1: wrong, each fault with file, line and column;
            2: it cannot be read.

            EXAMPLES
              ninelives zone check zones/example.org.zone example.org
              dig @192.0.2.1 example.org AXFR | ninelives zone check - example.org
            """)

    @OptionGroup var arguments: ZoneArguments

    func run() throws {
        let zone = try arguments.read(warn: true)
        var records = 0
        zone.forEachRRset { records += $0.rdata.count }
        let counts = "\(Wording.count(records, "record")) in \(Wording.count(zone.rrsetCount, "set"))"
        print("\(zone.apex) is right: \(counts).")
    }
}

struct ZonePrintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "print", abstract: "Print a zone file in canonical form.",
        discussion: """
            One record on a line, names absolute and in lower case, TTL and class always, the SOA record first and the
            rest in the order of RFC 4034 §6.1; types without a name of their own as RFC 3597 has them. What it prints
            is a zone file again, and prints the same.

            EXAMPLE
              ninelives zone print zones/example.org.zone example.org
            """)

    @OptionGroup var arguments: ZoneArguments

    func run() throws {
        FileHandle.standardOutput.write(Data(try arguments.read(warn: false).inLowerCase.canonicalText.utf8))
    }
}
