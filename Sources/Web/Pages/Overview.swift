import Control

/// The page to leave on a screen: how things are, what needs a person first, every name, and what happened.
extension Pages {
    /// Up to so many schemes are shown with all their members.
    private static let wholeCards = 6
    private static let cards = 24
    /// So many that need somebody are told of each; the others are counted.
    private static let troubled = 8

    func overview() async -> PageContent {
        let glances = model.schemeGlances()
        let ordered = glances.mostUrgentFirst
        let tone = Self.tone(of: glances)
        let troubled = ordered.filter { $0.urgency > 1 }
        let title = troubled.isEmpty ? "Ninelives" : "(\(troubled.count)!) Ninelives"
        let servers = await demoServers()
        let body: HTML = """
            \(hero(glances, tone))
            \(await attention(troubled))
            \(kittens(servers), if: !servers.isEmpty)
            <div class="columns">
            <div class="stack">\(names(ordered))</div>
            <section class="card timeline" aria-labelledby="timeline-title"><header><h2 id="timeline-title">\(words("overview.timeline"))</h2>\
            <a href="/events">\(words("overview.all-events"))</a></header>\(timeline(Array(model.events.prefix(40)), key: "timeline"))</section>
            </div>
            """
        return PageContent(title: title, section: .overview, body: body, isWitnessed: true)
    }

    // MARK: How things are

    private static func tone(of glances: [SchemeGlance]) -> Tone {
        let worst = glances.map(\.standing).max() ?? .best
        return worst == .allDown ? .bad : worst == .best ? .good : .wait
    }

    private func hero(_ glances: [SchemeGlance], _ tone: Tone) -> HTML {
        func number(_ standing: SchemeGlance.Standing) -> Int { glances.count { $0.standing == standing } }
        let allDown = number(.allDown)
        let failedOver = number(.failedOver)
        let sentence =
            glances.isEmpty
            ? words("hero.empty")
            : allDown > 0
                ? words("hero.down", words.count("count.name", allDown))
                : failedOver > 0
                    ? words("hero.moved", words.count("count.name", failedOver))
                    : number(.undecided) > 0 ? words("hero.waiting") : words("hero.good")
        let schemes = [
            Tile("best", "good", number(.best)), Tile("failed-over", "wait", failedOver),
            Tile("all-down", "bad", allDown), Tile("undecided", "none", number(.undecided)),
        ]
        let states = model.indicatorGlances()
        let indicators = [
            Tile("ok", "good", states.count { $0.state == "ok" }),
            Tile("err", "bad", states.count { $0.state == "err" }),
            Tile("unknown", "none", states.count { $0.state == "unknown" }),
            Tile("override", "wait", states.count { $0.override != nil }),
        ]
        return .keyed(
            "hero",
            """
            <section class="hero \(tone.rawValue)">\(Picture.cat(tone, size: 72))<div class="hero-text"><h1>\(sentence)</h1>\
            <p class="quiet">\(words("hero.answers-at")) \(model.dns.map { "<code>\($0)</code> " as HTML })</p></div>
            <div class="tallies">\(tally("nav.schemes", "/schemes", glances.count, schemes))\
            \(tally("nav.indicators", "/indicators", states.count, indicators))</div></section>
            """)
    }

    private struct Tile {
        let name: String
        let tone: String
        let count: Int

        init(_ name: String, _ tone: String, _ count: Int) {
            self.name = name
            self.tone = tone
            self.count = count
        }
    }

    private func tally(_ title: String, _ path: String, _ count: Int, _ tiles: [Tile]) -> HTML {
        // What is imposed is counted beside the states, not among them.
        let parts = tiles.filter { $0.name != "override" }
        let label = parts.map { "\(words("filter.\($0.name)")) \($0.count)" }.joined(separator: ", ")
        let links = tiles.filter { $0.count > 0 }.map { tile -> HTML in
            """
            <a class="tile \(tile.tone)" href="\(path)?show=\(tile.name)"><strong>\(words.number(tile.count))</strong> \
            \(words("filter.\(tile.name)"))</a>
            """
        }
        return """
            <div class="tally"><p><a href="\(path)">\(words(title))</a> <strong>\(words.number(count))</strong></p>\
            \(Picture.shares(parts.map { ($0.tone, $0.count) }, label: label))<p class="tiles">\(links)</p></div>
            """
    }

