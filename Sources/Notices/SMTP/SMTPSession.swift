import Foundation
import NIOCore

/// One conversation with a mail server.
struct SMTPSession {
    var lines: SMTPLines
    let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    let channel: any NIOCore.Channel

    mutating func run(
        _ mail: Mail, login: (user: String, password: String)?, server: SMTPServer, name: String
    ) async throws -> String {
        try await expect(try await reply(), "greeting")
        var hello = try await say("EHLO \(name)", "EHLO")
        if server.security == .startTLS {
            guard hello.words(of: "STARTTLS") != nil else {
                throw DeliveryError.unavailable("\(server.host):\(server.port) offers no STARTTLS")
            }
            try await startTLS(server)
            // What was said before is worth nothing: anybody could have said it (RFC 3207 §4.2).
            hello = try await say("EHLO \(name)", "EHLO")
        }
        if let login { try await logIn(login, offered: hello.words(of: "AUTH") ?? []) }
        return try await hand(over: mail)
    }

    private mutating func startTLS(_ server: SMTPServer) async throws {
        try await say("STARTTLS", "STARTTLS")
        // Lines that came behind the answer were not protected, and would be read as if they were.
        guard !lines.hasMore else { throw DeliveryError.unavailable("the mail server spoke on after STARTTLS") }
        let channel = channel
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(try server.makeTLS(), position: .first)
        }.get()
    }

    /// AUTH PLAIN (RFC 4616), or LOGIN where that is all there is.
    private mutating func logIn(_ login: (user: String, password: String), offered: [String]) async throws {
        let replies: [SMTPReply]
        if offered.contains("PLAIN") {
            let token = Data("\0\(login.user)\0\(login.password)".utf8).base64EncodedString()
            replies = [try await ask("AUTH PLAIN \(token)")]
        } else if offered.contains("LOGIN") {
            var said = [try await ask("AUTH LOGIN")]
            for word in [login.user, login.password] where said.last?.code == 334 {
                said.append(try await ask(Data(word.utf8).base64EncodedString()))
            }
            replies = said
        } else {
            let methods = offered.isEmpty ? "none" : offered.joined(separator: ", ")
            throw DeliveryError.unavailable("the mail server offers neither AUTH PLAIN nor LOGIN (\(methods))")
        }
        // A wrong password is nothing that another letter would change.
        guard let last = replies.last, last.code == 235 else {
            throw DeliveryError.unavailable("login as \(login.user): \(replies.last?.text ?? "")")
        }
    }

    private mutating func hand(over mail: Mail) async throws -> String {
        try await say("MAIL FROM:<\(mail.from)>", "MAIL FROM")
        var refusals: [SMTPReply] = []
        for recipient in mail.recipients {
            let answer = try await ask("RCPT TO:<\(recipient)>")
            if !answer.isPositive { refusals.append(answer) }
        }
        // Whoever can be reached gets it; the others are told of in what we say about the delivery.
        if refusals.count == mail.recipients.count, let first = refusals.first { throw first.failure(of: "RCPT TO") }
        guard try await say("DATA", "DATA").code == 354 else {
            throw DeliveryError.unavailable("DATA: the mail server does not wait for the mail")
        }
        try await write(Self.dotted(mail.content) + ".\r\n")
        let answer = try await reply()
        try await expect(answer, "the mail")
        try? await write("QUIT\r\n")
        let rest = refusals.map { "; not taken for one: \($0.text)" }.joined()
        return answer.text + rest
    }

    /// A line that begins with a dot gets another (RFC 5321 §4.5.2).
    private static func dotted(_ content: String) -> String {
        let lines = content.components(separatedBy: "\r\n")
        return lines.map { $0.hasPrefix(".") ? ".\($0)" : $0 }.joined(separator: "\r\n")
    }

    // MARK: -

    /// Sends a command and throws unless it is taken.
    @discardableResult
    private mutating func say(_ command: String, _ shown: String) async throws -> SMTPReply {
        let answer = try await ask(command)
        try await expect(answer, shown)
        return answer
    }

    private mutating func ask(_ command: String) async throws -> SMTPReply {
        try await write(command + "\r\n")
        return try await reply()
    }

    private func write(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }

    private mutating func reply() async throws -> SMTPReply {
        var reply = SMTPReply()
        while true {
            let line = try await lines.next()
            guard let isLast = reply.take(line) else {
                throw DeliveryError.unavailable("this is no mail server's answer: \(oneLine(line))")
            }
            if isLast { return reply }
        }
    }

    private func expect(_ answer: SMTPReply, _ command: String) async throws {
        if !answer.isPositive { throw answer.failure(of: command) }
    }
}
