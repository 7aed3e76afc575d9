import Glibc

/// Where a secret is: it is read anew with every use, so that one that was changed is used at once.
package enum SecretPlace: Hashable, Sendable {
    /// The secret itself was written.
    case written(Secret)
    /// An environment variable.
    case environment(String)
    /// A file that holds the secret and nothing else.
    case file(String)
    /// A name in the encrypted store, and what opens it.
    case stored(String, SecretOpener)

    /// The most that a file may hold, octets.
    package static let longest = 64 << 10

    /// Reads `env:NAME`, `file:PATH` or `store:NAME`; nil if it is none of them.
    ///
    /// - Parameters:
    ///   - folder: what a relative path begins at, without a final `/`.
    ///   - opener: nil where there is no encrypted store.
    package init?(_ text: String, folder: String = ".", opener: SecretOpener? = nil) {
        let words = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard words.count == 2, !words[1].isEmpty else { return nil }
        switch words[0] {
        case "env" where !text.contains("="): self = .environment(words[1])
        case "file": self = .file(words[1].hasPrefix("/") || folder == "." ? words[1] : "\(folder)/\(words[1])")
        case "store": self = .stored(words[1], opener ?? .none)
        default: return nil
        }
    }

    /// True if a text is meant to say where a secret is, rightly or not.
    package static func isMeant(by text: String) -> Bool {
        ["env:", "file:", "store:"].contains { text.hasPrefix($0) }
    }

    /// A secret of one line, which is not empty.
    ///
    /// - Parameter keepingBlanks: only line ends behind it are cut off; else blanks on both sides are too.
    package func line(keepingBlanks: Bool = false) throws(SecretFault) -> Secret {
        var text = try text()[...]
        while let last = text.last, keepingBlanks ? last.isNewline : last.isWhitespace { text.removeLast() }
        if !keepingBlanks { text = text.drop(while: \.isWhitespace) }
        guard !text.isEmpty else { throw .empty(self) }
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw .severalLines(self)
        }
        return Secret(String(text))
    }

    /// A secret of several lines, such as a key's file.
    package func document() throws(SecretFault) -> Secret {
        let text = try text()
        guard !text.allSatisfy(\.isWhitespace) else { throw .empty(self) }
        return Secret(text)
    }

    private func text() throws(SecretFault) -> String {
        switch self {
        case .written(let secret): return secret.reveal()
        case .environment(let name):
            guard let value = getenv(name) else { throw .noVariable(name) }
            guard let text = String(validatingCString: value) else { throw .broken(self) }
            return text
        case .file(let path):
            let octets = try Self.contents(of: path)
            guard octets.count <= Self.longest else { throw .tooLong(self) }
            guard let text = String(validating: octets, as: UTF8.self) else { throw .broken(self) }
            return text
        case .stored(let name, let opener): return try opener.open(name)
        }
    }

    private static func contents(of path: String) throws(SecretFault) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .noFile(path) }
        defer { close(descriptor) }
        var octets: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while octets.count <= longest {
            let count = read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw .noFile(path) }
            if count == 0 { break }
            octets += buffer[..<count]
        }
        return octets
    }
}

extension SecretPlace: CustomStringConvertible {
    /// Where it is, never what it is.
    package var description: String {
        switch self {
        case .written(let secret): "\(secret)"
        case .environment(let name): "env:\(name)"
        case .file(let path): "file:\(path)"
        case .stored(let name, _): "store:\(name)"
        }
    }
}
