import Accounts
import Control
import HTTPTypes

/// Makes the pages of one visit from what there is to show.
struct Pages: Sendable {
    let site: Site
    let visit: Visit
    /// What this visitor may look at, as it stands.
    let model: any ReadModel
    /// Notes what is read of it; nil where the page is made once.
    let witness: Witness?
    /// What operators have imposed, by subject.
    let overrides: [String: OverrideReport]
    /// The same as `model`, without a note.
    let seen: any ReadModel

    var words: Words { visit.words }
    var scope: Scope { site.scope(of: visit.identity) }

    init(site: Site, visit: Visit) async {
        self.init(site: site, visit: visit, seen: site.model(await site.control.readModel(), for: visit))
    }

    /// - Parameter seen: as far as the visitor may look.
    init(site: Site, visit: Visit, seen: any ReadModel, witness: Witness? = nil) {
        self.site = site
        self.visit = visit
        self.seen = seen
        self.witness = witness
        model = if let witness { WitnessedModel(model: seen, witness: witness) } else { seen }
        overrides = Dictionary(model.overrides().map { ($0.subject, $0) }) { $1 }
    }

    /// The page at the visit's path; nil if there is none.
    func content() async throws -> PageContent? {
        let parts = visit.parts
        switch (parts.first, parts.count) {
        case (nil, _): return await overview()
        case ("schemes", 1): return schemeList()
        case ("schemes", 2): return try await scheme(parts[1])
        case ("indicators", 1): return indicatorList()
        case ("indicators", 2): return try await indicator(parts[1])
        case ("lines", 1): return await linePage()
        case ("events", 1): return await eventList()
        case ("status", 1): return await status()
        case ("status", 2): return await status(of: parts[1])
        case ("api", 1): return api()
        case ("training", 1): return await trainingPage()
        case ("account", 1): return try account()
        case ("new", 1):
            try check(.project(.admin))
            return await newScheme(await site.proposal())
        case ("notices", 1):
            try check(.role(.viewer))
            return try await noticeList()
        case ("settings", 1):
            try check(.project(.admin))
            return try await settingsPage()
        case ("settings", 3) where parts[1] == "projects":
            return try await projectPage(parts[2])
        case ("configure", 2) where parts[1] == "indicators":
            try check(.project(.admin))
            return try await indicatorForm(nil)
        case ("configure", 3) where parts[1] == "indicators":
            try check(.project(.admin))
            guard visit.may(.admin, in: model.projects(ofIndicator: parts[2])) else {
                throw Problem(.forbidden, "\(parts[2]) belongs to no project where you may.")
            }
            return try await indicatorForm(parts[2])
        case ("configure", 2) where parts[1] == "providers":
            try check(.role(.admin))
            return try await accountForm(nil)
        case ("configure", 3) where parts[1] == "providers":
            try check(.role(.admin))
            return try await accountForm(parts[2])
        case ("revisions", 1):
            try check(.role(.viewer))
            return try await revisionList()
        case ("revisions", 2):
            try check(.role(.viewer))
            guard let number = Int(parts[1]) else { return nil }
            return try await revision(number)
        case ("audit", 1):
            try check(.role(.admin))
            return try audit()
        case ("people", 1):
            try check(.role(.admin))
            return try await people()
        default: return nil
        }
    }

    /// - Throws: a `Problem` if this visitor may not.
    private func check(_ access: Operation.Access) throws { try site.gate.checkRole(access, visit.identity) }

    // MARK: - What several pages have

    /// A word with a colour and a sign, so that nobody needs to tell colours apart.
    func badge(_ tone: Tone, _ word: String) -> HTML { "<span class=\"badge \(tone.rawValue)\">\(word)</span>" }

    func stateBadge(_ state: String) -> HTML { badge(Tone(state: state), words("state.\(state)")) }

    /// A moment, as a time of day.
    func clock(_ at: Double) -> HTML { time(at, "clock") }
    /// A moment, as how long ago it is.
    func ago(_ at: Double) -> HTML { time(at, "ago") }
    /// A moment, as how far away it is.
    func until(_ at: Double) -> HTML { time(at, "until") }

    /// A moment with its day.
    func moment(_ at: Double) -> HTML { time(at, "moment") }

    /// The script shows it in the reader's time zone; without one it is told in UTC.
    private func time(_ at: Double, _ kind: String) -> HTML {
        let text = Moment.text(at)
        let isFar = kind == "moment" || abs(model.at - at) > 43_200
        return """
            <time class="\(kind)" data-at="\(at.short)" datetime="\(text.iso)">\(isFar ? text.whole : text.short)</time>
            """
    }

    func milliseconds(_ value: Double) -> String {
        value < 10
            ? "\((value * 100).rounded() / 100) \(words("unit.ms"))"
            : value < 10_000
                ? "\(Int(value.rounded())) \(words("unit.ms"))" : "\(Int(value / 1000)) \(words("unit.s"))"
    }

    func seconds(_ value: Double) -> String {
        value < 1 ? milliseconds(value * 1000) : "\(value.short) \(words("unit.s"))"
    }

    /// How long something lasted: `47 min`, `5 h 12 min`.
    func length(_ value: Double) -> String {
        let whole = Int(value.rounded())
        let parts =
            switch whole {
            case ..<120: [(whole, "unit.s")]
            case ..<7200: [(whole / 60, "unit.min")]
            case ..<172_800: [(whole / 3600, "unit.h"), (whole / 60 % 60, "unit.min")]
            default: [(whole / 86_400, "unit.d"), (whole / 3600 % 24, "unit.h")]
            }
        return parts.filter { $0.0 > 0 || parts.count == 1 }.map { "\($0) \(words($1))" }.joined(separator: " ")
    }

