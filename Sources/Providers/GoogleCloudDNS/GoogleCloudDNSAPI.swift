import DNS
import Foundation
import NIOHTTP1
import Secrets

/// An RRset as Cloud DNS gives it and takes it.
struct GoogleSet: Codable, Hashable, Sendable {
    /// With its final dot.
    var name: String
    var type: String
    var ttl: UInt32
    /// None for a set with a routing policy.
    var rrdatas: [String]?
}

/// A change of several RRsets at once. Pure.
struct GoogleChange: Encodable, Sendable {
    var deletions: [GoogleSet] = []
    var additions: [GoogleSet] = []

    /// - Parameter sets: what is there, which is deleted exactly as it stands there.
    init(_ steps: [Change.Step], from sets: [GoogleSet], owner: Name) {
        let name = owner.inLowerCase.description
        for step in steps {
            if let old = sets.first(where: { $0.type == step.type.description }) { deletions.append(old) }
            switch step {
            case .create(let set), .replace(_, let set):
                additions.append(
                    GoogleSet(
                        name: name, type: set.type.description, ttl: set.ttlSeconds, rrdatas: set.valueTexts))
            case .remove: break
            }
        }
        // A set that would be replaced by itself: there is nothing to send, not even if it is forced.
        let same = Set(deletions).intersection(additions)
        deletions.removeAll(where: same.contains)
        additions.removeAll(where: same.contains)
    }

    var isEmpty: Bool { deletions.isEmpty && additions.isEmpty }
}

/// What became of a change: `pending`, or `done` when it has been sent to the name servers.
struct GoogleChangeAnswer: Decodable, Sendable {
    var id: String
    var status: String
}

/// Cloud DNS's endpoints and its errors.
struct GoogleCloudDNSAPI: Sendable {
    private let calls: TokenCalls
    private let key: SecretPlace
    private let project: String?

    init(url: String, tokenURL: String, key: SecretPlace, project: String?, caller: HTTPCaller) {
        self.key = key
        self.project = project
        let endpoint = TokenEndpoint(url: tokenURL, caller: caller)
        calls = TokenCalls(
            calls: JSONCalls(url: url, caller: caller),
            credentials: { () throws(ProviderError) in try key.readDocument() },
            fetch: { document, deadline throws(ProviderError) in
                let account = try Self.account(document, from: key)
                guard let assertion = account.assertion(now: Int(Date().timeIntervalSince1970)) else {
                    throw .refused(
                        .credentials, words: "private_key in \(key) is no RSA key of at least 2048 bits in PEM")
                }
                let fields = [
                    ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion.reveal()),
                ]
                return try await endpoint.grant(fields, secrets: [assertion], until: deadline)
            })
    }

    private static func account(
        _ document: Secret, from place: SecretPlace
    ) throws(ProviderError) -> GoogleServiceAccount {
        guard let account = GoogleServiceAccount(document) else {
            throw .refused(
                .credentials,
                words: "\(place) is no service account's key: right is the JSON file that Google gives out for it")
        }
        return account
    }

    // MARK: Endpoints

    /// The public zones of the project, at most 100 pages.
    func zones(until deadline: Deadline) async throws(ProviderError) -> [HostedZone] {
        struct Page: GooglePage {
            struct Zone: Decodable {
                var name: String
                var dnsName: String
                var visibility: String?
            }
            var managedZones: [Zone]?
            var nextPageToken: String?
        }
        let pages: [Page] = try await all("", query: [], until: deadline)
        return pages.flatMap { $0.managedZones ?? [] }.filter { $0.visibility != "private" }.compactMap { zone in
            (try? Name(zone.dnsName)).map { HostedZone(name: $0, id: zone.name) }
        }
    }

    /// All RRsets of the name.
    func sets(
        of owner: Name, in zone: HostedZone, until deadline: Deadline
    ) async throws(ProviderError) -> [GoogleSet] {
        struct Page: GooglePage {
            var rrsets: [GoogleSet]?
            var nextPageToken: String?
        }
        let name = owner.inLowerCase.description
        let pages: [Page] = try await all(
            "/\(zone.id.percentEncoded)/rrsets", query: [("name", name)], until: deadline)
        return pages.flatMap { $0.rrsets ?? [] }.filter { $0.name.lowercased() == name }
    }

    func make(
        _ change: GoogleChange, in zone: HostedZone, until deadline: Deadline
    ) async throws(ProviderError) -> GoogleChangeAnswer {
        try await ask(
            .POST, "/\(zone.id.percentEncoded)/changes", body: jsonBody(change), until: deadline
        ).decoded()
    }

    private func all<Page: GooglePage>(
        _ path: String, query: [(name: String, value: String)], until deadline: Deadline
    ) async throws(ProviderError) -> [Page] {
        var pages: [Page] = []
        var fields = query
        while pages.count < 100 {
            let question = fields.isEmpty ? "" : "?" + formEncoded(fields)
            let page: Page = try await ask(.GET, path + question, until: deadline).decoded()
            pages.append(page)
            guard let next = page.nextPageToken, !next.isEmpty else { break }
            fields = query + [("pageToken", next)]
        }
        return pages
    }

    /// - Parameter path: behind the managed zones of the project.
    private func ask(
        _ method: HTTPMethod, _ path: String, body: Data? = nil, until deadline: Deadline
    ) async throws(ProviderError) -> Exchange {
        var project = project
        if project == nil { project = try Self.account(try key.readDocument(), from: key).project }
        guard let project else {
            throw .refused(.credentials, words: "\(key) names no project_id: write project: as well")
        }
        let exchange = try await calls.send(
            method, "/projects/\(project.percentEncoded)/managedZones\(path)", body: body, until: deadline)
        guard exchange.isSuccess else { throw GoogleFault(exchange).error }
        return exchange
    }
}

/// One page of a list.
protocol GooglePage: Decodable {
    var nextPageToken: String? { get }
}

/// An error of Google's APIs: `{"error": {"code": 404, "message": "…", "errors": [{"reason": "notFound"}]}}`.
struct GoogleFault {
    private struct Envelope: Decodable {
        struct Fault: Decodable {
            struct Item: Decodable { var reason: String? }
            var message: String
            var errors: [Item]?
        }
        var error: Fault
    }

    private let exchange: Exchange

    init(_ exchange: Exchange) { self.exchange = exchange }

    var error: ProviderError {
        guard let fault = exchange.attempt(as: Envelope.self)?.error else { return exchange.notUnderstood }
        let reason = fault.errors?.compactMap(\.reason).first
        let said = reason.map { "\(fault.message) (\($0))" } ?? fault.message
        let words = exchange.line(said)
        // Too many calls are told as 403 too.
        if let reason, ["rateLimitExceeded", "userRateLimitExceeded"].contains(reason) {
            return exchange.rateLimited(said)
        }
        switch exchange.status {
        case 401: return .refused(.credentials, words: words)
        case 403: return .refused(reason == "quotaExceeded" ? .blocked : .credentials, words: words)
        case 404: return .refused(.noSuchZone, words: words)
        // What was to be deleted is not so any more; what was to be added is there.
        case 409, 412: return .conflict(words: words)
        case 429: return exchange.rateLimited(said)
        case 400..<500:
            return .refused(reason == "cnameResourceRecordSetConflict" ? .recordInTheWay : .invalid, words: words)
        default: return exchange.reply.failure(of: exchange.call, words: words)
        }
    }
}
