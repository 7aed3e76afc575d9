/// The drivers that exist.
package enum ProviderDriver {
    /// In the order of the documentation. `local`, our own server, is not among them: it is published to, not asked.
    package static let all: [any Provider.Type] = [
        Cloudflare.self, HurricaneElectric.self, DynDNS2.self, RFC2136.self, PowerDNS.self, Route53.self, Exec.self,
        Webhook.self,
        DeSEC.self, DigitalOcean.self, Hetzner.self, Gandi.self, GoogleCloudDNS.self, AzureDNS.self,
    ]

    /// The driver of that name, or nil.
    package static func named(_ name: String) -> (any Provider.Type)? { all.first { $0.driver == name } }

    /// Makes an account from what was written. An unknown driver is reported under the key `driver`.
    package static func make(
        driver name: String, arguments: ProviderArguments
    ) throws(ProviderArgumentErrors) -> any Provider {
        guard let driver = named(name) else {
            throw ProviderArgumentErrors([
                ProviderArgumentError(
                    key: "driver", value: name, problem: "is not a driver",
                    expected: "one of " + all.map { $0.driver }.joined(separator: ", "))
            ])
        }
        return try driver.init(arguments)
    }
}
