import Crypto
import Foundation

/// Seals what must be kept and read again: credentials, the secrets of second factors (ChaCha20-Poly1305, RFC 8439).
package struct SecretBox: Sendable {
    private let key: SymmetricKey

    /// - Parameter key: 32 octets.
    init(key: SymmetricKey) { self.key = key }

    /// The key from the environment (`NINELIVES_KEY`, 32 octets in base64), or from `secret.key` in the data folder,
    /// which is made if it is missing, readable by its owner only.
    package static func open(
        folder: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(AccountsError) -> SecretBox {
        if let text = environment["NINELIVES_KEY"] {
            guard let data = Data(base64Encoded: text), data.count == 32 else {
                throw .badKey("NINELIVES_KEY is not 32 octets in base64; make one with: openssl rand -base64 32")
            }
            return SecretBox(key: SymmetricKey(data: data))
        }
        let path = (folder as NSString).appendingPathComponent("secret.key")
        if let data = FileManager.default.contents(atPath: path) {
            guard
                let key = Data(base64Encoded: String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)),
                key.count == 32
            else { throw .badKey("\(path) does not hold 32 octets in base64; restore it from a backup") }
            return SecretBox(key: SymmetricKey(data: key))
        }
        let key = Data(SystemRandomNumberGenerator.bytes(32))
        guard
            FileManager.default.createFile(
                atPath: path, contents: Data((key.base64EncodedString() + "\n").utf8),
                attributes: [.posixPermissions: 0o600])
        else { throw .badKey("\(path) cannot be written") }
        return SecretBox(key: SymmetricKey(data: key))
    }

    /// Whether there is a key, so that `open` makes none.
    static func hasKey(
        in folder: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> Bool {
        environment["NINELIVES_KEY"] != nil
            || FileManager.default.fileExists(atPath: (folder as NSString).appendingPathComponent("secret.key"))
    }

    /// - Parameter name: what the secret is called; it opens under no other name.
    package func seal(_ secret: Data, as name: String) -> Data? {
        try? ChaChaPoly.seal(secret, using: key, authenticating: Data(name.utf8)).combined
    }

    /// Nil if it was sealed with another key or under another name, or was tampered with.
    package func open(_ sealed: Data, as name: String) -> Data? {
        guard let box = try? ChaChaPoly.SealedBox(combined: sealed) else { return nil }
        return try? ChaChaPoly.open(box, using: key, authenticating: Data(name.utf8))
    }

    /// Digits that change whenever the text does, and that nobody can compute without the key.
    package func fingerprint(_ text: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: derivedKey(for: "fingerprint"))
        return code.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    /// A key for another purpose, derived from this one (HKDF, RFC 5869).
    func derivedKey(for purpose: String) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(inputKeyMaterial: key, info: Data(purpose.utf8), outputByteCount: 32)
    }
}
