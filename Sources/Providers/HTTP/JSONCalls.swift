import Foundation
import NIOHTTP1
import Secrets

/// The calls of one driver to an API that takes and gives JSON.
struct JSONCalls: Sendable {
    /// Where the API is, without a final `/`.
    let url: String
    let caller: HTTPCaller
    /// Ours, below what the provider documents; nil where it documents none.
    var limit: RateLimit?

    /// Sends one call. Everything but a GET changes something, unless it is said that it does not.
    ///
    /// - Parameter path: begins with `/`.
    func send(
        _ method: HTTPMethod, _ path: String, headers: [(name: String, value: String)] = [], body: Data? = nil,
        effect: HTTPCall.Effect? = nil, secrets: [Secret], until deadline: Deadline
    ) async throws(ProviderError) -> Exchange {
        try await limit?.wait(until: deadline)
        var call = HTTPCall(
            method, url + path, headers: headers, body: body,
            effect: effect ?? (method == .GET ? .none : .changes), secrets: secrets)
        call.headers.append(("Accept", "application/json"))
        if body != nil, !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            call.headers.append(("Content-Type", "application/json"))
        }
        return Exchange(call: call, reply: try await caller.send(call, until: deadline))
    }

    /// The part of a link to a next page that is behind `url`. A link to elsewhere is none: a key must not go there.
    func path(ofNextPage link: String?) throws(ProviderError) -> String? {
        guard let link, !link.isEmpty else { return nil }
        guard link.hasPrefix(url + "/") else {
            throw .unavailable(.notUnderstood, words: oneLine("the next page is at another address: \(link)"))
        }
        return String(link.dropFirst(url.count))
    }
}

/// `value` as the body of a call.
func jsonBody(_ value: some Encodable) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
        return try encoder.encode(value)
    } catch {
        preconditionFailure("texts and numbers are always fit for JSON: \(error)")
    }
}

/// A call and the answer to it.
struct Exchange: Sendable {
    let call: HTTPCall
    let reply: HTTPReply

    var status: Int { reply.status }
    var isSuccess: Bool { (200..<300).contains(reply.status) }

    /// The body; throws if it is none that the documentation knows.
    func decoded<Value: Decodable>(as type: Value.Type = Value.self) throws(ProviderError) -> Value {
        guard let value = attempt(as: type) else { throw notUnderstood }
        return value
    }

    /// The body, or nil if it is something else.
    func attempt<Value: Decodable>(as type: Value.Type = Value.self) -> Value? {
        try? JSONDecoder().decode(type, from: reply.body)
    }

    /// HTML, half an answer, or something else in front of the API: it says nothing of our credentials.
    var notUnderstood: ProviderError {
        [401, 403].contains(status)
            ? .unavailable(.notUnderstood, words: line(reply.summary)) : reply.failure(of: call)
    }

    /// The provider's words in one line, without our secrets; the status and the beginning of the body if it has none.
    func line(_ words: String?) -> String {
        let words = words.flatMap { $0.isEmpty ? nil : $0 } ?? reply.summary
        return call.secrets.reduce(oneLine(words)) { $1.redacted(from: $0) }
    }

    /// Too many calls, with what the answer says about how long to wait.
    func rateLimited(_ words: String?, retryAfter: Duration? = nil) -> ProviderError {
        .unavailable(.rateLimited, words: line(words), retryAfter: reply.retryAfter ?? retryAfter)
    }
}
