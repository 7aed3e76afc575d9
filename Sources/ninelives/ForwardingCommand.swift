import Addresses
import ArgumentParser
import Control
import Failover
import Forwarding
import Foundation
import NIOHTTP1
import Settings

struct ForwardingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forwarding",
        abstract: "Show, try or take away the rules by which ports of the lines are forwarded.",
        subcommands: [ForwardingShowCommand.self, ForwardingDryRunCommand.self, ForwardingRemoveCommand.self])
}

/// What the API tells of the forwarding.
private struct WantedForwarding: Decodable {
    var items: [ForwardingReport]
    var inForce: String?
}

struct ForwardingShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show what is in force, as nft says, beside what is wanted.",
        discussion: """
            What is in force is asked of the kernel of this machine, which takes root or CAP_NET_ADMIN; what is wanted, of
            the server that runs.

            EXAMPLE
              ninelives forwarding show
            """)

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let terminal = Terminal.standardOutput
        print(terminal.styled("In force (nft list table inet ninelives)", .bold))
        var isUnknown = false
        do throws(ForwardingError) {
            print(try await Nft().text() ?? "nothing: there is no such table\n")
        } catch {
            printError("\(error)")
            isUnknown = true
        }
        print(terminal.styled("Wanted", .bold))
        let body = try await server.server.order(.GET, "/api/v1/forwarding")
        let wanted = try JSONDecoder().decode(WantedForwarding.self, from: body)
        for service in wanted.items {
            let servers = service.servers.isEmpty ? "as before" : service.servers.joined(separator: ", ")
            for line in service.lineAddresses {
                print("\(line) \(service.port)/\(service.transport) of \(service.name) → \(servers)")
            }
        }
        if wanted.items.isEmpty { print("nothing") }
        if let words = wanted.inForce { print("\n" + words) }
        if isUnknown { throw Exit.unreachable }
    }
}

struct ForwardingDryRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dry-run", abstract: "Print the rules without putting them in force.",
        discussion: """
            With --config: those for this file while every server works. Without: those that the server that runs wants.

            EXAMPLES
              ninelives forwarding dry-run --config home.yaml
              ninelives forwarding dry-run --config home.yaml --json | nft -c -j -f -
            """)

    @OptionGroup var server: ServerOptions
    @Option(help: ArgumentHelp("The configuration file.", valueName: "file")) var config: String?
    @Flag(help: "Print JSON, as nft -j -f - reads it.") var json = false

    func run() async throws {
        let (text, problems) = try await plan().rules(asJSON: json)
        print(text, terminator: "")
        for problem in problems { printError(problem) }
    }

    private func plan() async throws -> ForwardingPlan {
        if let config { return try loadSettings(config).appliance.forwardingOfAll }
        let body = try await server.server.order(.GET, "/api/v1/forwarding")
        return ForwardingPlan(try JSONDecoder().decode(WantedForwarding.self, from: body).items)
    }
}

struct ForwardingRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Take our table of rules away.",
        discussion: """
            No other table is touched. A server that runs, and has something to forward, puts its table back within 10 s:
            stop it first, or take its services out of the configuration.

            EXAMPLE
              ninelives forwarding remove
            """)

    func run() async throws {
        do throws(ForwardingError) {
            print(try await Nft().remove() ? "Removed: table inet ninelives." : "There is no table inet ninelives.")
        } catch {
            printError("\(error)")
            throw Exit.unreachable
        }
    }
}

extension ForwardingPlan {
    /// What the API has told.
    fileprivate init(_ reports: [ForwardingReport]) {
        self.init(
            services: reports.compactMap { report in
                guard let transport = ForwardedService.Transport(rawValue: report.transport) else { return nil }
                return ForwardedService(
                    name: report.name, transport: transport, port: UInt16(clamping: report.port),
                    lineAddresses: report.lineAddresses.compactMap { IPAddress($0) },
                    servers: report.servers.compactMap { readServer($0) },
                    established: ForwardedService.Established(rawValue: report.established) ?? .keep,
                    sharing: ForwardedService.Sharing(rawValue: report.sharing) ?? .connections)
            })
    }
}

/// `10.0.0.2:8080` or `[2001:db8::2]:8080`, as the API writes it.
private func readServer(_ text: String) -> ForwardedService.Server? {
    let parts = text.split(separator: ":")
    guard let last = parts.last, let port = UInt16(last) else { return nil }
    let written = text.dropLast(last.count + 1).drop { $0 == "[" }.prefix { $0 != "]" }
    return IPAddress(String(written)).map { ForwardedService.Server(address: $0, port: port) }
}
