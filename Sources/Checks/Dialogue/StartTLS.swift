/// The protocols that begin in the clear and can go on in TLS.
enum StartTLS: String, CaseIterable, Sendable {
    /// RFC 3207
    case smtp
    /// RFC 9051 §6.2.1
    case imap
    /// RFC 2595 §4
    case pop3
    /// RFC 4217
    case ftp
    /// SSLRequest of PostgreSQL's protocol
    case postgresql

    var port: Int {
        switch self {
        case .smtp: 25
        case .imap: 143
        case .pop3: 110
        case .ftp: 21
        case .postgresql: 5432
        }
    }

    /// What we call ourselves in EHLO unless the configuration says otherwise.
    static let clientName = "ninelives.invalid"

    /// The first thing the server says by itself; nil where it waits for us.
    func greeting(with text: TextSearch? = nil, isTold: Bool = false) -> Reply? {
        let (form, accepted): (Reply.Form, [String])
        switch self {
        case .smtp, .ftp: (form, accepted) = (.code, ["220"])
        case .imap: (form, accepted) = (.line, ["* OK", "* PREAUTH"])
        case .pop3: (form, accepted) = (.line, ["+OK"])
        case .postgresql: return nil
        }
        return Reply(form: form, accepted: accepted, name: "the greeting", text: text, isTold: isTold)
    }

    /// From the greeting, which has been heard, to TLS.
    func steps(_ identity: TLSIdentity, client: String = clientName) -> [Dialogue.Step] {
        let agreement = "the answer to \(command)"
        switch self {
        case .smtp:
            return [
                .say("EHLO \(client)\r\n"),
                .hear(Reply(form: .code, accepted: ["250"], name: "the answer to EHLO", offer: "STARTTLS")),
                .say("STARTTLS\r\n"), .hear(Reply(form: .code, accepted: ["220"], name: agreement)), .secure(identity),
            ]
        case .ftp:
            return [
                .say("AUTH TLS\r\n"), .hear(Reply(form: .code, accepted: ["234"], name: agreement)), .secure(identity),
            ]
        case .imap:
            return [
                .say("n1 STARTTLS\r\n"), .hear(Reply(form: .tagged("n1"), accepted: ["OK"], name: agreement)),
                .secure(identity),
            ]
        case .pop3:
            return [.say("STLS\r\n"), .hear(Reply(form: .line, accepted: ["+OK"], name: agreement)), .secure(identity)]
        case .postgresql:
            return [
                .sayBytes([0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F]),
                .hear(Reply(form: .octet, accepted: ["S"], name: agreement)), .secure(identity),
            ]
        }
    }

    private var command: String {
        switch self {
        case .smtp, .imap: "STARTTLS"
        case .pop3: "STLS"
        case .ftp: "AUTH TLS"
        case .postgresql: "SSLRequest"
        }
    }
}
