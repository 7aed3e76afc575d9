import DNS
import Foundation
import NIOHTTP1
import Secrets

/// The endpoints of zones, RRsets and actions, and the API's errors.
struct HetznerAPI: Sendable {
    /// How long between two looks at an action.
    static let pause: Duration = .milliseconds(500)

    let calls: JSONCalls
    let token: SecretPlace

    // MARK: Reading

    /// All primary zones of the project.
    func zones(until deadline: Deadline) async throws(ProviderError) -> [HostedZone] {
        struct Page: HetznerPage {
            struct Zone: Decodable {
                var id: Int
                var name: String
                var mode: String
                var ttl: UInt32
            }
            var zones: [Zone]
            var meta: HetznerMeta?
        }
        let pages: [Page] = try await all("/zones", query: [], until: deadline)
        return pages.flatMap(\.zones).filter { $0.mode == "primary" }.compactMap { zone in
            (try? Name(zone.name)).map { HostedZone(name: $0, id: String(zone.id), ttlSeconds: zone.ttl) }
        }
    }

    /// All RRsets of the name.
    func sets(
        of owner: Name, in zone: HostedZone, until deadline: Deadline
    ) async throws(ProviderError) -> [HetznerSet] {
        struct Page: HetznerPage {
            var rrsets: [HetznerSet]
            var meta: HetznerMeta?
        }
        let name = zone.relativeName(of: owner)
        let pages: [Page] = try await all(
            "/zones/\(zone.id.percentEncoded)/rrsets", query: [("name", name)], until: deadline)
        return pages.flatMap(\.rrsets).filter { $0.name.lowercased() == name }
    }

    /// All pages, at most 100.
    private func all<Page: HetznerPage>(
        _ path: String, query: [(name: String, value: String)], until deadline: Deadline
    ) async throws(ProviderError) -> [Page] {
        var pages: [Page] = []
        var next: Int? = 1
        while let number = next, pages.count < 100 {
            let query = formEncoded(query + [("per_page", "50"), ("page", String(number))])
            let page: Page = try await ask(.GET, "\(path)?\(query)", until: deadline).decoded()
            pages.append(page)
            next = page.meta?.pagination?.nextPage
        }
        return pages
    }

    // MARK: Changing

    /// Makes one edit and waits until its action has ended.
    func make(_ edit: HetznerEdit, in zone: HostedZone, until deadline: Deadline) async throws(ProviderError) {
        struct Records: Encodable { var records: [HetznerSet.Record] }
        struct NewSet: Encodable {
            var name: String
            var type: String
            var ttl: UInt32
            var records: [HetznerSet.Record]
        }
        struct TTL: Encodable { var ttl: UInt32 }
        let sets = "/zones/\(zone.id.percentEncoded)/rrsets"
        let exchange: Exchange
        switch edit {
        case .create(let name, let type, let ttl, let records):
            let set = NewSet(name: name, type: type.description, ttl: ttl, records: records)
            exchange = try await ask(.POST, sets, body: jsonBody(set), until: deadline)
        case .setRecords(let name, let type, let records):
            exchange = try await ask(
                .POST, "\(sets)/\(name.percentEncoded)/\(type)/actions/set_records",
                body: jsonBody(Records(records: records)), until: deadline)
        case .setTTL(let name, let type, let ttl):
            exchange = try await ask(
                .POST, "\(sets)/\(name.percentEncoded)/\(type)/actions/change_ttl", body: jsonBody(TTL(ttl: ttl)),
                until: deadline)
        case .delete(let name, let type):
            exchange = try await ask(.DELETE, "\(sets)/\(name.percentEncoded)/\(type)", until: deadline)
        }
        try await end(of: exchange.decoded(as: HetznerActionAnswer.self).action, until: deadline)
    }

