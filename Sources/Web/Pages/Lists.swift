import Accounts
import Control

/// Lists of thousands: searched, filtered, and shown a page at a time.
extension Pages {
    private static let perPage = 50

    func schemeList() -> PageContent {
        let all = model.schemeGlances()
        let show = visit.query["show"] ?? ""
        let search = self.search
        let (filters, isShown) = Self.filters(Self.schemeFilters, of: all, show: show)
        // What needs somebody comes first.
        let found = all.filter { glance in
            isShown(glance)
                && (search.isIn(glance.name) || (glance.addresses + glance.members).contains(where: search.isIn))
        }.mostUrgentFirst
        let page = Self.page(of: found, visit.query["page"])
        let rows = page.items.map { glance -> HTML in
            let answer =
                glance.addresses.isEmpty ? words("answer.\(glance.answer)") : glance.addresses.joined(separator: " ")
            return .keyed(
                "row-\(glance.name)",
                """
                <tr data-flash="\(answer)"><th scope="row">\(link(scheme: glance.name))</th><td>\(badge(tone(of: glance), word(for: glance)))\
                \(" <span class=\"badge wait\">\(words("filter.held"))</span>", if: glance.isHeld)\
                \(" <span class=\"badge wait\">\(words("filter.override"))</span>", if: glance.hasOverride)</td>\
                <td><code>\(answer)</code></td><td class="quiet">\(glance.since.html { ago($0) })</td><td class="quiet provider">\(glance.provider)</td></tr>
                """)
        }
        let heads = ["list.name", "list.standing", "list.answer", "list.since", "list.provider"]
        return list("nav.schemes", .schemes, filters, page.paging, heads, rows, more: newLink)
    }

    func indicatorList() -> PageContent {
        let all = model.indicatorGlances()
        let show = visit.query["show"] ?? ""
        let search = self.search
        let (filters, isShown) = Self.filters(Self.indicatorFilters, of: all, show: show)
        // What fails comes first, then what is not known.
        let found = all.filter { isShown($0) && search.isIn($0.name) }
            .ordered(byRankBelow: 3) { $0.state == "err" ? 0 : $0.state == "unknown" ? 1 : 2 }
        let page = Self.page(of: found, visit.query["page"])
        let rows = page.items.compactMap { model.indicator($0.name) }.map { indicator -> HTML in
            .keyed(
                "row-\(indicator.name)",
                """
                <tr data-flash="\(indicator.state)"><th scope="row">\(link(indicator: indicator.name))</th><td>\(stateBadge(indicator.state))\
                \(indicator.override.html { " <span class=\"badge wait\">\(words("override.\($0)"))</span>" })</td>\
                <td class="quiet">\(indicator.since.html { ago($0) })</td><td>\(probeStrip(indicator.recent))</td>\
                <td class="found"><span class="quiet">\(indicator.method)</span> \(words.said(indicator.target))\
                \(indicator.lastProbe.html { "<br><span class=\"quiet\">\(words.said($0.reason)) · \(milliseconds($0.totalMilliseconds))</span>" })</td></tr>
                """)
        }
        let heads = ["list.name", "list.state", "list.since", "list.probes", "list.found"]
        return list(
            "nav.indicators", .indicators, filters, page.paging, heads, rows, more: newIndicatorLink,
            orders: ordersForAll(found))
    }

    /// What can be imposed on all that the search has found, for whoever may on each of them.
    private func ordersForAll(_ found: [IndicatorGlance]) -> HTML {
        guard let search = visit.query["search"], !search.isEmpty, (visit.query["show"] ?? "").isEmpty, found.count > 1,
            !search.contains("*"), !search.contains("?"), found.allSatisfy({ $0.name.contains(search) }),
            found.allSatisfy({ visit.may(.operator, in: model.projects(ofIndicator: $0.name)) })
        else { return .nothing }
        return .keyed(
            "all",
            """
            <details class="menu" data-keep-open="all"><summary>\(words("list.all", "\(found.count)"))</summary>\
            \(orderForm(indicator: "*\(search)*"))</details>
            """)
    }

    /// What is searched for.
    var search: Search { Search(visit.query["search"]) }

    private static let schemeFilters: [Shown<SchemeGlance>] = [
        Shown("trouble") { $0.urgency > 1 }, Shown("best") { $0.standing == .best },
        Shown("failed-over") { $0.standing == .failedOver }, Shown("all-down") { $0.standing == .allDown },
        Shown("held") { $0.isHeld }, Shown("override") { $0.hasOverride },
        Shown("undecided") { $0.standing == .undecided },
    ]

    private static let indicatorFilters: [Shown<IndicatorGlance>] = [
        Shown("ok") { $0.state == "ok" }, Shown("err") { $0.state == "err" },
        Shown("unknown") { $0.state == "unknown" }, Shown("override") { $0.override != nil },
        Shown("undecided") { $0.isUndecided },
    ]

    /// Leads whoever may to the form that makes a name.
    var newLink: HTML {
        guard visit.mayAnywhere(.admin), site.revisions != nil else { return .nothing }
        return "<a class=\"button main start\" href=\"/new\">\(words("new.title"))</a>"
    }

    /// Leads whoever may to the form that makes an indicator.
    private var newIndicatorLink: HTML {
        guard visit.mayAnywhere(.admin), site.revisions != nil else { return .nothing }
        return "<a class=\"button main start\" href=\"/configure/indicators\">\(words("edit.new"))</a>"
    }

