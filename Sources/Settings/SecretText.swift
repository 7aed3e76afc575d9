import Notices
import Secrets
import Yams

/// Takes secrets out of a configuration's text, so that it can be shown and kept, and puts them back.
///
/// A secret is the value of a key named in `keys`, unless it only says where the secret is (`env:NAME`, `file:PATH`,
/// `store:NAME`), the URL of a channel for notices, and the password in any other URL. In its place stands `masked:`
/// with a few digits that change whenever the secret does.
package struct SecretText: Hashable, Sendable {
    package static let keys = Set(
        ["secret", "password", "pass", "token", "api-key", "topic", "webhook-url"]
            + ChannelKind.all.flatMap { $0.parameters.filter { $0.kind == .secret }.map(\.name) })
    static let prefix = "masked:"
    /// How many digits follow the prefix.
    static let digits = 12

    /// Without secrets.
    package var masked: String
    /// What stood there, letter by letter, by what stands in its place.
    package var secrets: [String: String]

    /// - Parameter fingerprint: at least 12 digits or letters that nobody can compute without a key.
    package init(_ text: String, fingerprint: (String) -> String) {
        let tokens = SecretScan(text).tokens
        secrets = [:]
        masked = text
        // Mostly there are none: then the text is kept once.
        if tokens.isEmpty { return }
        var scalars = Array(text.unicodeScalars)
        for token in tokens.sorted(by: { $0.lowerBound > $1.lowerBound }) {
            var secret = String.UnicodeScalarView()
            secret.append(contentsOf: scalars[token])
            let place = Self.prefix + fingerprint(String(secret)).prefix(Self.digits)
            secrets[place] = String(secret)
            scalars.replaceSubrange(token, with: place.unicodeScalars)
        }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        masked = String(view)
    }

    /// A mask that stands for no secret that is known.
    package struct UnknownMask: Error, Hashable, Sendable {
        /// Both from 1.
        package var line: Int
        package var column: Int
        package var mask: String
    }

    /// The text with its secrets.
    package static func reveal(_ text: String, _ secrets: [String: String]) throws(UnknownMask) -> String {
        var lines: [String] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            var rest = line[...]
            var revealed = ""
            while let found = rest.firstRange(of: prefix) {
                let mask = String(rest[found.lowerBound...].prefix(prefix.count + digits))
                revealed += rest[..<found.lowerBound]
                // A word that only looks like a mask stays.
                let isMask =
                    mask.dropFirst(prefix.count).count == digits
                    && mask.dropFirst(prefix.count).allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
                guard isMask else {
                    revealed += rest[found]
                    rest = rest[found.upperBound...]
                    continue
                }
                guard let secret = secrets[mask] else {
                    throw UnknownMask(
                        line: index + 1, column: line.distance(from: line.startIndex, to: found.lowerBound) + 1,
                        mask: mask)
                }
                revealed += secret
                rest = rest[found.lowerBound...].dropFirst(mask.count)
            }
            lines.append(revealed + rest)
        }
        return lines.joined(separator: "\n")
    }
}

/// Finds secrets in a text: where they begin and end, in Unicode scalars from its beginning.
private struct SecretScan {
    private let scalars: [Unicode.Scalar]
    /// Where each line begins.
    private let starts: [Int]
    private(set) var tokens: [Range<Int>] = []

    init(_ text: String) {
        let scalars = Array(text.unicodeScalars)
        self.scalars = scalars
        starts = [0] + scalars.indices.filter { scalars[$0] == "\n" }.map { $0 + 1 }
        var yaml = YAMLText(text)
        if let root = try? yaml.compose() { walk(root, isSecret: false, isChannel: false) }
        findURLs()
        tokens = Self.merged(tokens)
    }

    private static func merged(_ tokens: [Range<Int>]) -> [Range<Int>] {
        var result: [Range<Int>] = []
        for token in tokens.sorted(by: { $0.lowerBound < $1.lowerBound }) where !token.isEmpty {
            if let last = result.last, token.lowerBound < last.upperBound { continue }
            result.append(token)
        }
        return result
    }

