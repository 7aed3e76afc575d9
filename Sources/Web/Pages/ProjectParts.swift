import Accounts
import Control
import Failover
import Notices
import Settings

/// What a project's page shows of its names, and of what they need: accounts at providers, policies, notices.
extension Pages {
    private static let shown = 20

    // MARK: Failover (dynamic DNS)

    /// The project's names, with what each answers now and where.
    func failoverPart(_ project: ConfiguredProject) -> HTML {
        let schemes = model.schemeGlances().filter { has($0.name, project, scheme: true) }
        let rows = schemes.prefix(Self.shown).map { glance -> HTML in
            let answers =
                glance.addresses.isEmpty ? words("answer.\(glance.answer)") : glance.addresses.joined(separator: ", ")
            return .keyed(
                "name-\(glance.name)",
                """
                <tr><th scope="row">\(link(scheme: glance.name))</th><td>\(answers)</td><td class="quiet">\(glance.provider)</td>\
                <td>\(badge(tone(of: glance), word(for: glance)))</td></tr>
                """)
        }
        let heads = ["list.name", "list.answer", "list.provider", "list.standing"].map {
            "<th scope=\"col\">\(words($0))</th>" as HTML
        }
        let table: HTML = """
            <table class="list"><thead><tr>\(heads)</tr></thead>\(HTML.keyed("names", "<tbody>\(rows)</tbody>"))</table>
            """
        let more: HTML =
            schemes.count > Self.shown
            ? "<p class=\"quiet\">\(words("project.more", "\(schemes.count - Self.shown)"))</p>" : .nothing
        let make: HTML = "<p><a class=\"button\" href=\"/new\">\(words("new.title"))</a></p>"
        return """
            <section class="card" aria-labelledby="failover-title"><h2 id="failover-title">\(words("project.failover"))</h2><p class="quiet">\(words("project.failover-text"))</p>\
            \(schemes.isEmpty ? HTML.keyed("names", "<p>\(words("project.no-names"))</p>") : table)\(more)\
            \(visit.may(.admin, in: [project.name]) && site.revisions != nil ? make : .nothing)</section>
            """
    }

    // MARK: Accounts at providers

    /// Where the project's names are answered.
    func accountPart(_ project: ConfiguredProject) async -> HTML {
        let glances = model.schemeGlances().filter { has($0.name, project, scheme: true) }
        let accounts = await site.revisions?.accounts() ?? []
        let local = glances.filter { $0.isBrought(to: "local") }
        var lines: [HTML] = []
        if !local.isEmpty {
            lines.append(
                """
                <li><p><strong>\(words("new.provider.local"))</strong> <span class="quiet">local · \(words.count("count.name", local.count))</span></p></li>
                """)
        }
        for account in accounts {
            let names = glances.filter { $0.isBrought(to: account.name) }
            if !names.isEmpty { lines.append(providerLine(account, names)) }
        }
        let none = "<p class=\"quiet\">\(words("project.no-providers"))</p>" as HTML
        return """
            <section class="card" aria-labelledby="providers-title"><h2 id="providers-title">\(words("settings.providers"))</h2>\
            \(HTML.keyed("providers", lines.isEmpty ? none : "<ul class=\"plain lines\">\(lines)</ul>"))</section>
            """
    }

    // MARK: Policies

    /// The policies that the project's indicators follow, and how many each.
    func policyPart(of project: ConfiguredProject) async throws -> HTML {
        let entries = try await site.entries()
        var counts: [String: Int] = [:]
        for entry in entries where entry.section == .indicators && has(entry.name, project, scheme: false) {
            counts[entry.value.texts["policy"] ?? "default", default: 0] += 1
        }
        let policies = entries.filter { $0.section == .policies }
        let lines = counts.sorted { $0.key < $1.key }.map { name, count -> HTML in
            let told = policies.first { $0.name == name }?.value.texts.sorted { $0.key < $1.key } ?? []
            let words = [words.count("count.indicator", count)] + told.map { "\($0.key) \($0.value)" }
            return "<li><strong>\(name)</strong> <span class=\"quiet\">\(words.joined(separator: " · "))</span></li>"
        }
        let none = "<p class=\"quiet\">\(words("project.no-policies"))</p>" as HTML
        let change: HTML =
            visit.may(.admin) ? "<p><a href=\"/settings\">\(words("project.change-policies"))</a></p>" : .nothing
        return """
            <section class="card" aria-labelledby="policies-title"><h2 id="policies-title">\(words("settings.policies"))</h2><p class="quiet">\(words("settings.policies-text"))</p>\
            \(HTML.keyed("policies", lines.isEmpty ? none : "<ul class=\"plain\">\(lines)</ul>"))\(change)</section>
            """
    }

    // MARK: What belongs to it

