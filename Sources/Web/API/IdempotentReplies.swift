import Crypto
import Failover
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Storage

extension HTTPField.Name {
    static var idempotencyKey: HTTPField.Name { wellKnown("Idempotency-Key") }
    static var lastEventID: HTTPField.Name { wellKnown("Last-Event-ID") }

    /// - Parameter name: a token (RFC 9110 §5.6.2).
    private static func wellKnown(_ name: String) -> HTTPField.Name {
        guard let field = HTTPField.Name(name) else { preconditionFailure("\(name) is no name of a field") }
        return field
    }
}

/// Sees to it that a request which is sent again, because its answer was lost on the way, is carried out once.
///
///     key known ─► the same request: its answer again ─ another request: 422 ─ still under way: 409
///     key new ─► carried out ─► done: the answer is kept for a day ─ refused: nothing is kept, it may be tried again
actor IdempotentReplies {
    /// Of a key: 1 to 255 visible characters of ASCII.
    static let pattern = "^[!-~]{1,255}$"
    /// How long answers are kept.
    private static let memory = Duration.seconds(86_400)

    private let store: Store?
    private var underWay: Set<String> = []

    init(store: Store?) { self.store = store }

    func answer(to call: Call, key: String, of operation: Operation) async throws -> Response {
        guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Problem(.badRequest, "Idempotency-Key is 1 to 255 visible characters of ASCII.")
        }
        guard let store else { return try await operation.handle(call) }
        let name = "\(call.actor)\n\(operation.id)\n\(call.request.uri.path)\n\(key)"
        guard underWay.insert(name).inserted else {
            throw Problem(.conflict, "The first request with this Idempotency-Key is still under way.")
        }
        defer { underWay.remove(name) }
        let fingerprint = SHA256.hash(data: call.bodyData).map { String($0, radix: 16) }.joined(separator: " ")
        let now = Instant(seconds: Date().timeIntervalSince1970)
        if let known = try? store.reply(name), known.at > now + (.zero - Self.memory) {
            guard known.fingerprint == fingerprint else {
                throw Problem(.unprocessableContent, "This Idempotency-Key came with another request before.")
            }
            return Response(known)
        }
        var response = try await operation.handle(call)
        guard response.status.kind == .successful else { return response }
        let body = try await response.takeBody()
        let reply = StoredReply(
            key: name, fingerprint: fingerprint, status: response.status.code,
            type: response.headers[.contentType] ?? "", body: Data(body.readableBytesView), at: now)
        // It is done already: that the answer cannot be kept does not undo it.
        try? await store.keep(reply, forgettingBefore: now + (.zero - Self.memory))
        return response
    }
}

extension Response {
    fileprivate init(_ reply: StoredReply) {
        var headers: HTTPFields = [.cacheControl: "no-store"]
        if !reply.type.isEmpty { headers[.contentType] = reply.type }
        self.init(
            status: .init(code: reply.status), headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: Array(reply.body))))
    }

    /// The whole body, which is then a buffer.
    fileprivate mutating func takeBody() async throws -> ByteBuffer {
        let collected = CollectedBody()
        try await body.write(BodyCollector(collected: collected))
        body = .init(byteBuffer: collected.buffer)
        return collected.buffer
    }
}

private final class CollectedBody {
    var buffer = ByteBuffer()
}

private struct BodyCollector: ResponseBodyWriter {
    let collected: CollectedBody

    mutating func write(_ buffer: ByteBuffer) async throws { collected.buffer.writeImmutableBuffer(buffer) }
    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
