import Accounts
import Providers

extension SecretOpener {
    /// Opens the encrypted store of a data folder.
    static func sealed(in folder: String) -> SecretOpener {
        SecretOpener(folder: folder) { name throws(ProviderError) in
            let secret: String?
            do {
                secret = try SealedSecrets(dataFolder: folder).secret(name)
            } catch {
                throw .refused(.credentials, words: "store:\(name): \(error)")
            }
            guard let secret else {
                throw .refused(
                    .credentials, words: "store:\(name) is not kept: `ninelives secret set \(name)` keeps it")
            }
            return secret
        }
    }
}
