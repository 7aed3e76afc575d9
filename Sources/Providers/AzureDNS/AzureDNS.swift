import DNS
import Secrets

/// Azure DNS by the Resource Manager's API (learn.microsoft.com/rest/api/dns).
///
///     client id and secret ─► access token
///     name ─► zone of the resource group ─► a record set for each type ─► one PUT or DELETE for each that differs,
///                                           with the ETag that it was read with (If-Match, RFC 9110 §13.1.1)
///
/// Metadata of a record set stays; one that is an alias of an Azure resource is left alone.
package struct AzureDNS: Provider {
    package static let driver = "azure-dns"
    package static let summary = "Azure DNS, by an application's client secret"
    package static let parameters = [
        ProviderParameter("tenant-id", .text, form: "a directory's id", required: true, "The directory (tenant)."),
        ProviderParameter("client-id", .text, form: "an application's id", required: true, "The application."),
        ProviderParameter(
            "client-secret", .secret, required: true,
            "Its client secret. It needs the role DNS Zone Contributor for the zone."),
        ProviderParameter(
            "subscription-id", .text, form: "a subscription's id", required: true, "The zone's subscription."),
        ProviderParameter(
            "resource-group", .text, form: "a resource group's name", required: true, "The zone's resource group."),
        ProviderParameter(
            "zone", .text, form: "a DNS zone of the resource group", "The zone; found if nothing is written."),
        ProviderParameter("url", .url, standard: "https://management.azure.com", "Where the API is."),
        ProviderParameter(
            "login-url", .url, standard: "https://login.microsoftonline.com", "Where access tokens are given out."),
        .caFile,
    ]

    package let capabilities: Capabilities = {
        var capabilities = Capabilities()
        capabilities.types = [.a, .aaaa, .cname]
        capabilities.ttls = .range(1...2_147_483_647)
        capabilities.concurrency = 4
        return capabilities
    }()

    private let api: AzureDNSAPI
    private let zones: KnownZones

    package init(_ arguments: ProviderArguments) throws(ProviderArgumentErrors) {
        var reader = ProviderArgumentReader(arguments, of: Self.self)
        let tenant = reader.text("tenant-id")
        let client = reader.text("client-id")
        let secret = reader.secret("client-secret")
        let subscription = reader.text("subscription-id")
        let group = reader.text("resource-group")
        let zone = reader.zone("zone")
        let url = reader.url("url")
        let loginURL = reader.url("login-url")
        let caFile = reader.path("ca-file")
        zones = KnownZones(fixed: zone)
        api = AzureDNSAPI(
            url: try reader.require(url), loginURL: try reader.require(loginURL),
            application: .init(
                tenant: try reader.require(tenant), client: try reader.require(client),
                secret: try reader.require(secret)),
            subscription: try reader.require(subscription), group: try reader.require(group),
            caller: HTTPCaller(caFile: caFile))
    }

    package func read(
        _ owner: Name, types: [RRType], until deadline: Deadline
    ) async throws(ProviderError) -> [HeldSet] {
        try await inZone(of: owner, until: deadline) { zone throws(ProviderError) in
            try held(try await sets(of: owner, types: types, in: zone, until: deadline), of: owner)
        }
    }

    package func write(_ change: Change, until deadline: Deadline) async throws(ProviderError) -> Acceptance {
        try await inZone(of: change.owner, until: deadline) { zone throws(ProviderError) in
            let sets = try await sets(of: change.owner, types: change.types, in: zone, until: deadline)
            let steps = try change.steps(over: held(sets, of: change.owner))
            let name = zone.relativeName(of: change.owner)
            // What is to be there comes before what is to go.
            for step in steps {
                switch step {
                case .create(let set), .replace(_, let set):
                    try await api.put(set, over: sets[set.type], named: name, in: zone, until: deadline)
                case .remove: continue
                }
            }
            for step in steps {
                guard case .remove(let held) = step, let set = sets[held.rrset.type] else { continue }
                try await api.remove(set, of: held.rrset.type, named: name, in: zone, until: deadline)
            }
            return Acceptance(steps.summary)
        }
    }

    private func sets(
        of owner: Name, types: [RRType], in zone: HostedZone, until deadline: Deadline
    ) async throws(ProviderError) -> [RRType: AzureRecordSet] {
        var sets: [RRType: AzureRecordSet] = [:]
        for type in types {
            sets[type] = try await api.set(
                of: type, named: zone.relativeName(of: owner), in: zone, until: deadline)
        }
        return sets
    }

    private func held(
        _ sets: [RRType: AzureRecordSet], of owner: Name
    ) throws(ProviderError) -> [HeldSet] {
        var held: [HeldSet] = []
        for (type, set) in sets {
            if set.properties.targetResource?.id != nil {
                throw .refused(
                    .recordInTheWay,
                    words: "\(type) of \(owner.apiText) is an alias of an Azure resource, which is left alone")
            }
            let values = set.properties.values(of: type)
            guard !values.isEmpty else { continue }
            held.append(HeldSet(try RRset(owner: owner, type: type, ttlSeconds: set.properties.ttl, read: values)))
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
