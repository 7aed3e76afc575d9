import Foundation

/// A key, token or password, or where it is. It cannot be printed.
///
/// `env:NAME` and `file:PATH` are read anew with every use, so that one that was changed is used at once.
package struct Secret: Hashable, Sendable {
    private enum Place: Hashable, Sendable {
        case literal(String)
        case environment(String)
        case file(String)
    }

    private let place: Place

    /// - Parameter folder: what a relative path begins at, without a final `/`.
    package init(_ text: String, folder: String = ".") {
        if text.hasPrefix("env:") {
            place = .environment(String(text.dropFirst(4)))
        } else if text.hasPrefix("file:") {
            let path = String(text.dropFirst(5))
            place = .file(path.hasPrefix("/") || folder == "." ? path : "\(folder)/\(path)")
        } else {
            place = .literal(text)
        }
    }

    /// True if the secret itself was written.
    package var isLiteral: Bool { if case .literal = place { true } else { false } }

    /// The secret, for the one place where it is used; one line, never empty.
    package func read() throws(DeliveryError) -> String {
        let text = try contents().trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.isEmpty else { throw .unavailable("\(self) is empty") }
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw .unavailable("\(self) is more than one line")
        }
        return text
    }

    private func contents() throws(DeliveryError) -> String {
        switch place {
        case .literal(let text): return text
        case .environment(let name):
            guard let value = ProcessInfo.processInfo.environment[name] else {
                throw .unavailable("the environment variable \(name) is not set")
            }
            return value
        case .file(let path):
            guard let handle = FileHandle(forReadingAtPath: path) else {
                throw .unavailable("the file \(path) cannot be read")
            }
            defer { try? handle.close() }
            return String(decoding: (try? handle.read(upToCount: 64 << 10)) ?? Data(), as: UTF8.self)
        }
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Where it is, never what it is.
    package var description: String {
        switch place {
        case .literal: "(secret)"
        case .environment(let name): "env:\(name)"
        case .file(let path): "file:\(path)"
        }
    }

    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension String {
    /// The text without a secret, should somebody have repeated it.
    func without(_ secret: String) -> String {
        secret.count < 4 ? self : replacingOccurrences(of: secret, with: "(secret)")
    }
}
