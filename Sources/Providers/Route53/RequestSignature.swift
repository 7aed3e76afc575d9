import Crypto
import Foundation
import Secrets

/// Amazon's Signature Version 4: what a request says, and the day, are signed with a key that is made from the secret
/// (docs.aws.amazon.com, "Create a signed AWS API request").
struct RequestSignature: Sendable {
    struct Credentials: Sendable {
        var accessKey: String
        var secret: Secret
        /// Of a temporary access.
        var sessionToken: Secret?
    }

    /// What is signed of a request.
    struct Request: Sendable {
        var method: String
        /// With its port unless that is the scheme's own.
        var host: String
        /// As it is sent, encoded once.
        var path: String
        /// Not yet encoded.
        var query: [(name: String, value: String)]
        var body: Data
    }

    let region: String
    let service: String

    /// The query as it has to be sent.
    static func query(of request: Request) -> String {
        request.query.map { ($0.name.percentEncoded, $0.value.percentEncoded) }.sorted { $0 < $1 }
            .map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    /// The headers that the request needs beside its own.
    ///
    /// - Parameter time: seconds since 1970.
    func headers(
        for request: Request, by credentials: Credentials, at time: Double
    ) -> [(name: String, value: String)] {
        let stamp = Self.stamp(time)
        let day = String(stamp.prefix(8))
        var signed = [("host", request.host), ("x-amz-date", stamp)]
        if let token = credentials.sessionToken { signed.append(("x-amz-security-token", token.reveal())) }
        let names = signed.map(\.0).joined(separator: ";")
        // The path is encoded once more than it is sent.
        let path = request.path.split(separator: "/", omittingEmptySubsequences: false)
            .map { String($0).percentEncoded }.joined(separator: "/")
        let canonical = [
            request.method, path.isEmpty ? "/" : path, Self.query(of: request),
            signed.map { "\($0.0):\($0.1)\n" }.joined(), names, Self.hex(SHA256.hash(data: request.body)),
        ].joined(separator: "\n")
        let scope = "\(day)/\(region)/\(service)/aws4_request"
        let text = "AWS4-HMAC-SHA256\n\(stamp)\n\(scope)\n\(Self.hex(SHA256.hash(data: Data(canonical.utf8))))"
        let first = SymmetricKey(data: Data("AWS4\(credentials.secret.reveal())".utf8))
        let key = [day, region, service, "aws4_request"].reduce(first) { key, word in
            SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Data(word.utf8), using: key))
        }
        let signature = Self.hex(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key))
        let authorization =
            "AWS4-HMAC-SHA256 Credential=\(credentials.accessKey)/\(scope), SignedHeaders=\(names), Signature=\(signature)"
        return signed.dropFirst().map { ($0.0, $0.1) } + [("authorization", authorization)]
    }

    /// `20150830T123600Z`
    private static func stamp(_ time: Double) -> String {
        var seconds = time_t(time)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let numbers = [Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday)]
        let clock = [Int(parts.tm_hour), Int(parts.tm_min), Int(parts.tm_sec)]
        func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return numbers.map(padded).joined() + "T" + clock.map(padded).joined() + "Z"
    }

    private static func hex(_ octets: some Sequence<UInt8>) -> String {
        octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
