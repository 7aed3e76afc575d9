import Accounts
import Crypto
import Failover
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Storage
import Synchronization

/// Answers a POST that comes again with the same `Idempotency-Key` as it did the first time, instead of doing it twice.
///
/// The key counts for one account and one day. The same key with another request is refused.
final class Replies: Sendable {
    static let header = HTTPField.Name("Idempotency-Key")
    static let parameter = Operation.Parameter(
        "Idempotency-Key", .string(length: 1...255),
        "Chosen by the client: the same request with the same key is carried out once.")
    private let underWay = Mutex<Set<String>>([])

    func answer(
        _ call: Call, accounts: Accounts, by handle: @Sendable (Call) async throws -> Response
    ) async throws -> Response {
        guard let name = Self.header, let key = call.request.headers[name] else { return try await handle(call) }
        guard (1...255).contains(key.count) else {
            throw Problem(.badRequest, "The header Idempotency-Key should have 1 to 255 characters.")
        }
        let request = Self.hash(call)
        let own = "\(call.actor) \(key)"
        guard underWay.withLock({ $0.insert(own).inserted }) else {
            throw Problem(.conflict, "A request with this Idempotency-Key is under way: wait, and ask again.")
        }
        defer { underWay.withLock { _ = $0.remove(own) } }
        if let known = try accounts.reply(to: key, of: call.actor) {
            guard known.request == request else {
                throw Problem(.unprocessableContent, "This Idempotency-Key was used for another request.")
            }
            return Self.response(of: known)
        }
        let response = try await handle(call)
        let body = Collected()
        try await response.body.write(Collector(into: body))
        let text = body.text
        let headers = Self.kept.compactMap { field in response.headers[field].map { (field.rawName, $0) } }
        try await accounts.keep(
            StoredReply(
                actor: call.actor, key: key, request: request, status: response.status.code,
                headers: String(
                    decoding: try JSONEncoder().encode(Dictionary(headers) { first, _ in first }), as: UTF8.self),
                body: text, at: .epoch))
        var again = response
        again.body = .init(byteBuffer: ByteBuffer(string: text))
        return again
    }

    private static let kept: [HTTPField.Name] = [.contentType, .eTag, .cacheControl, .location]

    private static func hash(_ call: Call) -> String {
        var data = Data("\(call.request.method) \(call.request.uri)\n".utf8)
        data.append(call.bodyData)
        return Data(SHA256.hash(data: data)).base64EncodedString()
    }

    private static func response(of reply: StoredReply) -> Response {
        var headers: HTTPFields = [:]
        let stored = try? JSONDecoder().decode([String: String].self, from: Data(reply.headers.utf8))
        for (name, value) in stored ?? [:] { if let name = HTTPField.Name(name) { headers[name] = value } }
        if let name = HTTPField.Name("Idempotency-Replayed") { headers[name] = "true" }
        return Response(
            status: .init(code: reply.status), headers: headers,
            body: .init(byteBuffer: ByteBuffer(string: reply.body)))
    }
}

/// A body as it was written.
private final class Collected: Sendable {
    private let buffer = Mutex(ByteBuffer())
    var text: String { buffer.withLock { String(buffer: $0) } }
    func append(_ more: ByteBuffer) { buffer.withLock { _ = $0.writeImmutableBuffer(more) } }
}

private struct Collector: ResponseBodyWriter {
    let into: Collected
    mutating func write(_ buffer: ByteBuffer) async throws { into.append(buffer) }
    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
