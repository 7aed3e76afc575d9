import NIOCore
import NIOSSL
import Secrets

/// E-mail by a mail server that takes it for us (RFC 6409), over TLS.
package struct EmailChannel: Channel {
    package static let kind = "email"
    package static let summary = "E-mail through a mail server of yours, over TLS."
    package static let parameters = [
        ChannelParameter("server", .text, required: true, "The mail server's name or address."),
        ChannelParameter(
            "tls", .choice(["starttls", "implicit", "none"]), standard: "starttls",
            "`starttls`: asked for before anything else; `implicit`: from the first octet; `none`: a relay on this "
                + "machine."),
        ChannelParameter(
            "port", .integer(1...65_535), "587 with `starttls`, 465 with `implicit`, 25 with `none`, if not written."),
        ChannelParameter("user", .text, "Who logs in. Without it nobody does."),
        ChannelParameter("password", .secret, "With what."),
        ChannelParameter("from", .mail, required: true, "The sender's address."),
        ChannelParameter("to", .mail, required: true, "Who gets it."),
        ChannelParameter("ca", .path, "Certificates in PEM that are trusted instead of the system's."),
    ]
    private static let recipientLimit = 50

    private let server: SMTPServer
    private let login: (user: String, password: SecretPlace)?
    private let from: String
    private let recipients: [String]

    package init(_ arguments: ChannelArguments) throws(ChannelArgumentErrors) {
        var reader = ChannelArgumentReader(arguments, of: Self.self)
        let security = reader.text("tls").flatMap { SMTPServer.Security(rawValue: $0) } ?? .startTLS
        server = SMTPServer(
            host: reader.text("server") ?? "", port: reader.integer("port") ?? security.standardPort,
            security: security, caFile: reader.path("ca"))
        login = Self.login(&reader, security)
        let senders = reader.mails("from")
        if senders.count > 1 { reader.refuse("from", "is more than one address", "one address") }
        from = senders.first ?? ""
        recipients = reader.mails("to")
        if recipients.count > Self.recipientLimit {
            reader.refuse("to", "is more than \(Self.recipientLimit) addresses", "a list of the mail server's")
        }
        try reader.finish()
    }

    private static func login(
        _ reader: inout ChannelArgumentReader, _ security: SMTPServer.Security
    ) -> (user: String, password: SecretPlace)? {
        let (user, password) = (reader.text("user"), reader.secret("password"))
        if user != nil, password == nil, !reader.has("password") { reader.refuse("password", "is missing") }
        if user == nil, password != nil { reader.refuse("user", "is missing") }
        if user != nil, security == .none {
            reader.refuse("tls", value: "none", "would send the password for everybody to read", "starttls or implicit")
        }
        guard let user, let password else { return nil }
        return (user, password)
    }

    package var target: String {
        "\(recipients.joined(separator: ", ")) through \(server.host):\(server.port)"
    }

    package func deliver(_ letter: Letter, from sender: Sender) async throws(DeliveryError) -> String {
        let mail = Mail(letter, from: from, to: recipients, server: sender.name)
        let client = SMTPClient(server: server, name: sender.name, group: sender.group, timeout: sender.timeout)
        guard let login else { return try await client.send(mail, login: nil) }
        return try await client.send(mail, login: (login.user, try login.password.read().reveal()))
    }
}
