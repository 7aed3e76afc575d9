import DNS
import NIOHTTP1
import Secrets

/// An RRset as deSEC shows it and takes it.
struct DeSECSet: Codable, Sendable {
    var subname: String
    var type: String
    var ttl: UInt32
    var records: [String]
}

/// What is to become of one RRset.
struct DeSECEdit: Encodable, Sendable {
    var subname: String
    var type: String
    /// nil with no records: a removal needs none.
    var ttl: UInt32?
    /// None at all: the RRset is removed.
    var records: [String]

    init(_ step: Change.Step, subname: String) {
        self.subname = subname
        type = step.type.description
        switch step {
        case .create(let set), .replace(_, let set):
            ttl = set.ttlSeconds
            records = set.valueTexts
        case .remove: records = []
        }
    }
}

/// deSEC's endpoints and its errors.
struct DeSECAPI: Sendable {
    let calls: JSONCalls
    let token: SecretPlace

    /// All domains of the account, at most 100 pages.
    func zones(until deadline: Deadline) async throws(ProviderError) -> [HostedZone] {
        struct Domain: Decodable { var name: String }
        var zones: [HostedZone] = []
        // An empty cursor asks for the first page; without one, more than 500 domains are refused.
        var path: String? = "/domains/?cursor="
        for _ in 1...100 {
            guard let here = path else { break }
            let answer = try await ask(.GET, here, until: deadline)
            let domains: [Domain] = try answer.decoded()
            zones += domains.compactMap { domain in
                (try? Name(domain.name)).map { HostedZone(name: $0, id: domain.name) }
            }
            path = try calls.path(ofNextPage: answer.reply.nextLink)
        }
        return zones
    }

    /// Every RRset of the name. They are few, so that there is no second page.
    func sets(
        of subname: String, in zone: HostedZone, until deadline: Deadline
    ) async throws(ProviderError) -> [DeSECSet] {
        let query = formEncoded([("subname", subname)])
        let sets: [DeSECSet] = try await ask(.GET, "\(path(of: zone))?\(query)", until: deadline).decoded()
        return sets.filter { $0.subname == subname }
    }

    /// Makes all edits or none.
    func make(_ edits: [DeSECEdit], in zone: HostedZone, until deadline: Deadline) async throws(ProviderError) {
        let answer = try await ask(.PATCH, path(of: zone), body: edits, until: deadline)
        let _: [DeSECSet] = try answer.decoded()
    }

    private func path(of zone: HostedZone) -> String { "/domains/\(zone.id.percentEncoded)/rrsets/" }

    private func ask(
        _ method: HTTPMethod, _ path: String, body: [DeSECEdit]? = nil, until deadline: Deadline
    ) async throws(ProviderError) -> Exchange {
        let secret = try token.read()
        let exchange = try await calls.send(
            method, path, headers: [("Authorization", "Token \(secret.reveal())")], body: body.map(jsonBody),
            secrets: [secret], until: deadline)
        guard exchange.isSuccess else { throw DeSECFault(exchange).error }
        return exchange
    }
}

extension HTTPReply {
    /// What `Link` says to be next (RFC 8288 §3): `<https://…>; rel="next"`.
    var nextLink: String? {
        headers[canonicalForm: "link"].lazy.map { $0.split(separator: ";") }.first { parts in
            parts.dropFirst().contains { part in
                let word = part.filter { $0 != " " && $0 != "\"" }
                return word.lowercased() == "rel=next"
            }
        }?.first.flatMap { target in
            let text = target.trimmingPrefix { $0 == " " }
            return text.hasPrefix("<") && text.hasSuffix(">") ? String(text.dropFirst().dropLast()) : nil
        }
    }
}

/// An error of deSEC: `{"detail": "…"}`, fields with their errors, or a list of those for a bulk request.
struct DeSECFault {
    private let exchange: Exchange

    init(_ exchange: Exchange) { self.exchange = exchange }

    var error: ProviderError {
        guard let said = exchange.attempt(as: DeSECWords.self) else { return exchange.notUnderstood }
        let words = exchange.line(said.text)
        switch exchange.status {
        case 400, 409:
            return .refused(words.contains("conflicting type") ? .recordInTheWay : .invalid, words: words)
        case 401: return .refused(.credentials, words: words)
        case 403:
            return .refused(words.contains("quota") || words.contains("limit") ? .blocked : .credentials, words: words)
        case 404: return .refused(.noSuchZone, words: words)
        case 429: return exchange.rateLimited(said.text)
        default: return exchange.reply.failure(of: exchange.call, words: words)
        }
    }
}

/// Every text in the body of an error, with the fields' names before them.
private enum DeSECWords: Decodable {
    case word(String)
    case list([DeSECWords])
    case fields([String: DeSECWords])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let word = try? container.decode(String.self) {
            self = .word(word)
        } else if let list = try? container.decode([DeSECWords].self) {
            self = .list(list)
        } else {
            self = .fields(try container.decode([String: DeSECWords].self))
        }
    }

    var text: String {
        switch self {
        case .word(let word): return word
        case .list(let list): return list.map(\.text).filter { !$0.isEmpty }.joined(separator: "; ")
        case .fields(let fields):
            return fields.sorted { $0.key < $1.key }.map { name, words in
                ["detail", "non_field_errors"].contains(name) ? words.text : "\(name): \(words.text)"
            }.joined(separator: "; ")
        }
    }
}
