import Foundation
import Secrets

/// A message of a bot in a chat of Telegram (Bot API, `sendMessage`).
package struct TelegramChannel: Channel {
    package static let kind = "telegram"
    package static let summary = "A message of your bot in a chat of Telegram."
    package static let parameters = [
        ChannelParameter("token", .secret, required: true, "The bot's token, from @BotFather."),
        ChannelParameter("chat", .text, required: true, "The chat's number, or `@channelname`."),
        ChannelParameter("url", .url, standard: "https://api.telegram.org", "Another Bot API server."),
        ChannelParameter("ca", .path, "Certificates in PEM that are trusted instead of the system's."),
    ]
    /// Of 4,096 UTF-16 units that a message may have.
    private static let textLimit = 4000

    private let token: SecretPlace
    private let chat: String
    private let url: String
    private let caFile: String?

    package init(_ arguments: ChannelArguments) throws(ChannelArgumentErrors) {
        var reader = ChannelArgumentReader(arguments, of: Self.self)
        token = reader.secret("token") ?? .missing
        chat = reader.text("chat") ?? ""
        url = reader.url("url") ?? ""
        caFile = reader.path("ca")
        try reader.finish()
    }

    package var target: String { "chat \(chat) at \(WebURL.origin(url))" }

    package func deliver(_ letter: Letter, from sender: Sender) async throws(DeliveryError) -> String {
        let token = try token.read()
        guard token.reveal().utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }) else {
            throw .unavailable("the token has characters that no token has")
        }
        var text = "\(letter.title)\n"
        if letter.items.count + letter.more > 1 { text += letter.text(limit: Self.textLimit - text.utf16.count) + "\n" }
        let message = Message(
            chat_id: chat, text: text + sender.name, disable_notification: letter.severity < .warning)
        let post = HTTPPost(url: "\(url)/bot\(token.reveal())/sendMessage", body: try json(message), caFile: caFile)
        return "status \(try await post.send(within: sender.timeout, hiding: [token]).status)"
    }

    private struct Message: Encodable {
        var chat_id: String
        var text: String
        /// Good news makes no sound.
        var disable_notification: Bool
    }
}
