import Hummingbird

/// DNS in Hetzner's Cloud API on this machine: tokens, zones, RRsets with comments, pages, actions that take a while,
/// its limit and its errors.
package struct HetznerEmulator: EmulatedAccount, AccountEmulator {
    package static let name = "hetzner"
    package let faults = FaultPlan()
    let store = RRsetStore(ttls: 60...2_147_483_647)
    private let actions = HetznerActions()
    /// Never more items on a page than this, whatever the client asks for: so that pages can be tested.
    private let largestPage: Int

    package init(largestPage: Int = 50) { self.largestPage = largestPage }

    /// The next actions are seen as running so many times before they have ended; or they fail.
    package func setActions(looks: Int, failing: Bool = false) async {
        await actions.set(looks: looks, failing: failing)
    }

    /// As somebody would in the console: a comment beside a value, a TTL that is the zone's.
    package func put(_ name: String, type: String, zone: String, values: [String], comment: String) async throws {
        var set = StoredRRset(ttl: nil, values: values)
        for value in values { set.notes[value] = comment }
        try await store.apply([.init(key: RRsetKey(zone: zone, name: name, type: type), set: set)])
    }

    // MARK: Routes

    package func addRoutes(to routes: EmulatorRouter) {
        let group = routes.router.group("/v1")
        group.get("/zones") { request, _ in
            try await answer(to: request) { access in
                let zones = await store.zones.enumerated().filter { access.zones?.contains($1) ?? true }
                    .filter { request.query("name") == nil || request.query("name") == $1 }
                    .map { HetznerZoneModel(id: 42 + $0, name: $1) }
                let (items, meta) = page(of: zones, request)
                return try .json(200, HetznerZones(zones: items, meta: meta))
            }
        }
        group.get("/zones/:zone/rrsets") { request, context in
            let zone = try context.segment("zone")
            return try await answer(to: request) { access in
                let name = try await zoneName(zone, access)
                let id = 42 + (await store.zones.firstIndex(of: name) ?? 0)
                let sets = await store.all(in: name, name: request.query("name")?.lowercased())
                    .map { HetznerSetModel($0.key, $0.set, zone: id) }
                let (items, meta) = page(of: sets, request)
                return try .json(200, HetznerSets(rrsets: items, meta: meta))
            }
        }
        group.get("/actions/:id") { request, context in
            let id = try context.segment("id")
            return try await answer(to: request) { _ in
                guard let action = await actions.look(at: Int(id) ?? 0) else { throw HetznerProblem.notFound("Action") }
                return try .json(200, ["action": action])
            }
        }
        addChanges(to: group)
    }

    private func addChanges(to group: RouterGroup<EmulatorContext>) {
        group.post("/zones/:zone/rrsets") { request, context in
            let zone = try context.segment("zone")
            return try await answer(to: request) { access in
                let input: HetznerInput = try await input(request)
                guard let name = input.name, let type = input.type, let records = input.records, !records.isEmpty else {
                    throw HetznerProblem.unfit("invalid input in fields 'name', 'type', 'records'")
                }
                let key = RRsetKey(
                    zone: try await zoneName(zone, access, toEdit: true), name: name.lowercased(), type: type)
                let set = Self.set(records, ttl: input.ttl)
                let made = try await store.apply([.init(key: key, set: set, condition: .absent)])
                let action = await actions.start("create_rrset", zone: zone)
                let id = 42 + (await store.zones.firstIndex(of: key.zone) ?? 0)
                guard let model = made.first.map({ HetznerSetModel($0.key, $0.set, zone: id) }) else {
                    throw HetznerProblem.notFound("RRSet")
                }
                return try .json(201, HetznerMade(rrset: model, action: action))
            }
        }
        group.post("/zones/:zone/rrsets/:name/:type/actions/:action") { request, context in
            let (zone, command) = (try context.segment("zone"), try context.segment("action"))
            let (name, type) = (try context.segment("name"), try context.segment("type").uppercased())
            return try await answer(to: request) { access in
                let key = RRsetKey(zone: try await zoneName(zone, access, toEdit: true), name: name, type: type)
                guard let old = await store.set(at: key) else { throw HetznerProblem.notFound("RRSet") }
                let input: HetznerInput = try await input(request)
                var set = old
                switch command {
                case "set_records":
                    guard let records = input.records, !records.isEmpty else {
                        throw HetznerProblem.unfit("invalid input in field 'records'")
                    }
                    set = Self.set(records, ttl: old.ttl)
                case "change_ttl": set.ttl = input.ttl
                default: throw HetznerProblem.notFound("Action")
                }
                try await store.apply([.init(key: key, set: set, condition: .version(old.version))])
                let word = command == "set_records" ? "set_rrset_records" : "change_rrset_ttl"
                return try .json(201, ["action": await actions.start(word, zone: zone)])
            }
        }
        group.delete("/zones/:zone/rrsets/:name/:type") { request, context in
            let zone = try context.segment("zone")
            let (name, type) = (try context.segment("name"), try context.segment("type").uppercased())
            return try await answer(to: request) { access in
                let key = RRsetKey(zone: try await zoneName(zone, access, toEdit: true), name: name, type: type)
                try await store.apply([.init(key: key, set: nil, condition: .present)])
                return try .json(201, ["action": await actions.start("delete_rrset", zone: zone)])
            }
        }
    }

    private static func set(_ records: [HetznerRecordModel], ttl: Int?) -> StoredRRset {
        var set = StoredRRset(ttl: ttl, values: records.map(\.value))
        for record in records where record.comment != "" { set.notes[record.value] = record.comment }
        return set
    }

    // MARK: Requests and answers

    /// The zone by its name or its number.
    private func zoneName(
        _ text: String, _ access: RRsetStore.Access, toEdit: Bool = false
    ) async throws(HetznerProblem) -> String {
        let zones = await store.zones
        let place = Int(text).map { $0 - 42 } ?? zones.firstIndex(of: text)
        guard let place, zones.indices.contains(place), access.zones?.contains(zones[place]) ?? true else {
            throw .notFound("Zone")
        }
        guard access.mayEdit || !toEdit else {
            throw HetznerProblem(403, "token_readonly", "only GET requests are allowed with this token")
        }
        return zones[place]
    }

    private func input(_ request: Request) async throws -> HetznerInput {
        guard let input = try await request.json(HetznerInput.self) else {
            throw HetznerProblem(400, "json_error", "invalid JSON in request")
        }
        return input
    }

    private func page<Item>(of items: [Item], _ request: Request) -> ([Item], HetznerPageMeta) {
        let size = min(max(1, request.query("per_page").flatMap { Int($0) } ?? 25), min(50, largestPage))
        let number = max(1, request.query("page").flatMap { Int($0) } ?? 1)
        let page = PageOf(number, of: items, size: size)
        let pagination = HetznerPageMeta.Pagination(
            page: number, perPage: size, nextPage: page.next, totalEntries: items.count)
        return (page.items, HetznerPageMeta(pagination: pagination))
    }

    private func answer(
        to request: Request, _ body: (RRsetStore.Access) async throws -> Response
    ) async throws -> Response {
        do {
            guard let token = request.credential("Bearer"), let access = await store.access(of: token),
                !access.isExpired
            else { throw HetznerProblem(401, "unauthorized", "unable to authenticate") }
            guard await store.takeRequest() else {
                throw HetznerProblem(429, "rate_limit_exceeded", "limit of 3600 requests per hour reached")
            }
            return try await body(access)
        } catch let problem as HetznerProblem {
            return try problem.response()
        } catch let problem as RRsetProblem {
            return try HetznerProblem(problem).response()
        }
    }
}
