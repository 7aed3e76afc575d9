import Accounts
import Control
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// The routes and what they answer.
///
///     GET a page ─► Visit ─► Pages.content ─► Frame ─► HTML
///     GET /live  ─► the same content again at each change ─► Patch ─► the open page
///     POST /do/… ─► Operation (the API's own) ─► back to the page
struct Site: Sendable {
    let control: any ControlInterface
    let demo: (any DemoServers)?
    let gate: Gate
    let moreMetrics: @Sendable () async -> String
    /// Nil where the configuration cannot be changed.
    let revisions: (any RevisionInterface)?
    let catalogues: Catalogues
    /// Nil where there is nothing to restore.
    let restoring: (any RestoreInterface)?
    /// Whether browsers reach us by HTTPS without anything between.
    let hasTLS: Bool
    let logger: Logger
    let tracks = Tracks()
    let livePages = LivePages()
    let explanations = ExplanationCache()
    let training = TrainingRoom()
    let typed = TypedSecrets()

    /// - Throws: what is wrong with a catalogue.
    init(
        control: any ControlInterface, demo: (any DemoServers)?, gate: Gate,
        moreMetrics: @escaping @Sendable () async -> String, revisions: (any RevisionInterface)? = nil,
        restoring: (any RestoreInterface)? = nil, hasTLS: Bool = false,
        logger: Logger = Logger(label: "web") { _ in SwiftLogNoOpLogHandler() }
    ) throws(CatalogueError) {
        self.control = control
        self.demo = demo
        self.gate = gate
        self.moreMetrics = moreMetrics
        self.revisions = revisions
        self.restoring = restoring
        self.hasTLS = hasTLS
        self.logger = logger
        catalogues = try Catalogues()
    }

    func router() -> Router<SiteContext> {
        let router = Router(context: SiteContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: SecurityHeaders(hasTLS: hasTLS))
        router.add(middleware: ErrorAnswers(logger: logger))
        router.add(middleware: Identification(gate: gate))
        router.add(middleware: ReadingGate(gate: gate))
        router.add(middleware: LostVisitors(site: self))
        let paths = [
            "/", "/schemes", "/schemes/:name", "/indicators", "/indicators/:name", "/events", "/status",
            "/status/:project", "/audit",
            "/people", "/account", "/revisions",
            "/revisions/:number", "/api", "/notices", "/settings", "/settings/projects/:name", "/lines",
            "/configure/indicators",
            "/configure/indicators/:name", "/configure/providers", "/configure/providers/:name",
        ]
        for path in paths {
            router.get(RouterPath(path)) { request, context in try await page(request, context) }
        }
        router.get("/live") { request, context in try await live(request, context) }
        router.get("/language/:language") { request, context in
            try prefer(Visit.languageCookie, try context.parameters.require("language"), Language.init, request)
        }
        router.get("/theme/:theme") { request, context in
            try prefer(Visit.themeCookie, try context.parameters.require("theme"), Visit.Theme.init, request)
        }
        router.get("/assets/:name") { request, context in
            try Assets.response(try context.parameters.require("name"), request)
        }
        addAPI(to: router)
        addForms(to: router)
        addLogin(to: router)
        addStatus(to: router)
        addConfiguring(to: router)
        if let demo {
            addDemo(demo, to: router)
            addTraining(demo, to: router)
        }
        return router
    }

    // MARK: Pages

    func page(_ request: Request, _ context: SiteContext) async throws -> Response {
        let visit = Visit(request, context, catalogues)
        let pages = await Pages(site: self, visit: visit)
        if visit.parts.first == "schemes", let name = visit.parts.last {
            training.opened(scheme: name, at: pages.model.at)
        }
        do {
            guard let content = try await pages.content() else { return notFound(visit, version: pages.model.version) }
            return render(content, visit, version: pages.model.version)
        } catch let problem as Problem {
            return refusal(problem, visit, version: pages.model.version)
        }
    }

