import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Cloudflare's DNS API on this machine: tokens and keys, zones, records with its validation, pages, the batch
/// endpoint, its limit and its errors.
package struct CloudflareEmulator: Emulator {
    package static let name = "cloudflare"
    package let faults = FaultPlan()
    let state: CloudflareState
    /// Never more items on a page than this, whatever the client asks for: so that pages can be tested.
    private let largestPage: Int

    package init(recordQuota: Int = 200, largestPage: Int = 5_000_000) {
        state = CloudflareState(recordQuota: recordQuota)
        self.largestPage = largestPage
    }

    // MARK: Setting up

    /// - Parameter zones: those that the token is for; nil: all of the account's.
    package func addToken(_ token: String, zones: Set<String>? = nil, mayEdit: Bool = true) async {
        await state.addToken(token, zones: zones, mayEdit: mayEdit)
    }

    package func removeToken(_ token: String) async { await state.removeToken(token) }
    package func addKey(_ key: String, email: String) async { await state.addKey(key, email: email) }
    package func addZone(_ name: String, status: String = "active") async {
        await state.addZone(name, status: status)
    }

    package func removeZone(_ name: String) async { await state.removeZone(name) }

    /// So many requests more; then 429. nil: any number.
    package func allow(_ requests: Int?) async { await state.allow(requests) }

    /// `www.example.org 60 A 192.0.2.1 proxied`, sorted.
    package func listing() async -> [String] {
        await state.allRecords().map { record in
            "\(record.name) \(record.ttl) \(record.type) \(record.content)" + (record.proxied ? " proxied" : "")
                + (record.comment.map { " # \($0)" } ?? "")
                + (record.tags.isEmpty ? "" : " [\(record.tags.joined(separator: ","))]")
        }
    }

    // MARK: Routes

    package func addRoutes(to routes: EmulatorRouter) {
        let group = routes.router.group("/client/v4")
        group.get("/zones") { request, _ in
            try await answer {
                let access = try await access(of: request)
                let name = request.uri.queryParameters["name"].map(String.init)
                return try page(of: await state.zones(named: name, access: access), request, limit: 50)
            }
        }
        group.get("/zones/:zone/dns_records") { request, context in
            let zone = try context.parameters.require("zone")
            return try await answer {
                let access = try await access(of: request)
                let query = request.uri.queryParameters
                let records = try await state.records(
                    in: zone, name: (query["name"] ?? query["name.exact"]).map(String.init),
                    type: query["type"].map(String.init), access: access)
                return try page(of: records, request, limit: 5_000_000)
            }
        }
        group.post("/zones/:zone/dns_records") { request, context in
            let zone = try context.parameters.require("zone")
            return try await answer {
                let access = try await access(of: request)
                return whole(try await state.create(try await input(request), in: zone, access: access))
            }
        }
        group.post("/zones/:zone/dns_records/batch") { request, context in
            let zone = try context.parameters.require("zone")
            return try await answer {
                let access = try await access(of: request)
                return whole(try await state.apply(try await input(request), in: zone, access: access))
            }
        }
        addRecordRoutes(to: group)
    }

    private func addRecordRoutes(to group: RouterGroup<EmulatorContext>) {
        for (method, isWhole) in [(HTTPRequest.Method.patch, false), (.put, true)] {
            group.on("/zones/:zone/dns_records/:id", method: method) { request, context in
                let zone = try context.parameters.require("zone")
                let id = try context.parameters.require("id")
                return try await answer {
                    let access = try await access(of: request)
                    var input: CloudflareRecordInput = try await input(request)
                    input.id = id
                    return whole(try await state.change(input, in: zone, whole: isWhole, access: access))
                }
            }
        }
        group.delete("/zones/:zone/dns_records/:id") { request, context in
            let zone = try context.parameters.require("zone")
            let id = try context.parameters.require("id")
            return try await answer {
                let access = try await access(of: request)
                try await state.delete(id, in: zone, access: access)
                return whole(["id": id])
            }
        }
    }

    // MARK: Requests and answers

    private func access(of request: Request) async throws(CloudflareProblem) -> CloudflareState.Access {
        try await state.access(
            authorization: request.headers[.authorization], key: request.headers["X-Auth-Key"],
            email: request.headers["X-Auth-Email"])
    }

    private func input<Input: Decodable>(_ request: Request) async throws -> Input {
        guard request.headers[.contentType]?.hasPrefix("application/json") == true else {
            throw CloudflareProblem.badBody
        }
        let body = try await request.body.collect(upTo: 1 << 20)
        do {
            return try JSONDecoder().decode(Input.self, from: Data(body.readableBytesView))
        } catch {
            throw CloudflareProblem.badBody
        }
    }

    private func page<Item: Encodable>(of items: [Item], _ request: Request, limit: Int) throws -> any Encodable {
        let query = request.uri.queryParameters
        let wished = query["per_page"].flatMap { Int($0) } ?? min(limit, 100)
        let page = query["page"].map { Int($0) ?? 0 } ?? 1
        guard (5...limit).contains(wished), page >= 1 else {
            throw CloudflareProblem(400, 9300, "Invalid per_page or page.")
        }
        let size = min(wished, largestPage)
        let shown = Array(items.dropFirst((page - 1) * size).prefix(size))
        return CloudflareAnswer(
            result: shown,
            resultInfo: .init(
                page: page, perPage: size, count: shown.count, totalCount: items.count,
                totalPages: (items.count + size - 1) / size))
    }

    private func whole(_ result: some Encodable) -> any Encodable { CloudflareAnswer(result: result) }

    private func answer(_ body: () async throws -> any Encodable) async throws -> Response {
        do {
            return try Self.json(.ok, try await body())
        } catch let problem as CloudflareProblem {
            var response = try Self.json(.init(code: problem.status), CloudflareFailure(errors: [problem.item]))
            if let wait = problem.retryAfterSeconds { response.headers[.retryAfter] = String(wait) }
            return response
        }
    }

    private static func json(_ status: HTTPResponse.Status, _ value: any Encodable) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: try encoder.encode(value))))
    }
}

private struct CloudflareAnswer<Result: Encodable>: Encodable {
    struct Pages: Encodable {
        var page, perPage, count, totalCount, totalPages: Int
        enum CodingKeys: String, CodingKey {
            case page, count
            case perPage = "per_page"
            case totalCount = "total_count"
            case totalPages = "total_pages"
        }
    }

    var success = true
    var errors: [String] = []
    var messages: [String] = []
    var result: Result
    var resultInfo: Pages?

    enum CodingKeys: String, CodingKey {
        case success, errors, messages, result
        case resultInfo = "result_info"
    }
}

private struct CloudflareFailure: Encodable {
    var success = false
    var errors: [CloudflareProblem.Item]
    var messages: [String] = []
    var result: String?
}

extension HTTPFields {
    subscript(name: String) -> String? { HTTPField.Name(name).flatMap { self[$0] } }
}