    /// Throws what an action failed of; that it is not known if it does not end in time.
    private func end(of action: HetznerAction, until deadline: Deadline) async throws(ProviderError) {
        var action = action
        while true {
            switch action.status {
            case "success": return
            case "error":
                let error = action.error
                throw .unavailable(
                    .faulty,
                    words: oneLine("\(action.command): \(error?.message ?? "failed") (\(error?.code ?? "error"))"))
            default: break
            }
            guard deadline.remaining > Self.pause else {
                throw .outcomeUnknown(words: "the action \(action.id) (\(action.command)) has not ended")
            }
            do {
                try await ContinuousClock().sleep(for: Self.pause)
            } catch {
                throw .outcomeUnknown(words: "cancelled while the action \(action.id) ran")
            }
            do {
                action = try await ask(.GET, "/actions/\(action.id)", until: deadline)
                    .decoded(as: HetznerActionAnswer.self).action
            } catch {
                throw .outcomeUnknown(words: "the action \(action.id) was started; then: \(error.words)")
            }
        }
    }

    private func ask(
        _ method: HTTPMethod, _ path: String, body: Data? = nil, until deadline: Deadline
    ) async throws(ProviderError) -> Exchange {
        let secret = try token.read()
        let exchange = try await calls.send(
            method, path, headers: [("Authorization", "Bearer \(secret.reveal())")], body: body, secrets: [secret],
            until: deadline)
        guard exchange.isSuccess else { throw HetznerFault(exchange).error }
        return exchange
    }
}

/// What is done on Hetzner's side after a call.
struct HetznerAction: Decodable, Sendable {
    struct Failure: Decodable, Sendable {
        var code: String
        var message: String
    }

    var id: Int
    var command: String
    /// `running`, `success` or `error`.
    var status: String
    var error: Failure?
}

struct HetznerActionAnswer: Decodable {
    var action: HetznerAction
}

/// One page of a list.
protocol HetznerPage: Decodable {
    var meta: HetznerMeta? { get }
}

struct HetznerMeta: Decodable {
    struct Pagination: Decodable {
        var nextPage: Int?
        enum CodingKeys: String, CodingKey { case nextPage = "next_page" }
    }
    var pagination: Pagination?
}

/// An error of the API: `{"error": {"code": "…", "message": "…"}}`.
struct HetznerFault {
    private struct Envelope: Decodable {
        struct Fault: Decodable {
            var code: String
            var message: String
        }
        var error: Fault
    }

    private let exchange: Exchange

    init(_ exchange: Exchange) { self.exchange = exchange }

    var error: ProviderError {
        guard let fault = exchange.attempt(as: Envelope.self)?.error else { return exchange.notUnderstood }
        let said = "\(fault.message) (\(fault.code))"
        let words = exchange.line(said)
        switch fault.code {
        case "unauthorized", "forbidden", "token_readonly": return .refused(.credentials, words: words)
        case "rate_limit_exceeded": return exchange.rateLimited(said)
        // The set was made or has gone meanwhile.
        case "uniqueness_error", "conflict": return .conflict(words: words)
        case "not_found":
            let isOfSet = exchange.call.url.contains("/rrsets/")
            return isOfSet ? .conflict(words: words) : .refused(.noSuchZone, words: words)
        case "locked", "resource_unavailable", "maintenance", "timeout", "bad_gateway":
            return exchange.status >= 500
                ? exchange.reply.failure(of: exchange.call, words: words)
                : .unavailable(.faulty, words: words, retryAfter: exchange.reply.retryAfter)
        case "protected", "resource_limit_exceeded", "resource_locked": return .refused(.blocked, words: words)
        case "unsupported_error", "incorrect_zone_mode", "dns_zone_is_secondary_zone":
            return .refused(.unsupported, words: words)
        default: break
        }
        if exchange.status == 429 { return exchange.rateLimited(said) }
        if exchange.status >= 500 { return exchange.reply.failure(of: exchange.call, words: words) }
        return .refused(words.uppercased().contains("CNAME") ? .recordInTheWay : .invalid, words: words)
    }
}
