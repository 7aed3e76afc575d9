import Foundation
import Secrets

/// An incoming webhook of Slack, or of what speaks like it: Mattermost, Rocket.Chat, Discord (its URL with `/slack`).
package struct SlackChannel: Channel {
    package static let kind = "slack"
    package static let summary = "An incoming webhook of Slack, Mattermost, or Discord (its URL with `/slack`)."
    package static let parameters = [
        ChannelParameter("webhook-url", .secretURL, required: true, "Its URL. Whoever has it can write there."),
        ChannelParameter("ca", .path, "Certificates in PEM that are trusted instead of the system's."),
    ]
    /// Discord takes 2,000 characters; Slack more.
    private static let textLimit = 1700

    private let url: SecretPlace
    private let caFile: String?

    package init(_ arguments: ChannelArguments) throws(ChannelArgumentErrors) {
        var reader = ChannelArgumentReader(arguments, of: Self.self)
        url = reader.secret("webhook-url") ?? .missing
        caFile = reader.path("ca")
        try reader.finish()
    }

    package var target: String {
        guard let url = try? url.read() else { return "\(url)" }
        return WebURL.origin(url.reveal())
    }

    package func deliver(_ letter: Letter, from sender: Sender) async throws(DeliveryError) -> String {
        let url = try url.read().reveal()
        guard WebURL.isValid(url) else { throw .unavailable("what webhook-url leads to is not a URL") }
        var text = Self.escaped("\(letter.title) — \(sender.name)")
        if letter.items.count + letter.more > 1 {
            text += "\n" + Self.escaped(letter.text(limit: Self.textLimit - 2 * text.utf16.count))
        }
        let post = HTTPPost(url: url, body: try json(["text": text]), caFile: caFile)
        let path = url.dropFirst(WebURL.origin(url).count)
        return "status \(try await post.send(within: sender.timeout, hiding: [Secret(String(path))]).status)"
    }

    /// The three characters that mean something in Slack's texts.
    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
