import Accounts
import Control
import Failover

/// One check of one target: how it stands, how it stood, how long it takes, who relies on it.
extension Pages {
    func indicator(_ name: String) async throws -> PageContent? {
        guard let indicator = model.indicator(name) else { return nil }
        var query = HistoryQuery()
        query.indicator = name
        query.limit = 30
        let events = await events(query)
        let title = indicator.state == "err" ? "(!) \(name)" : name
        let body: HTML = """
            \(trail("nav.indicators", "/indicators", name))
            <div class="row"><h1>\(breakable(name))</h1>\(HTML.keyed("standing", "<span class=\"states\">\(stateBadge(indicator.state))\(indicator.override.html { badge(.wait, words("override.\($0)")) })</span>"))</div>
            <div class="columns">
            <div class="stack">
            \(await history(indicator))
            \(latency(indicator))
            \(probes(indicator))
            </div>
            <div class="stack">
            \(about(indicator))
            \(uses(name))
            \(failures(events))
            </div></div>
            <section class="card timeline" aria-labelledby="timeline-title"><header><h2 id="timeline-title">\(words("scheme.timeline"))</h2>\
            <a href="/events?indicator=\(name.urlEncoded)">\(words("overview.all-events"))</a></header>\(timeline(events, key: "timeline"))</section>
            """
        return PageContent(title: title, section: .indicators, body: body, isWitnessed: true)
    }

    private func about(_ indicator: IndicatorReport) -> HTML {
        var rows: [(String, HTML)] = [
            ("indicator.check", "\(indicator.method)"), ("indicator.target", "\(words.said(indicator.target))"),
            ("indicator.policy", "\(indicator.policy)"),
            ("indicator.interval", "\(seconds(indicator.intervalSeconds))"),
        ]
        if let since = indicator.since { rows.append(("indicator.since", "\(clock(since)) (\(ago(since)))")) }
        if let tripwire = indicator.tripwire { rows.append(("indicator.tripwire", "\(words.said(tripwire))")) }
        let doubt: HTML =
            indicator.isUndecided
            ? "<p class=\"held\">\(words("indicator.undecided", "\(indicator.probesUntilFlip)"))</p>" : ""
        let mayOrder = visit.may(.operator, in: indicator.projects)
        let imposed = overrides["indicator:\(indicator.name)"].html { imposition($0, mayEnd: mayOrder) }
        var controls: HTML = ""
        if mayOrder {
            let recheck = form(
                "recheckIndicator",
                "<input type=\"hidden\" name=\"name\" value=\"\(indicator.name)\"><button>\(words("indicator.recheck"))</button>"
            )
            controls = .keyed(
                "controls",
                "<div class=\"controls\">\(recheck)<h3>\(words("indicator.impose"))</h3>\(orderForm(indicator: indicator.name))</div>"
            )
        }
        return """
            <section class="card" aria-labelledby="about-title"><h2 id="about-title">\(words("indicator.about"))</h2>
            \(HTML.keyed("facts", "<dl class=\"facts\">\(rows.map { "<div><dt>\(words($0))</dt><dd>\($1)</dd></div>" as HTML })</dl>"))
            \(HTML.keyed("imposed", "<div>\(doubt)\(imposed)</div>"))
            \(controls)\(HTML.keyed("edit", "<div class=\"controls\">\(editLink(indicator))</div>"))</section>
            """
    }

    // MARK: History

    private func history(_ indicator: IndicatorReport) async -> HTML {
        var track = Track()
        if let orders = site.control as? any OperatorInterface {
            track = await site.tracks.track(
                of: .indicator(indicator.name), from: orders, recent: seen.events, now: model.at)
        }
        if let since = indicator.since, since > track.turns.last?.at ?? 0 {
            track.add(Track.Turn(at: since, standing: Track.Standing(state: indicator.state)))
        }
        return .keyed(
            "history",
            """
            <section class="card" aria-labelledby="history-title"><h2 id="history-title">\(words("indicator.history"))</h2>\
            \(Self.spans.map { span(track, $0) })</section>
            """)
    }

    /// A day in quarters of an hour, a week in parts of two hours, a quarter of a year in days.
    static let spans: [(key: String, seconds: Double, parts: Int)] = [
        ("day", 86_400, 96), ("week", 7 * 86_400, 84), ("quarter", 90 * 86_400, 90),
    ]

