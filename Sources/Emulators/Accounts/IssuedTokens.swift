/// Access tokens that an emulator has given out, and to which account.
actor IssuedTokens {
    private var accounts: [String: String] = [:]
    private var count = 0
    private(set) var lifetimeSeconds = 3599

    func setLifetime(_ seconds: Int) { lifetimeSeconds = seconds }

    func issue(to account: String) -> String {
        count += 1
        let token = "issued.\(count).token-of-the-emulator"
        accounts[token] = account
        return token
    }

    /// How many were given out.
    var issued: Int { count }

    func account(of token: String) -> String? { accounts[token] }

    /// None of them is good any more.
    func revokeAll() { accounts = [:] }
}

/// What a token endpoint answers (RFC 6749 §5.1).
struct IssuedToken: Encodable {
    var accessToken: String
    var expiresIn: Int
    var tokenType = "Bearer"

    enum CodingKeys: String, CodingKey {
        case accessToken = "access_token"
        case expiresIn = "expires_in"
        case tokenType = "token_type"
    }
}

/// An error of a token endpoint (RFC 6749 §5.2).
struct TokenProblem: Error, Encodable {
    var status: Int
    var error: String
    var description: String

    enum CodingKeys: String, CodingKey {
        case error
        case description = "error_description"
    }

    init(_ status: Int, _ error: String, _ description: String) {
        self.status = status
        self.error = error
        self.description = description
    }
}
