import DNS
import Foundation
import NIOHTTP1
import Secrets

/// Cloudflare's endpoints, its error envelope and its limit of 1200 requests in 5 minutes.
struct CloudflareAPI: Sendable {
    enum Credentials: Sendable {
        case token(SecretPlace)
        case key(SecretPlace, email: String)
    }

    private let url: String
    private let caller: HTTPCaller
    private let credentials: Credentials
    /// Per user, as documented; ours alone, so that it stays below even if the user does something beside us.
    private let limit = RateLimit(count: 1100, per: .seconds(300))

    init(url: String, caller: HTTPCaller, credentials: Credentials) {
        self.url = url
        self.caller = caller
        self.credentials = credentials
    }

    // MARK: Endpoints

    /// The identifier of the zone of exactly this name; an active one before others. nil if the account has none.
    func zone(named name: Name, until deadline: Deadline) async throws(ProviderError) -> String? {
        struct Zone: Decodable {
            var id: String
            var name: String
            var status: String?
        }
        let path = "/zones?" + formEncoded([("name", name.apiText), ("per_page", "50")])
        let zones: [Zone] = try await ask(.GET, path, until: deadline).result ?? []
        let own = zones.filter { $0.name.lowercased() == name.apiText }
        return (own.first { $0.status == "active" } ?? own.first)?.id
    }

    /// All A, AAAA and CNAME records of the name, all pages of them.
    func records(of owner: Name, zone: String, until deadline: Deadline) async throws(ProviderError)
        -> [CloudflareRecord]
    {
        var records: [CloudflareRecord] = []
        var page = 1
        while true {
            let query = formEncoded([("name.exact", owner.apiText), ("per_page", "100"), ("page", String(page))])
            let envelope: Envelope<[CloudflareRecord]> = try await ask(
                .GET, "/zones/\(zone.percentEncoded)/dns_records?\(query)", until: deadline)
            let found = envelope.result ?? []
            records += found.filter { $0.name.lowercased() == owner.apiText }
            guard let pages = envelope.resultInfo?.totalPages, page < pages, !found.isEmpty, page < 100 else {
                return records.filter { ["A", "AAAA", "CNAME"].contains($0.type) }
            }
            page += 1
        }
    }

    /// Makes all edits, several in one batch, which Cloudflare executes as one transaction. Returns what was done.
    func make(_ edits: CloudflareEdits, zone: String, until deadline: Deadline) async throws(ProviderError) -> String {
        let base = "/zones/\(zone.percentEncoded)/dns_records"
        guard edits.count != 0 else { return "nothing to change" }
        guard edits.count == 1 else {
            let _: Envelope<Ignored> = try await ask(.POST, base + "/batch", body: edits, until: deadline)
            return "\(edits.count) records changed in one batch"
        }
        if let removal = edits.deletes.first {
            let _: Envelope<Ignored> = try await ask(
                .DELETE, "\(base)/\(removal.id.percentEncoded)", effect: .changes, until: deadline)
            return "1 record deleted"
        }
        if var content = edits.patches.first, let id = content.id {
            content.id = nil
            let _: Envelope<Ignored> = try await ask(
                .PATCH, "\(base)/\(id.percentEncoded)", body: content, until: deadline)
            return "\(content.type) \(content.content) set"
        }
        let _: Envelope<Ignored> = try await ask(.POST, base, body: edits.posts[0], until: deadline)
        return "\(edits.posts[0].type) \(edits.posts[0].content) created"
    }

    // MARK: One call

    private func ask<Result: Decodable>(
        _ method: HTTPMethod, _ path: String, body: some Encodable, until deadline: Deadline
    ) async throws(ProviderError) -> Envelope<Result> {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let octets: Data
        do {
            octets = try encoder.encode(body)
        } catch {
            preconditionFailure("texts and numbers are always fit for JSON: \(error)")
        }
        return try await ask(method, path, octets: octets, effect: .changes, until: deadline)
    }

