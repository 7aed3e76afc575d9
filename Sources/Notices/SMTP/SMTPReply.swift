/// What a mail server says to a command: a number and lines (RFC 5321 §4.2).
struct SMTPReply: Sendable {
    private(set) var code = 0
    private(set) var lines: [String] = []

    /// Octets of a line, and lines of a reply.
    static let lineLimit = 4096
    private static let countLimit = 128

    /// Takes in a line without its end; returns true if it is the last, nil if it is no line of a reply.
    mutating func take(_ line: String) -> Bool? {
        let octets = Array(line.utf8)
        guard octets.count >= 3, let number = Int(String(decoding: octets[..<3], as: UTF8.self)),
            (200...599).contains(number), lines.isEmpty || number == code, lines.count < Self.countLimit,
            octets.count == 3 || octets[3] == UInt8(ascii: " ") || octets[3] == UInt8(ascii: "-")
        else { return nil }
        code = number
        lines.append(String(decoding: octets.dropFirst(4), as: UTF8.self))
        return octets.count == 3 || octets[3] == UInt8(ascii: " ")
    }

    var isPositive: Bool { (200..<400).contains(code) }

    var text: String { oneLine("\(code) \(lines.joined(separator: " "))") }

    /// An extension's words behind its name, as EHLO lists it; nil if the server does not have it.
    func words(of name: String) -> [String]? {
        for line in lines.dropFirst() {
            // `AUTH=PLAIN` is what servers said before the standard.
            let words = line.uppercased().split { $0 == " " || $0 == "=" }.map(String.init)
            if words.first == name { return Array(words.dropFirst()) }
        }
        return nil
    }

    /// 4xx is for later; 5xx is for good (RFC 5321 §4.2.1).
    func failure(of command: String) -> DeliveryError {
        let words = "\(command): \(text)"
        return (500...599).contains(code) ? .refused(words) : .unavailable(words)
    }
}
