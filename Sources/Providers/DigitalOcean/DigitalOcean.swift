import DNS
import Secrets

/// DigitalOcean's API v2 (docs.digitalocean.com/reference/api).
///
///     name ─► domain ─► its records, page by page ─► one PATCH, POST or DELETE for each record that differs
///
/// It has no step for several records: the new values come before the old ones go.
package struct DigitalOcean: Provider {
    package static let driver = "digitalocean"
    package static let summary = "DigitalOcean's API v2, by a personal access token"
    package static let parameters = [
        ProviderParameter(
            "token", .secret, required: true, "A token with the scopes domain:read, create, update and delete."),
        ProviderParameter("zone", .text, form: "a domain of the account", "The domain; found if nothing is written."),
        ProviderParameter("url", .url, standard: "https://api.digitalocean.com/v2", "Where the API is."),
        .caFile,
    ]

    package let capabilities: Capabilities = {
        var capabilities = Capabilities()
        capabilities.types = [.a, .aaaa, .cname]
        capabilities.ttls = .range(30...86_400)
        capabilities.concurrency = 4
        return capabilities
    }()

    private let api: DigitalOceanAPI
    private let zones: KnownZones

    package init(_ arguments: ProviderArguments) throws(ProviderArgumentErrors) {
        var reader = ProviderArgumentReader(arguments, of: Self.self)
        let token = reader.secret("token")
        let zone = reader.zone("zone")
        // 5000 an hour and 250 in a minute are allowed to a token.
        let calls = reader.calls(limit: RateLimit(count: 4800, per: .seconds(3600), burst: 150))
        zones = KnownZones(fixed: zone)
        api = DigitalOceanAPI(calls: try reader.require(calls), token: try reader.require(token))
    }

    package func read(
        _ owner: Name, types: [RRType], until deadline: Deadline
    ) async throws(ProviderError) -> [HeldSet] {
        let records = try await inZone(of: owner, until: deadline) { zone throws(ProviderError) in
            try await api.records(of: owner, in: zone, until: deadline)
        }
        var held: [HeldSet] = []
        for type in types {
            let own = records.filter { $0.type == type.description }
            guard let ttl = own.map(\.ttl).min() else { continue }
            held.append(HeldSet(try RRset(owner: owner, type: type, ttlSeconds: ttl, read: own.map(\.data))))
        }
        return held
    }

    package func write(_ change: Change, until deadline: Deadline) async throws(ProviderError) -> Acceptance {
        try await inZone(of: change.owner, until: deadline) { zone throws(ProviderError) in
            // What is there now, with its identifiers; the change is made from this and not from what was read before.
            let held = try await api.records(of: change.owner, in: zone, until: deadline)
            let edits = DigitalOceanEdit.edits(
                from: held, to: change, name: zone.relativeName(of: change.owner))
            for edit in edits { try await api.make(edit, in: zone, until: deadline) }
            return Acceptance(edits.isEmpty ? "nothing to change" : edits.map(\.summary).joined(separator: ", "))
        }
    }

    private func inZone<Value: Sendable>(
        of owner: Name, until deadline: Deadline, _ body: (HostedZone) async throws(ProviderError) -> Value
    ) async throws(ProviderError) -> Value {
        try await zones.inZone(
            of: owner, listing: { @Sendable () throws(ProviderError) in try await api.zones(until: deadline) }, body)
    }
}