    // MARK: What needs somebody

    private func attention(_ troubled: [SchemeGlance]) async -> HTML {
        var lines: [HTML] = []
        for glance in troubled.prefix(Self.troubled) {
            guard let scheme = model.scheme(glance.name) else { continue }
            // Where nothing works the rule says all; otherwise who moved because of what.
            let because =
                scheme.isAllDown ? scheme.rule : await site.control.explanation(of: glance.name)?.summary ?? scheme.rule
            let why =
                scheme.held.map { words.said($0) } ?? glance.trouble.map { words.said($0) } ?? words.said(because)
            lines.append(
                """
                <li class="\(tone(of: glance).rawValue)">\(badge(tone(of: glance), word(for: glance)))\(link(scheme: glance.name)) \
                <span>\(why)</span>\(scheme.since.html { "<span class=\"quiet\">\(ago($0))</span>" })</li>
                """)
        }
        let overridden = overrides.values.sorted { $0.since > $1.since }.prefix(6).map { override -> HTML in
            """
            <li class="wait">\(badge(.wait, words("action.\(override.action)")))\(subject(override.subject)) \
            <span>\(override.author)\(override.reason.isEmpty ? "" : ": \(override.reason)")</span>\
            \(override.until.html { "<span class=\"quiet\">\(words("override.ends-in")) \(until($0))</span>" })</li>
            """
        }
        let own = model.troubles.map {
            "<li class=\"bad\">\(badge(.bad, words("attention.server"))) <span>\(words.said($0))</span></li>" as HTML
        }
        if lines.isEmpty, overridden.isEmpty, own.isEmpty { return .keyed("attention", "<div hidden></div>") }
        let more: HTML =
            troubled.count > Self.troubled
            ? "<p><a href=\"/schemes?show=trouble\">\(words("attention.all", "\(troubled.count)"))</a></p>" : ""
        return .keyed(
            "attention",
            """
            <section class="card attention" aria-labelledby="attention-title"><h2 id="attention-title">\(words("attention.title"))</h2>\
            <ul>\(own)\(lines)\(overridden)</ul>\(more)</section>
            """)
    }

