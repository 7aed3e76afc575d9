import Control

/// The whole history, filtered, the newest first.
extension Pages {
    private static let kinds = [
        "decision", "state", "override", "held", "mass-failure", "configuration", "vantage", "tripwire",
    ]
    private static let eventsPerPage = 100

    func eventList() async -> PageContent {
        var query = HistoryQuery()
        func given(_ name: String) -> String? { visit.query[name].flatMap { $0.isEmpty ? nil : $0 } }
        query.scheme = given("scheme")
        query.indicator = given("indicator")
        query.kind = given("kind")
        query.before = given("before").flatMap { UInt64($0) }
        query.until = given("until").flatMap { Self.dayStart($0) }.map { $0 + 86_400 }
        query.from = given("from").flatMap { Self.dayStart($0) }
        query.limit = Self.eventsPerPage
        let events = await events(query)
        let kinds = [""] + Self.kinds
        let options = kinds.map { kind -> HTML in
            "<option value=\"\(kind)\"\(" selected", if: kind == query.kind ?? "")>\(words(kind.isEmpty ? "filter.all" : "kind.\(kind)"))</option>"
        }
        func field(_ name: String, _ label: String, type: String = "text") -> HTML {
            "<label>\(words(label)) <input type=\"\(type)\" name=\"\(name)\" value=\"\(visit.query[name] ?? "")\" maxlength=\"255\"></label>"
        }
        let older: HTML =
            events.count == Self.eventsPerPage
            ? events.last.html {
                "<a href=\"\(visit.address(with: ["before": "\($0.id)"]))\" rel=\"next\">\(words("events.older"))</a>"
            } : ""
        let newest: HTML =
            query.before == nil
            ? "" : "<a href=\"\(visit.address(with: ["before": nil]))\">\(words("events.newest"))</a>"
        let body: HTML = """
            <h1>\(words("nav.events"))</h1>
            <form class="filter card" method="get" action="/events"><label>\(words("events.kind")) <select name="kind">\(options)</select></label>\
            \(field("scheme", "events.scheme"))\(field("indicator", "events.indicator"))\(field("from", "events.from", type: "date"))\
            \(field("until", "events.until", type: "date"))<button>\(words("list.find"))</button> <a href="/events">\(words("events.clear"))</a></form>
            <section class="card timeline long" aria-label="\(words("nav.events"))">\(timeline(events, key: "timeline"))</section>
            <nav class="pager" aria-label="\(words("list.pages"))">\(newest) \(older)</nav>
            """
        return PageContent(
            title: "\(words("nav.events")) · Ninelives", section: .events, body: body, isLive: query.before == nil,
            isWitnessed: true)
    }

    /// The first second of a day such as `2026-11-21` (UTC), since 1970; nil for anything else.
    static func dayStart(_ text: String) -> Double? {
        let parts = text.split(separator: "-").compactMap { Int($0) }
        guard parts.count == 3, (1970...9999).contains(parts[0]), (1...12).contains(parts[1]),
            (1...31).contains(parts[2])
        else { return nil }
        // Days before each year from March on, as in `Moment.civil`, the other way round.
        let year = parts[1] <= 2 ? parts[0] - 1 : parts[0]
        let era = year / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (parts[1] + (parts[1] > 2 ? -3 : 9)) + 2) / 5 + parts[2] - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return Double((era * 146_097 + dayOfEra - 719_468) * 86_400)
    }
}