    func span(_ track: Track, _ span: (key: String, seconds: Double, parts: Int)) -> HTML {
        // The edge moves with the parts, so that an open page is not sent the same strip every moment.
        let part = span.seconds / Double(span.parts)
        let end = (model.at / part).rounded(.up) * part
        let start = end - span.seconds
        let uptime = track.uptime(from: start, until: min(end, model.at))
        let percent = uptime.map { Self.percent($0) } ?? words("uptime.unknown")
        let parts = track.parts(from: start, until: model.at, length: part, count: span.parts)
        let label = words("uptime.label", words("span.\(span.key)"), percent)
        return """
            <div class="span"><p><span>\(words("span.\(span.key)"))</span> <strong>\(percent)</strong></p>\(Picture.strip(parts, label: label))</div>
            """
    }

    /// Rounded down: what is not whole is never shown as whole.
    static func percent(_ share: Double) -> String {
        let thousandths = Int((share * 100_000).rounded(.down))
        let rest = String(thousandths % 1000 + 1000).dropFirst().reversed().drop { $0 == "0" }.reversed()
        return rest.isEmpty ? "\(thousandths / 1000) %" : "\(thousandths / 1000).\(String(rest)) %"
    }

    // MARK: Probes

    private func latency(_ indicator: IndicatorReport) -> HTML {
        let probes = model.latencies(of: indicator.name)
        let plot: HTML
        if probes.isEmpty {
            plot = "<p class=\"quiet\">\(words("probe.none"))</p>"
        } else {
            let times = probes.map(\.totalMilliseconds).sorted()
            let label = words(
                "latency.label", "\(probes.count)", milliseconds(times[times.count / 2]), milliseconds(times.last ?? 0))
            let legend = Picture.phases.map { "<li class=\"phase-\($0)\">\(words("phase.\($0)"))</li>" as HTML }
            plot =
                "\(Picture.latency(probes, label: label) { milliseconds($0) })<ul class=\"legend\">\(legend)</ul><p class=\"quiet\">\(label)</p>"
        }
        return .keyed(
            "latency",
            "<section class=\"card\" aria-labelledby=\"latency-title\"><h2 id=\"latency-title\">\(words("latency.title"))</h2>\(plot)</section>"
        )
    }

    private func probes(_ indicator: IndicatorReport) -> HTML {
        let rows = indicator.recent.reversed().map { probe -> HTML in
            .keyed(
                "probe-\(probe.at.short)",
                """
                <tr><td>\(clock(probe.at))</td><td>\(badge(probe.isSuccess ? .good : .bad, words(probe.isSuccess ? "probe.ok" : "probe.failed")))</td>\
                <td>\(milliseconds(probe.totalMilliseconds))</td><td class="found">\(words.said(probe.reason))</td></tr>
                """)
        }
        let heads = ["probe.when", "probe.outcome", "probe.took", "probe.found"].map {
            "<th scope=\"col\">\(words($0))</th>" as HTML
        }
        return """
            <section class="card" aria-labelledby="probes-title"><h2 id="probes-title">\(words("probe.title"))</h2><div class="scroll" tabindex="0" role="group" aria-labelledby="probes-title"><table class="list probes">\
            <thead><tr>\(heads)</tr></thead>\(HTML.keyed("probes", "<tbody>\(rows)</tbody>"))</table></div></section>
            """
    }

    private func failures(_ events: [EventReport]) -> HTML {
        let failed = events.filter { $0.kind == "state" && $0.tone == "bad" }.prefix(8)
        let lines = failed.map { "<li>\(clock($0.at)) \(words.said($0.text))</li>" as HTML }
        let content: HTML =
            lines.isEmpty ? "<p class=\"quiet\">\(words("failures.none"))</p>" : "<ul class=\"plain\">\(lines)</ul>"
        return .keyed(
            "failures",
            "<section class=\"card\" aria-labelledby=\"failures-title\"><h2 id=\"failures-title\">\(words("failures.title"))</h2>\(content)</section>"
        )
    }

    private func uses(_ name: String) -> HTML {
        let schemes = model.schemeGlances().filter { $0.members.contains(name) }
        let lines = schemes.prefix(20).map { glance -> HTML in
            "<li>\(link(scheme: glance.name)) \(badge(tone(of: glance), word(for: glance)))</li>"
        }
        let more: HTML =
            schemes.count > 20
            ? "<p><a href=\"/schemes?search=\(name.urlEncoded)\">\(words("overview.all-names", "\(schemes.count)"))</a></p>"
            : ""
        let content: HTML =
            lines.isEmpty
            ? "<p class=\"quiet\">\(words("indicator.unused"))</p>" : "<ul class=\"plain\">\(lines)</ul>\(more)"
        return .keyed(
            "uses",
            "<section class=\"card\" aria-labelledby=\"uses-title\"><h2 id=\"uses-title\">\(words("indicator.uses"))</h2>\(content)</section>"
        )
    }
}
