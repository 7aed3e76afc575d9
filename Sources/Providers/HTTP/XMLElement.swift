/// An element of an XML document, as far as APIs use XML: elements, text, the five entities and numbers. Attributes,
/// comments and declarations are skipped, document types refused.
struct XMLElement: Hashable, Sendable {
    /// Without its prefix.
    var name: String
    /// Its own text, without that of its children.
    var text = ""
    var children: [XMLElement] = []

    /// The first child of that name.
    subscript(name: String) -> XMLElement? { children.first { $0.name == name } }

    /// All children of that name.
    func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// Itself and all elements in it, in the order of the document.
    var descendants: [XMLElement] { [self] + children.flatMap(\.descendants) }

    /// The root of the document; nil if it is not well-formed, or nested deeper than 32.
    init?(document text: String) {
        var open: [XMLElement] = []
        var rest = text[...]
        while let start = rest.firstIndex(of: "<") {
            if !open.isEmpty {
                guard let words = Self.decoded(rest[..<start]) else { return nil }
                open[open.count - 1].text += words
            }
            rest = rest[start...]
            if rest.hasPrefix("<!--") {
                guard let end = rest.firstRange(of: "-->") else { return nil }
                rest = rest[end.upperBound...]
                continue
            }
            guard let end = rest.firstIndex(of: ">") else { return nil }
            let tag = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("?") { continue }
            if tag.hasPrefix("/") {
                guard let closed = open.popLast(), Self.localName(tag.dropFirst()) == closed.name else { return nil }
                guard !open.isEmpty else {
                    self = closed
                    return
                }
                open[open.count - 1].children.append(closed)
                continue
            }
            guard let name = Self.localName(tag), open.count < 32 else { return nil }
            let element = XMLElement(name: name)
            guard tag.hasSuffix("/") else {
                open.append(element)
                continue
            }
            guard !open.isEmpty else {
                self = element
                return
            }
            open[open.count - 1].children.append(element)
        }
        return nil
    }

    private init(name: String) { self.name = name }

    /// nil for what begins with no letter.
    private static func localName(_ tag: Substring) -> String? {
        let whole = tag.prefix { !$0.isWhitespace && $0 != "/" }
        guard let first = whole.first, first.isLetter || first == "_" else { return nil }
        return whole.split(separator: ":").last.map(String.init)
    }

    /// nil for an entity that is not known.
    private static func decoded(_ text: Substring) -> String? {
        guard text.contains("&") else { return String(text) }
        var decoded = ""
        for (index, part) in text.split(separator: "&", omittingEmptySubsequences: false).enumerated() {
            guard index > 0 else {
                decoded += part
                continue
            }
            guard let end = part.firstIndex(of: ";"), let scalar = scalar(of: part[..<end]) else { return nil }
            decoded.unicodeScalars.append(scalar)
            decoded += part[part.index(after: end)...]
        }
        return decoded
    }

    private static func scalar(of entity: Substring) -> Unicode.Scalar? {
        switch entity {
        case "lt": return "<"
        case "gt": return ">"
        case "amp": return "&"
        case "quot": return "\""
        case "apos": return "'"
        default:
            guard entity.hasPrefix("#") else { return nil }
            let number = entity.dropFirst()
            let value = number.hasPrefix("x") ? UInt32(number.dropFirst(), radix: 16) : UInt32(number)
            return value.flatMap { Unicode.Scalar($0) }
        }
    }
}

extension String {
    /// Fit to stand between two tags.
    var xmlEscaped: String {
        map { $0 == "&" ? "&amp;" : $0 == "<" ? "&lt;" : $0 == ">" ? "&gt;" : String($0) }.joined()
    }
}
