import DNS
import Secrets

/// Gandi's LiveDNS API v5 (api.gandi.net/docs/livedns).
///
///     name ─► domain ─► its RRsets ─► one PUT or DELETE for each that differs
package struct Gandi: Provider {
    package static let driver = "gandi"
    package static let summary = "Gandi's LiveDNS, by a personal access token"
    package static let parameters = [
        ProviderParameter(
            "token", .secret, required: true, "A personal access token that may manage the domain's records."),
        ProviderParameter("zone", .text, form: "a domain of the account", "The domain; found if nothing is written."),
        ProviderParameter("url", .url, standard: "https://api.gandi.net/v5/livedns", "Where the API is."),
        .caFile,
    ]

    package let capabilities: Capabilities = {
        var capabilities = Capabilities()
        capabilities.types = [.a, .aaaa, .cname]
        capabilities.ttls = .range(300...2_592_000)
        capabilities.concurrency = 4
        return capabilities
    }()

    private let api: GandiAPI
    private let zones: KnownZones

    package init(_ arguments: ProviderArguments) throws(ProviderArgumentErrors) {
        var reader = ProviderArgumentReader(arguments, of: Self.self)
        let token = reader.secret("token")
        let zone = reader.zone("zone")
        // 1000 a minute are allowed to an address.
        let calls = reader.calls(limit: RateLimit(count: 900, per: .seconds(60)))
        zones = KnownZones(fixed: zone)
        api = GandiAPI(calls: try reader.require(calls), token: try reader.require(token))
    }

    package func read(
        _ owner: Name, types: [RRType], until deadline: Deadline
    ) async throws(ProviderError) -> [HeldSet] {
        try await inZone(of: owner, until: deadline) { zone throws(ProviderError) in
            let sets = try await api.sets(of: zone.relativeName(of: owner), in: zone, until: deadline)
            var held: [HeldSet] = []
            for type in types {
                guard let set = sets.first(where: { $0.type == type.description }), !set.values.isEmpty else {
                    continue
                }
                let values = set.values.map { type == .cname ? absolute($0, in: zone) : $0 }
                held.append(HeldSet(try RRset(owner: owner, type: type, ttlSeconds: set.ttl, read: values)))
            }
            return held
        }
    }

    package func write(_ change: Change, until deadline: Deadline) async throws(ProviderError) -> Acceptance {
        let steps = change.stepsToSend
        return try await inZone(of: change.owner, until: deadline) { zone throws(ProviderError) in
            let name = zone.relativeName(of: change.owner)
            // What is to be there comes before what is to go.
            for step in steps {
                switch step {
                case .create(let set), .replace(_, let set):
                    try await api.put(set, named: name, in: zone, until: deadline)
                case .remove: continue
                }
            }
            for step in steps {
                guard case .remove(let held) = step else { continue }
                try await api.remove(held.rrset.type, named: name, in: zone, until: deadline)
            }
            return Acceptance(steps.summary)
        }
    }

    /// Names without a final dot are below the domain (RFC 1035 §5.1), as in a zone file.
    private func absolute(_ target: String, in zone: HostedZone) -> String {
        if target.hasSuffix(".") { return target }
        return target == "@" ? zone.name.apiText : "\(target).\(zone.name.apiText)"
    }

    private func inZone<Value: Sendable>(
        of owner: Name, until deadline: Deadline, _ body: (HostedZone) async throws(ProviderError) -> Value
    ) async throws(ProviderError) -> Value {
        try await zones.inZone(
            of: owner, listing: { @Sendable () throws(ProviderError) in try await api.zones(until: deadline) }, body)
    }
}
