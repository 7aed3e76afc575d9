import Foundation
import Secrets

/// A message on a topic of ntfy, at ntfy.sh or a server of one's own.
package struct NtfyChannel: Channel {
    package static let kind = "ntfy"
    package static let summary = "A push message on a topic of ntfy.sh, or of an ntfy server of your own."
    package static let parameters = [
        ChannelParameter(
            "topic", .secret, required: true, "The topic. On a public server whoever knows it reads along."),
        ChannelParameter("url", .url, standard: "https://ntfy.sh", "Another server."),
        ChannelParameter("token", .secret, "An access token, if the topic needs one."),
        ChannelParameter("ca", .path, "Certificates in PEM that are trusted instead of the system's."),
    ]
    /// Octets of 4,096 beyond which a message becomes a file; a character may be four.
    private static let textLimit = 1000

    private let topic: SecretPlace
    private let url: String
    private let token: SecretPlace?
    private let caFile: String?

    package init(_ arguments: ChannelArguments) throws(ChannelArgumentErrors) {
        var reader = ChannelArgumentReader(arguments, of: Self.self)
        topic = reader.secret("topic") ?? .missing
        url = reader.url("url") ?? ""
        token = reader.secret("token")
        caFile = reader.path("ca")
        if topic.isWritten, reader.has("topic"), (try? readTopic()) == nil {
            reader.refuse("topic", "is not a topic", "1 to 64 of A-Z, a-z, 0-9, _ and -, or \(SecretPlace.forms)")
        }
        try reader.finish()
    }

    private static func isTopicOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private func readTopic() throws(DeliveryError) -> Secret {
        let topic = try topic.read()
        let octets = topic.reveal().utf8
        guard octets.allSatisfy(Self.isTopicOctet), octets.count <= 64 else {
            throw .unavailable("what topic leads to is not a topic")
        }
        return topic
    }

    package var target: String { "a topic at \(WebURL.origin(url))" }

    package func deliver(_ letter: Letter, from sender: Sender) async throws(DeliveryError) -> String {
        var headers = [(name: "Content-Type", value: "application/json")]
        let (topic, token) = (try readTopic(), try readToken())
        if let token { headers.append((name: "Authorization", value: "Bearer \(token.reveal())")) }
        let message = Message(
            topic: topic.reveal(), title: "ninelives: \(sender.name)",
            message: letter.items.count + letter.more > 1 ? letter.text(limit: Self.textLimit) : letter.title,
            priority: Self.priority(letter), tags: [letter.isGood ? "white_check_mark" : Self.tag(letter.severity)])
        let post = HTTPPost(url: url, headers: headers, body: try json(message), caFile: caFile)
        return "status \(try await post.send(within: sender.timeout, hiding: [token, topic].compactMap(\.self)).status)"
    }

    private func readToken() throws(DeliveryError) -> Secret? {
        guard let token else { return nil }
        return try token.read()
    }

    private static func priority(_ letter: Letter) -> Int {
        switch letter.severity {
        case .critical: 5
        case .warning: 4
        case .info: 3
        }
    }

    private static func tag(_ severity: Happening.Severity) -> String {
        switch severity {
        case .critical: "rotating_light"
        case .warning: "warning"
        case .info: "information_source"
        }
    }

    private struct Message: Encodable {
        var topic: String
        var title: String
        var message: String
        var priority: Int
        var tags: [String]
    }
}
