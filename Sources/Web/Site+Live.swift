import Control
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle

/// Keeps open pages as the server sees them.
extension Site {
    /// An open page is told of changes after this time at the soonest; between them the newest counts. Where making
    /// the page takes longer, it is twice as long as that, so that one reader never takes more than a third of a core.
    private static let pause = Duration.milliseconds(40)

    /// The stream of the page whose address is in `page`.
    func live(_ request: Request, _ context: SiteContext) async throws -> Response {
        let address = Self.local(request.query["page"])
        let parts = address.split(separator: "?", maxSplits: 1).map(String.init)
        let query = FormFields(encoded: parts.count > 1 ? parts[1] : "").fields
        let visit = Visit(path: parts[0], query: query, request, context.identity, catalogues)
        return await live(visit)
    }

    func live(_ visit: Visit) async -> Response {
        let changes = await control.changes()
        let headers: HTTPFields = [
            .contentType: "text/event-stream", .cacheControl: "no-store",
        ]
        return Response(
            status: .ok, headers: headers,
            body: .init { writer in
                var sent = LivePage()
                try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
                try await send(visit, &sent, to: &writer)
                for await _ in changes.cancelOnGracefulShutdown() {
                    let start = ContinuousClock.now
                    try await send(visit, &sent, to: &writer)
                    try await Task.sleep(
                        for: max(Self.pause, min((ContinuousClock.now - start) * 2, .milliseconds(150))))
                }
                try await writer.finish(nil)
            })
    }

    /// Sends what differs from what was sent last: at first everything, for the page may have been made earlier.
    private func send(_ visit: Visit, _ sent: inout LivePage, to writer: inout any ResponseBodyWriter) async throws {
        let pages = await Pages(site: self, visit: visit)
        guard let content = try? await pages.content() else { return }
        guard let message = sent.message(for: content, at: pages.model.at) else { return }
        let text = String(buffer: try JSON.encode(message))
        try await writer.write(ByteBuffer(string: "event: page\nid: \(pages.model.sequence)\ndata: \(text)\n\n"))
    }
}

/// What an open page shows.
struct LivePage {
    private var body: HTML?
    private var title = ""

    /// One event of the stream.
    struct Message: Encodable, Equatable {
        /// The server's clock, seconds since 1970.
        var at: Double
        var title: String?
        /// The whole of `main`, where there is nothing to start from.
        var page: String?
        /// Keys, and what stands in their places from now on.
        var parts: [[String]]?
    }

    /// What turns the page as it was told last into the content; nil if they are the same.
    mutating func message(for content: PageContent, at: Double) -> Message? {
        var message = Message(at: at)
        if content.title != title { message.title = content.title }
        if let body, let patches = Patch.patches(from: body, to: content.body) {
            if patches.isEmpty, message.title == nil { return nil }
            message.parts = patches.map { [$0.key, $0.html] }
        } else {
            message.page = content.body.text
        }
        body = content.body
        title = content.title
        return message
    }
}
