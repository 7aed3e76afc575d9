import Foundation
import NIOHTTP1
import Secrets

/// An OAuth access token that is good for a while (RFC 6749 §5.1), and is asked for again when it is not.
actor AccessTokens {
    struct Grant: Sendable {
        var token: Secret
        var lifetime: Duration
    }

    private var grant: Grant?
    private var credentials: Secret?
    private var endsAt: ContinuousClock.Instant?

    /// The token for these credentials: the one that is known if it is good for a minute more, or for half of its
    /// lifetime if that is less.
    func token(
        for credentials: Secret, fetch: @Sendable () async throws(ProviderError) -> Grant
    ) async throws(ProviderError) -> Secret {
        if let grant, let endsAt, self.credentials == credentials, .now < endsAt { return grant.token }
        let fresh = try await fetch()
        grant = fresh
        self.credentials = credentials
        endsAt = .now + fresh.lifetime - min(.seconds(60), fresh.lifetime / 2)
        return fresh.token
    }

    /// It was not accepted: it has expired early or was revoked.
    func discard(_ token: Secret) {
        if grant?.token == token { grant = nil }
    }
}

/// Calls with an access token. One that is not accepted is asked for again, and the call made once more: an answer of
/// 401 says that nothing was done.
struct TokenCalls: Sendable {
    let calls: JSONCalls
    let tokens = AccessTokens()
    /// Reads the credentials anew with every call.
    let credentials: @Sendable () throws(ProviderError) -> Secret
    let fetch: @Sendable (Secret, Deadline) async throws(ProviderError) -> AccessTokens.Grant

    func send(
        _ method: HTTPMethod, _ path: String, headers: [(name: String, value: String)] = [], body: Data? = nil,
        until deadline: Deadline
    ) async throws(ProviderError) -> Exchange {
        let token = try await token(until: deadline)
        let exchange = try await send(method, path, headers: headers, body: body, token: token, until: deadline)
        guard exchange.status == 401 else { return exchange }
        await tokens.discard(token)
        let fresh = try await self.token(until: deadline)
        return try await send(method, path, headers: headers, body: body, token: fresh, until: deadline)
    }

    private func token(until deadline: Deadline) async throws(ProviderError) -> Secret {
        let credentials = try credentials()
        return try await tokens.token(for: credentials) { () throws(ProviderError) in
            try await fetch(credentials, deadline)
        }
    }

    private func send(
        _ method: HTTPMethod, _ path: String, headers: [(name: String, value: String)], body: Data?, token: Secret,
        until deadline: Deadline
    ) async throws(ProviderError) -> Exchange {
        try await calls.send(
            method, path, headers: headers + [("Authorization", "Bearer \(token.reveal())")], body: body,
            secrets: [token], until: deadline)
    }
}

/// A token endpoint (RFC 6749 §3.2).
struct TokenEndpoint: Sendable {
    let url: String
    let caller: HTTPCaller

    /// Asks for a token; it changes no record, so that it can always be repeated.
    func grant(
        _ fields: [(name: String, value: String)], secrets: [Secret], until deadline: Deadline
    ) async throws(ProviderError) -> AccessTokens.Grant {
        struct Answer: Decodable {
            var token: String
            var lifetimeSeconds: Int?

            enum CodingKeys: String, CodingKey {
                case token = "access_token"
                case lifetimeSeconds = "expires_in"
            }
        }
        let exchange = try await JSONCalls(url: url, caller: caller).send(
            .POST, "", headers: [("Content-Type", "application/x-www-form-urlencoded")],
            body: Data(formEncoded(fields).utf8), effect: HTTPCall.Effect.none, secrets: secrets, until: deadline)
        guard exchange.isSuccess else { throw fault(exchange) }
        let answer: Answer = try exchange.decoded()
        return .init(
            token: Secret(answer.token), lifetime: .seconds(min(max(1, answer.lifetimeSeconds ?? 300), 86_400)))
    }

    /// RFC 6749 §5.2: `{"error": "invalid_client", "error_description": "…"}`.
    private func fault(_ exchange: Exchange) -> ProviderError {
        struct Fault: Decodable {
            var error: String
            var description: String?

            enum CodingKeys: String, CodingKey {
                case error
                case description = "error_description"
            }
        }
        guard let fault = exchange.attempt(as: Fault.self) else {
            return exchange.status == 429 ? exchange.rateLimited(nil) : exchange.notUnderstood
        }
        // What stands behind the first line is for the provider's own search.
        let first = fault.description?.split(whereSeparator: \.isNewline).first.map(String.init)
        let words = exchange.line(first.map { "\($0) (\(fault.error))" } ?? fault.error)
        switch exchange.status {
        case 429: return exchange.rateLimited(words)
        case 400..<500: return .refused(.credentials, words: words)
        default: return exchange.reply.failure(of: exchange.call, words: words)
        }
    }
}
