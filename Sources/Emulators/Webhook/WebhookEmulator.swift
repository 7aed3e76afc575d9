import Addresses
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// A user's own service that keeps records as it is told in JSON, at `/records`: what the `webhook` driver talks to.
package struct WebhookEmulator: Emulator {
    package static let name = "webhook"
    /// It reads by POST too.
    package static let changesWithEveryRequest = true
    package let faults = FaultPlan()
    private let zone: String
    private let token: String?
    private let state = WebhookState()

    /// - Parameter token: what it wants as `Authorization: Bearer`; nil: nothing.
    package init(zone: String, token: String?) {
        self.zone = zone.lowercased()
        self.token = token
    }

    /// `www.example.org 60 A 192.0.2.1`, sorted.
    package func listing() async -> [String] { await state.listing() }

    package func addRoutes(to routes: EmulatorRouter) {
        routes.router.post("/records") { request, _ in
            if let token, request.headers[.authorization] != "Bearer \(token)" {
                return try Self.json(.unauthorized, WebhookAnswer(words: "wrong token"))
            }
            let body = try await request.body.collect(upTo: 1 << 20)
            guard let order = try? JSONDecoder().decode(WebhookOrder.self, from: Data(body.readableBytesView)) else {
                return try Self.json(.badRequest, WebhookAnswer(words: "no order that I know"))
            }
            guard order.name == zone || order.name.hasSuffix("." + zone) else {
                let words = "\(order.name) is not in \(zone)"
                return try Self.json(.ok, WebhookAnswer(words: words, error: "refused", reason: "noSuchZone"))
            }
            switch order.action {
            case "read":
                return try Self.json(.ok, WebhookAnswer(rrsets: await state.sets(of: order)))
            case "write":
                guard let problem = order.problem else {
                    await state.apply(order)
                    return try Self.json(.ok, WebhookAnswer(words: "done"))
                }
                return try Self.json(.init(code: 422), WebhookAnswer(words: problem))
            default:
                return try Self.json(.badRequest, WebhookAnswer(words: "\(order.action) is no action"))
            }
        }
    }

    private static func json(_ status: HTTPResponse.Status, _ answer: WebhookAnswer) throws -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: try JSONEncoder().encode(answer))))
    }
}

struct WebhookSet: Codable, Sendable {
    var type: String
    var ttl: Int
    var values: [String]
}

struct WebhookOrder: Decodable, Sendable {
    var action: String
    var name: String
    var types: [String]
    var rrsets: [WebhookSet]?

    /// What cannot be kept of it.
    var problem: String? {
        for set in rrsets ?? [] {
            guard types.contains(set.type), !set.values.isEmpty else { return "\(set.type) without values or use" }
            if set.type == "A", !set.values.allSatisfy({ IPv4Address($0) != nil }) { return "no IPv4 address" }
            if set.type == "AAAA", !set.values.allSatisfy({ IPv6Address($0) != nil }) { return "no IPv6 address" }
        }
        return nil
    }
}

private struct WebhookAnswer: Encodable {
    var words: String?
    var error: String?
    var reason: String?
    var rrsets: [WebhookSet]?
}

private actor WebhookState {
    private var sets: [String: [WebhookSet]] = [:]

    func sets(of order: WebhookOrder) -> [WebhookSet] {
        (sets[order.name] ?? []).filter { order.types.contains($0.type) }
    }

    func apply(_ order: WebhookOrder) {
        let others = (sets[order.name] ?? []).filter { !order.types.contains($0.type) }
        sets[order.name] = others + (order.rrsets ?? [])
    }

    func listing() -> [String] {
        sets.flatMap { name, list in
            list.flatMap { set in set.values.map { "\(name) \(set.ttl) \(set.type) \($0)" } }
        }.sorted()
    }
}
