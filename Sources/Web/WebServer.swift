import Accounts
import Control
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle
import Storage

/// The page, the API, the event stream and the metrics.
package struct WebServer: Service {
    let host: String
    let port: Int
    let site: Site
    let logger: Logger
    let tls: (@Sendable () -> NIOSSLContext)?
    private let limits: WebLimits

    /// - Parameters:
    ///   - demo: the servers of a demo, if this is one.
    ///   - metrics: more lines for `/metrics`, in Prometheus' text format.
    ///   - accounts: who may change anything; without it nobody may.
    ///   - isReadingOpen: whether looking needs no account.
    ///   - revisions: the configuration, to be looked at and changed.
    ///   - tls: what the next connection is encrypted with; without it, connections are in the clear.
    package init(
        host: String, port: Int, control: any ControlInterface, demo: (any DemoServers)?, accounts: Accounts? = nil,
        isReadingOpen: Bool = true, revisions: (any RevisionInterface)? = nil,
        tls: (@Sendable () -> NIOSSLContext)? = nil, limits: WebLimits = WebLimits(),
        metrics: @escaping @Sendable () async -> String, logger: Logger
    ) throws {
        self.host = host
        self.port = port
        self.site = Site(
            control: control, demo: demo, gate: Gate(accounts: accounts, isReadingOpen: isReadingOpen),
            moreMetrics: metrics, templates: try Templates(), revisions: revisions, hasTLS: tls != nil, logger: logger)
        self.logger = logger
        self.tls = tls
        self.limits = limits
    }

    /// Whether looking needs no account from now on.
    package func setReadingOpen(_ isOpen: Bool) { site.gate.setReadingOpen(isOpen) }

    /// Serves until the graceful shutdown; open event streams end with it.
    package func run() async throws {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let application = Application(
            router: site.router(), server: server,
            configuration: .init(
                address: .hostname(host, port: port), serverName: "ninelives",
                availableConnectionsDelegate: MaximumAvailableConnections(limits.connections)),
            logger: quiet)
        try await application.run()
    }

    private var server: HTTPServerBuilder {
        let (tls, limits) = (tls, limits)
        return HTTPServerBuilder { responder in
            let plain = HTTP1Channel(
                responder: responder,
                configuration: .init(
                    additionalChannelHandlers: [RequestDeadline(limits)],
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100)))
            guard let tls else { return plain }
            return RenewableTLSChannel(base: plain, context: tls)
        }
    }
}

/// The routes and what they answer.
struct Site: Sendable {
    let control: any ControlInterface
    let demo: (any DemoServers)?
    let gate: Gate
    let moreMetrics: @Sendable () async -> String
    let templates: Templates
    /// Nil where the configuration cannot be changed.
    var revisions: (any RevisionInterface)?
    /// Whether browsers reach us by HTTPS without anything between.
    var hasTLS = false
    var logger = Logger(label: "web") { _ in SwiftLogNoOpLogHandler() }

    func router() -> Router<SiteContext> {
        let router = Router(context: SiteContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: SecurityHeaders(hasTLS: hasTLS))
        router.add(middleware: ErrorAnswers(logger: logger))
        router.add(middleware: Identification(gate: gate))
        router.add(middleware: ReadingGate(gate: gate))
        router.get("/") { _, _ in try await page("/") }
        router.get("/schemes/:name") { _, context in
            try await page("/schemes/\(try context.parameters.require("name"))")
        }
        router.get("/indicators/:name") { _, context in
            try await page("/indicators/\(try context.parameters.require("name"))")
        }
        router.get("/events") { request, _ in
            try await events(path: request.uri.queryParameters["path"].map(String.init) ?? "/")
        }
        router.get("/assets/:name") { _, context in try Assets.response(try context.parameters.require("name")) }
        addAPI(to: router)
        addLogin(to: router)
        if let demo { addDemo(demo, to: router) }
        return router
    }

    // MARK: Pages

    private func page(_ path: String) async throws -> Response {
        let report = await control.report()
        guard let (title, content) = await content(of: path, report: report) else { throw HTTPError(.notFound) }
        let view: [String: Any] = [
            "title": title, "path": path, "dns": report.dns, "version": report.version, "content": content,
        ]
        return .text(templates.render(view, with: "page"), type: "text/html; charset=utf-8")
    }

    /// The main part of a page; nil if there is no such page.
    private func content(of path: String, report: Report) async -> (title: String, html: String)? {
        let views = Views(report: report)
        if path == "/" {
            let servers = await demo?.servers()
            return ("Ninelives", templates.render(views.overview(demo: servers), with: "overview"))
        }
        let parts = path.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        let name = parts[1].removingPercentEncoding ?? parts[1]
        switch parts[0] {
        case "schemes":
            guard let scheme = report.schemes.first(where: { $0.name == name }),
                let explanation = await control.explanation(of: name)
            else { return nil }
            var view = views.explanation(explanation, of: scheme)
            if let seen = await control.watchedPropagation(of: name) { view["propagation"] = views.propagation(seen) }
            return (name, templates.render(view, with: "explain"))
        case "indicators":
            guard let indicator = report.indicators.first(where: { $0.name == name }) else { return nil }
            return (name, templates.render(views.indicator(indicator), with: "indicator"))
        default:
            return nil
        }
    }

    // MARK: Events

    /// How often an open page is told of changes at the most; between them the newest counts.
    private static let pause = Duration.milliseconds(200)

    func events(path: String) async throws -> Response {
        let changes = await control.changes()
        let headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
        return Response(
            status: .ok, headers: headers,
            body: .init { writer in
                try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
                try await sendPage(path, to: &writer)
                for await _ in changes.cancelOnGracefulShutdown() {
                    try await sendPage(path, to: &writer)
                    try await Task.sleep(for: Self.pause)
                }
                try await writer.finish(nil)
            })
    }

    private func sendPage(_ path: String, to writer: inout any ResponseBodyWriter) async throws {
        let report = await control.report()
        guard let (_, html) = await content(of: path, report: report) else { return }
        let message = try JSON.text(["at": .number(report.at), "html": .string(html)])
        try await writer.write(ByteBuffer(string: "event: page\nid: \(report.sequence)\ndata: \(message)\n\n"))
    }

    // MARK: The demo

    private func addDemo(_ demo: any DemoServers, to router: Router<SiteContext>) {
        for (verb, action) in [("kill", demo.kill), ("revive", demo.revive)] {
            router.post("/demo/servers/:name/\(verb)") { request, context in
                // A form or an image on another site cannot send this header without our consent (CORS).
                guard let header = HTTPField.Name("X-Ninelives"), request.headers[header] != nil else {
                    throw HTTPError(.forbidden, message: "Send the header X-Ninelives: 1.")
                }
                guard await action(try context.parameters.require("name")) else { throw HTTPError(.notFound) }
                return Response(status: .noContent)
            }
        }
    }
}
