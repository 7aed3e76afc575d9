import Foundation

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

    private let topic: Secret
    private let url: String
    private let token: Secret?
    private let caFile: String?

    package init(_ arguments: ChannelArguments) throws(ChannelArgumentErrors) {
        var reader = ChannelArgumentReader(arguments, of: Self.self)
        topic = reader.secret("topic") ?? Secret("")
        url = reader.url("url") ?? ""
        token = reader.secret("token")
        caFile = reader.path("ca")
        if topic.isLiteral, reader.has("topic"), (try? readTopic()) == nil {
            reader.refuse("topic", "is not a topic", "1 to 64 of A-Z, a-z, 0-9, _ and -, or env:NAME, or file:PATH")
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

    private func readTopic() throws(DeliveryError) -> String {
        let text = try topic.read()
        guard text.utf8.allSatisfy(Self.isTopicOctet), text.utf8.count <= 64 else {
            throw .unavailable("what topic leads to is not a topic")
        }
        return text
    }

    package var target: String { "a topic at \(WebURL.origin(url))" }

    package func deliver(_ letter: Letter, from sender: Sender) async throws(DeliveryError) -> String {
        var headers = [(name: "Content-Type", value: "application/json")]
        let (topic, token) = (try readTopic(), try readToken())
        if let token { headers.append((name: "Authorization", value: "Bearer \(token)")) }
        let message = Message(
            topic: topic, title: "ninelives: \(sender.name)",
            message: letter.items.count + letter.more > 1 ? letter.text(limit: Self.textLimit) : letter.title,
            priority: Self.priority(letter), tags: [letter.isGood ? "white_check_mark" : Self.tag(letter.severity)])
        let post = HTTPPost(url: url, headers: headers, body: try json(message), caFile: caFile)
        return "status \(try await post.send(within: sender.timeout, hiding: [token ?? "", topic]).status)"
    }

    private func readToken() throws(DeliveryError) -> String? {
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
