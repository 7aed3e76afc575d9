import DNS
import Foundation
import NIOHTTP1
import Secrets

/// The endpoints of DNS zones and record sets, and the Resource Manager's errors.
struct AzureDNSAPI: Sendable {
    /// Who we are.
    struct Application: Sendable {
        var tenant: String
        var client: String
        var secret: SecretPlace
    }

    static let version = "2018-05-01"

    private let calls: TokenCalls
    /// The path of the resource group's zones.
    private let zonesPath: String

    init(
        url: String, loginURL: String, application: Application, subscription: String, group: String,
        caller: HTTPCaller
    ) {
        zonesPath =
            "/subscriptions/\(subscription.percentEncoded)/resourceGroups/\(group.percentEncoded)"
            + "/providers/Microsoft.Network/dnsZones"
        let endpoint = TokenEndpoint(
            url: "\(loginURL)/\(application.tenant.percentEncoded)/oauth2/v2.0/token", caller: caller)
        calls = TokenCalls(
            calls: JSONCalls(url: url, caller: caller),
            credentials: { () throws(ProviderError) in try application.secret.read() },
            fetch: { secret, deadline throws(ProviderError) in
                let fields = [
                    ("grant_type", "client_credentials"), ("client_id", application.client),
                    ("client_secret", secret.reveal()), ("scope", "\(url)/.default"),
                ]
                return try await endpoint.grant(fields, secrets: [secret], until: deadline)
            })
    }

    // MARK: Endpoints

    /// The zones of the resource group, at most 100 pages.
    func zones(until deadline: Deadline) async throws(ProviderError) -> [HostedZone] {
        struct Page: Decodable {
            struct Zone: Decodable { var name: String }
            var value: [Zone]
            var nextLink: String?
        }
        var zones: [HostedZone] = []
        var path: String? = "\(zonesPath)?api-version=\(Self.version)"
        for _ in 1...100 {
            guard let here = path else { break }
            let page: Page = try await ask(.GET, here, until: deadline).decoded()
            zones += page.value.compactMap { zone in
                (try? Name(zone.name)).map { HostedZone(name: $0, id: zone.name) }
            }
            path = try calls.calls.path(ofNextPage: page.nextLink)
        }
        return zones
    }

    /// The set of one type, or nil if there is none.
    func set(
        of type: RRType, named name: String, in zone: HostedZone, until deadline: Deadline
    ) async throws(ProviderError) -> AzureRecordSet? {
        do {
            return try await ask(.GET, path(of: type, named: name, in: zone), until: deadline).decoded()
        } catch {
            if case .refused(.noSuchName, _) = error { return nil }
            throw error
        }
    }

    /// Only if the set is still the one that was read, or if there still is none.
    func put(
        _ set: RRset, over old: AzureRecordSet?, named name: String, in zone: HostedZone, until deadline: Deadline
    ) async throws(ProviderError) {
        let condition = old.flatMap(\.etag).map { ("If-Match", $0) } ?? ("If-None-Match", "*")
        let answer = try await ask(
            .PUT, path(of: set.type, named: name, in: zone), headers: [condition],
            body: jsonBody(AzureRecordSet(set, over: old)), until: deadline)
        let _: AzureRecordSet = try answer.decoded()
    }

    /// 204 says that there was none.
    func remove(
        _ set: AzureRecordSet, of type: RRType, named name: String, in zone: HostedZone, until deadline: Deadline
    ) async throws(ProviderError) {
        let answer = try await ask(
            .DELETE, path(of: type, named: name, in: zone), headers: set.etag.map { [("If-Match", $0)] } ?? [],
            until: deadline)
        // Anything with a body is not theirs.
        guard answer.reply.body.isEmpty else { throw answer.notUnderstood }
    }

    private func path(of type: RRType, named name: String, in zone: HostedZone) -> String {
        "\(zonesPath)/\(zone.id.percentEncoded)/\(type)/\(name.percentEncoded)?api-version=\(Self.version)"
    }

    private func ask(
        _ method: HTTPMethod, _ path: String, headers: [(name: String, value: String)] = [], body: Data? = nil,
        until deadline: Deadline
    ) async throws(ProviderError) -> Exchange {
        let exchange = try await calls.send(method, path, headers: headers, body: body, until: deadline)
        guard exchange.isSuccess else { throw AzureFault(exchange).error }
        return exchange
    }
}

/// An error of the API: `{"code": "NotFound", "message": "…"}`, or the same below `error`.
struct AzureFault {
    private struct Fault: Decodable {
        var code: String
        var message: String
    }

    private struct Envelope: Decodable {
        var error: Fault
    }

    private let exchange: Exchange

    init(_ exchange: Exchange) { self.exchange = exchange }

    var error: ProviderError {
        guard let fault = exchange.attempt(as: Envelope.self)?.error ?? exchange.attempt(as: Fault.self) else {
            return exchange.status == 429 ? exchange.rateLimited(nil) : exchange.notUnderstood
        }
        let said = "\(fault.message) (\(fault.code))"
        let words = exchange.line(said)
        switch exchange.status {
        case 401, 403: return .refused(.credentials, words: words)
        case 404:
            // The set is not there; or a part of the path before it: subscription, resource group, zone.
            return .refused(fault.code == "NotFound" ? .noSuchName : .noSuchZone, words: words)
        case 412: return .conflict(words: words)
        case 409:
            return words.uppercased().contains("CNAME")
                ? .refused(.recordInTheWay, words: words) : .conflict(words: words)
        case 429: return exchange.rateLimited(said)
        case 400..<500:
            return .refused(words.uppercased().contains("CNAME") ? .recordInTheWay : .invalid, words: words)
        default: return exchange.reply.failure(of: exchange.call, words: words)
        }
    }
}
