import Accounts
import Secrets

extension Settings {
    /// What tells one setting of a secret in the encrypted store from the next; nil if it is not kept there.
    package func sealedMark(_ name: String) -> String? { SealedSecrets.mark(name, in: dataFolder) }
}

extension SecretOpener {
    /// Opens the encrypted store of a data folder.
    static func sealed(in folder: String) -> SecretOpener {
        SecretOpener(folder: folder) { name throws(SecretFault) in
            let secret: String?
            do {
                secret = try SealedSecrets(dataFolder: folder).secret(name)
            } catch {
                throw .sealed(name, why: "\(error)")
            }
            guard let secret else { throw .notKept(name) }
            return secret
        }
    }
}
