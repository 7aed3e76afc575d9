import CryptoExtras
import Foundation
import Secrets

/// A service account's key, as Google gives it out.
package struct GoogleServiceAccount: Decodable, Sendable {
    /// What the token is for: reading and changing DNS records.
    static let scope = "https://www.googleapis.com/auth/ndev.clouddns.readwrite"
    /// Who is to take an assertion: Google's own endpoint, whatever stands between it and us.
    static let audience = "https://oauth2.googleapis.com/token"
    /// How long an assertion is good, seconds; Google takes no more than an hour.
    static let lifetimeSeconds = 3600

    package var project: String?
    var keyID: String?
    var privateKey: String
    var email: String

    enum CodingKeys: String, CodingKey {
        case project = "project_id"
        case keyID = "private_key_id"
        case privateKey = "private_key"
        case email = "client_email"
    }

    /// nil if the text is no such key.
    package init?(_ document: Secret) {
        guard let account = try? JSONDecoder().decode(Self.self, from: Data(document.reveal().utf8)) else {
            return nil
        }
        self = account
    }

    /// A JWT that says who we are, signed with RS256 (RFC 7515, RFC 7523 §3); nil if the key is no RSA key of at
    /// least 2048 bits in PEM.
    ///
    /// - Parameter now: seconds since 1970.
    package func assertion(now: Int) -> Secret? {
        struct Header: Encodable {
            var alg = "RS256"
            var typ = "JWT"
            var kid: String?
        }
        struct Claims: Encodable {
            var iss: String
            var scope: String
            var aud: String
            var iat: Int
            var exp: Int
        }
        let claims = Claims(
            iss: email, scope: Self.scope, aud: Self.audience, iat: now, exp: now + Self.lifetimeSeconds)
        let signed = jsonBody(Header(kid: keyID)).base64URL + "." + jsonBody(claims).base64URL
        guard let key = try? _RSA.Signing.PrivateKey(pemRepresentation: privateKey),
            // RS256 is PKCS #1 v1.5 (RFC 7518 §3.3): "insecure" only where the padding is checked carelessly.
            let signature = try? key.signature(for: Data(signed.utf8), padding: .insecurePKCS1v1_5)
        else { return nil }
        return Secret(signed + "." + signature.rawRepresentation.base64URL)
    }
}

extension Data {
    /// RFC 4648 §5, without padding.
    fileprivate var base64URL: String {
        base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