    func link(scheme: String) -> HTML { "<a href=\"/schemes/\(scheme.urlEncoded)\">\(breakable(scheme))</a>" }
    func link(indicator: String) -> HTML {
        "<a href=\"/indicators/\(indicator.urlEncoded)\">\(breakable(indicator))</a>"
    }

    /// A long name that may be broken where it has a dot, a colon or a dash.
    func breakable(_ name: String) -> HTML {
        if name.utf8.count < 16 { return "\(name)" }
        var html: HTML = ""
        var part = ""
        for character in name {
            part.append(character)
            if character == "." || character == ":" || character == "-" {
                html.append("\(part)<wbr>")
                part = ""
            }
        }
        html.append("\(part)")
        return html
    }

    func trail(_ section: String, _ path: String, _ name: String) -> HTML {
        """
        <nav class="crumbs" aria-label="\(words("frame.trail"))"><a href="\(path)">\(words(section))</a> <span aria-hidden="true">›</span> \
        <span aria-current="page">\(name)</span></nav>
        """
    }

    // MARK: Forms

    /// A form that carries out an operation of the API, and comes back here.
    func form(_ operation: String, class name: String = "", _ fields: HTML) -> HTML {
        """
        <form method="post" action="/do/\(operation)" class="\(name)" data-quiet>\
        <input type="hidden" name="csrf" value="\(visit.csrf ?? "")"><input type="hidden" name="back" value="\(visit.address)">\
        \(fields)</form>
        """
    }

    // MARK: History

    /// Lines of the history: what the store has, and before them what it does not have yet.
    func events(_ query: HistoryQuery) async -> [EventReport] {
        if scope.seesAll { return await allEvents(query) }
        // Of the whole history only some lines may be looked at: as many pages are read as it takes, within reason.
        var query = query
        let wanted = query.limit
        query.limit = 1000
        var found: [EventReport] = []
        for _ in 0..<20 {
            let page = await allEvents(query)
            found += page.filter { scope.sees($0, of: model) }
            guard found.count < wanted, page.count == query.limit, let last = page.last else { break }
            query.before = last.id
        }
        return Array(found.prefix(wanted))
    }

    private func allEvents(_ query: HistoryQuery) async -> [EventReport] {
        let recent = seen.events.filter { query.fits($0) }
        let newestFit = recent.first?.id
        witness?.note("history \(query)") { $0.events.first { query.fits($0) }?.id == newestFit }
        guard let orders = site.control as? any OperatorInterface, let stored = try? await orders.history(query) else {
            return Array(recent.prefix(query.limit))
        }
        let newest = stored.first?.id ?? 0
        return Array((recent.filter { $0.id > newest } + stored).prefix(query.limit))
    }

    /// The lines of a history, each its own part: a new one is sent alone.
    func timeline(_ events: [EventReport], key: String, explanations: [UInt64: HTML] = [:]) -> HTML {
        if events.isEmpty { return "<p class=\"quiet\">\(words("events.none"))</p>" }
        let lines = events.map { event -> HTML in
            let sign = "<span class=\"sign \(event.kind)\" aria-hidden=\"true\"></span>" as HTML
            let line = "\(sign)\(clock(event.at))" as HTML
            let text = words.said(event.text)
            let markup: HTML =
                explanations[event.id].map {
                    "<li class=\"\(event.tone) \(event.kind)\">\(line)<details data-keep-open=\"\(event.id)\"><summary>\(text)</summary>\($0)</details></li>"
                } ?? "<li class=\"\(event.tone) \(event.kind)\">\(line)<span>\(text)</span></li>"
            return .keyed("\(key)-\(event.id)", markup)
        }
        return .keyed(key, "<ol class=\"events\" tabindex=\"0\">\(lines)</ol>")
    }
}

/// A moment as text, without the reader's time zone: a page's script shows it in theirs.
enum Moment {
    static func text(_ at: Double) -> (iso: String, short: String, whole: String) {
        guard at.isFinite, abs(at) < 1e12 else { return ("", "", "") }
        let whole = Int(at.rounded(.down))
        let (day, second) = whole.quotientAndRemainder(dividingBy: 86_400)
        let date = civil(second < 0 ? day - 1 : day)
        let rest = second < 0 ? second + 86_400 : second
        let clock = "\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))"
        return ("\(date)T\(clock)Z", "\(clock) UTC", "\(date) \(clock.prefix(5)) UTC")
    }

    /// Days since 1970 as a date of the Gregorian calendar, by eras of 400 years from March on.
    static func civil(_ days: Int) -> String {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let calendarMonth = month < 10 ? month + 3 : month - 9
        let year = yearOfEra + era * 400 + (calendarMonth <= 2 ? 1 : 0)
        return "\(year)-\(two(calendarMonth))-\(two(dayOfYear - (153 * month + 2) / 5 + 1))"
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

extension HistoryQuery {
    /// Whether a line of the history is wanted.
    func fits(_ event: EventReport) -> Bool {
        (scheme.map { event.scheme == $0 } ?? true) && (indicator.map { event.indicator == $0 } ?? true)
            && (kind.map { event.kind == $0 } ?? true) && (before.map { event.id < $0 } ?? true)
            && (from.map { event.at >= $0 } ?? true) && (until.map { event.at <= $0 } ?? true)
    }
}
