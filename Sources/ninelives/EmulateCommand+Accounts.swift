import Emulators

extension EmulateCommand {
    /// What stands in a configuration for one of the providers with accounts, tokens and RRsets.
    private struct Offer {
        var title: String
        var emulator: any EmulatedAccount
        /// `url: http://…`, each with a remark or without.
        var arguments: [(line: String, remark: String?)]
    }

    /// Starts the provider with the zones and the token `emulated-token`.
    func startAccount() async throws -> (RunningEmulator, welcome: String) {
        let origin = "http://\(host):\(port)"
        let offer = offer(at: origin)
        for name in zone { await offer.emulator.addZone(name) }
        await offer.emulator.addToken("emulated-token")
        let width = (offer.arguments.map(\.line.count).max() ?? 0) + 2
        let lines = offer.arguments.map { line, remark in
            guard let remark else { return "    " + line }
            return "    " + line + String(repeating: " ", count: width - line.count) + "# " + remark
        }
        let welcome = """
            \(offer.title) is emulated on \(origin) with \(zone.joined(separator: ", ")).

            In a configuration:

            providers:
              \(provider.rawValue):
                driver: \(provider.rawValue)
            \(lines.joined(separator: "\n"))

            What it holds: curl \(origin)/_emulator
            Ctrl-C stops it.
            """
        return (try await RunningEmulator.start(offer.emulator, host: host, port: port), welcome)
    }

    private func offer(at origin: String) -> Offer {
        func withToken(_ title: String, _ emulator: any EmulatedAccount, path: String) -> Offer {
            let variable = provider.rawValue.uppercased() + "_TOKEN"
            return Offer(
                title: title, emulator: emulator,
                arguments: [
                    ("url: \(origin)\(path)", nil), ("token: env:\(variable)", "\(variable)=emulated-token"),
                ])
        }
        switch provider {
        case .cloudflare, .hurricaneElectric, .dyndns2, .webhook: preconditionFailure("these are started by themselves")
        case .desec: return withToken("deSEC", DeSECEmulator(), path: "/api/v1")
        case .digitalocean: return withToken("DigitalOcean", DigitalOceanEmulator(), path: "/v2")
        case .hetzner: return withToken("Hetzner", HetznerEmulator(), path: "/v1")
        case .gandi: return withToken("Gandi", GandiEmulator(), path: "/v5/livedns")
        case .googleCloudDNS:
            return Offer(
                title: "Google's Cloud DNS", emulator: GoogleCloudDNSEmulator(),
                arguments: [
                    ("url: \(origin)/dns/v1", nil), ("token-url: \(origin)/token", nil),
                    ("key: file:key.json", "curl -o key.json \(origin)/_emulator/key.json"),
                ])
        case .azureDNS:
            return Offer(
                title: "Azure DNS", emulator: AzureDNSEmulator(),
                arguments: [
                    ("url: \(origin)", nil), ("login-url: \(origin)", nil),
                    ("tenant-id: \(AzureDNSEmulator.tenant)", nil), ("client-id: \(AzureDNSEmulator.client)", nil),
                    ("client-secret: env:AZURE_CLIENT_SECRET", "AZURE_CLIENT_SECRET=emulated-token"),
                    ("subscription-id: \(AzureDNSEmulator.subscription)", nil),
                    ("resource-group: \(AzureDNSEmulator.group)", nil),
                ])
        }
    }
}
