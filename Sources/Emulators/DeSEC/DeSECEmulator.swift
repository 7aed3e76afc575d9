import Hummingbird

/// deSEC's API on this machine: tokens, domains, RRsets with its validation, bulk requests that are made as a whole,
/// its limit and its errors.
package struct DeSECEmulator: EmulatedAccount, AccountEmulator {
    package static let name = "desec"
    package let faults = FaultPlan()
    let store: RRsetStore
    private let minimumTTL: Int
    /// So many items on a page: so that pages can be tested.
    private let pageSize: Int

    /// - Parameter minimumTTL: of every domain, seconds.
    package init(minimumTTL: Int = 3600, pageSize: Int = 500) {
        self.minimumTTL = minimumTTL
        self.pageSize = pageSize
        store = RRsetStore(ttls: minimumTTL...86_400)
    }

    package func addRoutes(to routes: EmulatorRouter) {
        let group = routes.router.group("/api/v1/domains")
        group.get("/") { request, _ in
            try await answer(to: request) { access in
                let zones = await store.zones.filter { access.zones?.contains($0) ?? true }
                    .map { DeSECDomain(name: $0, minimumTTL: minimumTTL) }
                return try page(of: zones, request)
            }
        }
        group.get("/:zone/rrsets/") { request, context in
            let zone = try context.segment("zone")
            return try await answer(to: request) { access in
                try await check(access, zone: zone)
                let subname = request.query("subname")?.lowercased()
                let sets = await store.all(in: zone, name: subname.map { $0.isEmpty ? "@" : $0 })
                return try page(of: sets.map(DeSECSetModel.init), request)
            }
        }
        group.patch("/:zone/rrsets/") { request, context in
            let zone = try context.segment("zone")
            return try await answer(to: request) { access in
                try await check(access, zone: zone)
                guard access.mayEdit else {
                    throw DeSECProblem(403, detail: "You do not have permission to perform this action.")
                }
                guard let inputs = try await request.json([DeSECInput].self) else {
                    throw DeSECProblem(400, detail: "JSON parse error - Expecting value: line 1 column 1 (char 0)")
                }
                return try .json(200, try await change(inputs, in: zone).map(DeSECSetModel.init))
            }
        }
    }

    /// All of it if it is little; else a page, of which the cursor is the number.
    private func page(of items: [some Encodable], _ request: Request) throws -> Response {
        guard items.count > pageSize else { return try .json(200, items) }
        guard let cursor = request.query("cursor") else {
            throw DeSECProblem(
                400,
                detail: "Pagination required. You can query up to \(pageSize) items at a time (\(items.count) total).")
        }
        let page = PageOf(cursor.isEmpty ? 1 : Int(cursor) ?? 1, of: items, size: pageSize)
        let here = "\(request.origin)\(request.uri.path)?cursor="
        let next = page.next.map { ", <\(here)\($0)>; rel=\"next\"" } ?? ""
        return try .json(200, page.items, headers: ["Link": "<\(here)>; rel=\"first\"\(next)"])
    }

    /// Fields first, for each part of the request; then the whole.
    private func change(_ inputs: [DeSECInput], in zone: String) async throws -> [(key: RRsetKey, set: StoredRRset)] {
        var problems: [[String: [String]]] = []
        var edits: [RRsetStore.Edit] = []
        for input in inputs {
            let key = RRsetKey(zone: zone, name: input.subname.map { $0.isEmpty ? "@" : $0 } ?? "@", type: input.type)
            let old = await store.set(at: key)
            let records = input.records ?? old?.values
            let ttl = input.ttl ?? old?.ttl
            var problem: [String: [String]] = [:]
            if records == nil { problem["records"] = ["This field is required."] }
            if records?.isEmpty != true {
                switch ttl {
                case nil: problem["ttl"] = ["This field is required."]
                case let ttl? where ttl < minimumTTL:
                    problem["ttl"] = ["Ensure this value is greater than or equal to \(minimumTTL)."]
                case let ttl? where ttl > 86_400:
                    problem["ttl"] = ["Ensure this value is less than or equal to 86400."]
                default: break
                }
            }
            if input.subname == "@" { problem["subname"] = ["Subname can only use (lowercase) a-z, 0-9, ., -, and _."] }
            problems.append(problem)
            edits.append(
                .init(key: key, set: records?.isEmpty == true ? nil : StoredRRset(ttl: ttl, values: records ?? [])))
        }
        guard problems.allSatisfy(\.isEmpty) else { throw DeSECProblem(400, body: .fields(problems)) }
        // What goes makes room for what comes.
        return try await store.apply(edits.filter { $0.set == nil } + edits.filter { $0.set != nil })
    }

    // MARK: Who, and errors

    private func check(_ access: RRsetStore.Access, zone: String) async throws(DeSECProblem) {
        guard await store.zones.contains(zone), access.zones?.contains(zone) ?? true else {
            throw DeSECProblem(404, detail: "Not found.")
        }
    }

    private func answer(
        to request: Request, _ body: (RRsetStore.Access) async throws -> Response
    ) async throws -> Response {
        do {
            guard let token = request.credential("Token") else {
                throw DeSECProblem(401, detail: "Authentication credentials were not provided.")
            }
            guard let access = await store.access(of: token), !access.isExpired else {
                throw DeSECProblem(401, detail: "Invalid token.")
            }
            guard await store.takeRequest() else {
                throw DeSECProblem(429, detail: "Request was throttled. Expected available in 7 seconds.")
            }
            return try await body(access)
        } catch let problem as DeSECProblem {
            return try .json(problem.status, problem.body, headers: problem.status == 429 ? ["Retry-After": "7"] : [:])
        } catch let problem as RRsetProblem {
            let problem = DeSECProblem(problem)
            return try .json(problem.status, problem.body)
        }
    }
}

