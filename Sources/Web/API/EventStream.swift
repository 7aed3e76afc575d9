import Control
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle

/// The history as it happens, for programs: `GET /api/v1/events/stream`.
extension Site {
    /// Between two signs of life while nothing happens.
    private static let heartbeat = Duration.seconds(15)
    /// Then the stream ends, and whoever reads it comes again and is asked again who it is.
    private static let length = Duration.seconds(3600)
    private static let batch = 500
    private static let lastEventID = HTTPField.Name("Last-Event-ID")

    func followEvents(_ call: Call) async throws -> Response {
        let orders = try orders()
        let start: UInt64
        if let place = try place(call) { start = place } else { start = await orders.newestEvent() }
        let changes = Self.beats(with: await control.changes())
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: .init { writer in
                var last = start
                let end = ContinuousClock.now + Self.length
                try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
                for await _ in changes.cancelOnGracefulShutdown() {
                    var events = try await orders.events(after: last, limit: Self.batch)
                    if events.isEmpty { try await writer.write(ByteBuffer(string: ": nothing new\n\n")) }
                    while let newest = events.last {
                        try await writer.write(try Self.messages(events))
                        last = newest.id
                        events = try await orders.events(after: last, limit: Self.batch)
                    }
                    if ContinuousClock.now > end { break }
                }
                try await writer.finish(nil)
            })
    }

    /// Behind which event to begin, if it was said.
    private func place(_ call: Call) throws -> UInt64? {
        guard let field = Self.lastEventID, let text = call.request.headers[field] else {
            return call.number("after").map { UInt64($0) }
        }
        guard let id = UInt64(text), id <= UInt64(1e15) else {
            throw Problem(.badRequest, "Last-Event-ID is the id of an event, a whole number.")
        }
        return id
    }

    private static func messages(_ events: [EventReport]) throws -> ByteBuffer {
        var buffer = ByteBuffer()
        for event in events {
            buffer.writeString("id: \(event.id)\nevent: \(event.kind)\ndata: ")
            buffer.writeImmutableBuffer(try JSON.encode(event))
            buffer.writeString("\n\n")
        }
        return buffer
    }

    /// Each change, and a beat now and then; the first at once.
    private static func beats(with changes: AsyncStream<UInt64>) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        continuation.yield()
        let tasks = [
            Task {
                for await _ in changes { continuation.yield() }
                continuation.finish()
            },
            Task {
                while !Task.isCancelled {
                    try? await ContinuousClock().sleep(for: heartbeat)
                    continuation.yield()
                }
            },
        ]
        continuation.onTermination = { _ in for task in tasks { task.cancel() } }
        return stream
    }
}
