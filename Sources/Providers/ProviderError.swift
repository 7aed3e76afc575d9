/// Why a provider did not do what it was asked.
package enum ProviderError: Error, Hashable, Sendable {
    /// It will not do it until somebody changes something. `words` are the provider's own.
    case refused(Refusal, words: String)
    /// It did not do it; later it may. `retryAfter` is what the provider asks for, at most an hour.
    case unavailable(Trouble, words: String, retryAfter: Duration? = nil)
    /// The request was sent and its answer lost: the change may have taken effect or not. Only reading tells.
    case outcomeUnknown(words: String)
    /// Somebody else has changed the record since it was read; nothing was done. Reading again tells what is there.
    case conflict(words: String)
}

/// Why trying again does not help.
package enum Refusal: String, Hashable, Sendable, Codable {
    /// A missing, wrong, expired or insufficient key, token or password.
    case credentials
    /// The account has no zone that the name is in.
    case noSuchZone
    /// The provider does not know the name and creates none.
    case noSuchName
    /// The provider cannot do this at all.
    case unsupported
    /// The provider does not accept a value or a TTL.
    case invalid
    /// Another record at the name excludes this one, such as a CNAME (RFC 1034 §3.6.2).
    case recordInTheWay
    /// The account is blocked or has reached a limit that waiting does not lift.
    case blocked
}

/// What is amiss at the moment.
package enum Trouble: String, Hashable, Sendable, Codable {
    /// No connection: name resolution, network, TLS.
    case unreachable
    case timedOut
    case rateLimited
    /// The provider has an error of its own.
    case faulty
    /// The answer is none that the provider's documentation knows: HTML, half of it, something else.
    case notUnderstood
}

extension ProviderError {
    /// The provider's words, or ours for it.
    package var words: String {
        switch self {
        case .refused(_, let words), .unavailable(_, let words, _), .outcomeUnknown(let words), .conflict(let words):
            words
        }
    }

    /// A refusal is not retried but hourly.
    package var isPermanent: Bool { if case .refused = self { true } else { false } }

    package var isConflict: Bool { if case .conflict = self { true } else { false } }

    package var retryAfter: Duration? { if case .unavailable(_, _, let wait) = self { wait } else { nil } }
}

extension ProviderError: CustomStringConvertible {
    /// One line: `refused (credentials): Invalid access token (9109)`.
    package var description: String {
        switch self {
        case .refused(let why, let words): "refused (\(why.label)): \(words)"
        case .unavailable(let trouble, let words, _): "\(trouble.label): \(words)"
        case .outcomeUnknown(let words): "it is not known whether it took effect: \(words)"
        case .conflict(let words): "changed by somebody else meanwhile: \(words)"
        }
    }
}

extension Refusal {
    /// For people.
    package var label: String {
        switch self {
        case .credentials: "credentials"
        case .noSuchZone: "no such zone"
        case .noSuchName: "no such name"
        case .unsupported: "not supported"
        case .invalid: "invalid"
        case .recordInTheWay: "another record is in the way"
        case .blocked: "blocked"
        }
    }
}

extension Trouble {
    /// For people.
    package var label: String {
        switch self {
        case .unreachable: "unreachable"
        case .timedOut: "timed out"
        case .rateLimited: "rate limited"
        case .faulty: "the provider has an error"
        case .notUnderstood: "the answer was not understood"
        }
    }
}
