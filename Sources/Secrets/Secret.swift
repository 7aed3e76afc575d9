/// A key, token or password. It cannot be printed: who needs it says so.
package struct Secret: Hashable, Sendable {
    private let value: String

    package init(_ value: String) { self.value = value }

    /// For the one place where it is used.
    package func reveal() -> String { value }

    /// The text without the secret, should somebody have repeated it: whole, or its beginning where the rest was cut
    /// off. One shorter than 4 octets stays: it would be found everywhere.
    package func redacted(from text: String) -> String {
        guard value.utf8.count >= 4 else { return text }
        var text = text.replacing(value, with: description)
        guard text.contains("…") else { return text }
        for length in stride(from: value.count - 1, through: 4, by: -1) {
            text = text.replacing(value.prefix(length) + "…", with: description + "…")
        }
        return text
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "(secret)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