    private func subject(_ subject: String) -> HTML {
        // A silence and a window have their own word before it: `silence:scheme:cat.example.org`.
        let plain = subject.hasPrefix("silence:") ? String(subject.dropFirst("silence:".count)) : subject
        let parts = plain.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return "\(subject)" }
        return parts[0] == "scheme" ? link(scheme: parts[1]) : link(indicator: parts[1])
    }

    // MARK: The demo

    /// The demo's servers; none elsewhere.
    func demoServers() async -> [DemoServerReport] {
        guard let demo = site.demo else { return [] }
        let servers = await demo.servers()
        witness?.note("servers") { _ in await demo.servers() == servers }
        return servers
    }

    /// The button that breaks a server of the demo, or mends it.
    ///
    /// - Parameter name: what the button calls it; nil where that stands beside it.
    func kittenForm(_ server: DemoServerReport, name: String? = nil) -> HTML {
        let action = server.isAlive ? "kill" : "revive"
        let id: HTML = name == nil ? " id=\"kitten-button-\(server.name)\"" : .nothing
        return """
            <form method="post" action="/demo/servers/\(server.name)/\(action)" data-quiet><input type="hidden" name="csrf" \
            value="\(visit.csrf ?? "")"><button\(id) class="\(action)\(name == nil ? "" : " small")">\(words("kitten.\(action)"))\(name.html { " \($0)" })</button></form>
            """
    }

    private func kittens(_ servers: [DemoServerReport]) -> HTML {
        let cards = servers.map { server -> HTML in
            let tone: Tone = !server.isAlive || server.status != "OK" ? .bad : .good
            let change = server.isAlive ? server.nextChangeAt : nil
            let verb = server.status == "OK" ? "kitten.fails-in" : "kitten.recovers-in"
            return .keyed(
                "kitten-\(server.name)",
                """
                <article class="kitten \(tone.rawValue)" data-flash="\(tone.rawValue)">\(Picture.cat(tone, size: 44))\
                <div><h3><a href="\(server.url)">\(server.name)</a></h3><p class="quiet">\(words("kitten.role.\(server.role)"))</p></div>\
                <p class="kitten-state">\(badge(tone, server.isAlive ? "status=\(server.status)" : words("kitten.dead")))\
                \(change.html { "<span class=\"quiet\">\(words(verb)) \(until($0))</span>" })</p>\
                \(kittenForm(server))</article>
                """)
        }
        return .keyed(
            "kittens",
            """
            <section class="demo" aria-labelledby="kittens-title"><header><h2 id="kittens-title">\(words("kitten.title"))</h2>\
            <p class="quiet">\(words("kitten.text"))</p></header><div class="kittens">\(cards)</div></section>
            """)
    }

    // MARK: Names

    private func names(_ glances: [SchemeGlance]) -> HTML {
        if glances.isEmpty {
            return """
                <section class="card"><h2>\(words("overview.no-names"))</h2><p class="quiet">\(words("overview.no-names-text"))</p>\(newLink)</section>
                """
        }
        if glances.count <= Self.wholeCards {
            let cards = glances.sorted { $0.name < $1.name }.compactMap { model.scheme($0.name).map { schemeCard($0) } }
            return .keyed(
                "names",
                """
                <section class="stack" aria-labelledby="names-title"><header class="row"><h2 id="names-title">\(words("nav.schemes"))</h2>\(newLink)</header>\(cards)</section>
                """)
        }
        // What needs somebody stands above already.
        let shown = glances.dropFirst(min(Self.troubled, glances.count { $0.urgency > 1 })).prefix(Self.cards)
        return .keyed(
            "names",
            """
            <section class="stack" aria-labelledby="names-title"><header class="row"><h2 id="names-title">\(words("nav.schemes"))</h2>\
            \(searchForm(at: "/schemes"))<a href="/schemes">\(words("overview.all-names", words.number(glances.count)))</a>\(newLink)</header>\
            <ul class="grid">\(shown.map(glanceCard))</ul></section>
            """)
    }

    /// One of thousands: a name, how it stands, what it answers.
    func glanceCard(_ glance: SchemeGlance) -> HTML {
        let answer =
            glance.addresses.isEmpty ? words("answer.\(glance.answer)") : glance.addresses.joined(separator: " ")
        return .keyed(
            "glance-\(glance.name)",
            """
            <li class="glance \(tone(of: glance).rawValue)" data-flash="\(answer)"><h3>\(link(scheme: glance.name))</h3>\
            <code>\(answer)</code><p>\(badge(tone(of: glance), word(for: glance)))\
            \(glance.since.html { "<span class=\"quiet\">\(ago($0))</span>" })</p></li>
            """)
    }

    func tone(of glance: SchemeGlance) -> Tone {
        switch glance.standing {
        case .allDown: .bad
        case .best: glance.isHeld ? .wait : .good
        case .failedOver, .undecided: .wait
        }
    }

    func word(for glance: SchemeGlance) -> String { words("standing.\(glance.standing.word)") }
}

extension SchemeGlance {
    /// What comes first: 3 all down, 2 held or moved away from its best, 1 imposed on, 0 as it should be.
    var urgency: Int {
        if standing == .allDown { return 3 }
        if trouble != nil { return 2 }
        if isHeld || standing == .failedOver || standing == .undecided { return 2 }
        return hasOverride ? 1 : 0
    }
}

extension [SchemeGlance] {
    /// Those that need somebody first, and of the same urgency as they were.
    var mostUrgentFirst: [SchemeGlance] { ordered(byRankBelow: 4) { 3 - $0.urgency } }
}

extension SchemeGlance.Standing {
    /// Its key in the catalogue, and in addresses.
    var word: String {
        switch self {
        case .best: "best"
        case .undecided: "undecided"
        case .failedOver: "failed-over"
        case .allDown: "all-down"
        }
    }
}
