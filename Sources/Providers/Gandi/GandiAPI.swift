import DNS
import Foundation
import NIOHTTP1
import Secrets

/// An RRset as LiveDNS gives it.
struct GandiSet: Decodable, Sendable {
    var type: String
    var ttl: UInt32
    var values: [String]

    enum CodingKeys: String, CodingKey {
        case type = "rrset_type"
        case ttl = "rrset_ttl"
        case values = "rrset_values"
    }
}

/// LiveDNS's endpoints and its errors.
struct GandiAPI: Sendable {
    /// Domains on a page; a page with fewer is the last.
    static let pageSize = 100

    let calls: JSONCalls
    let token: SecretPlace

    /// All domains that the token may see, at most 100 pages.
    func zones(until deadline: Deadline) async throws(ProviderError) -> [HostedZone] {
        struct Domain: Decodable { var fqdn: String }
        var zones: [HostedZone] = []
        for page in 1...100 {
            let query = formEncoded([("page", String(page)), ("per_page", String(Self.pageSize))])
            let domains: [Domain] = try await ask(.GET, "/domains?\(query)", until: deadline).decoded()
            zones += domains.compactMap { domain in
                (try? Name(domain.fqdn)).map { HostedZone(name: $0, id: domain.fqdn) }
            }
            if domains.count < Self.pageSize { break }
        }
        return zones
    }

    /// All RRsets of the name; none for a name that has none.
    func sets(
        of name: String, in zone: HostedZone, until deadline: Deadline
    ) async throws(ProviderError) -> [GandiSet] {
        do {
            return try await ask(.GET, path(of: name, in: zone), until: deadline).decoded()
        } catch {
            if case .refused(.noSuchName, _) = error { return [] }
            throw error
        }
    }

    func put(
        _ set: RRset, named name: String, in zone: HostedZone, until deadline: Deadline
    ) async throws(ProviderError) {
        struct Content: Encodable {
            var values: [String]
            var ttl: UInt32
            enum CodingKeys: String, CodingKey {
                case values = "rrset_values"
                case ttl = "rrset_ttl"
            }
        }
        struct Message: Decodable { var message: String }
        let body = jsonBody(Content(values: set.valueTexts, ttl: set.ttlSeconds))
        let answer = try await ask(
            .PUT, "\(path(of: name, in: zone))/\(set.type)", body: body, until: deadline)
        let _: Message = try answer.decoded()
    }

    /// A set that is not there is as good as removed.
    func remove(
        _ type: RRType, named name: String, in zone: HostedZone, until deadline: Deadline
    ) async throws(ProviderError) {
        let answer: Exchange
        do {
            answer = try await ask(.DELETE, "\(path(of: name, in: zone))/\(type)", until: deadline)
        } catch {
            if case .refused(.noSuchName, _) = error { return }
            throw error
        }
        guard answer.status == 204 else { throw answer.notUnderstood }
    }

    private func path(of name: String, in zone: HostedZone) -> String {
        "/domains/\(zone.id.percentEncoded)/records/\(name.percentEncoded)"
    }

    private func ask(
        _ method: HTTPMethod, _ path: String, body: Data? = nil, until deadline: Deadline
    ) async throws(ProviderError) -> Exchange {
        let secret = try token.read()
        let exchange = try await calls.send(
            method, path, headers: [("Authorization", "Bearer \(secret.reveal())")], body: body, secrets: [secret],
            until: deadline)
        guard exchange.isSuccess else { throw GandiFault(exchange).error }
        return exchange
    }
}

/// An error of LiveDNS: `{"code": 404, "message": "…", "object": "…", "cause": "…"}`, with a list of errors by field
/// where a value is not accepted.
struct GandiFault {
    private struct Body: Decodable {
        struct Item: Decodable {
            var name: String?
            var description: String?
        }
        var message: String?
        var object: String?
        var cause: String?
        var errors: [Item]?
    }

    private let exchange: Exchange

    init(_ exchange: Exchange) { self.exchange = exchange }

    var error: ProviderError {
        guard let body = exchange.attempt(as: Body.self), body.message != nil || body.cause != nil else {
            return exchange.notUnderstood
        }
        let items = (body.errors ?? []).compactMap { item in
            item.description.map { text in item.name.map { "\($0): \(text)" } ?? text }
        }
        let said = ([body.message ?? body.cause ?? ""] + items).joined(separator: "; ")
        let words = exchange.line(said)
        switch exchange.status {
        case 401, 403: return .refused(.credentials, words: words)
        case 404:
            return .refused(body.object == "dns-record" ? .noSuchName : .noSuchZone, words: words)
        case 429: return exchange.rateLimited(said)
        case 409: return .refused(.recordInTheWay, words: words)
        case 400..<500:
            return .refused(words.uppercased().contains("CNAME") ? .recordInTheWay : .invalid, words: words)
        default: return exchange.reply.failure(of: exchange.call, words: words)
        }
    }
}
