import DNS
import Secrets

/// Google's Cloud DNS API v1 (cloud.google.com/dns/docs/reference/rest/v1).
///
///     service account's key ─► signed JWT ─► access token
///     name ─► managed zone ─► its RRsets ─► one change: what is there is deleted, what is wished added, atomically
///
/// What is deleted has to be exactly as it is there, so that somebody else's change is noticed.
package struct GoogleCloudDNS: Provider {
    package static let driver = "google-cloud-dns"
    package static let summary = "Google's Cloud DNS, by a service account's key"
    package static let parameters = [
        ProviderParameter(
            "key", .secret, required: true, "A service account's key (JSON), with the role roles/dns.admin."),
        ProviderParameter("project", .text, form: "a project's id", "The zone's project; the key's if not written."),
        ProviderParameter(
            "zone", .text, form: "a managed zone's name, such as example-org",
            "The managed zone, for an account that may not list zones."),
        ProviderParameter("url", .url, standard: "https://dns.googleapis.com/dns/v1", "Where the API is."),
        ProviderParameter(
            "token-url", .url, standard: "https://oauth2.googleapis.com/token", "Where access tokens are given out."),
        .caFile,
    ]

    package let capabilities: Capabilities = {
        var capabilities = Capabilities()
        capabilities.types = [.a, .aaaa, .cname]
        capabilities.ttls = .range(1...2_147_483_647)
        capabilities.concurrency = 4
        return capabilities
    }()

    private let api: GoogleCloudDNSAPI
    private let zones: KnownZones

    package init(_ arguments: ProviderArguments) throws(ProviderArgumentErrors) {
        var reader = ProviderArgumentReader(arguments, of: Self.self)
        let key = reader.secret("key")
        let project = reader.text("project")
        let zone = reader.text("zone")
        let url = reader.url("url")
        let tokenURL = reader.url("token-url")
        let caFile = reader.path("ca-file")
        // Its name says nothing of the names in it, so that any of them may be.
        zones = KnownZones(fixed: zone.map { HostedZone(name: .root, id: $0) })
        api = GoogleCloudDNSAPI(
            url: try reader.require(url), tokenURL: try reader.require(tokenURL), key: try reader.require(key),
            project: project, caller: HTTPCaller(caFile: caFile))
    }

    package func read(
        _ owner: Name, types: [RRType], until deadline: Deadline
    ) async throws(ProviderError) -> [HeldSet] {
        try await inZone(of: owner, until: deadline) { zone throws(ProviderError) in
            try held(try await api.sets(of: owner, in: zone, until: deadline), of: owner, types: types)
        }
    }

    package func write(_ change: Change, until deadline: Deadline) async throws(ProviderError) -> Acceptance {
        try await inZone(of: change.owner, until: deadline) { zone throws(ProviderError) in
            let sets = try await api.sets(of: change.owner, in: zone, until: deadline)
            let steps = try change.steps(over: held(sets, of: change.owner, types: change.types))
            let order = GoogleChange(steps, from: sets, owner: change.owner)
            guard !order.isEmpty else { return Acceptance("nothing to change") }
            let answer = try await api.make(order, in: zone, until: deadline)
            return Acceptance("\(steps.summary) (change \(answer.id) is \(answer.status))")
        }
    }

    private func held(
        _ sets: [GoogleSet], of owner: Name, types: [RRType]
    ) throws(ProviderError) -> [HeldSet] {
        var held: [HeldSet] = []
        for type in types {
            guard let set = sets.first(where: { $0.type == type.description }) else { continue }
            guard let values = set.rrdatas, !values.isEmpty else {
                throw .refused(
                    .recordInTheWay,
                    words: "\(type) of \(owner.apiText) has a routing policy, which is left to who made it")
            }
            held.append(HeldSet(try RRset(owner: owner, type: type, ttlSeconds: set.ttl, read: values)))
        }
        return held
    }

    private func inZone<Value: Sendable>(
        of owner: Name, until deadline: Deadline, _ body: (HostedZone) async throws(ProviderError) -> Value
    ) async throws(ProviderError) -> Value {
        try await zones.inZone(
            of: owner,
            listing: { @Sendable () throws(ProviderError) in try await api.zones(until: deadline) }, body)
    }
}
