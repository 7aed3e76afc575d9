import DNS
import Foundation
import NIOHTTP1
import Secrets

/// Cloudflare's API v4 (developers.cloudflare.com/api).
///
///     name ─► zone (walking up, remembered) ─► its records of the name, page by page ─► one PATCH, POST or DELETE,
///                                                                                  or all in one batch
///
/// Records are patched, so that what we do not know of (proxied, comment, tags) stays as it is.
package struct Cloudflare: Provider {
    package static let driver = "cloudflare"
    package static let summary = "Cloudflare's API v4, by a scoped API token or by the global key"
    package static let parameters = [
        ProviderParameter("token", .secret, "An API token with Zone:Read and DNS:Edit for the zone."),
        ProviderParameter("email", .text, form: "the account's e-mail address", "Only with key: whose it is."),
        ProviderParameter("key", .secret, "The global API key, the old way; it may do everything, so prefer a token."),
        ProviderParameter(
            "zone-id", .text, form: "32 hexadecimal digits", "The zone, for a token that may not list zones."),
        ProviderParameter("url", .url, standard: "https://api.cloudflare.com/client/v4", "Where the API is."),
        .caFile,
    ]

    package let capabilities: Capabilities = {
        var capabilities = Capabilities()
        capabilities.types = [.a, .aaaa, .cname]
        capabilities.ttls = .range(60...86_400)
        capabilities.concurrency = 4
        return capabilities
    }()

    private let api: CloudflareAPI
    private let zones: ZoneMemory

    package init(_ arguments: ProviderArguments) throws(ProviderArgumentErrors) {
        var reader = ProviderArgumentReader(arguments, of: Self.self)
        let token = reader.secret("token")
        let email = reader.text("email")
        let key = reader.secret("key")
        let zone = reader.text("zone-id")
        let url = reader.url("url")
        let caFile = reader.path("ca-file")
        if reader.has("token"), reader.has("key") { reader.refuse("key", "stands beside token", showingValue: false) }
        if !reader.has("token"), !reader.has("key") {
            reader.refuse("token", "is missing", expected: "token: env:NAME, or key and email")
        }
        if reader.has("key") != reader.has("email") {
            reader.refuse(reader.has("key") ? "email" : "key", "is missing: key and email belong together")
        }
        if let zone, zone.count > 32 || !zone.allSatisfy(\.isHexDigit) {
            reader.refuse("zone-id", "is not a zone's identifier")
        }
        let credentials: CloudflareAPI.Credentials? =
            if let token { .token(token) } else if let key, let email { .key(key, email: email) } else { nil }
        let account = try reader.require(credentials)
        api = CloudflareAPI(url: try reader.require(url), caller: HTTPCaller(caFile: caFile), credentials: account)
        zones = ZoneMemory(fixed: zone)
    }

    package func read(
        _ owner: Name, types: [RRType], until deadline: Deadline
    ) async throws(ProviderError) -> [HeldSet] {
        let records = try await inZone(of: owner, until: deadline) { zone throws(ProviderError) in
            try await api.records(of: owner, zone: zone, until: deadline)
        }
        var held: [HeldSet] = []
        for type in types {
            let own = records.filter { $0.type == type.description }
            guard let first = own.first else { continue }
            guard
                let set = RRset(
                    owner: owner, type: type, ttlSeconds: own.map(\.ttl).min() ?? first.ttl,
                    texts: own.map(\.content))
            else {
                throw .unavailable(
                    .notUnderstood, words: "a \(type) record of \(owner) has the content \(first.content)")
            }
            // Proxied records have no TTL of their own: Cloudflare answers with its addresses and its TTL.
            let isProxied = own.allSatisfy { $0.proxied == true }
            held.append(HeldSet(set, hasFixedTTL: isProxied, isAnsweredOtherwise: isProxied))
        }
        return held
    }

    package func write(_ change: Change, until deadline: Deadline) async throws(ProviderError) -> Acceptance {
        try await inZone(of: change.owner, until: deadline) { zone throws(ProviderError) in
            // What is there now, with its identifiers; the change is made from this and not from what was read before.
            let held = try await api.records(of: change.owner, zone: zone, until: deadline)
            let edits = CloudflareEdits(from: held, to: change)
            return Acceptance(try await api.make(edits, zone: zone, until: deadline))
        }
    }

    private func inZone<Value: Sendable>(
        of owner: Name, until deadline: Deadline, _ body: (String) async throws(ProviderError) -> Value
    ) async throws(ProviderError) -> Value {
        try await zones.inZone(
            of: owner,
            find: { name throws(ProviderError) in
                // No zone has a single label.
                name.labelCount < 2 ? nil : try await api.zone(named: name, until: deadline)
            }, body)
    }
}
