import Foundation
import HTTPTypes
import Hummingbird

/// Azure DNS on this machine: an application with client secrets, access tokens, zones of one resource group, record
/// sets with their ETags and metadata, pages, its limit and its errors.
package struct AzureDNSEmulator: EmulatedAccount, AccountEmulator {
    package static let name = "azure-dns"
    package static let tenant = "72f988bf-0000-4000-8000-2d7cd011db47"
    package static let client = "11111111-0000-4000-8000-111111111111"
    package static let subscription = "22222222-0000-4000-8000-222222222222"
    package static let group = "dns"
    package let faults = FaultPlan()
    let store = RRsetStore(ttls: 1...2_147_483_647)
    private let tokens = IssuedTokens()
    private let pageSize: Int

    /// - Parameter pageSize: of lists, so that pages can be tested.
    package init(pageSize: Int = 100) { self.pageSize = pageSize }

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

    /// A record set as somebody may have made it in the portal: with metadata, or as an alias of a resource.
    package func put(
        _ name: String, type: String, zone: String, values: [String], metadata: [String: String] = [:],
        target: String? = nil
    ) async throws {
        var set = StoredRRset(ttl: 300, values: values, notes: metadata)
        set.notes["redirect"] = target
        try await store.apply([.init(key: RRsetKey(zone: zone, name: name, type: type), set: set)])
    }

    /// `www.example.org 300 A 192.0.2.1 {team=web}`, sorted.
    package func listing() async -> [String] {
        await store.all().flatMap { key, set in
            let notes = set.notes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            return set.values.map { value in
                "\(key.fullName) \(set.ttl ?? 0) \(key.type) \(value)"
                    + (notes.isEmpty ? "" : " {\(notes.joined(separator: " "))}")
            }
        }.sorted()
    }

    // MARK: Routes

    package func addRoutes(to routes: EmulatorRouter) {
        routes.router.post("/:tenant/oauth2/v2.0/token") { request, context in
            try await giveToken(request, tenant: try context.segment("tenant"))
        }
        let group = routes.router.group(
            "/subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.Network/dnsZones")
        group.get("/") { request, context in
            try await answer(request, context) { access in
                let zones = await store.zones.filter { access.zones?.contains($0) ?? true }
                let number = max(1, request.query("$skiptoken").flatMap { Int($0) } ?? 1)
                let page = PageOf(number, of: zones.map(AzureZoneModel.init), size: pageSize)
                let link = page.next.map {
                    "\(request.origin)\(request.uri.path)?api-version=2018-05-01&$skiptoken=\($0)"
                }
                return try .json(200, AzureZones(value: page.items, nextLink: link))
            }
        }
        group.get("/:zone/:type/:name") { request, context in
            try await answer(request, context) { access in
                let key = try await key(context, access)
                guard let set = await store.set(at: key) else { throw AzureProblem.noSuchSet(key) }
                return try .json(200, AzureSetModel(key, set))
            }
        }
        group.put("/:zone/:type/:name") { request, context in
            try await answer(request, context) { access in
                let key = try await key(context, access, toEdit: true)
                guard let input = try await request.json(AzureSetInput.self) else {
                    throw AzureProblem(400, "BadRequest", "The request content was invalid.")
                }
                let isNew = await store.set(at: key) == nil
                let set = try input.stored(as: key.type)
                let made = try await store.apply([.init(key: key, set: set, condition: condition(request))])
                guard let result = made.first else { throw AzureProblem.noSuchSet(key) }
                return try .json(isNew ? 201 : 200, AzureSetModel(result.key, result.set))
            }
        }
        group.delete("/:zone/:type/:name") { request, context in
            try await answer(request, context) { access in
                let key = try await key(context, access, toEdit: true)
                guard await store.set(at: key) != nil else { return .empty(204) }
                try await store.apply([.init(key: key, set: nil, condition: condition(request))])
                return .empty(200)
            }
        }
    }

    private func condition(_ request: Request) -> RRsetStore.Condition {
        if request.headers[.ifNoneMatch] == "*" { return .absent }
        switch request.headers[.ifMatch] {
        case nil: return .none
        case "*": return .present
        case let etag?: return .version(Int(etag.dropFirst(AzureSetModel.etagPrefix.count)) ?? -1)
        }
    }

    // MARK: Who

    private func giveToken(_ request: Request, tenant: String) async throws -> Response {
        do {
            let body = try await request.body.collect(upTo: 64 << 10)
            let form = URLComponents(string: "?" + String(buffer: body))?.queryItems ?? []
            func field(_ name: String) -> String { form.first { $0.name == name }?.value ?? "" }
            guard tenant == Self.tenant else {
                throw TokenProblem(400, "invalid_request", "AADSTS90002: Tenant '\(tenant)' not found.")
            }
            guard field("grant_type") == "client_credentials", field("scope") == request.origin + "/.default" else {
                throw TokenProblem(400, "invalid_scope", "AADSTS70011: The provided value for scope is not valid.")
            }
            guard field("client_id") == Self.client else {
                throw TokenProblem(
                    400, "unauthorized_client", "AADSTS700016: The application was not found in the directory.")
            }
            let secret = field("client_secret")
            guard let access = await store.access(of: secret) else {
                throw TokenProblem(
                    401, "invalid_client",
                    "AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 0000aaaa\r\nTimestamp: 2026-01-01Z")
            }
            guard !access.isExpired else {
                throw TokenProblem(
                    401, "invalid_client", "AADSTS7000222: The provided client secret keys are expired.")
            }
            return try .json(
                200,
                IssuedToken(
                    accessToken: await tokens.issue(to: secret), expiresIn: await tokens.lifetimeSeconds))
        } catch let problem as TokenProblem {
            return try .json(problem.status, problem)
        }
    }

    /// The set that the path names.
    private func key(
        _ context: EmulatorContext, _ access: RRsetStore.Access, toEdit: Bool = false
    ) async throws -> RRsetKey {
        let zone = try context.segment("zone")
        guard await store.zones.contains(zone) else {
            throw AzureProblem(
                404, "ParentResourceNotFound", "Parent resource '\(zone)' not found.", isWrapped: true)
        }
        guard access.zones?.contains(zone) ?? true, access.mayEdit || !toEdit else { throw AzureProblem.forbidden }
        return RRsetKey(
            zone: zone, name: try context.segment("name"), type: try context.segment("type").uppercased())
    }

    private func answer(
        _ request: Request, _ context: EmulatorContext, _ body: (RRsetStore.Access) async throws -> Response
    ) async throws -> Response {
        do {
            guard let token = request.credential("Bearer"), let secret = await tokens.account(of: token),
                let access = await store.access(of: secret), !access.isExpired
            else {
                throw AzureProblem(
                    401, "ExpiredAuthenticationToken", "The access token has expired.", isWrapped: true)
            }
            guard await store.takeRequest() else {
                throw AzureProblem(
                    429, "TooManyRequests", "The request is being throttled.", isWrapped: true, retryAfter: 17)
            }
            guard request.query("api-version") == "2018-05-01" else {
                throw AzureProblem(
                    400, "MissingApiVersionParameter", "The api-version query parameter is required.", isWrapped: true)
            }
            guard try context.segment("subscription") == Self.subscription else {
                throw AzureProblem(404, "SubscriptionNotFound", "The subscription was not found.", isWrapped: true)
            }
            guard try context.segment("group") == Self.group else {
                throw AzureProblem(404, "ResourceGroupNotFound", "Resource group could not be found.", isWrapped: true)
            }
            return try await body(access)
        } catch let problem as AzureProblem {
            return try problem.response()
        } catch let problem as RRsetProblem {
            return try AzureProblem(problem).response()
        }
    }
}