    private mutating func walk(_ node: Node, isSecret: Bool, isChannel: Bool) {
        switch node {
        case .mapping(let mapping):
            for (key, value) in mapping {
                let name = key.scalar?.string.lowercased() ?? ""
                // Whoever has the URL of a channel can write there.
                let isURL = isChannel && name == "url"
                walk(
                    value, isSecret: isSecret || isURL || SecretText.keys.contains(name),
                    isChannel: isChannel || name == "channels")
            }
        case .sequence(let sequence): for item in sequence { walk(item, isSecret: isSecret, isChannel: isChannel) }
        case .scalar(let scalar):
            guard isSecret, !node.isNull, let mark = scalar.mark else { return }
            let text = scalar.string
            let isReference = SecretPlace.isMeant(by: text) || text.hasPrefix(SecretText.prefix)
            if !isReference, starts.indices.contains(mark.line - 1) {
                take(scalar, at: starts[mark.line - 1] + mark.column - 1, line: mark.line - 1)
            }
        case .alias: break
        }
    }

    private mutating func take(_ scalar: Node.Scalar, at place: Int, line: Int) {
        var start = min(place, scalars.count)
        // A tag or an anchor before the value is no secret.
        while start < scalars.count, scalars[start] == "&" || scalars[start] == "!" {
            while start < scalars.count, scalars[start] != " ", scalars[start] != "\n" { start += 1 }
            while start < scalars.count, scalars[start] == " " { start += 1 }
        }
        guard start < scalars.count else { return }
        if scalars[start] == "\"" || scalars[start] == "'" {
            tokens.append(start..<endOfQuoted(from: start))
        } else if scalars[start...].starts(with: scalar.string.unicodeScalars) {
            tokens.append(start..<(start + scalar.string.unicodeScalars.count))
        } else {
            tokens.append(start..<endOfBlock(line))
        }
    }

    private func endOfQuoted(from start: Int) -> Int {
        let quote = scalars[start]
        var index = start + 1
        while index < scalars.count {
            if scalars[index] == "\\", quote == "\"" {
                index += 2
                continue
            }
            if scalars[index] == quote {
                guard quote == "'", index + 1 < scalars.count, scalars[index + 1] == "'" else { return index + 1 }
                index += 1
            }
            index += 1
        }
        return scalars.count
    }

    /// The end of the last line that is indented deeper than the one where a value of several lines begins.
    private func endOfBlock(_ line: Int) -> Int {
        let own = indentation(line) ?? 0
        var last = line
        for next in (line + 1)..<max(line + 1, starts.count) {
            guard let indentation = indentation(next) else { continue }
            guard indentation > own else { break }
            last = next
        }
        return last + 1 < starts.count ? starts[last + 1] - 1 : scalars.count
    }

    /// Nil for a blank line.
    private func indentation(_ line: Int) -> Int? {
        let text = scalars[starts[line]...].prefix { $0 != "\n" }
        let blanks = text.prefix { $0 == " " }.count
        return blanks == text.count ? nil : blanks
    }

    /// `https://user:password@host`
    private mutating func findURLs() {
        let slashes: [Unicode.Scalar] = [":", "/", "/"]
        var index = 0
        while index + 3 < scalars.count {
            guard scalars[index] == ":", scalars[index...].starts(with: slashes) else {
                index += 1
                continue
            }
            let begin = index + 3
            var end = begin
            var colon: Int?
            while end < scalars.count, !" \n\t\"'/@,}]".unicodeScalars.contains(scalars[end]) {
                if scalars[end] == ":", colon == nil { colon = end }
                end += 1
            }
            if end < scalars.count, scalars[end] == "@", let colon, colon + 1 < end {
                let isMasked = scalars[(colon + 1)...].starts(with: SecretText.prefix.unicodeScalars)
                if !isMasked { tokens.append((colon + 1)..<end) }
            }
            index = begin
        }
    }
}
