import Control

/// The page for everybody who uses what we keep up: what is up, how reliably it was, what went wrong. It names no
/// server and no address.
struct StatusPage: Sendable {
    /// One name, as the world may know it.
    struct Line: Sendable {
        var name: String
        var standing: SchemeGlance.Standing
        var since: Double?
        var track: Track
    }

    /// A time at which a name had no server that worked.
    struct Incident: Sendable {
        var name: String
        var from: Double
        /// Nil while it lasts.
        var until: Double?
    }

    static let perPage = 50

    let lines: [Line]
    let paging: Pages.Paging
    let troubles: Int
    let now: Double
    /// The indicators that the names which are shown rely on.
    let members: [String]

    /// What operators have told of these names, the newest first; maintenance that is over is no news.
    let posts: [StatusPost]
    /// Nil for the whole server.
    let project: String?

    /// - Parameters:
    ///   - page: of so many names; the worst come first.
    ///   - recent: the newest lines of the history.
    ///   - project: only its names.
    init(
        _ model: any ReadModel, recent: [EventReport], site: Site, page: String?, project: String? = nil,
        only name: String? = nil
    ) async {
        func isShown(_ scheme: String) -> Bool {
            (name == nil || scheme == name) && project.map { model.projects(ofScheme: scheme).contains($0) } ?? true
        }
        let glances = model.schemeGlances().filter { isShown($0.name) }
        let told = await (site.control as? any StatusPostInterface)?.statusPosts() ?? []
        self.project = project
        posts = told.filter { post in
            let isOver = post.kind == "maintenance" && post.until.map { $0 <= model.at } ?? false
            return !isOver && post.scheme.map { project == nil || isShown($0) } ?? true
        }
        let ordered = glances.ordered(byRankBelow: 2) { $0.standing == .allDown ? 0 : 1 }
        let shown = Pages.page(of: ordered, page, size: Self.perPage)
        now = model.at
        paging = shown.paging
        troubles = glances.count { $0.standing == .allDown }
        var lines: [Line] = []
        for glance in shown.items {
            var track = Track()
            if let orders = site.control as? any OperatorInterface {
                track = await site.tracks.track(
                    of: .scheme(glance.name), from: orders, recent: recent, now: model.at)
            }
            if let since = glance.since, since > track.turns.last?.at ?? 0 {
                track.add(Track.Turn(at: since, standing: glance.standing == .allDown ? .down : .up))
            }
            lines.append(Line(name: glance.name, standing: glance.standing, since: glance.since, track: track))
        }
        self.lines = lines
        members = shown.items.flatMap(\.members)
    }

    /// The last incidents of the names that are shown, the newest first.
    var incidents: [Incident] {
        let all = lines.flatMap { line in
            line.track.turns.enumerated().filter { $0.element.standing == .down }.map { index, turn in
                let next = index + 1 < line.track.turns.count ? line.track.turns[index + 1].at : nil
                return Incident(name: line.name, from: turn.at, until: next)
            }
        }
        return Array(all.sorted { $0.from > $1.from }.prefix(20))
    }
}

extension StatusPage.Line {
    var isUp: Bool { standing != .allDown && standing != .undecided }
    var word: String { isUp ? "up" : standing == .allDown ? "down" : "unknown" }
    var tone: Tone { isUp ? .good : standing == .allDown ? .bad : .wait }

    func uptime(_ seconds: Double, now: Double) -> Double? { track.uptime(from: now - seconds, until: now) }
}

// MARK: - For people

extension Pages {
    /// - Parameter project: only its names; nil if there is no such project.
    func status(of project: String? = nil) async -> PageContent? {
        if let project, await site.revisions?.projects().contains(where: { $0.name == project }) != true { return nil }
        let status = await StatusPage(
            model, recent: seen.events, site: site, page: visit.query["page"], project: project)
        if let witness, let posting = site.control as? any StatusPostInterface {
            let told = await posting.statusPosts()
            witness.note("posts") { _ in await posting.statusPosts() == told }
        }
        let query = project.map { "?project=\($0.urlEncoded)" } ?? ""
        let tone: Tone = status.troubles > 0 ? .bad : .good
        let sentence =
            status.troubles > 0
            ? words("status.down", words.count("count.name", status.troubles)) : words("status.up")
        let lines = status.lines.map { line -> HTML in
            .keyed(
                "line-\(line.name)",
                """
                <li><header><h3>\(breakable(line.name))</h3>\(badge(line.tone, words("status.word.\(line.word)")))</header>\
                \(span(line.track, Self.spans[2]))<p class="quiet">\(Self.spans.prefix(2).map { uptime(line, $0) })</p></li>
                """)
        }
        let incidents = status.incidents.map { incident -> HTML in
            let lasted = incident.until.map { words("status.lasted", length($0 - incident.from)) }
            return """
                <li><strong>\(incident.name)</strong> \(words("status.was-down")) \(moment(incident.from))\
                \(lasted.html { ", \($0)" }) \(badge(.bad, words("status.lasts")), if: incident.until == nil)</li>
                """
        }
        let none: HTML = "<p class=\"quiet\">\(words("status.no-incidents"))</p>"
        let used = Set(status.members)
        let maintenance = overrides.values.filter { override in
            override.action == "maintenance" && override.until != nil
                && used.contains(String(override.subject.dropFirst("indicator:".count)))
        }
        let badges: HTML = status.lines.first.html { line in
            let path = "/status/badge/\(line.name.urlEncoded).svg"
            return """
                <details class="menu" data-keep-open="badges"><summary>\(words("status.badges"))</summary><p><img src="\(path)" alt="\(line.name)" height="20"></p>\
                <p class="quiet">\(words("status.badges-text"))</p><p><code>\(path)</code></p></details>
                """
        }
        let body: HTML = """
            \(HTML.keyed("hero", "<section class=\"hero \(tone.rawValue)\">\(Picture.cat(tone, size: 72))<div class=\"hero-text\"><h1>\(sentence)</h1></div></section>"))
            \(HTML.keyed("maintenance", maintenance.isEmpty ? "<div hidden></div>" : "<p class=\"held\">\(words("status.maintenance"))</p>"))
            \(statusPosts(status.posts, project: project))
            <section class="card" aria-labelledby="lines-title"><h2 id="lines-title">\(words("nav.schemes"))</h2>\
            \(HTML.keyed("lines", "<ul class=\"status-lines\">\(lines)</ul>"))\(lines.isEmpty ? none : "")</section>
            \(HTML.keyed("pager", pager(status.paging)))
            <section class="card" aria-labelledby="incidents-title"><h2 id="incidents-title">\(words("status.incidents"))</h2>\
            \(HTML.keyed("incidents", incidents.isEmpty ? none : "<ul class=\"plain\">\(incidents)</ul>"))</section>
            <p class="quiet">\(words("status.for-programs")) <a href="/status.json\(query)">JSON</a> · <a href="/status.rss\(query)">RSS</a>. \(words("status.zone")) <span data-zone>UTC</span>.</p>\
            \(HTML.keyed("badges", "<div>\(badges)</div>"))
            """
        return PageContent(
            title: "\(sentence) · \(words("nav.status"))", section: .status, body: body, isWitnessed: true)
    }

    private func uptime(_ line: StatusPage.Line, _ span: (key: String, seconds: Double, parts: Int)) -> HTML {
        let share = line.uptime(span.seconds, now: model.at).map(Self.percent) ?? words("uptime.unknown")
        return "<span>\(words("span.\(span.key)")): <strong>\(share)</strong></span> "
    }
}
