import DNS
import Secrets

/// DNS in Hetzner's Cloud API v1 (docs.hetzner.cloud), which took the place of the DNS Console's.
///
///     name ─► zone ─► its RRsets ─► for each that differs: make it, set its records and its TTL, or delete it;
///                                   each is an action that is waited for
package struct Hetzner: Provider {
    package static let driver = "hetzner"
    package static let summary = "DNS in Hetzner's Cloud API, by a project's token"
    package static let parameters = [
        ProviderParameter("token", .secret, required: true, "A Read & Write token of the zone's project."),
        ProviderParameter("zone", .text, form: "a zone of the project", "The zone; found if nothing is written."),
        ProviderParameter("url", .url, standard: "https://api.hetzner.cloud/v1", "Where the API is."),
        .caFile,
    ]

    package let capabilities: Capabilities = {
        var capabilities = Capabilities()
        capabilities.types = [.a, .aaaa, .cname]
        capabilities.ttls = .range(60...2_147_483_647)
        return capabilities
    }()

    private let api: HetznerAPI
    private let zones: KnownZones

    package init(_ arguments: ProviderArguments) throws(ProviderArgumentErrors) {
        var reader = ProviderArgumentReader(arguments, of: Self.self)
        let token = reader.secret("token")
        let zone = reader.zone("zone")
        // 3600 an hour are allowed to a project, one more every second.
        let calls = reader.calls(limit: RateLimit(count: 3400, per: .seconds(3600), burst: 300))
        zones = KnownZones(fixed: zone)
        api = HetznerAPI(calls: try reader.require(calls), token: try reader.require(token))
    }

    package func read(
        _ owner: Name, types: [RRType], until deadline: Deadline
    ) async throws(ProviderError) -> [HeldSet] {
        try await inZone(of: owner, until: deadline) { zone throws(ProviderError) in
            let sets = try await api.sets(of: owner, in: zone, until: deadline)
            return try held(sets, of: owner, types: types, in: zone)
        }
    }

    package func write(_ change: Change, until deadline: Deadline) async throws(ProviderError) -> Acceptance {
        try await inZone(of: change.owner, until: deadline) { zone throws(ProviderError) in
            let sets = try await api.sets(of: change.owner, in: zone, until: deadline)
            let now = try held(sets, of: change.owner, types: change.types, in: zone)
            let steps = try change.steps(over: now)
            for step in steps {
                let edits = HetznerEdit.edits(
                    for: step, from: sets, name: zone.relativeName(of: change.owner), isForced: change.isForced)
                for edit in edits { try await api.make(edit, in: zone, until: deadline) }
            }
            return Acceptance(steps.summary)
        }
    }

    private func held(
        _ sets: [HetznerSet], of owner: Name, types: [RRType], in zone: HostedZone
    ) throws(ProviderError) -> [HeldSet] {
        var held: [HeldSet] = []
        for type in types {
            guard let set = sets.first(where: { $0.type == type.description }), !set.records.isEmpty else { continue }
            let values = set.records.map { $0.value == "@" ? zone.name.apiText : $0.value }
            held.append(
                HeldSet(
                    // A set without a TTL of its own has the zone's.
                    try RRset(owner: owner, type: type, ttlSeconds: set.ttl ?? zone.ttlSeconds ?? 0, read: values)))
        }
        return held
    }

    private func inZone<Value: Sendable>(
        of owner: Name, until deadline: Deadline, _ body: (HostedZone) async throws(ProviderError) -> Value
    ) async throws(ProviderError) -> Value {
        try await zones.inZone(
            of: owner, listing: { @Sendable () throws(ProviderError) in try await api.zones(until: deadline) }, body)
    }
}
