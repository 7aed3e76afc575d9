import Foundation
import Hummingbird

/// DigitalOcean's domains and records on this machine: tokens, records with their identifiers, pages with links, its
/// limit and its errors.
package struct DigitalOceanEmulator: EmulatedAccount {
    package static let name = "digitalocean"
    package let faults = FaultPlan()
    private let state = DigitalOceanState()
    /// Never more items on a page than this, whatever the client asks for: so that pages can be tested.
    private let largestPage: Int

    /// Where links to a next page lead; nil: here.
    private let linkOrigin: String?

    package init(largestPage: Int = 200, linkOrigin: String? = nil) {
        self.largestPage = largestPage
        self.linkOrigin = linkOrigin
    }

    package func addZone(_ name: String) async { await state.addDomain(name.lowercased()) }
    package func removeZone(_ name: String) async { await state.removeDomain(name.lowercased()) }

    package func addToken(_ token: String, zones: Set<String>?, mayEdit: Bool) async {
        await state.setToken(token, .init(zones: zones, mayEdit: mayEdit))
    }

    package func expireToken(_ token: String) async { await state.setToken(token, .init(isExpired: true)) }
    package func allow(_ requests: Int?) async { await state.allow(requests) }

    /// `www.example.org 300 A 192.0.2.1`, sorted.
    package func listing() async -> [String] { await state.all() }

    package func addRoutes(to routes: EmulatorRouter) {
        let group = routes.router.group("/v2/domains")
        group.get("/") { request, _ in
            try await answer(to: request) { access in
                let domains = await state.names(access: access).map { DigitalOceanDomain(name: $0) }
                let (page, links, meta) = page(of: domains, request)
                return try .json(200, DigitalOceanDomains(domains: page, links: links, meta: meta))
            }
        }
        group.get("/:domain/records") { request, context in
            let domain = try context.segment("domain")
            return try await answer(to: request) { access in
                let records = try await state.records(
                    of: domain, name: request.query("name")?.lowercased(), type: request.query("type"), access: access)
                let (page, links, meta) = page(of: records, request)
                return try .json(200, DigitalOceanRecords(records: page, links: links, meta: meta))
            }
        }
        group.post("/:domain/records") { request, context in
            let domain = try context.segment("domain")
            return try await answer(to: request) { access in
                let record = try await state.create(try await input(request), in: domain, access: access)
                return try .json(201, ["domain_record": record])
            }
        }
        for method in [HTTPRequest.Method.patch, .put] {
            group.on("/:domain/records/:id", method: method) { request, context in
                let (domain, id) = (try context.segment("domain"), try context.segment("id"))
                return try await answer(to: request) { access in
                    let record = try await state.update(
                        Int(id) ?? 0, try await input(request), in: domain, access: access)
                    return try .json(200, ["domain_record": record])
                }
            }
        }
        group.delete("/:domain/records/:id") { request, context in
            let (domain, id) = (try context.segment("domain"), try context.segment("id"))
            return try await answer(to: request) { access in
                try await state.delete(Int(id) ?? 0, in: domain, access: access)
                return .empty(204)
            }
        }
    }

    private func input(_ request: Request) async throws -> DigitalOceanRecordInput {
        guard let input = try await request.json(DigitalOceanRecordInput.self) else {
            throw DigitalOceanProblem(400, "bad_request", "error parsing request body")
        }
        return input
    }

    private func page<Item>(
        of items: [Item], _ request: Request
    ) -> ([Item], DigitalOceanPageLinks, DigitalOceanPageMeta) {
        let size = min(max(1, request.query("per_page").flatMap { Int($0) } ?? 20), min(200, largestPage))
        let page = PageOf(max(1, request.query("page").flatMap { Int($0) } ?? 1), of: items, size: size)
        var links = DigitalOceanPageLinks()
        if let next = page.next {
            let rest = request.uri.queryParameters.filter { $0.key != "page" }.map { "\($0.key)=\($0.value)" }
            let query = (rest + ["page=\(next)"]).joined(separator: "&")
            links.pages = .init(next: "\(linkOrigin ?? request.origin)\(request.uri.path)?\(query)")
        }
        return (page.items, links, DigitalOceanPageMeta(total: items.count))
    }

    private func answer(
        to request: Request, _ body: (RRsetStore.Access) async throws -> Response
    ) async throws -> Response {
        do {
            return try await body(try await state.access(of: request.credential("Bearer")))
        } catch let problem as DigitalOceanProblem {
            var headers: [String: String] = [:]
            if problem.status == 429 {
                headers = [
                    "ratelimit-limit": "5000", "ratelimit-remaining": "0",
                    "ratelimit-reset": String(Int(Date().timeIntervalSince1970) + 60),
                ]
            }
            return try .json(problem.status, ["id": problem.id, "message": problem.message], headers: headers)
        }
    }
}

private struct DigitalOceanDomain: Encodable {
    var name: String
    var ttl = 1800
}

private struct DigitalOceanDomains: Encodable {
    var domains: [DigitalOceanDomain]
    var links: DigitalOceanPageLinks
    var meta: DigitalOceanPageMeta
}

private struct DigitalOceanRecords: Encodable {
    var records: [DigitalOceanRecordModel]
    var links: DigitalOceanPageLinks
    var meta: DigitalOceanPageMeta

    enum CodingKeys: String, CodingKey {
        case links, meta
        case records = "domain_records"
    }
}

struct DigitalOceanPageLinks: Encodable {
    struct Pages: Encodable { var next: String }
    var pages: Pages?
}

struct DigitalOceanPageMeta: Encodable {
    var total: Int
}
