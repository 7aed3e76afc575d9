import Failover
import Foundation

/// A mail as it is sent: headers and a text (RFC 5322, RFC 2045).
struct Mail: Sendable {
    var from: String
    var recipients: [String]
    /// Lines end in CRLF; none begins with a dot, none is longer than 78.
    var content: String

    init(_ letter: Letter, from: String, to recipients: [String], server: String) {
        self.from = from
        self.recipients = recipients
        let domain = from.split(separator: "@").last.map(String.init) ?? "localhost"
        let name = String(
            server.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == ".") ? $0 : "-" })
        let headers = [
            "From: Ninelives <\(from)>",
            // One recipient a line keeps lines short.
            "To: " + recipients.joined(separator: ",\r\n "),
            "Subject: " + Self.encodedWords("[\(server)] \(letter.title)"),
            "Date: " + Self.date(letter.at.seconds),
            // The same for each attempt: a mail that comes twice is known by it.
            "Message-ID: <ninelives.\(name).\(letter.key)@\(domain)>",
            // Nobody's automatic answer comes back (RFC 3834).
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: base64",
        ]
        content = headers.joined(separator: "\r\n") + "\r\n\r\n" + Self.wrapped(Self.text(letter, server))
    }

    private static func text(_ letter: Letter, _ server: String) -> String {
        var lines = letter.items.map { item in
            let time = Date(timeIntervalSince1970: item.at.seconds).formatted(
                .iso8601.year().month().day().dateTimeSeparator(.space).time(includingFractionalSeconds: false))
            let mark = item.turn == .better ? "over" : item.severity.rawValue
            return "\(time) UTC  [\(mark)]  \(item.text)"
        }
        if letter.more > 0 { lines.append("… and \(letter.more) more") }
        lines += [
            "", "-- ", "ninelives on \(server)" + (letter.subscription.isEmpty ? "" : ", \(letter.subscription)"),
        ]
        return lines.joined(separator: "\r\n") + "\r\n"
    }

    /// Base64 in lines of 76.
    private static func wrapped(_ text: String) -> String {
        let base64 = Array(Data(text.utf8).base64EncodedString().utf8)
        return stride(from: 0, to: base64.count, by: 76).map { start in
            String(decoding: base64[start..<min(start + 76, base64.count)], as: UTF8.self) + "\r\n"
        }.joined()
    }

    /// A header's text in words of RFC 2047, each at most 75 long, no character torn apart.
    static func encodedWords(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }), text.utf8.count <= 60 { return text }
        var words: [String] = []
        var octets: [UInt8] = []
        for character in text {
            let next = Array(character.utf8)
            if octets.count + next.count > 42 {
                words.append("=?UTF-8?B?\(Data(octets).base64EncodedString())?=")
                octets = []
            }
            octets += next.prefix(42)
        }
        words.append("=?UTF-8?B?\(Data(octets).base64EncodedString())?=")
        return words.joined(separator: "\r\n ")
    }

    /// RFC 5322 §3.3, in UTC.
    private static func date(_ seconds: Double) -> String {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss '+0000'"
        return format.string(from: Date(timeIntervalSince1970: seconds))
    }
}
