import Crypto
import CryptoExtras
import Foundation

/// What each guess at a password costs: scrypt's parameters.
package struct PasswordCost: Sendable {
    /// The logarithm of N to base 2: 1…20.
    var log2N: Int
    let r = 8
    let p = 1

    /// 32 MiB and about a tenth of a second.
    package static let full = PasswordCost(log2N: 15)
    /// Next to nothing: for tests of what is not about passwords.
    package static let none = PasswordCost(log2N: 4)
}

/// Passwords as they are kept: hashed by scrypt (RFC 7914) with a salt of their own.
///
///     scrypt$15$8$1$SALT$HASH        log2 N, r, p; both texts base64
enum Password {
    private static let length = 32

    static func hash(_ password: String, at cost: PasswordCost) -> String {
        let salt = Data(SystemRandomNumberGenerator.bytes(16))
        let hash = derive(password, salt: salt, log2N: cost.log2N, r: cost.r, p: cost.p)
        return "scrypt$\(cost.log2N)$\(cost.r)$\(cost.p)$\(salt.base64EncodedString())$\(hash.base64EncodedString())"
    }

    /// Whether `password` is the one that was hashed. Takes the same time for either answer.
    static func verify(_ password: String, against stored: String) -> Bool {
        let parts = stored.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "scrypt", let log2N = Int(parts[1]), (1...20).contains(log2N),
            let r = Int(parts[2]), let p = Int(parts[3]), let salt = Data(base64Encoded: String(parts[4])),
            let expected = Data(base64Encoded: String(parts[5]))
        else { return false }
        return constantTimeEqual(derive(password, salt: salt, log2N: log2N, r: r, p: p), expected)
    }

    /// Costs what a verification costs, for a user that does not exist.
    static func waste(_ password: String, at cost: PasswordCost) {
        _ = derive(password, salt: Data(count: 16), log2N: cost.log2N, r: cost.r, p: cost.p)
    }

    /// Why a password is not good enough, in words; nil if it is.
    static func weakness(_ password: String, of name: String) -> String? {
        if password.count < 10 { return "the password is too short: use at least 10 characters" }
        if password.utf8.count > 1000 { return "the password is too long: use at most 1000 characters" }
        if password.lowercased() == name.lowercased() { return "the password is the name: use another one" }
        if Set(password).count < 4 { return "the password has fewer than 4 different characters: use more" }
        return nil
    }

    private static func derive(_ password: String, salt: Data, log2N: Int, r: Int, p: Int) -> Data {
        let key = try? KDF.Scrypt.deriveKey(
            from: Data(password.precomposedStringWithCompatibilityMapping.utf8), salt: salt,
            outputByteCount: length, rounds: 1 << log2N, blockSize: r, parallelism: p)
        return key?.withUnsafeBytes { Data($0) } ?? Data()
    }
}

/// Compares without telling by its time where two texts differ.
func constantTimeEqual(_ left: Data, _ right: Data) -> Bool {
    guard left.count == right.count, !left.isEmpty else { return false }
    return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
}

extension SystemRandomNumberGenerator {
    static func bytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}

/// Secrets that we make: 256 random bits, known to us by their hash only.
enum Secret {
    static func make(prefix: String = "") -> String { prefix + Data(SystemRandomNumberGenerator.bytes(32)).base64URL }

    static func hash(_ secret: String) -> String { Data(SHA256.hash(data: Data(secret.utf8))).base64URL }
}

extension Data {
    /// Base64 for URLs, without padding (RFC 4648 §5).
    var base64URL: String {
        base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
