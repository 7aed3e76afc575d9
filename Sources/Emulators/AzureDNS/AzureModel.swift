import Hummingbird

struct AzureZoneModel: Encodable {
    var id: String
    var name: String
    var type = "Microsoft.Network/dnszones"
    var location = "global"

    init(_ zone: String) {
        id =
            "/subscriptions/\(AzureDNSEmulator.subscription)/resourceGroups/\(AzureDNSEmulator.group)"
            + "/providers/Microsoft.Network/dnszones/\(zone)"
        name = zone
    }
}

struct AzureZones: Encodable {
    var value: [AzureZoneModel]
    var nextLink: String?
}

struct AzureProperties: Codable {
    struct IPv4Record: Codable { var ipv4Address: String }
    struct IPv6Record: Codable { var ipv6Address: String }
    struct Alias: Codable { var cname: String }
    struct Resource: Codable { var id: String? }

    var metadata: [String: String]?
    var fqdn: String?
    var ttl: Int
    var a: [IPv4Record]?
    var aaaa: [IPv6Record]?
    var cname: Alias?
    var targetResource: Resource?

    enum CodingKeys: String, CodingKey {
        case metadata, fqdn, targetResource
        case ttl = "TTL"
        case a = "ARecords"
        case aaaa = "AAAARecords"
        case cname = "CNAMERecord"
    }
}

struct AzureSetInput: Decodable {
    var properties: AzureProperties

    func stored(as type: String) throws(AzureProblem) -> StoredRRset {
        var set = StoredRRset(ttl: properties.ttl, values: [], notes: properties.metadata ?? [:])
        switch type {
        case "A": set.values = (properties.a ?? []).map(\.ipv4Address)
        case "AAAA": set.values = (properties.aaaa ?? []).map(\.ipv6Address)
        case "CNAME": set.values = (properties.cname.map { [$0.cname] } ?? []).map { $0.hasSuffix(".") ? $0 : $0 + "." }
        default: throw AzureProblem(400, "BadRequest", "The record type '\(type)' is not supported here.")
        }
        return set
    }
}

struct AzureSetModel: Encodable {
    static let etagPrefix = "etag-"

    var name: String
    var type: String
    var etag: String
    var properties: AzureProperties

    init(_ key: RRsetKey, _ set: StoredRRset) {
        name = key.name
        type = "Microsoft.Network/dnszones/\(key.type)"
        etag = "\(Self.etagPrefix)\(set.version)"
        var notes = set.notes
        let target = notes.removeValue(forKey: "redirect")
        properties = AzureProperties(metadata: notes, fqdn: key.fullName + ".", ttl: set.ttl ?? 3600)
        properties.targetResource = .init(id: target)
        guard target == nil else { return }
        switch key.type {
        case "A": properties.a = set.values.map { .init(ipv4Address: $0) }
        case "AAAA": properties.aaaa = set.values.map { .init(ipv6Address: $0) }
        default: properties.cname = set.values.first.map { .init(cname: String($0.dropLast())) }
        }
    }
}

/// An error as the API shows it: DNS's own bare, the Resource Manager's below `error`.
struct AzureProblem: Error {
    struct Fault: Encodable {
        var code: String
        var message: String
    }

    var status: Int
    var fault: Fault
    var isWrapped: Bool
    var retryAfter: Int?

    init(_ status: Int, _ code: String, _ message: String, isWrapped: Bool = false, retryAfter: Int? = nil) {
        self.status = status
        fault = Fault(code: code, message: message)
        self.isWrapped = isWrapped
        self.retryAfter = retryAfter
    }

    static let forbidden = AzureProblem(
        403, "AuthorizationFailed", "The client does not have authorization to perform this action.", isWrapped: true)

    static func noSuchSet(_ key: RRsetKey) -> AzureProblem {
        AzureProblem(404, "NotFound", "The resource record '\(key.name)' does not exist in the resource group.")
    }

    init(_ problem: RRsetProblem) {
        switch problem {
        case .noSuchZone(let zone):
            self.init(404, "ParentResourceNotFound", "Parent resource '\(zone)' not found.", isWrapped: true)
        case .missing(let key): self = .noSuchSet(key)
        case .exists, .changed:
            self.init(412, "PreconditionFailed", "The condition '*' in the If-Match header was not satisfied.")
        case .badTTL(let ttl): self.init(400, "BadRequest", "The value '\(ttl)' for the TTL is not valid.")
        case .badValue(_, let value), .doubleValue(let value), .badName(let value), .badType(let value):
            self.init(400, "BadRequest", "The value '\(value)' is invalid.")
        case .aliasConflict:
            self.init(
                409, "Conflict",
                "The record could not be created because a CNAME record has the same name in this zone.")
        }
    }

    func response() throws -> Response {
        let headers = retryAfter.map { ["Retry-After": String($0)] } ?? [:]
        return isWrapped
            ? try .json(status, ["error": fault], headers: headers) : try .json(status, fault, headers: headers)
    }
}
