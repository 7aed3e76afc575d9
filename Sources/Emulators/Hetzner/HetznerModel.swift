import Hummingbird

/// Actions that are under way or have ended.
actor HetznerActions {
    private var left: [Int: Int] = [:]
    private var started: [Int: HetznerActionModel] = [:]
    private var looks = 0
    private var isFailing = false

    func set(looks: Int, failing: Bool) {
        self.looks = looks
        isFailing = failing
    }

    func start(_ command: String, zone: String) -> HetznerActionModel {
        let id = 1001 + started.count
        var action = HetznerActionModel(id: id, command: command)
        if isFailing {
            action.error = .init(code: "action_failed", message: "Action failed")
        }
        started[id] = action
        left[id] = looks
        return shown(id) ?? action
    }

    func look(at id: Int) -> HetznerActionModel? {
        left[id, default: 0] -= 1
        return shown(id)
    }

    private func shown(_ id: Int) -> HetznerActionModel? {
        guard var action = started[id] else { return nil }
        if left[id, default: 0] > 0 {
            action.error = nil
            return action
        }
        action.status = action.error == nil ? "success" : "error"
        action.progress = 100
        action.finished = "2026-01-01T00:00:01Z"
        return action
    }
}

struct HetznerActionModel: Encodable, Sendable {
    struct Failure: Encodable, Sendable {
        var code: String
        var message: String
    }

    var id: Int
    var command: String
    var status = "running"
    var progress = 0
    var started = "2026-01-01T00:00:00Z"
    var finished: String?
    var resources: [String] = []
    var error: Failure?
}

struct HetznerZoneModel: Encodable {
    var id: Int
    var name: String
    var mode = "primary"
    var ttl = 3600
    var status = "ok"
}

struct HetznerRecordModel: Codable, Sendable {
    var value: String
    var comment: String?
}

struct HetznerSetModel: Encodable {
    struct Protection: Encodable { var change = false }

    var zone: Int
    var id: String
    var name: String
    var type: String
    var ttl: Int?
    var labels: [String: String] = [:]
    var protection = Protection()
    var records: [HetznerRecordModel]

    init(_ key: RRsetKey, _ set: StoredRRset, zone: Int) {
        self.zone = zone
        id = "\(key.name)/\(key.type)"
        name = key.name
        type = key.type
        ttl = set.ttl
        records = set.values.map { HetznerRecordModel(value: $0, comment: set.notes[$0] ?? "") }
    }
}

/// What a client may send.
struct HetznerInput: Decodable {
    var name: String?
    var type: String?
    var ttl: Int?
    var records: [HetznerRecordModel]?
}

struct HetznerZones: Encodable {
    var zones: [HetznerZoneModel]
    var meta: HetznerPageMeta
}

struct HetznerSets: Encodable {
    var rrsets: [HetznerSetModel]
    var meta: HetznerPageMeta
}

struct HetznerMade: Encodable {
    var rrset: HetznerSetModel
    var action: HetznerActionModel
}

struct HetznerPageMeta: Encodable {
    struct Pagination: Encodable {
        var page: Int
        var perPage: Int
        var nextPage: Int?
        var totalEntries: Int

        enum CodingKeys: String, CodingKey {
            case page
            case perPage = "per_page"
            case nextPage = "next_page"
            case totalEntries = "total_entries"
        }
    }

    var pagination: Pagination
}

/// An error as the API shows it.
struct HetznerProblem: Error {
    var status: Int
    var code: String
    var message: String

    init(_ status: Int, _ code: String, _ message: String) {
        self.status = status
        self.code = code
        self.message = message
    }

    static func notFound(_ what: String) -> HetznerProblem { .init(404, "not_found", "\(what) not found") }
    static func unfit(_ message: String) -> HetznerProblem { .init(422, "invalid_input", message) }

    init(_ problem: RRsetProblem) {
        switch problem {
        case .noSuchZone: self = .notFound("Zone")
        case .missing: self = .notFound("RRSet")
        case .exists(let key):
            self.init(409, "uniqueness_error", "RRSet \(key.name)/\(key.type) already exists")
        case .changed: self.init(409, "conflict", "the resource has changed during the request, please retry")
        case .badName(let name): self = .unfit("invalid input in field 'name': \(name)")
        case .badType(let type): self = .unfit("invalid input in field 'type': \(type)")
        case .badTTL(let ttl): self = .unfit("invalid input in field 'ttl': \(ttl)")
        case .badValue(_, let value), .doubleValue(let value):
            self = .unfit("invalid input in field 'records': \(value)")
        case .aliasConflict(let key):
            self = .unfit("invalid input in field 'type': a CNAME RRSet at \(key.name) excludes other RRSets")
        }
    }

    func response() throws -> Response {
        struct Envelope: Encodable {
            struct Fault: Encodable {
                var code: String
                var message: String
                var details: String?
            }
            var error: Fault
        }
        return try .json(
            status, Envelope(error: .init(code: code, message: message)),
            headers: status == 429
                ? ["RateLimit-Limit": "3600", "RateLimit-Remaining": "0", "RateLimit-Reset": "1767225600"] : [:])
    }
}
