import Addresses
import DNS
import Foundation
import Secrets

// The update protocol that routers speak (dyndns2): one request, and one word that says what came of it. It can
// neither be read nor have records removed, and each service has its own reading of it.

/// The answer to a dynamic update: the body decides, whatever the HTTP status says.
struct DynamicUpdateReply: Hashable, Sendable {
    enum Code: String, Hashable, Sendable, CaseIterable {
        case good, nochg
        case badauth, nohost, notfqdn, numhost, badip, abuse, badagent, badsys, interval, dnserr
        case donator = "!donator"
        case emergency = "911"
    }

    let code: Code
    /// What follows the word: the address that is set, most often.
    let rest: String
    /// The whole line.
    let line: String

    /// nil if the body begins with none of the known words. Case, blanks before it and markup after it do not count.
    init?(_ body: String) {
        guard
            let first = body.split(whereSeparator: \.isNewline).map({ $0.trimmingCharacters(in: .whitespaces) })
                .first(where: { !$0.isEmpty })
        else { return nil }
        let word = first.prefix { !$0.isWhitespace && $0 != "<" }.lowercased()
        guard let code = Code(rawValue: word) else { return nil }
        self.code = code
        rest = first.dropFirst(word.count).trimmingCharacters(in: .whitespaces)
        line = oneLine(first)
    }

    /// Accepted, or what it means that it is not.
    func acceptance(of addresses: [IPAddress]) throws(ProviderError) -> Acceptance {
        switch code {
        case .good, .nochg:
            // Some say which address they have set: another one than was asked for is no success.
            let echoed = rest.split { $0 == "," || $0 == " " }.compactMap { IPAddress($0) }
            if code == .good, let other = echoed.first(where: { !addresses.contains($0) }) {
                throw .unavailable(.faulty, words: "it has set \(other) instead: \(line)")
            }
            return Acceptance(line)
        case .badauth: throw .refused(.credentials, words: line)
        case .nohost: throw .refused(.noSuchName, words: line)
        case .notfqdn, .numhost, .badip: throw .refused(.invalid, words: line)
        case .abuse, .badagent: throw .refused(.blocked, words: line)
        case .donator: throw .refused(.unsupported, words: line)
        case .interval: throw .unavailable(.rateLimited, words: line, retryAfter: .seconds(120))
        // The protocol asks for half an hour after these.
        case .emergency, .dnserr: throw .unavailable(.faulty, words: line, retryAfter: .seconds(1800))
        case .badsys: throw .unavailable(.faulty, words: line)
        }
    }
}

/// Sends dynamic updates, not oftener than a service wants.
struct DynamicUpdater: Sendable {
    private let caller: HTTPCaller
    private let limits: NameLimits

    /// - Parameters:
    ///   - count, window, burst: at most so many updates of one name in so long; so many of them at once.
    init(caller: HTTPCaller, count: Int, per window: Duration, burst: Int) {
        self.caller = caller
        limits = NameLimits(count: count, per: window, burst: burst)
    }

    func send(
        _ call: HTTPCall, owner: Name, addresses: [IPAddress], until deadline: Deadline
    ) async throws(ProviderError) -> Acceptance {
        try await limits.limit(of: owner).wait(until: deadline)
        let reply = try await caller.send(call, until: deadline)
        let text = call.secrets.reduce(reply.text) { $1.redacted(from: $0) }
        guard let answer = DynamicUpdateReply(text) else {
            if reply.status == 404 { throw .refused(.invalid, words: "nothing is there: \(oneLine(reply.summary))") }
            throw reply.failure(of: call)
        }
        return try answer.acceptance(of: addresses)
    }

    /// The addresses to set, by family; the steps of a change that take an RRset away are not made here.
    static func families(of change: Change) -> [[IPAddress]] {
        change.steps(ignoringTTL: true).compactMap { step in
            switch step {
            case .create(let set), .replace(_, let set): set.addresses
            case .remove: nil
            }
        }
    }
}

/// A limit for each name.
private actor NameLimits {
    private let count: Int
    private let window: Duration
    private let burst: Int
    private var limits: [Name: RateLimit] = [:]

    init(count: Int, per window: Duration, burst: Int) {
        self.count = count
        self.window = window
        self.burst = burst
    }

    func limit(of owner: Name) -> RateLimit {
        if let limit = limits[owner] { return limit }
        let limit = RateLimit(count: count, per: window, burst: burst)
        limits[owner] = limit
        return limit
    }
}

extension Change {
    /// What to send even though nothing differs, if an operator wants it so.
    var familiesToSend: [[IPAddress]] {
        let different = DynamicUpdater.families(of: self)
        return different.isEmpty && isForced ? after.map(\.addresses) : different
    }
}
