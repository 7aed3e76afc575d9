import Crypto
import DNS

extension TSIGKey {
    /// The whole MAC over the parts in a row (RFC 8945 §4.3).
    package func mac(over parts: [[UInt8]]) -> [UInt8] {
        switch algorithm {
        case .sha1: mac(parts, Insecure.SHA1.self)
        case .sha224: SHA224.authenticate(parts, key: secret.octets)
        case .sha256: mac(parts, SHA256.self)
        case .sha384: mac(parts, SHA384.self)
        case .sha512: mac(parts, SHA512.self)
        }
    }

    private func mac<Hash: HashFunction>(_ parts: [[UInt8]], _: Hash.Type) -> [UInt8] {
        var mac = HMAC<Hash>(key: SymmetricKey(data: secret.octets))
        for part in parts { mac.update(data: part) }
        return Array(mac.finalize())
    }
}
