import DNS
import Providers
import Secrets

/// One account at a provider, as it is configured.
package struct ProviderSettings: Sendable {
    package var name: String
    package var provider: any Provider
    /// What was written for the driver, for telling whether it has changed. It holds no secret, only where they are.
    package var arguments: [String: String]
    /// The TSIG keys that the arguments name.
    package var keys: [TSIGKey] = []
    package var policy = ReconcilerPolicy()
    /// The deadline of each call.
    package var timeout: Duration = .seconds(20)
    /// The name servers to ask whether they answer so; empty: those that the DNS names for the zone.
    package var servers: [NameServer] = []

    /// The same account with secrets that are not in the encrypted store (yet).
    ///
    /// - Parameters:
    ///   - secrets: by argument.
    ///   - settings: those that the account was read with.
    /// - Throws: what is wrong with the arguments; nothing, as they have been read already.
    package func provider(
        with secrets: [String: String], of settings: Settings
    ) throws(ProviderArgumentErrors) -> any Provider {
        if secrets.isEmpty { return provider }
        var values = arguments
        // A name in the encrypted store has no blank: these are never taken for one.
        for argument in secrets.keys { values[argument] = "store: \(argument)" }
        let kept = SecretOpener.sealed(in: settings.dataFolder)
        let opener = SecretOpener(folder: "") { name throws(SecretFault) in
            if name.hasPrefix(" "), let secret = secrets[String(name.dropFirst())] { return secret }
            return try kept.open(name)
        }
        let folder = settings.file.lastIndex(of: "/").map { String(settings.file[..<$0]) } ?? "."
        return try ProviderDriver.make(
            driver: type(of: provider).driver,
            arguments: ProviderArguments(values, folder: folder, opener: opener, keys: keys))
    }

    /// Whether a queue made for `other` serves this too.
    package func isSame(as other: ProviderSettings) -> Bool {
        type(of: provider) == type(of: other.provider) && arguments == other.arguments && keys == other.keys
            && policy == other.policy
            && timeout == other.timeout && servers == other.servers
    }
}

/// Whom to ask how far a change has got.
package struct PropagationSettings: Hashable, Sendable {
    /// The authoritative servers of every scheme's zone; empty: those that the DNS names for each.
    package var servers: [NameServer] = []
    package var resolvers: [NameServer] = PublicResolvers.all

    package init() {}
}
