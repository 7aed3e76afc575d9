import DNS
import Foundation
import NIOHTTP1
import Secrets

/// DigitalOcean's endpoints and its errors.
struct DigitalOceanAPI: Sendable {
    let calls: JSONCalls
    let token: SecretPlace

    /// All domains of the account.
    func zones(until deadline: Deadline) async throws(ProviderError) -> [HostedZone] {
        struct Page: DigitalOceanPage {
            struct Domain: Decodable { var name: String }
            var domains: [Domain]
            var links: DigitalOceanLinks?
        }
        let pages: [Page] = try await all("/domains?per_page=200", until: deadline)
        return pages.flatMap(\.domains).compactMap { domain in
            (try? Name(domain.name)).map { HostedZone(name: $0, id: domain.name) }
        }
    }

    /// All A, AAAA and CNAME records of the name.
    func records(
        of owner: Name, in zone: HostedZone, until deadline: Deadline
    ) async throws(ProviderError) -> [DigitalOceanRecord] {
        struct Page: DigitalOceanPage {
            var records: [DigitalOceanRecord]
            var links: DigitalOceanLinks?
            enum CodingKeys: String, CodingKey {
                case links
                case records = "domain_records"
            }
        }
        let query = formEncoded([("name", owner.apiText), ("per_page", "200")])
        let pages: [Page] = try await all("\(path(of: zone))?\(query)", until: deadline)
        let name = zone.relativeName(of: owner)
        return pages.flatMap(\.records).filter {
            $0.name.lowercased() == name && ["A", "AAAA", "CNAME"].contains($0.type)
        }.map { record in
            guard record.type == "CNAME", record.data == "@" else { return record }
            var record = record
            record.data = zone.name.apiText
            return record
        }
    }

    func make(
        _ edit: DigitalOceanEdit, in zone: HostedZone, until deadline: Deadline
    ) async throws(ProviderError) {
        struct Made: Decodable {
            var record: DigitalOceanRecord
            enum CodingKeys: String, CodingKey { case record = "domain_record" }
        }
        switch edit {
        case .create(let content):
            let _: Made = try await ask(.POST, path(of: zone), body: content, until: deadline).decoded()
        case .update(let id, let content):
            let _: Made = try await ask(.PATCH, "\(path(of: zone))/\(id)", body: content, until: deadline).decoded()
        case .delete(let id, _):
            let answer = try await ask(.DELETE, "\(path(of: zone))/\(id)", until: deadline)
            guard answer.status == 204 else { throw answer.notUnderstood }
        }
    }

    private func path(of zone: HostedZone) -> String { "/domains/\(zone.id.percentEncoded)/records" }

    /// All pages, at most 100.
    private func all<Page: DigitalOceanPage>(
        _ first: String, until deadline: Deadline
    ) async throws(ProviderError) -> [Page] {
        var pages: [Page] = []
        var path: String? = first
        while let here = path, pages.count < 100 {
            let page: Page = try await ask(.GET, here, until: deadline).decoded()
            pages.append(page)
            path = try calls.path(ofNextPage: page.links?.pages?.next)
        }
        return pages
    }

    private func ask(
        _ method: HTTPMethod, _ path: String, body: DigitalOceanEdit.Content? = nil, until deadline: Deadline
    ) async throws(ProviderError) -> Exchange {
        let secret = try token.read()
        let exchange = try await calls.send(
            method, path, headers: [("Authorization", "Bearer \(secret.reveal())")], body: body.map(jsonBody),
            secrets: [secret], until: deadline)
        guard exchange.isSuccess else { throw fault(exchange, isOfRecord: method == .PATCH || method == .DELETE) }
        return exchange
    }

    /// `{"id": "not_found", "message": "…"}`.
    private func fault(_ exchange: Exchange, isOfRecord: Bool) -> ProviderError {
        struct Fault: Decodable {
            var id: String
            var message: String
        }
        guard let fault = exchange.attempt(as: Fault.self) else {
            return exchange.status == 429
                ? exchange.rateLimited(nil, retryAfter: exchange.untilReset) : exchange.notUnderstood
        }
        let words = exchange.line("\(fault.message) (\(fault.id))")
        switch exchange.status {
        case 401, 403: return .refused(.credentials, words: words)
        // The record that was to be changed is gone: somebody was faster.
        case 404: return isOfRecord ? .conflict(words: words) : .refused(.noSuchZone, words: words)
        case 422:
            return .refused(words.uppercased().contains("CNAME") ? .recordInTheWay : .invalid, words: words)
        case 429: return exchange.rateLimited(words, retryAfter: exchange.untilReset)
        case 400, 405..<500: return .refused(.invalid, words: words)
        default: return exchange.reply.failure(of: exchange.call, words: words)
        }
    }
}

extension Exchange {
    /// How long until the moment in `ratelimit-reset` (seconds since 1970), at most an hour; nil if there is none.
    fileprivate var untilReset: Duration? {
        guard let text = reply.headers.first(name: "ratelimit-reset"), let moment = Double(text) else { return nil }
        return .seconds(min(max(1, moment - Date().timeIntervalSince1970), 3600))
    }
}

/// One page of a list.
protocol DigitalOceanPage: Decodable {
    var links: DigitalOceanLinks? { get }
}

struct DigitalOceanLinks: Decodable {
    struct Pages: Decodable { var next: String? }
    var pages: Pages?
}
