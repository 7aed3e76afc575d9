import Hummingbird

/// Gandi's LiveDNS on this machine: tokens, domains by pages, RRsets with its validation, its limit and its errors.
package struct GandiEmulator: EmulatedAccount, AccountEmulator {
    package static let name = "gandi"
    package let faults = FaultPlan()
    let store = RRsetStore(ttls: 300...2_592_000)

    package init() {}

    package func addRoutes(to routes: EmulatorRouter) {
        let group = routes.router.group("/v5/livedns/domains")
        group.get("/") { request, _ in
            try await answer(to: request) { access in
                let zones = await store.zones.filter { access.zones?.contains($0) ?? true }
                let size = min(max(1, request.query("per_page").flatMap { Int($0) } ?? 50), 100)
                let page = PageOf(max(1, request.query("page").flatMap { Int($0) } ?? 1), of: zones, size: size)
                return try .json(
                    200, page.items.map { GandiDomain(fqdn: $0) }, headers: ["Total-Count": String(zones.count)])
            }
        }
        group.get("/:zone/records/:name") { request, context in
            let (zone, name) = (try context.segment("zone"), try context.segment("name"))
            return try await answer(to: request) { access in
                try await check(access, zone: zone)
                return try .json(200, await store.all(in: zone, name: name).map(GandiSetModel.init))
            }
        }
        group.put("/:zone/records/:name/:type") { request, context in
            let (zone, name) = (try context.segment("zone"), try context.segment("name"))
            let type = try context.segment("type").uppercased()
            return try await answer(to: request) { access in
                try await check(access, zone: zone, toEdit: true)
                guard let input = try await request.json(GandiInput.self) else {
                    throw GandiProblem(400, "Bad Request", "The JSON is invalid")
                }
                guard !input.values.isEmpty else {
                    throw GandiProblem(400, "Bad Request", "rrset_values is empty", field: "rrset_values")
                }
                let set = StoredRRset(ttl: input.ttl ?? 10_800, values: input.values)
                try await store.apply([.init(key: RRsetKey(zone: zone, name: name, type: type), set: set)])
                return try .json(201, ["message": "DNS Record Created"])
            }
        }
        group.delete("/:zone/records/:name/:type") { request, context in
            let (zone, name) = (try context.segment("zone"), try context.segment("name"))
            let type = try context.segment("type").uppercased()
            return try await answer(to: request) { access in
                try await check(access, zone: zone, toEdit: true)
                let key = RRsetKey(zone: zone, name: name, type: type)
                try await store.apply([.init(key: key, set: nil, condition: .present)])
                return .empty(204)
            }
        }
    }

    private func check(
        _ access: RRsetStore.Access, zone: String, toEdit: Bool = false
    ) async throws(GandiProblem) {
        guard await store.zones.contains(zone) else { throw .noSuchZone }
        guard access.zones?.contains(zone) ?? true, access.mayEdit || !toEdit else {
            throw GandiProblem(403, "Forbidden", "Access was denied to this resource.")
        }
    }

    private func answer(
        to request: Request, _ body: (RRsetStore.Access) async throws -> Response
    ) async throws -> Response {
        do {
            guard await store.takeRequest() else {
                throw GandiProblem(429, "Too Many Requests", "Rate limit exceeded", retryAfter: 11)
            }
            guard let token = request.credential("Bearer"), let access = await store.access(of: token) else {
                throw GandiProblem(
                    401, "Unauthorized",
                    "The server could not verify that you authorized to access the document you requested.")
            }
            guard !access.isExpired else { throw GandiProblem(403, "Forbidden", "The token has expired.") }
            return try await body(access)
        } catch let problem as GandiProblem {
            return try problem.response()
        } catch let problem as RRsetProblem {
            return try GandiProblem(problem).response()
        }
    }
}

private struct GandiDomain: Encodable {
    var fqdn: String
}

private struct GandiInput: Decodable {
    var values: [String]
    var ttl: Int?

    enum CodingKeys: String, CodingKey {
        case values = "rrset_values"
        case ttl = "rrset_ttl"
    }
}

private struct GandiSetModel: Encodable {
    var name: String
    var type: String
    var ttl: Int
    var values: [String]

    enum CodingKeys: String, CodingKey {
        case name = "rrset_name"
        case type = "rrset_type"
        case ttl = "rrset_ttl"
        case values = "rrset_values"
    }

    init(_ key: RRsetKey, _ set: StoredRRset) {
        name = key.name
        type = key.type
        ttl = set.ttl ?? 10_800
        values = set.values
    }
}

private struct GandiProblem: Error, Encodable {
    struct Item: Encodable {
        var location = "body"
        var name: String
        var description: String
    }

    var code: Int
    var cause: String
    var message: String
    var object: String
    var status: String?
    var errors: [Item]?
    private var retryAfter: Int?

    enum CodingKeys: String, CodingKey { case code, cause, message, object, status, errors }

    init(
        _ code: Int, _ cause: String, _ message: String, object: String? = nil, field: String? = nil,
        retryAfter: Int? = nil
    ) {
        self.code = code
        self.cause = cause
        self.message = message
        self.object = object ?? "HTTP" + cause.replacing(" ", with: "")
        if let field {
            status = "error"
            errors = [Item(name: field, description: message)]
        }
        self.retryAfter = retryAfter
    }

    static let noSuchZone = GandiProblem(404, "Not Found", "The resource could not be found.")

    init(_ problem: RRsetProblem) {
        switch problem {
        case .noSuchZone: self = .noSuchZone
        case .missing(let key), .changed(let key):
            self.init(
                404, "Not Found", "Can't find the DNS record \(key.name)/\(key.type) in the zone", object: "dns-record")
        case .badTTL(let ttl):
            self.init(400, "Bad Request", "\(ttl) is not between 300 and 2592000", field: "rrset_ttl")
        case .badValue(_, let value), .doubleValue(let value):
            self.init(400, "Bad Request", "\(value) is not accepted", field: "rrset_values")
        case .badName(let name): self.init(400, "Bad Request", "\(name) is not a name", field: "rrset_name")
        case .badType(let type): self.init(400, "Bad Request", "\(type) is not a type", field: "rrset_type")
        case .aliasConflict(let key), .exists(let key):
            self.init(
                409, "Conflict", "A CNAME record cannot stand beside another record at \(key.name)",
                object: "dns-record")
        }
    }

    func response() throws -> Response {
        try .json(code, self, headers: retryAfter.map { ["Retry-After": String($0)] } ?? [:])
    }
}