    private func ask<Result: Decodable>(
        _ method: HTTPMethod, _ path: String, octets: Data? = nil, effect: HTTPCall.Effect = .none,
        until deadline: Deadline
    ) async throws(ProviderError) -> Envelope<Result> {
        try await limit.wait(until: deadline)
        var call = HTTPCall(method, url + path, body: octets, effect: effect)
        try authorize(&call)
        if octets != nil { call.headers.append(("Content-Type", "application/json")) }
        let reply = try await caller.send(call, until: deadline)
        guard let status = try? JSONDecoder().decode(Envelope<Ignored>.self, from: reply.body) else {
            throw noEnvelope(reply, of: call)
        }
        guard status.success, (200..<300).contains(reply.status) else {
            throw CloudflareFault(status.errors ?? [], reply: reply, call: call).error
        }
        do {
            return try JSONDecoder().decode(Envelope<Result>.self, from: reply.body)
        } catch {
            throw noEnvelope(reply, of: call)
        }
    }

    private func authorize(_ call: inout HTTPCall) throws(ProviderError) {
        switch credentials {
        case .token(let place):
            let token = try place.read()
            call.headers.append(("Authorization", "Bearer \(token.reveal())"))
            call.secrets = [token]
        case .key(let place, let email):
            let key = try place.read()
            call.headers += [("X-Auth-Email", email), ("X-Auth-Key", key.reveal())]
            call.secrets = [key]
        }
    }

    /// HTML, half an answer, or something else in front of the API: it says nothing of our credentials.
    private func noEnvelope(_ reply: HTTPReply, of call: HTTPCall) -> ProviderError {
        if [401, 403].contains(reply.status) {
            return .unavailable(.notUnderstood, words: oneLine(reply.summary))
        }
        return reply.failure(of: call)
    }
}

/// What every answer of the API is wrapped in.
struct Envelope<Result: Decodable>: Decodable {
    var success: Bool
    var errors: [CloudflareFault.Item]?
    var result: Result?
    var resultInfo: ResultInfo?

    enum CodingKeys: String, CodingKey {
        case success, errors, result
        case resultInfo = "result_info"
    }
}

struct ResultInfo: Decodable {
    var totalPages: Int?
    enum CodingKeys: String, CodingKey { case totalPages = "total_pages" }
}

/// A result that nobody looks at.
struct Ignored: Decodable {
    init(from decoder: any Decoder) {}
}

/// The errors of an envelope, and what they mean.
struct CloudflareFault {
    struct Item: Decodable {
        var code: Int
        var message: String
        var chain: [Item]?

        enum CodingKeys: String, CodingKey {
            case code, message
            case chain = "error_chain"
        }

        var all: [Item] { [self] + (chain ?? []).flatMap(\.all) }
    }

    private let items: [Item]
    private let reply: HTTPReply
    private let call: HTTPCall

    init(_ items: [Item], reply: HTTPReply, call: HTTPCall) {
        self.items = items.flatMap(\.all)
        self.reply = reply
        self.call = call
    }

    var error: ProviderError {
        let said = items.map { "\($0.message) (\($0.code))" }.joined(separator: "; ")
        let words = call.secrets.reduce(oneLine(said.isEmpty ? reply.summary : said)) { $1.redacted(from: $0) }
        if reply.status == 429 || has(971, 10429) {
            return .unavailable(.rateLimited, words: words, retryAfter: reply.retryAfter)
        }
        if reply.status >= 500 { return reply.failure(of: call, words: words) }
        if has(9103, 9106, 9107, 9109, 9200, 9207, 10000, 10001, 6003, 6100, 6101, 6102, 6103, 6111) {
            return .refused(.credentials, words: words)
        }
        if has(81053, 81054, 81056) { return .refused(.recordInTheWay, words: words) }
        // The identical record is there already, or the one to change is gone: somebody was faster.
        if has(81044, 81057, 81058) { return .conflict(words: words) }
        if has(1001, 7000, 7003, 1049) || reply.status == 404 { return .refused(.noSuchZone, words: words) }
        if [401, 403].contains(reply.status) { return .refused(.credentials, words: words) }
        if has(81045, 81046) { return .refused(.blocked, words: words) }
        return .refused(.invalid, words: words)
    }

    private func has(_ codes: Int...) -> Bool { items.contains { codes.contains($0.code) } }
}