    /// The patterns; for an admin of the server with the form that changes them.
    func contentPart(_ project: ConfiguredProject) -> HTML {
        let counts = [
            (
                "nav.schemes", model.schemeGlances().count { has($0.name, project, scheme: true) } as Int?,
                project.schemes
            ),
            (
                "nav.indicators", model.indicatorGlances().count { has($0.name, project, scheme: false) },
                project.indicators
            ),
            ("notice.channels", nil, project.channels),
        ]
        let facts = counts.map { title, count, patterns -> HTML in
            let fits = patterns.isEmpty ? "–" : "\(patterns.map { "<code>\($0)</code> " as HTML })" as HTML
            return "<div><dt>\(words(title))</dt><dd>\(count.html { "\($0) · " })\(fits)</dd></div>"
        }
        let change: HTML
        if !project.isManaged {
            change = "<p class=\"held\">\(words("project.by-file"))</p>"
        } else if visit.may(.admin) {
            let name: HTML = "<input type=\"hidden\" name=\"name\" value=\"\(project.name)\">"
            let fields = form(
                "putProject", class: "tall-form",
                "\(name)\(Seen.html(Seen.mark(project)))\(contentFields(project))<div class=\"buttons\"><button class=\"main\">\(words("edit.save"))</button></div>"
            )
            let remove: HTML = """
                <form method="post" action="/do/removeProject" data-quiet data-then="/settings"><input type="hidden" name="csrf" value="\(visit.csrf ?? "")">\
                <input type="hidden" name="back" value="/settings">\(name)<p>\(words("project.remove-text"))</p><div class="buttons"><button>\(words("project.remove"))</button></div></form>
                """
            change = """
                <details class="menu" data-keep-open="contents"><summary>\(words("project.change"))</summary>\(fields)</details>\
                <details class="menu" data-keep-open="remove"><summary>\(words("project.remove"))</summary>\(remove)</details>
                """
        } else {
            change = .nothing
        }
        return """
            <section class="card" aria-labelledby="parts-title"><h2 id="parts-title">\(words("project.parts"))</h2>\
            <p class="quiet">\(words("project.parts-text"))</p><dl class="facts">\(facts)</dl>\(change)</section>
            """
    }

    func contentFields(_ project: ConfiguredProject?) -> [HTML] {
        let fields = [
            ("schemes", project?.schemes, "*.example.org"), ("indicators", project?.indicators, "charlie:*"),
            ("channels", project?.channels, "team-*"),
        ]
        return fields.map { key, patterns, example in
            """
            <label class="wide">\(words("project.\(key)")) <textarea name="\(key)" rows="2" maxlength="20000" placeholder="\(example)" spellcheck="false" \
            autocapitalize="off">\("\n")\(patterns?.joined(separator: "\n") ?? "")</textarea></label>
            """
        }
    }

    // MARK: Notices

    /// Who is told of what belongs to the project: its subscriptions, and the form that adds one.
    func noticePart(_ project: ConfiguredProject) async throws -> HTML {
        guard let noticing = site.control as? any NoticeInterface else { return .nothing }
        let mayChange = visit.may(.admin, in: [project.name])
        let ways = await noticing.channels().filter { way in
            project.channels.contains { Failover.fits(way.name, $0) }
        }
        let channels = ways.map(\.name)
        let subscriptions = try await site.entries().filter {
            $0.section == .subscriptions && $0.value["project"] == .text(project.name)
        }
        let lines = subscriptions.map { subscriptionLine($0, channels, mayChange: mayChange) }
        let tests = ways.map { wayLine($0, mayTest: mayChange || visit.may(.operator)) }
        let none = "<p class=\"quiet\">\(words("project.no-notices"))</p>" as HTML
        let add: HTML
        if !mayChange {
            add = .nothing
        } else if channels.isEmpty {
            add = "<p class=\"quiet\">\(words("project.no-channels"))</p>"
        } else {
            let fields = form(
                "putSubscription", class: "tall-form",
                """
                \(Seen.html(Seen.nothing))<input type="hidden" name="project" value="\(project.name)"><label class="wide">\(words("list.name")) \
                <input name="name" required maxlength="60" placeholder="\(project.name)-nights" autocomplete="off"></label>\(subscriptionFields([:], channels))\
                <div class="buttons"><button class="main">\(words("project.subscribe"))</button></div>
                """)
            add = .keyed(
                "add-subscription",
                "<details class=\"menu\" data-keep-open=\"add-subscription\"><summary>\(words("project.subscribe"))</summary>\(fields)</details>"
            )
        }
        return """
            <section class="card" aria-labelledby="notices-title"><h2 id="notices-title">\(words("nav.notices"))</h2><p class="quiet">\(words("project.notices-text"))</p>\
            \(HTML.keyed("subscriptions", lines.isEmpty ? none : "<ul class=\"plain lines\">\(lines)</ul>"))\(add)\
            \(ways.isEmpty ? .nothing : "<h3>\(words("notice.channels"))</h3>\(HTML.keyed("ways", "<ul class=\"plain\">\(tests)</ul>"))")</section>
            """
    }

