import ArgumentParser
import DNS
import Foundation
import NIOPosix
import Providers

struct ConformanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conformance",
        abstract: "Try every law of a driver on one name of an account: for whoever writes one.",
        discussion: """
            The name's A and AAAA records are changed many times and are lost. Nothing else is touched.

            EXAMPLES
              ninelives emulate desec --port 8090 &
              DESEC_TOKEN=emulated-token ninelives conformance --provider desec \\
                --with url=http://127.0.0.1:8090/api/v1 --name try.example.org --outside www.example.test
              ninelives conformance --provider dyndns2 --with url=https://dyn.example.net/nic/update \\
                --with user=ann --with password=file:password --name try.example.net --server 192.0.2.53

            EXIT CODES
              0  every law was kept
              1  some were not: each is said
              2  wrong usage
            """)

    @Option(help: "The driver, such as cloudflare.") var provider: String
    @Option(name: .customLong("with"), help: "An argument of the provider, key=value; several times.")
    var with: [String] = []
    @Option(help: "A name that may be changed freely; it exists if the provider makes none.") var name: String
    @Option(help: "A name that is in no zone of the account.") var outside: String?
    @Option(help: "A name server of the zone, to look at where the provider cannot be read; several times.")
    var server: [String] = []

    func run() async throws {
        var faults: [String] = []
        let owner = try? Name(name)
        if owner == nil { faults.append("--name \(name) is not a domain name.") }
        let other = outside.flatMap { try? Name($0) }
        if outside != nil, other == nil { faults.append("--outside \(outside ?? "") is not a domain name.") }
        let servers = server.compactMap { NameServer($0) }
        if servers.count < server.count { faults.append("--server takes addresses, with or without a port.") }
        let account = FailoverRun.provider(provider, with, &faults)
        if let account, account.capabilities.reading == .dns, servers.isEmpty {
            faults.append("\(provider) cannot be read: give --server with a name server of the zone.")
        }
        guard faults.isEmpty, let owner, let account else {
            for fault in faults { printError(fault) }
            throw Exit.wrong
        }
        let findings = await ProviderConformance(
            account, owner: owner, outside: other, timeout: account.capabilities.callTimeout,
            observe: account.capabilities.reading == .dns ? Self.look(at: servers) : nil
        ).run()
        for finding in findings { print("✗ \(finding)") }
        guard findings.isEmpty else { throw Exit.no }
        print("✓ \(provider) keeps every law.")
    }

    /// What the zone's servers answer.
    private static func look(at servers: [NameServer]) -> @Sendable (Name, [RRType]) async -> [HeldSet] {
        let survey = AuthoritySurvey(group: MultiThreadedEventLoopGroup.singleton, servers: servers)
        return { owner, types in
            let answers = await survey.ask(owner, types: types)
            let sets = answers.lazy.compactMap { try? $0.result.get() }.first ?? []
            return sets.map { HeldSet($0.rrset, hasFixedTTL: true) }
        }
    }
}
