import Accounts
import Secrets

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
