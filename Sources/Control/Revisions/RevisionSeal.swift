import Foundation
import Settings
import Storage

/// Takes the secrets out of a revision before it is stored or shown, and puts them back.
package struct RevisionSeal: Sendable {
    /// Digits that nobody can compute without the key, at least 12.
    let fingerprint: @Sendable (String) -> String
    /// Nil if it cannot be opened with our key.
    let open: @Sendable (Data) -> Data?
    let seal: @Sendable (Data) -> Data?

    package init(
        fingerprint: @escaping @Sendable (String) -> String, seal: @escaping @Sendable (Data) -> Data?,
        open: @escaping @Sendable (Data) -> Data?
    ) {
        self.fingerprint = fingerprint
        self.seal = seal
        self.open = open
    }

    func masked(_ text: String) -> SecretText { SecretText(text, fingerprint: fingerprint) }

    func sealed(_ secrets: [String: String]) -> Data? {
        if secrets.isEmpty { return nil }
        return (try? JSONEncoder().encode(secrets)).flatMap(seal)
    }

    package func secrets(of revision: StoredRevision) -> [String: String] {
        guard let sealed = revision.secrets, let data = open(sealed) else { return [:] }
        return (try? JSONDecoder().decode([String: String].self, from: data)) ?? [:]
    }

    /// The text of a stored revision with its secrets.
    ///
    /// - Throws: `UnknownMask` if the key is another one than when it was stored.
    package func text(of revision: StoredRevision) throws(SecretText.UnknownMask) -> RevisionText {
        let secrets = secrets(of: revision)
        return RevisionText(
            document: try SecretText.reveal(revision.document, secrets),
            managed: ManagedPart(try SecretText.reveal(revision.managed, secrets)))
    }
}
