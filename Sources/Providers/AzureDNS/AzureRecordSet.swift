import DNS

/// A record set as the API gives it and takes it, as far as it matters here.
struct AzureRecordSet: Codable, Sendable {
    struct Properties: Codable, Sendable {
        struct IPv4Record: Codable, Sendable { var ipv4Address: String }
        struct IPv6Record: Codable, Sendable { var ipv6Address: String }
        struct Alias: Codable, Sendable { var cname: String }
        struct Resource: Codable, Sendable { var id: String? }

        /// Whatever people wrote beside the set.
        var metadata: [String: String]?
        var ttl: UInt32
        var a: [IPv4Record]?
        var aaaa: [IPv6Record]?
        var cname: Alias?
        /// The Azure resource that the set is an alias of.
        var targetResource: Resource?

        enum CodingKeys: String, CodingKey {
            case metadata, targetResource
            case ttl = "TTL"
            case a = "ARecords"
            case aaaa = "AAAARecords"
            case cname = "CNAMERecord"
        }

        func values(of type: RRType) -> [String] {
            switch type {
            case .a: (a ?? []).map(\.ipv4Address)
            case .aaaa: (aaaa ?? []).map(\.ipv6Address)
            case .cname: cname.map { [$0.cname] } ?? []
            default: []
            }
        }
    }

    /// Another one with every change of the set.
    var etag: String?
    var properties: Properties

    /// What is to be there; the metadata of what was there stays.
    init(_ set: RRset, over old: AzureRecordSet?) {
        properties = Properties(metadata: old?.properties.metadata, ttl: set.ttlSeconds)
        switch set.type {
        case .a: properties.a = set.valueTexts.map { .init(ipv4Address: $0) }
        case .aaaa: properties.aaaa = set.valueTexts.map { .init(ipv6Address: $0) }
        case .cname: properties.cname = set.valueTexts.first.map { .init(cname: String($0.dropLast())) }
        default: break
        }
    }
}
