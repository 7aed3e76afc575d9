import Control
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// What is up, for programs: JSON, a feed, badges.
extension Site {
    func addStatus(to router: Router<SiteContext>) {
        router.get("/status.json") { request, context -> Response in
            .json(try JSON.encode(StatusDocument(try await status(for: request, context))))
        }
        router.get("/status.rss") { request, context -> Response in
            let visit = Visit(request, context, catalogues)
            let status = try await status(for: request, context)
            let address = request.head.authority.map { "\(hasTLS ? "https" : "http")://\($0)" } ?? ""
            return .text(feed(status, visit.words, address), type: "application/rss+xml; charset=utf-8")
        }
        router.get("/status/badge/:file") { request, context -> Response in
            let file = try context.parameters.require("file")
            let name = (file.removingPercentEncoding ?? file).replacing(/\.svg$/, with: "")
            let model = await model(for: context)
            guard model.scheme(name) != nil else { throw HTTPError(.notFound) }
            let status = await StatusPage(model, recent: model.events, site: self, page: nil, only: name)
            guard let line = status.lines.first else { throw HTTPError(.notFound) }
            let words = Visit(request, context, catalogues).words
            let share = line.uptime(90 * 86_400, now: status.now).map { " · \(Pages.percent($0))" } ?? ""
            let badge = Picture.badge(name, words("status.word.\(line.word)") + share, line.tone)
            return .text(badge.text, type: "image/svg+xml; charset=utf-8")
        }
    }

    /// What whoever asks may know of: everything, where the status page is for everybody.
    private func model(for context: SiteContext) async -> any ReadModel {
        let whole = await control.readModel()
        let scope = scope(of: context.identity)
        return scope.seesAll || gate.isStatusOpen ? whole : LimitedModel(whole: whole, scope: scope)
    }

    /// The names that are asked for: `?project=NAME&page=2`.
    private func status(for request: Request, _ context: SiteContext) async throws -> StatusPage {
        let project = request.query["project"]
        if let project, await revisions?.projects().contains(where: { $0.name == project }) != true {
            throw HTTPError(.notFound)
        }
        let model = await model(for: context)
        return await StatusPage(
            model, recent: model.events, site: self, page: request.query["page"], project: project)
    }

    /// RSS 2.0: each post, and each incident of the names that are shown, is an item.
    private func feed(_ status: StatusPage, _ words: Words, _ address: String) -> String {
        let link = address + "/status" + (status.project.map { "/\($0.urlEncoded)" } ?? "")
        let posts = status.posts.prefix(20).map { post -> HTML in
            let title = words("post.kind.\(post.kind)") + (post.scheme.map { ": \($0)" } ?? "")
            let times = [("post.from", post.from), ("post.until", post.until)].compactMap { key, at in
                at.map { "\(words(key)) \(Moment.text($0).iso)" }
            }
            let text = (times + [post.text]).joined(separator: " ")
            return """
                <item><title>\(title)</title><link>\(link)</link><guid isPermaLink="false">post-\(post.id)</guid>\
                <pubDate>\(Moment.rfc822(post.at))</pubDate><description>\(text)</description></item>
                """
        }
        let items = status.incidents.map { incident -> HTML in
            let iso = Moment.text(incident.from).iso
            let state = words(incident.until == nil ? "status.lasts" : "status.over")
            return """
                <item><title>\(incident.name): \(words("status.word.down")) (\(state))</title><link>\(link)</link>\
                <guid isPermaLink="false">\(incident.name)@\(iso)</guid><pubDate>\(Moment.rfc822(incident.from))</pubDate></item>
                """
        }
        let feed: HTML = """
            <?xml version="1.0" encoding="utf-8"?>
            <rss version="2.0"><channel><title>\(words("status.feed"))</title><link>\(link)</link>\
            <description>\(words("status.feed"))</description><language>\(words.language.rawValue)</language>\(posts)\(items)</channel></rss>

            """
        return feed.text
    }
}

/// The status page as JSON.
struct StatusDocument: Encodable {
    struct Name: Encodable {
        var name: String
        /// `up`, `down` or `unknown`.
        var status: String
        var since: Double?
        /// Shares of the known time, 0…1.
        var uptime24h: Double?
        var uptime7d: Double?
        var uptime90d: Double?
    }

    /// What operators have told.
    struct Post: Encodable {
        var id: Int
        var at: Double
        /// `incident` or `maintenance`.
        var kind: String
        /// Nil if it is about all names.
        var name: String?
        var text: String
        var from: Double?
        var until: Double?
    }

    struct Incident: Encodable {
        var name: String
        var from: Double
        var until: Double?
    }

    /// `up` or `down`: `down` if any name is.
    var status: String
    var at: Double
    var names: [Name]
    var incidents: [Incident]
    /// Announced maintenance that is not over, and posts about incidents; the newest first.
    var posts: [Post]
    var page: Int
    var pages: Int

    init(_ page: StatusPage) {
        status = page.troubles > 0 ? "down" : "up"
        at = page.now
        names = page.lines.map { line in
            Name(
                name: line.name, status: line.word, since: line.since, uptime24h: line.uptime(86_400, now: page.now),
                uptime7d: line.uptime(7 * 86_400, now: page.now), uptime90d: line.uptime(90 * 86_400, now: page.now))
        }
        incidents = page.incidents.map { Incident(name: $0.name, from: $0.from, until: $0.until) }
        posts = page.posts.prefix(20).map {
            Post(
                id: $0.id, at: $0.at, kind: $0.kind, name: $0.scheme, text: $0.text, from: $0.from, until: $0.until)
        }
        self.page = page.paging.number
        pages = page.paging.pages
    }
}

extension Picture {
    /// A small sign for other people's pages: a name and how it is. It brings its colours along.
    static func badge(_ name: String, _ word: String, _ tone: Tone) -> HTML {
        // Verdana's letters are about seven units wide at this size.
        let (left, right) = (name.count * 7 + 14, word.count * 7 + 14)
        let color =
            switch tone {
            case .good: "#14713d"
            case .bad: "#b3261e"
            case .wait, .plain: "#7a5300"
            }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(left + right)" height="20" role="img" aria-label="\(name): \(word)">\
            <title>\(name): \(word)</title><rect width="\(left)" height="20" fill="#444"/><rect x="\(left)" width="\(right)" height="20" \
            fill="\(color)"/><g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11"><text x="7" y="14">\(name)</text>\
            <text x="\(left + 7)" y="14">\(word)</text></g></svg>
            """
    }
}

extension Moment {
    /// `Sat, 21 Nov 2026 08:47:00 +0000`, as feeds want it (RFC 5322 §3.3).
    static func rfc822(_ at: Double) -> String {
        let days = Int((at / 86_400).rounded(.down))
        let parts = civil(days).split(separator: "-").map { Int($0) ?? 0 }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let names = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let name = names[((days % 7) + 7) % 7]
        return "\(name), \(parts[2]) \(months[parts[1] - 1]) \(parts[0]) \(text(at).iso.dropFirst(11).prefix(8)) +0000"
    }
}