private struct DeSECDomain: Encodable {
    var name: String
    var minimumTTL: Int
    var created = "2026-01-01T00:00:00.000000Z"
    var published = "2026-01-01T00:00:00.000000Z"

    enum CodingKeys: String, CodingKey {
        case name, created, published
        case minimumTTL = "minimum_ttl"
    }
}

private struct DeSECInput: Decodable {
    var subname: String?
    var type: String
    var ttl: Int?
    var records: [String]?
}

private struct DeSECSetModel: Encodable {
    var created = "2026-01-01T00:00:00.000000Z"
    var touched = "2026-01-01T00:00:00.000000Z"
    var domain: String
    var subname: String
    var name: String
    var type: String
    var records: [String]
    var ttl: Int

    init(_ key: RRsetKey, _ set: StoredRRset) {
        domain = key.zone
        subname = key.name == "@" ? "" : key.name
        name = key.fullName + "."
        type = key.type
        records = set.values
        ttl = set.ttl ?? 0
    }
}

private struct DeSECProblem: Error {
    enum Body: Encodable {
        case detail(String)
        case whole(String)
        case fields([[String: [String]]])

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .detail(let text): try container.encode(["detail": text])
            case .whole(let text): try container.encode(["non_field_errors": [text]])
            case .fields(let fields): try container.encode(fields)
            }
        }
    }

    var status: Int
    var body: Body

    init(_ status: Int, body: Body) {
        self.status = status
        self.body = body
    }

    init(_ status: Int, detail: String) { self.init(status, body: .detail(detail)) }

    init(_ problem: RRsetProblem) {
        switch problem {
        case .noSuchZone: self.init(404, detail: "Not found.")
        case .badName(let name): self.init(400, body: .fields([["subname": ["\(name) is no valid subname."]]]))
        case .badType(let type):
            self.init(400, body: .fields([["type": ["The \(type) RR set type is not supported."]]]))
        case .badValue(let type, let value):
            self.init(400, body: .fields([["records": ["Record content \(value) of type \(type) is malformed."]]]))
        case .doubleValue(let value):
            self.init(400, body: .fields([["records": ["Duplicate record content: \(value)"]]]))
        case .badTTL(let ttl): self.init(400, body: .fields([["ttl": ["\(ttl) is out of range."]]]))
        case .aliasConflict(let key):
            self.init(
                400,
                body: .whole("RRset with conflicting type present at \(key.name): nothing is allowed beside a CNAME."))
        case .exists, .missing, .changed: self.init(409, detail: "Conflict.")
        }
    }
}
