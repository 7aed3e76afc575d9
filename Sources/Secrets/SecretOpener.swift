/// Opens what lies in the encrypted store of a data folder. The store itself is elsewhere: who reads secrets knows only
/// this.
package struct SecretOpener: Sendable {
    /// Whose store it is: two openers of one folder are the same.
    private let folder: String
    private let body: @Sendable (String) throws(SecretFault) -> String

    /// - Parameter body: the secret of that name.
    package init(folder: String, _ body: @escaping @Sendable (String) throws(SecretFault) -> String) {
        self.folder = folder
        self.body = body
    }

    package func open(_ name: String) throws(SecretFault) -> String { try body(name) }

    static let none = SecretOpener(folder: "") { name throws(SecretFault) in throw .noStore(name) }
}

extension SecretOpener: Hashable {
    package static func == (left: SecretOpener, right: SecretOpener) -> Bool { left.folder == right.folder }
    package func hash(into hasher: inout Hasher) { hasher.combine(folder) }
}
