import Addresses
import DNS
import Foundation
import NIOHTTP1
import Secrets

/// Hurricane Electric's dynamic DNS (dyn.dns.he.net): a key for each name, one call for each family.
package struct HurricaneElectric: Provider {
    package static let driver = "hurricane-electric"
    package static let summary = "Hurricane Electric's free DNS, by the dynamic key of each name"
    package static let parameters = [
        ProviderParameter("key", .secret, "The key of the name, if it is the same for all names."),
        ProviderParameter(
            "keys", .secret, "The keys by name: lines of NAME KEY."),
        ProviderParameter("url", .url, standard: "https://dyn.dns.he.net/nic/update", "Where updates are sent."),
        .caFile,
    ]

    package let capabilities = Capabilities.dynamicUpdate
    private let url: String
    private let key: SecretPlace?
    private let keys: SecretPlace?
    private let updater: DynamicUpdater

    package init(_ arguments: ProviderArguments) throws(ProviderArgumentErrors) {
        var reader = ProviderArgumentReader(arguments, of: Self.self)
        key = reader.secret("key")
        keys = reader.secret("keys")
        let url = reader.url("url")
        let caFile = reader.path("ca-file")
        if !reader.has("key"), !reader.has("keys") {
            reader.refuse("key", "is missing", expected: "key: file:PATH, or keys: file:PATH with lines of NAME KEY")
        }
        self.url = try reader.require(url)
        // 10 updates of a name in 2 minutes are allowed; ours stay below.
        updater = DynamicUpdater(caller: HTTPCaller(caFile: caFile), count: 9, per: .seconds(120), burst: 8)
    }

    package func write(_ change: Change, until deadline: Deadline) async throws(ProviderError) -> Acceptance {
        let key = try secret(of: change.owner)
        var words: [String] = []
        for addresses in change.familiesToSend {
            guard let address = addresses.first else { continue }
            let fields = [
                ("hostname", change.owner.apiText), ("password", key.reveal()), ("myip", address.description),
            ]
            let call = HTTPCall(
                .POST, url, headers: [("Content-Type", "application/x-www-form-urlencoded")],
                body: Data(formEncoded(fields).utf8), effect: .changes, secrets: [key])
            words.append(
                try await updater.send(call, owner: change.owner, addresses: [address], until: deadline).words)
        }
        return Acceptance(words.isEmpty ? "nothing to change" : words.joined(separator: "; "))
    }

    private func secret(of owner: Name) throws(ProviderError) -> Secret {
        if let keys {
            for line in try keys.readDocument().reveal().split(whereSeparator: \.isNewline) {
                let words = line.split { $0 == " " || $0 == "\t" }
                guard words.count == 2, let name = try? Name(words[0]), name == owner else { continue }
                return Secret(String(words[1]))
            }
        }
        guard let key else {
            throw .refused(.credentials, words: "\(keys?.description ?? "keys") has no key for \(owner.apiText)")
        }
        return try key.read()
    }
}

extension Capabilities {
    /// What the update protocol can do: one value of each family at a name that exists, and nothing is told.
    static let dynamicUpdate: Capabilities = {
        var capabilities = Capabilities()
        capabilities.hasSeveralValues = false
        capabilities.ttls = .fixed
        capabilities.canCreate = false
        capabilities.canDelete = false
        capabilities.reading = .dns
        return capabilities
    }()
}
