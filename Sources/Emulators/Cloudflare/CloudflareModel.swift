/// A DNS record as the API shows it.
struct CloudflareRecordModel: Codable, Hashable, Sendable {
    var id: String
    var name: String
    var type: String
    var content: String
    var ttl: Int
    var proxied: Bool
    var proxiable: Bool
    var comment: String?
    var tags: [String]
    var createdOn: String
    var modifiedOn: String
    var meta: [String: String] = [:]
    var settings: [String: String] = [:]

    enum CodingKeys: String, CodingKey {
        case id, name, type, content, ttl, proxied, proxiable, comment, tags, meta, settings
        case createdOn = "created_on"
        case modifiedOn = "modified_on"
    }
}

/// What a client may send of a record.
struct CloudflareRecordInput: Decodable {
    var id: String?
    var name: String?
    var type: String?
    var content: String?
    var ttl: Double?
    var proxied: Bool?
    var comment: String?
    var tags: [String]?
}

struct CloudflareBatchInput: Decodable {
    struct Reference: Decodable {
        var id: String
    }

    var deletes: [Reference]?
    var patches: [CloudflareRecordInput]?
    var puts: [CloudflareRecordInput]?
    var posts: [CloudflareRecordInput]?
}

struct CloudflareBatchResult: Codable, Sendable {
    var deletes: [CloudflareRecordModel] = []
    var patches: [CloudflareRecordModel] = []
    var puts: [CloudflareRecordModel] = []
    var posts: [CloudflareRecordModel] = []
}

struct CloudflareZoneModel: Codable, Sendable {
    struct Owner: Codable, Sendable {
        var id: String
        var name: String
    }

    var id: String
    var name: String
    var status: String
    var paused = false
    var type = "full"
    var account: Owner
    var owner: Owner
    var permissions: [String]
    var developmentMode = 0
    var nameServers = ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"]
    var originalNameServers: [String]? = nil
    var originalRegistrar: String? = nil
    var originalHost: String? = nil
    var createdOn = "2026-01-01T00:00:00.000000Z"
    var modifiedOn = "2026-01-01T00:00:00.000000Z"
    var activatedOn: String? = "2026-01-01T00:00:00.000000Z"
    var meta: [String: Int] = ["custom_certificate_quota": 0, "page_rule_quota": 3, "step": 4]
    var plan = ["id": "0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee", "name": "Free Website", "currency": "USD"]

    enum CodingKeys: String, CodingKey {
        case id, name, status, paused, type, account, owner, permissions, meta, plan
        case developmentMode = "development_mode"
        case nameServers = "name_servers"
        case originalNameServers = "original_name_servers"
        case originalRegistrar = "original_registrar"
        case originalHost = "original_dnshost"
        case createdOn = "created_on"
        case modifiedOn = "modified_on"
        case activatedOn = "activated_on"
    }
}

/// An error as the envelope shows it, with its HTTP status.
struct CloudflareProblem: Error, Sendable {
    struct Item: Codable, Sendable {
        var code: Int
        var message: String
        var chain: [Item]?
        enum CodingKeys: String, CodingKey {
            case code, message
            case chain = "error_chain"
        }
    }

    var status: Int
    var item: Item
    var retryAfterSeconds: Int?

    init(_ status: Int, _ code: Int, _ message: String, chain: [Item]? = nil, retryAfterSeconds: Int? = nil) {
        self.status = status
        item = Item(code: code, message: message, chain: chain)
        self.retryAfterSeconds = retryAfterSeconds
    }
}

extension CloudflareProblem {
    static let noCredentials = CloudflareProblem(
        400, 9106, "Authentication failed (status: 400) [Missing X-Auth-Key, X-Auth-Email or Authorization headers]")
    static let badHeader = CloudflareProblem(
        400, 6003, "Invalid request headers",
        chain: [.init(code: 6111, message: "Invalid format for Authorization header")])
    static let badToken = CloudflareProblem(401, 1000, "Invalid API Token")
    static let unknownToken = CloudflareProblem(403, 9109, "Invalid access token")
    static let unknownKey = CloudflareProblem(403, 9103, "Unknown X-Auth-Key or X-Auth-Email")
    static let notAllowed = CloudflareProblem(403, 10000, "Authentication error")
    static let noSuchRecord = CloudflareProblem(404, 81044, "Record does not exist.")
    static let identical = CloudflareProblem(400, 81058, "An identical record already exists.")
    static let hostTaken = CloudflareProblem(
        400, 81053, "An A, AAAA, or CNAME record with that host already exists.")
    static let badTTL = CloudflareProblem(
        400, 1004, "DNS Validation Error",
        chain: [
            .init(code: 9021, message: "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.")
        ])
    static let badName = CloudflareProblem(400, 9000, "DNS name is invalid.")
    static let badIPv4 = CloudflareProblem(400, 9005, "Content for A record must be a valid IPv4 address.")
    static let badIPv6 = CloudflareProblem(400, 9006, "Content for AAAA record must be a valid IPv6 address.")
    static let badAlias = CloudflareProblem(400, 9007, "Content for CNAME record is invalid.")
    static let badType = CloudflareProblem(400, 9004, "DNS record type is invalid.")
    static let proxiedTTL = CloudflareProblem(400, 9021, "A proxied record's TTL is automatic.")
    static let quota = CloudflareProblem(400, 81045, "The record quota has been exceeded, delete some to continue.")
    static let batchTooLarge = CloudflareProblem(400, 81046, "Batch is limited to 200 changes on this plan.")
    static let badBody = CloudflareProblem(400, 9207, "Request body is invalid.")
    static let rateLimit = CloudflareProblem(
        429, 971, "Please wait and consider throttling your request speed", retryAfterSeconds: 2)

    static func noSuchZone(_ id: String) -> CloudflareProblem {
        CloudflareProblem(
            404, 7003, "Could not route to /zones/\(id), perhaps your object identifier is invalid?")
    }
}