    // MARK: A list's page

    struct Filter {
        var name: String
        var count: Int
    }

    /// What a filter shows.
    private struct Shown<Glance>: Sendable {
        let name: String
        let isShown: @Sendable (Glance) -> Bool

        init(_ name: String, _ isShown: @escaping @Sendable (Glance) -> Bool) {
            self.name = name
            self.isShown = isShown
        }
    }

    /// These filters, with how many are shown by each, and whether something is shown by the one that is chosen.
    private static func filters<Glance>(
        _ filters: [Shown<Glance>], of all: [Glance], show: String
    ) -> (filters: [Filter], isShown: (Glance) -> Bool) {
        var counts = Array(repeating: 0, count: filters.count)
        for glance in all {
            for place in filters.indices where filters[place].isShown(glance) { counts[place] += 1 }
        }
        let listed =
            [Filter(name: "", count: all.count)] + zip(filters, counts).map { Filter(name: $0.name, count: $1) }
        if show.isEmpty { return (listed, { _ in true }) }
        return (listed, filters.first { $0.name == show }?.isShown ?? { _ in false })
    }

    private func list(
        _ title: String, _ section: PageContent.Section, _ filters: [Filter], _ paging: Paging, _ heads: [String],
        _ rows: [HTML], more: HTML = .nothing, orders: HTML = .nothing
    ) -> PageContent {
        let show = visit.query["show"] ?? ""
        let links = filters.filter { $0.count > 0 || $0.name == show || $0.name.isEmpty }.map { filter -> HTML in
            """
            <a href="\(visit.address(with: ["show": filter.name, "page": nil]))"\(" aria-current=\"true\"", if: filter.name == show)>\
            \(words(filter.name.isEmpty ? "filter.all" : "filter.\(filter.name)")) <span class="count">\(words.number(filter.count))</span></a>
            """
        }
        let none = "<tr><td colspan=\"\(heads.count)\" class=\"quiet\">\(words("list.nothing"))</td></tr>" as HTML
        let body: HTML = """
            <div class="row"><h1>\(words(title))</h1>\(searchForm)\(more)</div>
            \(HTML.keyed("filters", "<nav class=\"filters\" aria-label=\"\(words("list.filters"))\">\(links)</nav>"))\(orders)
            <div class="card scroll" tabindex="0" role="group" aria-label="\(words(title))"><table class="list"><thead><tr>\(heads.map { "<th scope=\"col\">\(words($0))</th>" as HTML })</tr></thead>\
            \(HTML.keyed("rows", "<tbody>\(rows.isEmpty ? [none] : rows)</tbody>"))</table></div>
            \(HTML.keyed("pager", pager(paging)))
            """
        return PageContent(title: "\(words(title)) · Ninelives", section: section, body: body, isWitnessed: true)
    }

    var searchForm: HTML { searchForm(at: visit.path) }

    /// - Parameter path: where what is searched for is shown.
    func searchForm(at path: String) -> HTML {
        """
        <form class="search" role="search" method="get" action="\(path)"><label class="hidden" for="search">\(words("list.search"))</label>\
        <input id="search" type="search" name="search" value="\(visit.query["search"] ?? "")" placeholder="\(words("list.search"))" \
        autocomplete="off">\(visit.query["show"].html { "<input type=\"hidden\" name=\"show\" value=\"\($0)\">" })\
        <button>\(words("list.find"))</button></form>
        """
    }

    struct Paging {
        /// From 1.
        var number: Int
        var pages: Int
        var from: Int
        var until: Int
        var all: Int
    }

    static func page<Item>(of items: [Item], _ wish: String?, size: Int = perPage) -> (
        items: ArraySlice<Item>, paging: Paging
    ) {
        let pages = max(1, (items.count + size - 1) / size)
        let number = min(max(wish.flatMap { Int($0) } ?? 1, 1), pages)
        let start = (number - 1) * size
        let end = min(items.count, start + size)
        return (items[start..<end], Paging(number: number, pages: pages, from: start + 1, until: end, all: items.count))
    }

    func pager(_ paging: Paging) -> HTML {
        guard paging.pages > 1 else { return "<div></div>" }
        func link(_ number: Int, _ label: String, _ relation: HTML = "") -> HTML {
            "<a href=\"\(visit.address(with: ["page": number == 1 ? nil : "\(number)"]))\"\(relation)>\(label)</a>"
        }
        let near = Set([1, paging.pages] + (paging.number - 2...paging.number + 2)).filter {
            (1...paging.pages).contains($0)
        }
        var links: [HTML] = []
        var last = 0
        for number in near.sorted() {
            if number > last + 1 { links.append("<span aria-hidden=\"true\">…</span>") }
            links.append(
                number == paging.number
                    ? "<span class=\"current\" aria-current=\"page\">\(number)</span>" : link(number, "\(number)"))
            last = number
        }
        return """
            <nav class="pager" aria-label="\(words("list.pages"))">\
            \(paging.number > 1 ? link(paging.number - 1, words("list.before"), " rel=\"prev\"") : "")\(links)\
            \(paging.number < paging.pages ? link(paging.number + 1, words("list.after"), " rel=\"next\"") : "")\
            <span class="quiet">\(words("list.range", words.number(paging.from), words.number(paging.until), words.number(paging.all)))</span></nav>
            """
    }
}
