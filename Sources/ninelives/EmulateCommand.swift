import ArgumentParser
import Emulators
import Foundation
import ServiceLifecycle
import UnixSignals

struct EmulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "emulate", abstract: "Start a DNS provider's stand-in, to learn with and to test against.",
        discussion: """
            It speaks the provider's API, with its errors and limits, and keeps what it is told in memory. Faults can
            be planned: see docs/providers.md.

            EXAMPLES
              ninelives emulate cloudflare --port 8090 --zone example.org
              curl http://127.0.0.1:8090/_emulator
              curl -X POST 'http://127.0.0.1:8090/_emulator/faults?fault=lost&only=changes'
            """)

    @Argument(help: "Which provider.") var provider: EmulatedProvider
    @Option(help: "The address to listen on.") var host = "127.0.0.1"
    @Option(help: "The port to listen on.") var port = 8090
    @Option(help: "A zone that the account has; may be given several times.") var zone: [String] = ["example.org"]

    func validate() throws {
        guard (1...65_535).contains(port) else {
            throw ValidationError("--port \(port) is not a port: use 1…65535.")
        }
    }

    func run() async throws {
        let (running, welcome) = try await start()
        FileHandle.standardOutput.write(Data((welcome + "\n").utf8))
        for await _ in await UnixSignalsSequence(trapping: [.sigint, .sigterm]) { break }
        await running.stop()
    }

    private func start() async throws -> (RunningEmulator, welcome: String) {
        do {
            switch provider {
            case .cloudflare:
                let emulator = CloudflareEmulator()
                for name in zone { await emulator.addZone(name.lowercased()) }
                await emulator.addToken("emulated-token")
                return (
                    try await RunningEmulator.start(emulator, host: host, port: port),
                    """
                    Cloudflare is emulated on http://\(host):\(port)/client/v4 with \(zone.joined(separator: ", ")).

                    Its token is emulated-token. In a configuration:

                      providers:
                        cloudflare:
                          driver: cloudflare
                          url: http://\(host):\(port)/client/v4
                          token: env:CLOUDFLARE_TOKEN      # CLOUDFLARE_TOKEN=emulated-token

                    What it holds: curl http://\(host):\(port)/_emulator
                    Ctrl-C stops it.
                    """
                )
            case .hurricaneElectric, .dyndns2, .webhook: return try await startService()
            case .desec, .digitalocean, .hetzner, .gandi, .googleCloudDNS, .azureDNS: return try await startAccount()
            }
        } catch {
            printError("\(host):\(port) cannot be listened on: \(error). Use --port to choose another port.")
            throw Exit.wrong
        }
    }
}

enum EmulatedProvider: String, ExpressibleByArgument, CaseIterable {
    case cloudflare
    case desec
    case digitalocean
    case hetzner
    case gandi
    case googleCloudDNS = "google-cloud-dns"
    case azureDNS = "azure-dns"
    case hurricaneElectric = "hurricane-electric"
    case dyndns2
    case webhook
}
