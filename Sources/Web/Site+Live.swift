import Control
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle

/// Keeps open pages as the server sees them.
extension Site {
    /// Then a stream ends, and whoever reads it comes again and is asked again who it is.
    private static let length = Duration.seconds(3600)

    /// The stream of the page whose address is in `page`.
    func live(_ request: Request, _ context: SiteContext) async throws -> Response {
        let address = Self.local(request.query["page"])
        let parts = address.split(separator: "?", maxSplits: 1).map(String.init)
        let query = FormFields(encoded: parts.count > 1 ? parts[1] : "").fields
        let visit = Visit(path: parts[0], query: query, request, context.identity, catalogues)
        return live(visit)
    }

    func live(_ visit: Visit) -> Response {
        Response(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: .init { writer in
                let end = ContinuousClock.now + Self.length
                try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
                let messages = await livePages.enter(visit, site: self)
                for await message in messages.cancelOnGracefulShutdown() {
                    try await writer.write(message)
                    if ContinuousClock.now > end { break }
                }
                try await writer.finish(nil)
            })
    }

    /// What whoever makes this visit may look at.
    func model(_ whole: any ReadModel, for visit: Visit) -> any ReadModel {
        let scope = scope(of: visit.identity)
        // What is up is for everybody where the status page is.
        let isForAll = scope.seesAll || gate.isStatusOpen && visit.parts.first == "status"
        return isForAll ? whole : LimitedModel(whole: whole, scope: scope)
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

    /// All of it, for somebody who has just come; nil before there is anything.
    func whole(at: Double) -> Message? { body.map { Message(at: at, title: title, page: $0.text) } }
}
