import Foundation
import Hummingbird

/// Google's Cloud DNS on this machine: service accounts whose signed assertions are checked, access tokens, managed
/// zones, RRsets, atomic changes, pages, its limit and its errors.
package struct GoogleCloudDNSEmulator: EmulatedAccount, AccountEmulator {
    package static let name = "google-cloud-dns"
    package static let project = "emulated-project"
    package let faults = FaultPlan()
    let store = RRsetStore(ttls: 0...2_147_483_647)
    private let tokens = IssuedTokens()
    private let pageSize: Int
    /// Private zones by name, beside the public ones.
    private let privateZones: [String]

    /// - Parameter pageSize: of lists, so that pages can be tested.
    package init(pageSize: Int = 100, privateZones: [String] = []) {
        self.pageSize = pageSize
        self.privateZones = privateZones
    }

    /// How long access tokens are good from now on, seconds.
    package func setTokenLifetime(_ seconds: Int) async { await tokens.setLifetime(seconds) }
    /// No access token is good any more.
    package func revokeAccessTokens() async { await tokens.revokeAll() }
    /// How many access tokens were given out.
    package func issuedTokens() async -> Int { await tokens.issued }

    /// Somebody else sets these values right after the next reading.
    package func interfereAfterReading(_ name: String, type: String, zone: String, values: [String]) async {
        await store.interfereAfterReading(name, type: type, zone: zone, values: values)
    }

    /// An RRset with a routing policy instead of values, as somebody may have made it.
    package func addRoutingPolicy(_ name: String, type: String, zone: String) async throws {
        let set = StoredRRset(ttl: 300, values: [], notes: ["redirect": "wrr"])
        try await store.apply([.init(key: RRsetKey(zone: zone, name: name, type: type), set: set)])
    }

    // MARK: Routes

    package func addRoutes(to routes: EmulatorRouter) {
        routes.router.post("/token") { request, _ in try await giveToken(request) }
        routes.router.get("/_emulator/key.json") { _, _ in
            Response.plain(.ok, try GoogleAccountKey.file(for: "emulated-token"))
        }
        let group = routes.router.group("/dns/v1/projects/:project/managedZones")
        group.get("/") { request, context in
            try await answer(request, context) { access in
                let zones = await store.zones.filter { access.zones?.contains($0) ?? true }
                let all =
                    zones.map { GoogleZoneModel($0, visibility: "public") }
                    + privateZones.map { GoogleZoneModel($0, visibility: "private") }
                let (items, next) = page(of: all, request)
                return try .json(200, GoogleZones(managedZones: items, nextPageToken: next))
            }
        }
        group.get("/:zone/rrsets") { request, context in
            try await answer(request, context) { access in
                let zone = try await zoneName(try context.segment("zone"), access)
                let sets = await store.all(in: zone).map(GoogleSetModel.init).filter { set in
                    (request.query("name").map { set.name == $0.lowercased() } ?? true)
                        && (request.query("type").map { set.type == $0 } ?? true)
                }
                let (items, next) = page(of: sets, request)
                return try .json(200, GoogleSets(rrsets: items, nextPageToken: next))
            }
        }
        group.post("/:zone/changes") { request, context in
            try await answer(request, context) { access in
                let zone = try await zoneName(try context.segment("zone"), access, toEdit: true)
                guard let input = try await request.json(GoogleChangeModel.self) else {
                    throw GoogleProblem(400, "parseError", "Invalid JSON payload received.")
                }
                try await apply(input, in: zone)
                return try .json(200, GoogleChangeResult(additions: input.additions, deletions: input.deletions))
            }
        }
    }

    /// Everything that goes has to be as it is said to be; everything that comes may not be there. All or nothing.
    private func apply(_ change: GoogleChangeModel, in zone: String) async throws {
        let (deletions, additions) = (change.deletions ?? [], change.additions ?? [])
        guard !deletions.isEmpty || !additions.isEmpty else {
            throw GoogleProblem(400, "required", "The 'entity.change' parameter is required but was missing.")
        }
        let removals = try deletions.enumerated().map { place, set in
            RRsetStore.Edit(
                key: try key(of: set, in: zone, at: "entity.change.deletions[\(place)]"), set: nil,
                condition: .exactly(ttl: set.ttl, values: set.rrdatas ?? []))
        }
        let creations = try additions.enumerated().map { place, set in
            RRsetStore.Edit(
                key: try key(of: set, in: zone, at: "entity.change.additions[\(place)]"),
                set: StoredRRset(ttl: set.ttl, values: set.rrdatas ?? []), condition: .absent)
        }
        try await store.apply(removals + creations)
    }

    private func key(of set: GoogleSetModel, in zone: String, at place: String) throws(GoogleProblem) -> RRsetKey {
        let name = set.name.lowercased()
        guard name == zone + "." || name.hasSuffix(".\(zone).") else {
            throw GoogleProblem(400, "invalid", "Invalid value for '\(place).name': '\(set.name)'")
        }
        guard set.rrdatas?.isEmpty == false else {
            throw GoogleProblem(400, "invalid", "Invalid value for '\(place).rrdatas': ''")
        }
        let relative = name == zone + "." ? "@" : String(name.dropLast(zone.count + 2))
        return RRsetKey(zone: zone, name: relative, type: set.type)
    }

    // MARK: Who

    private func giveToken(_ request: Request) async throws -> Response {
        do {
            let body = try await request.body.collect(upTo: 64 << 10)
            let form = URLComponents(string: "?" + String(buffer: body))?.queryItems ?? []
            func field(_ name: String) -> String? { form.first { $0.name == name }?.value }
            guard field("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer" else {
                throw TokenProblem(400, "unsupported_grant_type", "Invalid grant_type")
            }
            let account = try GoogleAccountKey.account(
                in: field("assertion") ?? "", now: Int(Date().timeIntervalSince1970))
            guard let access = await store.access(of: account) else {
                throw TokenProblem(400, "invalid_grant", "Invalid grant: account not found")
            }
            guard !access.isExpired else { throw TokenProblem(400, "invalid_grant", "Invalid JWT Signature.") }
            return try .json(
                200,
                IssuedToken(
                    accessToken: await tokens.issue(to: account), expiresIn: await tokens.lifetimeSeconds))
        } catch let problem as TokenProblem {
            return try .json(problem.status, problem)
        }
    }

    private func zoneName(
        _ id: String, _ access: RRsetStore.Access, toEdit: Bool = false
    ) async throws(GoogleProblem) -> String {
        guard let zone = await store.zones.first(where: { GoogleZoneModel.id(of: $0) == id || $0 == id }),
            access.zones?.contains(zone) ?? true
        else {
            throw GoogleProblem(
                404, "notFound", "The 'parameters.managedZone' resource named '\(id)' does not exist.")
        }
        guard access.mayEdit || !toEdit else { throw GoogleProblem(403, "forbidden", "Forbidden") }
        return zone
    }

    private func page<Item>(of items: [Item], _ request: Request) -> ([Item], String?) {
        let number = request.query("pageToken").flatMap { Int($0.dropFirst(5)) } ?? 1
        let page = PageOf(max(1, number), of: items, size: pageSize)
        return (page.items, page.next.map { "page-\($0)" })
    }

    private func answer(
        _ request: Request, _ context: EmulatorContext, _ body: (RRsetStore.Access) async throws -> Response
    ) async throws -> Response {
        do {
            guard let token = request.credential("Bearer"), let account = await tokens.account(of: token),
                let access = await store.access(of: account), !access.isExpired
            else {
                throw GoogleProblem(
                    401, "authError",
                    "Request had invalid authentication credentials. Expected OAuth 2 access token.")
            }
            guard try context.segment("project") == Self.project else {
                throw GoogleProblem(
                    403, "forbidden", "Permission denied on resource project \(try context.segment("project")).")
            }
            guard await store.takeRequest() else {
                throw GoogleProblem(403, "rateLimitExceeded", "Rate Limit Exceeded")
            }
            return try await body(access)
        } catch let problem as GoogleProblem {
            return try problem.response()
        } catch let problem as RRsetProblem {
            return try GoogleProblem(problem).response()
        }
    }
}
