import Addresses
import DNS
import Foundation
import NIOHTTP1
import Secrets

/// The dyndns2 update protocol, as DynDNS, No-IP, deSEC, Dynu and most routers know it.
package struct DynDNS2: Provider {
    /// How an IPv6 address is sent.
    private enum IPv6: String {
        /// In a call of its own, as `myip`.
        case own = "own-call"
        /// In the same call, as `myip=V4,V6`.
        case together
        /// In the same call, as `myipv6`.
        case parameter = "myipv6"
    }

    package static let driver = "dyndns2"
    package static let summary = "The update protocol of DynDNS, No-IP, deSEC, Dynu and many others"
    package static let parameters = [
        ProviderParameter("url", .url, required: true, "The service's update address: https://HOST/nic/update."),
        ProviderParameter("user", .text, form: "the user's name", required: true, "Whose names they are."),
        ProviderParameter("password", .secret, required: true, "The password or token."),
        ProviderParameter(
            "ipv6", .text, form: "own-call, together or myipv6", standard: "own-call",
            "How IPv6 addresses are sent: in a call of their own, as myip=V4,V6, or as myipv6."),
        .caFile,
    ]

    package let capabilities = Capabilities.dynamicUpdate
    private let url: String
    private let user: String
    private let password: SecretPlace
    private let ipv6: IPv6
    private let updater: DynamicUpdater

    package init(_ arguments: ProviderArguments) throws(ProviderArgumentErrors) {
        var reader = ProviderArgumentReader(arguments, of: Self.self)
        let url = reader.url("url")
        let user = reader.text("user")
        let password = reader.secret("password")
        let way = reader.text("ipv6").flatMap(IPv6.init(rawValue:))
        let caFile = reader.path("ca-file")
        if way == nil { reader.refuse("ipv6", "is none of the three ways") }
        if user?.contains(":") ?? false { reader.refuse("user", "has a colon, which HTTP does not allow there") }
        self.url = try reader.require(url)
        self.user = try reader.require(user)
        self.password = try reader.require(password)
        ipv6 = try reader.require(way)
        updater = DynamicUpdater(caller: HTTPCaller(caFile: caFile), count: 20, per: .seconds(600), burst: 10)
    }

    package func write(_ change: Change, until deadline: Deadline) async throws(ProviderError) -> Acceptance {
        let secret = try password.read()
        let families = change.familiesToSend
        var words: [String] = []
        for fields in requests(families) {
            let query = formEncoded([("hostname", change.owner.apiText)] + fields)
            let basic = Data("\(user):\(secret.reveal())".utf8).base64EncodedString()
            let call = HTTPCall(
                .GET, "\(url)?\(query)", headers: [("Authorization", "Basic \(basic)")], effect: .changes,
                secrets: [secret, Secret(basic)])
            words.append(
                try await updater.send(
                    call, owner: change.owner, addresses: families.flatMap { $0 }, until: deadline
                ).words)
        }
        return Acceptance(words.isEmpty ? "nothing to change" : words.joined(separator: "; "))
    }

    /// The parameters of each call.
    private func requests(_ families: [[IPAddress]]) -> [[(name: String, value: String)]] {
        let addresses = families.compactMap(\.first)
        guard addresses.count > 1 || addresses.contains(where: \.isIPv6) && ipv6 == .parameter else {
            return addresses.map { [("myip", $0.description)] }
        }
        switch ipv6 {
        case .own: return addresses.map { [("myip", $0.description)] }
        case .together: return [[("myip", addresses.map(\.description).joined(separator: ","))]]
        case .parameter: return [addresses.map { ($0.isIPv6 ? "myipv6" : "myip", $0.description) }]
        }
    }
}

extension IPAddress {
    fileprivate var isIPv6: Bool { if case .v6 = self { true } else { false } }
}