    func render(
        _ content: PageContent, _ visit: Visit, version: String, status: HTTPResponse.Status = .ok
    ) -> Response {
        let frame = Frame(
            visit: visit, version: version, isSandbox: gate.sandbox != nil, hasAccounts: gate.accounts != nil,
            hasRevisions: revisions != nil, hasNotices: control is any NoticeInterface,
            hasLines: (control as? any LineInterface)?.hasLines ?? false, isDryRun: control.isDryRun,
            mayLook: gate.isReadingOpen || visit.identity?.roles.isEmpty == false)
        var response = Response.text(frame.html(content).text, type: "text/html; charset=utf-8", status: status)
        response.headers[.vary] = "Accept-Language, Cookie"
        return response
    }

    func notFound(_ visit: Visit, version: String) -> Response {
        let words = visit.words
        let body: HTML = """
            <section class="card narrow"><h1>\(words("missing.title"))</h1><p>\(words("missing.text"))</p><p><a href="/">\(words("nav.overview"))</a></p></section>
            """
        let content = PageContent(title: words("missing.title"), section: .none, body: body, isLive: false)
        return render(content, visit, version: version, status: .notFound)
    }

    /// A page that says why something was not done.
    func refusal(_ problem: Problem, _ visit: Visit, version: String, back: String = "/") -> Response {
        let words = visit.words
        let lines = problem.violations.map { "<li><code>\($0.pointer)</code> \($0.detail)</li>" as HTML }
        let body: HTML = """
            <section class="card narrow"><h1>\(words("refused.title"))</h1><p role="alert">\(words.said(problem.detail))</p>\
            \("<ul>\(lines)</ul>", if: !lines.isEmpty)<p><a href="\(back)">\(words("refused.back"))</a></p></section>
            """
        let content = PageContent(title: words("refused.title"), section: .none, body: body, isLive: false)
        return render(content, visit, version: version, status: problem.status)
    }

    /// Keeps a preference for a year, and goes back to where it was chosen.
    private func prefer<Choice>(
        _ cookie: String, _ name: String, _ choice: (String) -> Choice?, _ request: Request
    ) throws -> Response {
        guard choice(name) != nil else { throw HTTPError(.notFound) }
        var response = Response(status: .seeOther)
        response.headers[.location] = Self.local(request.query["to"])
        response.headers[.setCookie] = "\(cookie)=\(name); Path=/; Max-Age=31536000; SameSite=Lax"
        return response
    }

    /// A path of ours; never another site's.
    static func local(_ path: String?) -> String {
        guard let path, path.hasPrefix("/"), !path.hasPrefix("//"), !path.contains("\\"),
            !path.unicodeScalars.contains(where: { $0.value < 32 })
        else { return "/" }
        return path
    }

    // MARK: The demo

    private func addDemo(_ demo: any DemoServers, to router: Router<SiteContext>) {
        for (verb, action) in [("kill", demo.kill), ("revive", demo.revive)] {
            router.post("/demo/servers/:name/\(verb)") { request, context in
                // A form or an image on another site cannot send this header without our consent (CORS), and does
                // not know what our own forms carry.
                let hasHeader = HTTPField.Name("X-Ninelives").map { request.headers[$0] != nil } ?? false
                if !hasHeader {
                    let fields = try await FormFields(reading: request)
                    guard let csrf = gate.sandbox?.csrf, fields["csrf"] == csrf else {
                        throw HTTPError(.forbidden, message: "Send the header X-Ninelives: 1.")
                    }
                }
                guard await action(try context.parameters.require("name")) else { throw HTTPError(.notFound) }
                return hasHeader
                    ? Response(status: .noContent) : Response(status: .seeOther, headers: [.location: "/"])
            }
        }
    }
}

/// Shows people who came to an address that leads nowhere the way back; programs get the status alone.
struct LostVisitors: RouterMiddleware {
    let site: Site

    func handle(
        _ request: Request, context: SiteContext, next: (Request, SiteContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            guard request.method == .get, request.headers[.accept]?.contains("text/html") == true else { throw error }
            let visit = Visit(request, context, site.catalogues)
            return site.notFound(visit, version: await site.control.readModel().version)
        }
    }
}
