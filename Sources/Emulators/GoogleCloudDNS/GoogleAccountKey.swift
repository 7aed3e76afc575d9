import CryptoExtras
import Foundation

/// The emulated service accounts: all of them sign with one RSA key, which is made when it is first needed.
package enum GoogleAccountKey {
    private static let key = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }

    /// A key file as Google gives it out.
    ///
    /// - Parameter account: what the account is called before the `@`.
    package static func file(for account: String) throws -> String {
        let fields = [
            "type": "service_account", "project_id": GoogleCloudDNSEmulator.project, "private_key_id": "emulated",
            "private_key": try key.get().pkcs8PEMRepresentation, "client_email": email(of: account),
        ]
        return String(decoding: try JSONEncoder().encode(fields), as: UTF8.self)
    }

    /// The public key in PEM, for whoever checks signatures otherwise.
    package static func publicKey() throws -> String { try key.get().publicKey.pemRepresentation }

    private static func email(of account: String) -> String { "\(account)@emulated.iam.gserviceaccount.com" }

    /// The account that an assertion (RFC 7523 §3) is from; throws if it is not signed, not for us or not of now.
    static func account(in assertion: String, now: Int) throws -> String {
        struct Header: Decodable { var alg: String }
        struct Claims: Decodable {
            var iss: String
            var scope: String
            var aud: String
            var iat: Int
            var exp: Int
        }
        let parts = assertion.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let head = octets(parts[0]), let body = octets(parts[1]),
            let signature = octets(parts[2]), let header = try? JSONDecoder().decode(Header.self, from: head),
            let claims = try? JSONDecoder().decode(Claims.self, from: body)
        else { throw TokenProblem(400, "invalid_request", "The assertion is no JWT.") }
        let isSigned = try key.get().publicKey.isValidSignature(
            _RSA.Signing.RSASignature(rawRepresentation: signature), for: Data("\(parts[0]).\(parts[1])".utf8),
            padding: .insecurePKCS1v1_5)
        guard header.alg == "RS256", isSigned else {
            throw TokenProblem(400, "invalid_grant", "Invalid JWT Signature.")
        }
        guard claims.aud == "https://oauth2.googleapis.com/token" else {
            throw TokenProblem(400, "invalid_grant", "Invalid JWT: Failed audience check.")
        }
        guard abs(claims.iat - now) < 300, claims.exp > now, claims.exp - claims.iat <= 3600 else {
            throw TokenProblem(
                400, "invalid_grant", "Invalid JWT: Token must be a short-lived token and in a reasonable timeframe.")
        }
        guard claims.scope.contains("ndev.clouddns.readwrite") || claims.scope.contains("cloud-platform") else {
            throw TokenProblem(400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        }
        let suffix = email(of: "")
        guard claims.iss.hasSuffix(suffix) else {
            throw TokenProblem(400, "invalid_grant", "Invalid grant: account not found")
        }
        return String(claims.iss.dropLast(suffix.count))
    }

    /// RFC 4648 §5, without padding.
    private static func octets(_ text: Substring) -> Data? {
        guard !text.contains("=") else { return nil }
        let plain = text.replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.count % 4) % 4))
    }
}
