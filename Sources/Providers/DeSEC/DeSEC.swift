import DNS
import Secrets

/// deSEC's API (desec.readthedocs.io).
///
///     name ─► its domain ─► its RRsets ─► one PATCH with all that differs, atomically
package struct DeSEC: Provider {
    package static let driver = "desec"
    package static let summary = "deSEC's API, by a token"
    package static let parameters = [
        ProviderParameter("token", .secret, required: true, "A token that may write the name's RRsets."),
        ProviderParameter("zone", .text, form: "a domain of the account", "The domain, for a token with policies."),
        ProviderParameter(
            "minimum-ttl", .integer(1...86_400), standard: "3600",
            "The domain's minimum_ttl, seconds: deSEC refuses less."),
        ProviderParameter("url", .url, standard: "https://desec.io/api/v1", "Where the API is."),
        .caFile,
    ]

    package let capabilities: Capabilities
    private let api: DeSECAPI
    private let zones: KnownZones

    package init(_ arguments: ProviderArguments) throws(ProviderArgumentErrors) {
        try self.init(arguments, callsPerMinute: 45)
    }

    /// - Parameter callsPerMinute: deSEC allows 50 readings a minute; ours stay below.
    package init(_ arguments: ProviderArguments, callsPerMinute: Int) throws(ProviderArgumentErrors) {
        var reader = ProviderArgumentReader(arguments, of: Self.self)
        let token = reader.secret("token")
        let zone = reader.zone("zone")
        let minimum = reader.integer("minimum-ttl")
        let calls = reader.calls(limit: RateLimit(count: callsPerMinute, per: .seconds(60)))
        var capabilities = Capabilities()
        capabilities.types = [.a, .aaaa, .cname]
        capabilities.ttls = .range(UInt32(try reader.require(minimum))...86_400)
        self.capabilities = capabilities
        zones = KnownZones(fixed: zone)
        api = DeSECAPI(calls: try reader.require(calls), token: try reader.require(token))
    }

    package func read(
        _ owner: Name, types: [RRType], until deadline: Deadline
    ) async throws(ProviderError) -> [HeldSet] {
        try await inZone(of: owner, until: deadline) { zone throws(ProviderError) in
            let sets = try await api.sets(of: zone.relativeName(of: owner, apex: ""), in: zone, until: deadline)
            var held: [HeldSet] = []
            for type in types {
                guard let set = sets.first(where: { $0.type == type.description }) else { continue }
                held.append(HeldSet(try RRset(owner: owner, type: type, ttlSeconds: set.ttl, read: set.records)))
            }
            return held
        }
    }

    package func write(_ change: Change, until deadline: Deadline) async throws(ProviderError) -> Acceptance {
        let steps = change.stepsToSend
        return try await inZone(of: change.owner, until: deadline) { zone throws(ProviderError) in
            let subname = zone.relativeName(of: change.owner, apex: "")
            let edits = steps.map { DeSECEdit($0, subname: subname) }
            if !edits.isEmpty { try await api.make(edits, in: zone, until: deadline) }
            return Acceptance(steps.summary)
        }
    }

    private func inZone<Value: Sendable>(
        of owner: Name, until deadline: Deadline, _ body: (HostedZone) async throws(ProviderError) -> Value
    ) async throws(ProviderError) -> Value {
        try await zones.inZone(
            of: owner,
            listing: { @Sendable () throws(ProviderError) in try await api.zones(until: deadline) }, body)
    }
}

extension RRset {
    /// A set that a provider holds; throws if a value is none of its type.
    init(owner: Name, type: RRType, ttlSeconds: UInt32, read texts: [String]) throws(ProviderError) {
        guard let set = RRset(owner: owner, type: type, ttlSeconds: ttlSeconds, texts: texts) else {
            throw .unavailable(
                .notUnderstood,
                words: oneLine("\(type) of \(owner.apiText) has the values \(texts.joined(separator: ", "))"))
        }
        self = set
    }
}
