import Crypto
import Foundation

/// The second factor: time-based one-time codes of six digits every 30 seconds (RFC 6238, RFC 4226 §5).
enum OneTimeCode {
    static let period: Int64 = 30

    /// The code of one period.
    static func code(secret: Data, counter: Int64) -> String {
        var big = UInt64(bitPattern: counter).bigEndian
        let message = withUnsafeBytes(of: &big) { Data($0) }
        let mac = Array(HMAC<Insecure.SHA1>.authenticationCode(for: message, using: SymmetricKey(data: secret)))
        let offset = Int(mac[mac.count - 1] & 0xF)
        let number = mac[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        let digits = String(number % 1_000_000)
        return String(repeating: "0", count: 6 - digits.count) + digits
    }

    /// The period whose code it is, one period early or late allowed; nil if it is none.
    static func period(of code: String, secret: Data, at seconds: Int64) -> Int64? {
        let now = seconds / period
        return [now, now - 1, now + 1].first {
            constantTimeEqual(Data(self.code(secret: secret, counter: $0).utf8), Data(code.utf8))
        }
    }

    /// Base32 (RFC 4648 §6), as authenticator apps take it.
    static func base32(_ data: Data) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        var text = ""
        var bits = 0
        var value = 0
        for octet in data {
            value = value << 8 | Int(octet)
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(alphabet[value >> bits & 31])
            }
            value &= (1 << bits) - 1
        }
        if bits > 0 { text.append(alphabet[value << (5 - bits) & 31]) }
        return text
    }
}
