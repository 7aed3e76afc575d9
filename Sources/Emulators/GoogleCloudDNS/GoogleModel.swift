import Hummingbird

struct GoogleZoneModel: Encodable {
    var kind = "dns#managedZone"
    var name: String
    var dnsName: String
    var visibility: String

    init(_ zone: String, visibility: String) {
        name = Self.id(of: zone) + (visibility == "private" ? "-private" : "")
        dnsName = zone + "."
        self.visibility = visibility
    }

    /// What the managed zone is called: `example-org`.
    static func id(of zone: String) -> String { zone.replacing(".", with: "-") }
}

struct GoogleSetModel: Codable {
    struct Policy: Codable {
        struct Weights: Codable { var items: [String] }
        var wrr: Weights
    }

    var name: String
    var type: String
    var ttl: Int
    var rrdatas: [String]?
    var routingPolicy: Policy?

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        type = try container.decode(String.self, forKey: .type)
        rrdatas = try container.decodeIfPresent([String].self, forKey: .rrdatas)
        // Google takes a number as a text too, as its own client for Python sends it.
        if let number = try? container.decode(Int.self, forKey: .ttl) {
            ttl = number
        } else if let number = Int(try container.decode(String.self, forKey: .ttl)) {
            ttl = number
        } else {
            throw DecodingError.dataCorruptedError(forKey: .ttl, in: container, debugDescription: "no number")
        }
    }

    init(_ key: RRsetKey, _ set: StoredRRset) {
        name = key.fullName + "."
        type = key.type
        ttl = set.ttl ?? 300
        if set.notes["redirect"] == nil { rrdatas = set.values } else { routingPolicy = Policy(wrr: .init(items: [])) }
    }
}

struct GoogleChangeModel: Decodable {
    var additions: [GoogleSetModel]?
    var deletions: [GoogleSetModel]?
}

struct GoogleChangeResult: Encodable {
    var kind = "dns#change"
    var id = "7"
    var status = "pending"
    var startTime = "2026-01-01T00:00:00.000Z"
    var isServing = false
    var additions: [GoogleSetModel]?
    var deletions: [GoogleSetModel]?
}

struct GoogleZones: Encodable {
    var kind = "dns#managedZonesListResponse"
    var managedZones: [GoogleZoneModel]
    var nextPageToken: String?
}

struct GoogleSets: Encodable {
    var kind = "dns#resourceRecordSetsListResponse"
    var rrsets: [GoogleSetModel]
    var nextPageToken: String?
}

/// An error as Google's APIs show it.
struct GoogleProblem: Error {
    var status: Int
    var reason: String
    var message: String

    init(_ status: Int, _ reason: String, _ message: String) {
        self.status = status
        self.reason = reason
        self.message = message
    }

    init(_ problem: RRsetProblem) {
        switch problem {
        case .noSuchZone(let zone):
            self.init(404, "notFound", "The 'parameters.managedZone' resource named '\(zone)' does not exist.")
        case .missing(let key):
            self.init(
                404, "notFound",
                "The 'entity.change.deletions' resource named '\(key.fullName). (\(key.type))' "
                    + "does not exist.")
        case .changed: self.init(412, "conditionNotMet", "Precondition not met for 'entity.change.deletions[0]'")
        case .exists(let key):
            self.init(
                409, "alreadyExists",
                "The resource 'entity.change.additions[0]' named '\(key.fullName). (\(key.type))' already exists")
        case .badTTL(let ttl):
            self.init(400, "invalid", "Invalid value for 'entity.change.additions[0].ttl': '\(ttl)'")
        case .badValue(_, let value), .doubleValue(let value), .badName(let value), .badType(let value):
            self.init(400, "invalid", "Invalid value for 'entity.change.additions[0]': '\(value)'")
        case .aliasConflict(let key):
            self.init(
                400, "cnameResourceRecordSetConflict",
                "The resource record set 'entity.change.additions[0]' is invalid because the DNS name "
                    + "'\(key.fullName).' may have one CNAME resource record set or sets of other types.")
        }
    }

    func response() throws -> Response {
        struct Envelope: Encodable {
            struct Item: Encodable {
                var message: String
                var domain = "global"
                var reason: String
            }
            struct Fault: Encodable {
                var code: Int
                var message: String
                var errors: [Item]
            }
            var error: Fault
        }
        return try .json(
            status,
            Envelope(
                error: .init(code: status, message: message, errors: [.init(message: message, reason: reason)])))
    }
}
