import Accounts

/// A page's own part, and what the frame around it has to know.
struct PageContent: Sendable {
    enum Section: String, CaseIterable, Sendable {
        case overview, schemes, indicators, events, training, status, audit, people, account, revisions, notices,
            settings, lines, none
    }

    var title: String
    var section: Section
    /// Everything within `main`.
    var body: HTML
    /// Whether it changes while it is open.
    var isLive = true
    /// Whether all that it shows is noted by its `Witness`.
    var isWitnessed = false
}

/// The page around every page: head, navigation, switches, footer.
struct Frame: Sendable {
    let visit: Visit
    let version: String
    let isSandbox: Bool
    let hasAccounts: Bool
    let hasRevisions: Bool
    let hasNotices: Bool
    /// Whether lines or services are configured.
    let hasLines: Bool
    /// Whether providers are only told of, and never changed.
    let isDryRun: Bool
    /// Whether this visitor may look at more than the status page.
    let mayLook: Bool

    private var words: Words { visit.words }

    func html(_ content: PageContent) -> HTML {
        """
        <!doctype html>
        <html lang="\(words.language.rawValue)" data-theme="\(visit.theme.rawValue)">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="\(visit.theme == .auto ? "light dark" : visit.theme.rawValue)">
        <title>\(content.title)</title>
        <link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
        <link rel="stylesheet" href="/assets/tokens.css">
        <link rel="stylesheet" href="/assets/layout.css">
        <link rel="stylesheet" href="/assets/parts.css">
        <link rel="stylesheet" href="/assets/pages.css">
        <link rel="alternate" type="application/rss+xml" title="\(words("status.feed"))" href="/status.rss">
        <script type="module" src="/assets/live.js"></script>
        <script type="module" src="/assets/forms.js"></script>
        <script type="module" src="/assets/keys.js"></script>
        </head>
        <body>
        <a class="skip" href="#main">\(words("frame.skip"))</a>
        <header class="top">
        <a class="brand" href="/">\(Picture.cat(.good, size: 30)) Ninelives</a>
        <nav aria-label="\(words("frame.navigation"))">\(navigation(content.section))</nav>
        <div class="switches">
        \(live(content.isLive))
        \(languages)
        \(theme)
        \(account)
        </div>
        </header>
        \("<p class=\"banner\">\(words("frame.dry-run"))</p>", if: isDryRun)
        <main id="main" tabindex="-1"\(" data-live=\"\(visit.address)\"", if: content.isLive)>
        \(content.body)
        </main>
        <footer><span>Ninelives \(version)</span> <a href="/api">API</a> <a href="/metrics">\(words("frame.metrics"))</a> \
        <a href="/status">\(words("nav.status"))</a> <button type="button" class="link" data-keys>\(words("keys.title"))</button></footer>
        <div id="toast" role="status" aria-live="polite"></div>
        \(keys)
        </body>
        </html>

        """
    }

    /// What one does not need every day; all in one line would not fit on most screens.
    private static let seldom: Set<PageContent.Section> = [.revisions, .notices, .settings, .audit, .people]

    private func navigation(_ current: PageContent.Section) -> HTML {
        if !mayLook { return .nothing }
        var sections: [(PageContent.Section, String)] = [
            (.overview, "/"), (.schemes, "/schemes"), (.indicators, "/indicators"), (.events, "/events"),
        ]
        if hasLines { sections.append((.lines, "/lines")) }
        if isSandbox { sections.append((.training, "/training")) }
        if visit.may(.viewer), hasRevisions { sections.append((.revisions, "/revisions")) }
        if visit.may(.viewer), hasNotices { sections.append((.notices, "/notices")) }
        if visit.mayAnywhere(.admin), hasRevisions { sections.append((.settings, "/settings")) }
        if visit.may(.admin), hasAccounts {
            sections.append((.audit, "/audit"))
            // In a sandbox everybody is the same person.
            if !isSandbox { sections.append((.people, "/people")) }
        }
        func items(_ sections: [(PageContent.Section, String)]) -> HTML {
            let items = sections.map { section, path -> HTML in
                """
                <li><a href="\(path)"\(" aria-current=\"page\"", if: section == current)>\(words("nav.\(section.rawValue)"))</a></li>
                """
            }
            return "<ul>\(items)</ul>"
        }
        let seldom = sections.filter { Self.seldom.contains($0.0) }
        let daily = sections.filter { !Self.seldom.contains($0.0) }
        if seldom.isEmpty { return items(daily) }
        let isHere = seldom.contains { $0.0 == current }
        let title = isHere ? words("nav.\(current.rawValue)") : words("frame.more")
        return """
            \(items(daily))<details class="menu more"><summary\(" class=\"here\"", if: isHere)>\(title)</summary>\(items(seldom))</details>
            """
    }

    private func live(_ isLive: Bool) -> HTML {
        guard isLive else { return .nothing }
        return """
            <p id="live" class="live" role="status" data-on="\(words("live.on"))" data-off="\(words("live.off"))">\
            <span class="dot" aria-hidden="true"></span><span id="live-text">\(words("live.connecting"))</span></p>
            """
    }

    private var languages: HTML {
        let links = Language.allCases.map { language -> HTML in
            if language == words.language {
                return "<span aria-current=\"true\">\(language.rawValue.uppercased())</span>"
            }
            let link = Visit.address("/language/\(language.rawValue)", ["to": visit.address])
            return """
                <a href="\(link)" lang="\(language.rawValue)" hreflang="\(language.rawValue)" title="\(language.name)"><span \
                class="hidden">\(language.name)</span><span aria-hidden="true">\(language.rawValue.uppercased())</span></a>
                """
        }
        return "<div class=\"languages\">\(links)</div>"
    }

    /// The theme that comes next: as the system has it, light, dark.
    private var theme: HTML {
        let next: Visit.Theme =
            switch visit.theme {
            case .auto: .light
            case .light: .dark
            case .dark: .auto
            }
        let label =
            "\(words("theme.\(visit.theme.rawValue)")). \(words("theme.next")): \(words("theme.\(next.rawValue)"))"
        let link = Visit.address("/theme/\(next.rawValue)", ["to": visit.address])
        return
            "<a class=\"theme\" href=\"\(link)\" aria-label=\"\(label)\" title=\"\(label)\">\(Picture.theme(visit.theme))</a>"
    }

    private var account: HTML {
        guard hasAccounts, !isSandbox else { return .nothing }
        guard let identity = visit.identity else { return "<a href=\"/login\">\(words("frame.login"))</a>" }
        return "<a class=\"account\" href=\"/account\">\(identity.name)</a>"
    }

    private var keys: HTML {
        let keys = [
            ("g o", "nav.overview"), ("g s", "nav.schemes"), ("g i", "nav.indicators"), ("g e", "nav.events"),
            ("/", "keys.search"), ("?", "keys.title"),
        ]
        let rows = keys.map { key, what -> HTML in
            "<div><dt>\(key.split(separator: " ").map { key -> HTML in "<kbd>\(String(key))</kbd> " })</dt><dd>\(words(what))</dd></div>"
        }
        return """
            <dialog id="keys" aria-labelledby="keys-title"><h2 id="keys-title">\(words("keys.title"))</h2><dl>\(rows)</dl>\
            <form method="dialog"><button>\(words("keys.close"))</button></form></dialog>
            """
    }
}
