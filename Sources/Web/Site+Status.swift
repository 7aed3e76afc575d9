import Control
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// What is up, for programs: JSON, a feed, badges.
extension Site {
    func addStatus(to router: Router<SiteContext>) {
        router.get("/status.json") { request, _ -> Response in
            let status = await StatusPage(await control.readModel(), site: self, page: request.query["page"])
            return try .json(StatusDocument(status))
        }
        router.get("/status.rss") { request, context -> Response in
            let visit = Visit(request, context, catalogues)
            let status = await StatusPage(await control.readModel(), site: self, page: nil)
            let address = request.head.authority.map { "http://\($0)" } ?? ""
            return .text(feed(status, visit.words, address), type: "application/rss+xml; charset=utf-8")
        }
        router.get("/status/badge/:file") { request, context -> Response in
            let file = try context.parameters.require("file")
            let name = (file.removingPercentEncoding ?? file).replacing(/\.svg$/, with: "")
            let model = await control.readModel()
            guard model.scheme(name) != nil else { throw HTTPError(.notFound) }
            let status = await StatusPage(model, site: self, page: nil, only: name)
            guard let line = status.lines.first else { throw HTTPError(.notFound) }
            let words = Visit(request, context, catalogues).words
            let share = line.uptime(90 * 86_400, now: status.now).map { " · \(Pages.percent($0))" } ?? ""
            let badge = Picture.badge(name, words("status.word.\(line.word)") + share, line.tone)
            return .text(badge.text, type: "image/svg+xml; charset=utf-8")
        }
    }

    /// RSS 2.0: each incident of the names that are shown is an item.
    private func feed(_ status: StatusPage, _ words: Words, _ address: String) -> String {
        let items = status.incidents.map { incident -> HTML in
            let (iso, _) = Moment.text(incident.from)
            let state = words(incident.until == nil ? "status.lasts" : "status.over")
            return """
                <item><title>\(incident.name): \(words("status.word.down")) (\(state))</title><link>\(address)/status</link>\
                <guid isPermaLink="false">\(incident.name)@\(iso)</guid><pubDate>\(Moment.rfc822(incident.from))</pubDate></item>
                """
        }
        let feed: HTML = """
            <?xml version="1.0" encoding="utf-8"?>
            <rss version="2.0"><channel><title>\(words("status.feed"))</title><link>\(address)/status</link>\
            <description>\(words("status.feed"))</description><language>\(words.language.rawValue)</language>\(items)</channel></rss>

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
            case .wait: "#7a5300"
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
