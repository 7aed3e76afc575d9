import Crypto
import Failover
import Foundation
import Secrets

/// JSON to a URL of one's own, signed as Standard Webhooks 1.0 says, so that its libraries can check it.
package struct WebhookChannel: Channel {
    package static let kind = "webhook"
    package static let summary = "JSON to a URL of your own, signed with HMAC-SHA256."
    package static let parameters = [
        ChannelParameter("url", .url, required: true, "Where it is sent."),
        ChannelParameter(
            "secret", .secret, required: true,
            "What it is signed with: `whsec_` and Base64, or any text of 24 octets or more."),
        ChannelParameter("ca", .path, "Certificates in PEM that are trusted instead of the system's."),
    ]
    /// The least that a key must have, octets.
    private static let leastKeyLength = 24

    private let url: String
    private let secret: SecretPlace
    private let caFile: String?

    package init(_ arguments: ChannelArguments) throws(ChannelArgumentErrors) {
        var reader = ChannelArgumentReader(arguments, of: Self.self)
        url = reader.url("url") ?? ""
        secret = reader.secret("secret") ?? .missing
        caFile = reader.path("ca")
        if secret.isWritten, reader.has("secret") {
            do {
                _ = try key()
            } catch {
                reader.refuse("secret", error.description)
            }
        }
        try reader.finish()
    }

    package var target: String { WebURL.origin(url) }

    package func deliver(_ letter: Letter, from sender: Sender) async throws(DeliveryError) -> String {
        let id = "ninelives-\(sender.name)-\(letter.key)"
        let body = try json(WebhookBody(letter, id: id, from: sender.name))
        // The time of this attempt: a receiver takes no message that is older than a few minutes.
        let timestamp = "\(Int64(sender.now()))"
        let key = try key()
        let signed = Data("\(id).\(timestamp).".utf8) + body
        let signature = Data(HMAC<SHA256>.authenticationCode(for: signed, using: key)).base64EncodedString()
        let post = HTTPPost(
            url: url,
            headers: [
                ("Content-Type", "application/json"), ("webhook-id", id), ("webhook-timestamp", timestamp),
                ("webhook-signature", "v1,\(signature)"),
            ], body: body, caFile: caFile)
        return "status \(try await post.send(within: sender.timeout).status)"
    }

    private func key() throws(DeliveryError) -> SymmetricKey {
        let text = try secret.read().reveal()
        let octets: Data
        if text.hasPrefix("whsec_") {
            guard let decoded = Data(base64Encoded: String(text.dropFirst(6))) else {
                throw .unavailable("is not Base64 after whsec_")
            }
            octets = decoded
        } else {
            octets = Data(text.utf8)
        }
        guard octets.count >= Self.leastKeyLength else {
            throw .unavailable("is shorter than \(Self.leastKeyLength) octets")
        }
        return SymmetricKey(data: octets)
    }
}

/// What a receiver of its own reads. Keys are added, never renamed.
struct WebhookBody: Codable {
    struct Item: Codable {
        var kind: String
        var indicator: String?
        var scheme: String?
        var provider: String?
        /// `worse`, `better` or `news`.
        var turn: String
        var severity: String
        var standing: String
        var text: String
        /// Seconds since 1970.
        var at: Double
    }

    var id: String
    /// `notice.news`, `notice.reminder` or `notice.test`.
    var type: String
    /// ISO 8601.
    var timestamp: String
    var server: String
    var subscription: String
    var severity: String
    var title: String
    var items: [Item]
    /// How many there were beside the items.
    var more: Int

    init(_ letter: Letter, id: String, from server: String) {
        self.id = id
        type = "notice.\(letter.purpose.rawValue)"
        timestamp = Date(timeIntervalSince1970: letter.at.seconds).formatted(.iso8601)
        self.server = server
        subscription = letter.subscription
        severity = letter.severity.rawValue
        title = letter.title
        items = letter.items.map {
            Item(
                kind: $0.kind.rawValue, indicator: $0.indicator, scheme: $0.scheme, provider: $0.provider,
                turn: $0.turn.rawValue,
                severity: $0.severity.rawValue, standing: $0.standing, text: $0.text, at: $0.at.seconds)
        }
        more = letter.more
    }
}
