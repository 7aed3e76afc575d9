import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// Hands every request to the site of the moment: a restore puts another one in its place while connections stay open.
final class FrontDoor: HTTPResponder {
    private struct Inside {
        var site: Site
        var responder: RouterResponder<SiteContext>
        var isClosed = false
    }

    private let inside: Mutex<Inside>

    init(_ site: Site) { inside = Mutex(Inside(site: site, responder: site.router().buildResponder())) }

    var site: Site { inside.withLock(\.site) }

    /// Requests from now on go to `site`.
    func open(_ site: Site) {
        let responder = site.router().buildResponder()
        inside.withLock { $0 = Inside(site: site, responder: responder) }
    }

    /// Requests from now on are asked to come again.
    func close() { inside.withLock { $0.isClosed = true } }

    func respond(to request: Request, context: SiteContext) async throws -> Response {
        let (responder, isClosed) = inside.withLock { ($0.responder, $0.isClosed) }
        guard isClosed else { return try await responder.respond(to: request, context: context) }
        if request.uri.path == "/healthz" {
            return .text("ok\nproblem: a backup is being restored\n", type: "text/plain; charset=utf-8")
        }
        var problem = Problem(.serviceUnavailable, "A backup is being restored: ask again in a moment.")
        problem.headers[.retryAfter] = "1"
        return problem.response
    }
}
