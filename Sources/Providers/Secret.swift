import Foundation

/// A key, token or password. It cannot be printed: who needs it says so.
package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let value: String

    package init(_ value: String) { self.value = value }

    /// For the one place where it goes to the provider.
    package func reveal() -> String { value }

    package var description: String { "(secret)" }
    package var debugDescription: String { "(secret)" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// The text without the secret, should somebody have repeated it.
    package func redacted(from text: String) -> String {
        value.count < 4 ? text : text.replacingOccurrences(of: value, with: "(secret)")
    }
}

/// Where a secret is: it is read anew with every use, so that one that was changed is used at once.
package enum SecretPlace: Hashable, Sendable {
    /// An environment variable.
    case environment(String)
    /// A file that holds the secret and nothing else, blanks and line ends around it not counted; at most 64 KiB.
    case file(String)
    /// A name in the encrypted store, and what opens it.
    case stored(String, SecretOpener)

    /// Reads `env:NAME`, `file:PATH` or `store:NAME`.
    package init?(_ text: String, folder: String = ".", opener: SecretOpener? = nil) {
        if text.hasPrefix("env:"), text.count > 4, !text.contains("=") {
            self = .environment(String(text.dropFirst(4)))
        } else if text.hasPrefix("file:"), text.count > 5 {
            self = .file(resolve(String(text.dropFirst(5)), in: folder))
        } else if text.hasPrefix("store:"), text.count > 6 {
            self = .stored(String(text.dropFirst(6)), opener ?? .none)
        } else {
            return nil
        }
    }

    /// Throws `refused(.credentials)` if there is none.
    package func read() throws(ProviderError) -> Secret {
        let secret = try text().trimmingCharacters(in: .whitespacesAndNewlines)
        guard !secret.isEmpty else { throw .refused(.credentials, words: "\(description) is empty") }
        guard !secret.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw .refused(.credentials, words: "\(description) is more than one line")
        }
        return Secret(secret)
    }

    /// A secret of several lines, such as a key's file.
    func document() throws(ProviderError) -> Secret {
        let text = try text()
        guard !text.allSatisfy(\.isWhitespace) else {
            throw .refused(.credentials, words: "\(description) is empty")
        }
        return Secret(text)
    }

    /// Several secrets in one place, line by line, without those that are empty or begin with `#`.
    func lines() throws(ProviderError) -> [String] {
        try text().split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }.filter {
            !$0.isEmpty && !$0.hasPrefix("#")
        }
    }

    private func text() throws(ProviderError) -> String {
        switch self {
        case .environment(let name):
            guard let value = ProcessInfo.processInfo.environment[name] else {
                throw .refused(.credentials, words: "the environment variable \(name) is not set")
            }
            return value
        case .file(let path):
            guard let handle = FileHandle(forReadingAtPath: path) else {
                throw .refused(.credentials, words: "the file \(path) cannot be read")
            }
            defer { try? handle.close() }
            let octets = (try? handle.read(upToCount: 64 << 10)) ?? Data()
            return String(decoding: octets, as: UTF8.self)
        case .stored(let name, let opener): return try opener.open(name)
        }
    }
}

/// Opens what lies in the encrypted store of a data folder. The store itself is elsewhere: drivers know only this.
package struct SecretOpener: Sendable {
    /// Whose store it is: two openers of one folder are the same.
    private let folder: String
    private let body: @Sendable (String) throws(ProviderError) -> String

    /// - Parameter body: the secret of that name; throws `refused(.credentials)` if there is none.
    package init(folder: String, _ body: @escaping @Sendable (String) throws(ProviderError) -> String) {
        self.folder = folder
        self.body = body
    }

    func open(_ name: String) throws(ProviderError) -> String { try body(name) }

    static let none = SecretOpener(folder: "") { name throws(ProviderError) in
        throw .refused(.credentials, words: "store:\(name): there is no encrypted store here")
    }
}

extension SecretOpener: Hashable {
    package static func == (left: SecretOpener, right: SecretOpener) -> Bool { left.folder == right.folder }
    package func hash(into hasher: inout Hasher) { hasher.combine(folder) }
}

extension SecretPlace: CustomStringConvertible {
    package var description: String {
        switch self {
        case .environment(let name): "env:\(name)"
        case .file(let path): "file:\(path)"
        case .stored(let name, _): "store:\(name)"
        }
    }
}
