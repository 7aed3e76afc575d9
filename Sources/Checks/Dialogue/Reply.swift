/// A reply that must come: how its end is known and what it must begin with.
struct Reply: Sendable {
    enum Form: Hashable, Sendable {
        /// Three digits; a line with `-` behind them goes on (RFC 5321 §4.2.1, RFC 959 §4.2).
        case code
        /// One line.
        case line
        /// Lines up to one that begins with the tag; those between begin with `* ` (RFC 9051 §7).
        case tagged(String)
        /// The first line that begins with one of `accepted`; other lines may come before it (RFC 4253 §4.2).
        case eventually
        /// One byte.
        case octet
    }

    let form: Form
    /// It must begin with one of these.
    let accepted: [String]
    /// Completes `waiting for …`: `the greeting`.
    let name: String
    /// It must have this word in one of its lines; case does not count.
    var offer: String?
    /// It must have this text in its first line.
    var text: TextSearch?
    /// Whether people are shown its first line when all is well.
    var isTold = false

    enum Reading { case more, last, skip, refused }

    func read(_ line: ArraySlice<UInt8>) -> Reading {
        switch form {
        case .code:
            guard line.count >= 3, isAccepted(line) else { return .refused }
            return line.dropFirst(3).first == UInt8(ascii: "-") ? .more : .last
        case .line: return isAccepted(line) ? .last : .refused
        case .tagged(let tag):
            if line.starts(with: (tag + " ").utf8) {
                return isAccepted(line.dropFirst(tag.utf8.count + 1)) ? .last : .refused
            }
            return line.first == UInt8(ascii: "*") ? .more : .refused
        case .eventually: return isAccepted(line) ? .last : .skip
        case .octet: return .refused
        }
    }

    private func isAccepted(_ line: ArraySlice<UInt8>) -> Bool {
        accepted.contains { line.prefix($0.utf8.count).elementsEqual($0.utf8) }
    }

    /// Whether a line of which this is the beginning can still be right.
    func mayBegin(with bytes: ArraySlice<UInt8>) -> Bool {
        switch form {
        case .code, .line:
            accepted.contains { zip($0.utf8, bytes).allSatisfy { $0 == $1 } } || (form == .code && bytes.count < 3)
        case .tagged, .eventually, .octet: true
        }
    }

    /// Why a complete reply is not good enough; nil if it is.
    func missing(from lines: [ArraySlice<UInt8>]) -> String? {
        if let offer, !lines.contains(where: { String(decoding: $0, as: UTF8.self).uppercased().contains(offer) }) {
            return "does not offer \(offer)"
        }
        guard let text else { return nil }
        var search = text
        (lines.last { isAccepted($0) } ?? []).withUnsafeBytes { search.feed($0) }
        return search.isFound ? nil : "text \(text) not found in \(name) \"\(printable(lines.last ?? [], limit: 80))\""
    }

    func refusal(of lines: [ArraySlice<UInt8>]) -> String {
        let said = printable(lines.last ?? [], limit: 80)
        return "\(name) is \"\(said)\", expected \(accepted.joined(separator: " or "))"
    }
}
