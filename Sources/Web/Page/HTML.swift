/// Markup under construction. What is put into it is escaped, unless it is markup itself:
///
///     let heading: HTML = "<h2>\(scheme.name)</h2>"
///
/// Parts that change on their own are keyed, so that an open page can be sent those alone (see `Patch`).
struct HTML: Hashable, Sendable {
    enum Piece: Hashable, Sendable {
        case text(String)
        case keyed(String, HTML)
    }

    private(set) var pieces: [Piece] = []

    static let nothing = HTML()

    private init() {}

    init(_ parts: [HTML]) {
        for part in parts { append(part) }
    }

    /// Markup that starts with a tag, as a part of its own. The key becomes the tag's attribute `data-key`, and must
    /// be the only one of its kind on a page.
    static func keyed(_ key: String, _ markup: HTML) -> HTML {
        guard case .text(let first)? = markup.pieces.first,
            let end = first.firstIndex(where: { $0 == " " || $0 == ">" })
        else { preconditionFailure("keyed markup starts with a tag") }
        var whole = HTML()
        whole.append(raw: first[..<end])
        whole.append(raw: " data-key=\"")
        whole.append(escaping: key)
        whole.append(raw: "\"")
        whole.append(raw: first[end...])
        for piece in markup.pieces.dropFirst() { whole.append(piece) }
        var html = HTML()
        html.pieces = [.keyed(key, whole)]
        return html
    }

    var isEmpty: Bool { pieces.isEmpty }

    /// The whole text.
    var text: String {
        var text = ""
        write(into: &text)
        return text
    }

    private func write(into text: inout String) {
        for piece in pieces {
            switch piece {
            case .text(let part): text += part
            case .keyed(_, let part): part.write(into: &text)
            }
        }
    }

    // MARK: Putting together

    mutating func append(_ part: HTML) {
        for piece in part.pieces { append(piece) }
    }

    mutating func append(_ piece: Piece) {
        if case .text(let text) = piece { append(raw: text) } else { pieces.append(piece) }
    }

    fileprivate mutating func append(raw text: some StringProtocol) {
        if text.isEmpty { return }
        if case .text(var last)? = pieces.last {
            // Taken out first, so that the text grows in place.
            pieces.removeLast()
            last += text
            pieces.append(.text(last))
        } else {
            pieces.append(.text(String(text)))
        }
    }

    fileprivate mutating func append(escaping text: String) {
        if !text.utf8.contains(where: Self.isSpecial) { return append(raw: text) }
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        append(raw: escaped)
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "'"): true
        default: false
        }
    }

    static func + (left: HTML, right: HTML) -> HTML { HTML([left, right]) }
}

extension HTML: ExpressibleByStringInterpolation {
    /// A literal is markup.
    init(stringLiteral value: String) { append(raw: value) }

    init(stringInterpolation: StringInterpolation) { self = stringInterpolation.html }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var html = HTML()

        init(literalCapacity: Int, interpolationCount: Int) {}

        mutating func appendLiteral(_ literal: String) { html.append(raw: literal) }
        /// Text: escaped.
        mutating func appendInterpolation(_ text: String) { html.append(escaping: text) }
        mutating func appendInterpolation(_ number: some BinaryInteger) { html.append(raw: "\(number)") }
        /// A number inside an attribute's name or value.
        mutating func appendInterpolation(number: Int) { html.append(raw: "\(number)") }
        mutating func appendInterpolation(_ number: Double) { html.append(raw: "\(number)") }
        mutating func appendInterpolation(_ part: HTML) { html.append(part) }
        mutating func appendInterpolation(_ parts: [HTML]) { for part in parts { html.append(part) } }
        /// The second part only where the condition holds.
        mutating func appendInterpolation(_ part: HTML, if condition: Bool) { if condition { html.append(part) } }
    }
}

extension Optional {
    /// Markup made of what is there, or none.
    func html(_ make: (Wrapped) -> HTML) -> HTML { map(make) ?? .nothing }
}
