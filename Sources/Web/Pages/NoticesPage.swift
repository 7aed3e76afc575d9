import Accounts
import Control
import HTTPTypes
import Notices

/// Who is told: the channels and how they are, and the last letters with what has become of them.
extension Pages {
    private static let noticesPerPage = 50

    /// - Throws: a `Problem` where this server sends no notices.
    func noticeList() async throws -> PageContent {
        guard let noticing = site.control as? any NoticeInterface else {
            throw Problem(.serviceUnavailable, "This server sends no notices.")
        }
        let channels = await noticing.channels()
        var query = NoticeQuery()
        query.channel = visit.query["channel"].flatMap { $0.isEmpty ? nil : $0 }
        query.state = visit.query["state"].flatMap { Self.noticeStates.contains($0) ? $0 : nil }
        query.before = visit.query["before"].flatMap { UInt64($0) }
        query.limit = Self.noticesPerPage
        let wanted = query
        let notices = try await site.ordered { try await noticing.notices(wanted) }
        let older: HTML =
            notices.count == Self.noticesPerPage
            ? notices.last.html {
                "<a href=\"\(visit.address(with: ["before": "\($0.id)"]))\">\(words("events.older"))</a>"
            } : ""
        let lines = notices.map { line($0) }
        let none = "<p class=\"quiet\">\(words("notice.none"))</p>" as HTML
        let body: HTML = """
            <h1>\(words("nav.notices"))</h1>
            <section class="card" aria-labelledby="channels-title"><h2 id="channels-title">\(words("notice.channels"))</h2>\
            \(HTML.keyed("channels", channels.isEmpty ? "<p class=\"quiet\">\(words("notice.no-channels"))</p>" : "<ul class=\"plain channels\">\(channels.map { channel($0) })</ul>"))</section>
            <section class="card" aria-labelledby="letters-title"><h2 id="letters-title">\(words("notice.letters"))</h2>\
            \(noticeFilter(channels))\(HTML.keyed("letters", lines.isEmpty ? none : "<ul class=\"plain\">\(lines)</ul>"))</section>
            <nav class="pager" aria-label="\(words("list.pages"))">\(older)</nav>
            """
        return PageContent(
            title: "\(words("nav.notices")) · Ninelives", section: .notices, body: body, isLive: query.before == nil)
    }

    private static let noticeStates = ["waiting", "delivered", "given-up"]

    private func channel(_ channel: ChannelReport) -> HTML {
        let state: HTML =
            channel.trouble.html { badge(.bad, words("notice.trouble")) + " \(words.said($0))" }
            + (channel.trouble == nil
                ? badge(.good, words(channel.deliveredAt == nil ? "notice.unused" : "notice.well")) : .nothing)
        let test: HTML = visit.may(.operator) ? channelTestForm(channel.name) : .nothing
        return .keyed(
            "channel-\(channel.name)",
            """
            <li class="row"><span><strong>\(channel.name)</strong> <span class="quiet">\(channel.kind) · \(channel.target)</span> \(state)\
            \(channel.deliveredAt.html { " <span class=\"quiet\">\(words("notice.last")) \(ago($0))</span>" })\
            \(" \(badge(.wait, words("notice.waiting", "\(channel.waiting)")))", if: channel.waiting > 0)\
            \(channel.nextAttemptAt.html { " <span class=\"quiet\">\(words("notice.next")) \(until($0))</span>" })</span>\(test)</li>
            """)
    }

    private func noticeFilter(_ channels: [ChannelReport]) -> HTML {
        func options(_ names: [String], _ name: String, _ text: (String) -> String) -> [HTML] {
            names.map { option in
                "<option value=\"\(option)\"\(" selected", if: option == visit.query[name])>\(text(option))</option>"
            }
        }
        let all = "<option value=\"\">\(words("filter.all"))</option>" as HTML
        return """
            <form class="filter" method="get" action="/notices"><label>\(words("notice.channel")) <select name="channel">\(all)\
            \(options(channels.map(\.name), "channel") { $0 })</select></label><label>\(words("list.state")) <select name="state">\(all)\
            \(options(Self.noticeStates, "state") { words("notice.state.\($0)") })</select></label><button>\(words("list.find"))</button></form>
            """
    }

    private func line(_ notice: NoticeReport) -> HTML {
        let tone: Tone =
            switch notice.state {
            case "delivered": .good
            case "waiting": .wait
            default: .bad
            }
        let more: HTML = notice.more > 0 ? "<li class=\"quiet\">+ \(notice.more)</li>" : ""
        let lines = notice.lines.map { "<li>\(words.said($0))</li>" as HTML }
        let attempts: HTML =
            notice.attempts > 1 ? " · \(words("notice.attempts", "\(notice.attempts)"))" : ""
        return .keyed(
            "letter-\(notice.id)",
            """
            <li><details data-keep-open="letter-\(notice.id)"><summary>\(clock(notice.at)) \(badge(tone, words("notice.state.\(notice.state)"))) \
            <strong>\(words.said(notice.title))</strong> <span class="quiet">→ \(notice.channel)</span></summary>\
            <ul class="plain">\(lines)\(more)</ul><p class="quiet">\(words("notice.purpose.\(notice.purpose)")) · \
            \(words("notice.severity.\(notice.severity)"))\(attempts)\(notice.words.isEmpty ? "" : " · \(words.said(notice.words))")</p></details></li>
            """)
    }
}