    /// A channel that the project may use: how it is, and the button that sends a test by it.
    private func wayLine(_ way: ChannelReport, mayTest: Bool) -> HTML {
        let state: HTML =
            way.trouble.html { "\(badge(.bad, words("notice.trouble"))) \(words.said($0))" }
            + (way.trouble != nil
                ? .nothing
                : way.deliveredAt == nil ? badge(.plain, words("notice.unused")) : badge(.good, words("notice.well")))
        let test: HTML = mayTest ? channelTestForm(way.name) : .nothing
        return .keyed(
            "way-\(way.name)",
            """
            <li class="row"><span><strong>\(way.name)</strong> \(state)\(way.deliveredAt.html { " <span class=\"quiet\">\(words("notice.last")) \(ago($0))</span>" })</span>\(test)</li>
            """)
    }

    private func subscriptionLine(_ entry: ConfiguredEntry, _ channels: [String], mayChange: Bool) -> HTML {
        let values = entry.value.texts
        let patience = ["hold", "group", "remind"].compactMap { key in
            values[key].map { "\(words("subscription.\(key)")) \($0)" }
        }
        let told = [words("subscription.from", words("notice.severity.\(values["severity"] ?? "warning")"))] + patience
        let line: HTML = """
            <span><strong>\(entry.name)</strong> <span class="quiet">→ \(values["to"] ?? "") · \(told.joined(separator: " · "))</span></span>
            """
        guard mayChange, entry.isManaged else {
            return .keyed(
                "subscription-\(entry.name)",
                "<li><p class=\"row\">\(line)\(entry.isManaged ? .nothing : badge(.plain, words("settings.of-file")))</p></li>"
            )
        }
        let name: HTML = "<input type=\"hidden\" name=\"name\" value=\"\(entry.name)\">"
        // What the form does not have would be lost by saving it: such a one can only be removed here.
        let isSimple = entry.value.isSimpleSubscription
        let change = form(
            "putSubscription", class: "tall-form",
            """
            \(name)\(Seen.html(Seen.mark(entry)))<input type="hidden" name="project" value="\(values["project"] ?? "")">\(subscriptionFields(values, channels))\
            <div class="buttons"><button class="main">\(words("edit.save"))</button></div>
            """)
        let remove = form(
            "removeSubscription",
            "\(name)<button class=\"small\">\(words("people.remove"))<span class=\"hidden\"> \(entry.name)</span></button>"
        )
        return .keyed(
            "subscription-\(entry.name)",
            """
            <li><p class="row">\(line)</p><details class="menu" data-keep-open="subscription-\(entry.name)"><summary>\(words("edit.edit"))\
            <span class="hidden"> \(entry.name)</span></summary>\(isSimple ? change : "<p class=\"quiet\">\(words("subscription.rich"))</p>")\(remove)</details></li>
            """)
    }

    private func subscriptionFields(_ values: [String: String], _ channels: [String]) -> HTML {
        let options = channels.map { "<option\(" selected", if: $0 == values["to"])>\($0)</option>" as HTML }
        let severity = values["severity"] ?? "warning"
        let severities = Happening.Severity.allCases.map { one -> HTML in
            "<option value=\"\(one.rawValue)\"\(" selected", if: one.rawValue == severity)>\(words("notice.severity.\(one.rawValue)"))</option>"
        }
        let durations = [("hold", "0s"), ("group", "10s"), ("remind", "off")].map { key, standard -> HTML in
            """
            <label class="wide">\(words("subscription.\(key)")) <input name="\(key)" value="\(values[key] ?? "")" placeholder="\(standard)" maxlength="20" autocomplete="off"></label>
            """
        }
        return """
            <label class="wide">\(words("notice.channel")) <select name="to">\(options)</select></label>\
            <label class="wide">\(words("subscription.severity")) <select name="severity">\(severities)</select></label>\(durations)
            """
    }
}

extension ConfiguredValue {
    /// Whether a subscription has no more than the page's form knows.
    fileprivate var isSimpleSubscription: Bool {
        guard case .section(let pairs) = self else { return false }
        let known = ["to", "project", "severity", "hold", "group", "remind"]
        return pairs.allSatisfy { pair in
            guard known.contains(pair.key) else { return false }
            return switch pair.value {
            case .text: true
            case .list(let items): pair.key == "to" && items.count == 1
            case .section: false
            }
        }
    }
}
