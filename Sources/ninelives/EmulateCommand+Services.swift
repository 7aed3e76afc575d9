import Emulators

extension EmulateCommand {
    /// Starts a service that knows names and keys instead of zones, or one of the user's own.
    func startService() async throws -> (RunningEmulator, welcome: String) {
        let origin = "http://\(host):\(port)"
        let names = zone.map { "www.\($0.lowercased())" }
        switch provider {
        case .hurricaneElectric:
            let emulator = DynamicDNSEmulator(.hurricaneElectric)
            for name in names { await emulator.addHost(name, secret: "emulated-key") }
            return (
                try await RunningEmulator.start(emulator, host: host, port: port),
                welcome(
                    "Hurricane Electric's dynamic DNS is emulated on \(origin) with \(names.joined(separator: ", ")).",
                    "url: \(origin)/nic/update", "key: env:HE_KEY      # HE_KEY=emulated-key")
            )
        case .dyndns2:
            let emulator = DynamicDNSEmulator(.dyndns2)
            for name in names { await emulator.addHost(name, user: "emulated-user", secret: "emulated-password") }
            return (
                try await RunningEmulator.start(emulator, host: host, port: port),
                welcome(
                    "A dyndns2 service is emulated on \(origin) with \(names.joined(separator: ", ")).",
                    "url: \(origin)/nic/update", "user: emulated-user",
                    "password: env:DYNDNS_PASSWORD      # DYNDNS_PASSWORD=emulated-password")
            )
        default:
            let emulator = WebhookEmulator(zone: zone.first ?? "example.org", token: "emulated-token")
            return (
                try await RunningEmulator.start(emulator, host: host, port: port),
                welcome(
                    "A service of your own is emulated on \(origin) for \(zone.first ?? "example.org").",
                    "url: \(origin)/records", "token: env:WEBHOOK_TOKEN      # WEBHOOK_TOKEN=emulated-token",
                    "reads: yes")
            )
        }
    }

    private func welcome(_ title: String, _ arguments: String...) -> String {
        """
        \(title)

        In a configuration:

        providers:
          \(provider.rawValue):
            driver: \(provider.rawValue)
        \(arguments.map { "    " + $0 }.joined(separator: "\n"))

        What it holds: curl http://\(host):\(port)/_emulator
        Ctrl-C stops it.
        """
    }
}
