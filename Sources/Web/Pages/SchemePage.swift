import Accounts
import Control
import Failover

/// The heart: one name with its members, what it answers and why, and how it came to it.
extension Pages {
    func scheme(_ name: String) async throws -> PageContent? {
        guard let scheme = model.scheme(name) else { return nil }
        var query = HistoryQuery()
        query.scheme = name
        query.limit = 40
        let events = await events(query)
        let servers = await demoServers()
        let explanations = await explanations(of: events)
        let summary = await site.control.explanation(of: name)?.summary ?? ""
        let tone = tone(of: scheme)
        let title = tone == .good ? name : "(!) \(name)"
        let body: HTML = """
            \(trail("nav.schemes", "/schemes", name))
            <div class="row"><h1>\(breakable(name))</h1>\(HTML.keyed("standing", badge(tone, word(for: scheme))))</div>
            \(HTML.keyed("lead", "<p class=\"lead\">\(words.said(summary))</p>"))
            <div class="columns heart">
            \(standing(scheme))
            <div class="stack side"><section class="card scheme \(tone.rawValue)" aria-labelledby="members-title"><header><h2 id="members-title">\(words("scheme.members"))</h2></header>
            \(HTML.keyed("members-\(name)", "<ol class=\"members tall\">\(scheme.members.map { member($0, of: scheme, controls: controls(for: $0, of: scheme, servers)) })</ol>"))
            \(addForm(scheme))
            </section>
            \(await why(scheme))
            </div>
            <div class="stack">
            \(providers(scheme))
            \(await witnesses(scheme))
            <section class="card timeline" aria-labelledby="timeline-title"><header><h2 id="timeline-title">\(words("scheme.timeline"))</h2>\
            <a href="/events?scheme=\(name.urlEncoded)">\(words("overview.all-events"))</a></header>
            \(timeline(events, key: "timeline", explanations: explanations))</section>
            \(removeForm(scheme))
            </div></div>
            """
        return PageContent(title: title, section: .schemes, body: body, isWitnessed: true)
    }

    // MARK: Now

    private func standing(_ scheme: SchemeReport) -> HTML {
        let imposed = ["scheme:\(scheme.name)", "silence:scheme:\(scheme.name)"].compactMap { overrides[$0] }
        return """
            <section class="card" aria-labelledby="now-title"><h2 id="now-title">\(words("scheme.answers-now"))</h2>
            \(answer(scheme))
            \(held(scheme))
            \(HTML.keyed("pin", "<div class=\"controls\">\(imposed.map { imposition($0, mayEnd: visit.may(.operator, in: scheme.projects)) })</div>"))
            \(HTML.keyed("facts", facts(scheme)))
            \(buttons(scheme))
            \(schemeOrders(scheme))
            </section>
            """
    }

    private func facts(_ scheme: SchemeReport) -> HTML {
        var rows: [(String, HTML)] = [
            ("scheme.rule", "\(words.said(scheme.rule))"),
            ("scheme.sync", "<span class=\"sync \(scheme.sync)\">\(words("sync.\(scheme.sync)"))</span>"),
            ("scheme.ttl", "\(scheme.ttl) \(words("unit.s"))"),
        ]
        if let since = scheme.since { rows.append(("scheme.since", "\(clock(since)) (\(ago(since)))")) }
        if let published = scheme.publishMicroseconds {
            rows.append(("scheme.published", "\(milliseconds(published / 1000))"))
        }
        rows += [
            ("scheme.generation", "\(scheme.generation)"), ("scheme.failback", "\(words.said(scheme.failback))"),
            ("scheme.all-down", "\(words.said(scheme.allDown))"),
        ]
        return "<dl class=\"facts\">\(rows.map { "<div><dt>\(words($0))</dt><dd>\($1)</dd></div>" as HTML })</dl>"
    }

    private func buttons(_ scheme: SchemeReport) -> HTML {
        guard visit.may(.operator, in: scheme.projects) else { return .nothing }
        // Only where something is held back, or a better member is usable, is there anything to send back.
        guard scheme.held != nil || scheme.members.prefix(while: { !$0.isActive }).contains(where: \.isUsable) else {
            return .keyed("buttons", "<div hidden></div>")
        }
        let fields: HTML = """
            <input type="hidden" name="action" value="fail-back"><input type="hidden" name="target" value="\(scheme.name)">\
            <button>\(words("scheme.fail-back"))</button> <span class="quiet">\(words("scheme.fail-back-text"))</span>
            """
        return .keyed("buttons", "<div>\(form("addOverride", fields))</div>")
    }

    // MARK: Why

    /// Why it answers so, or with `at` in the address why it did so then.
    private func why(_ scheme: SchemeReport) async -> HTML {
        let at = visit.query["at"].flatMap { Double($0) }
        var explanation = await site.control.explanation(of: scheme.name)
        var past: HTML = ""
        if let at, let orders = site.control as? any OperatorInterface {
            explanation = try? await orders.explanation(of: scheme.name, at: at)
            past = """
                <p class="held">\(words("why.past")) \(clock(at)). <a href="\(visit.address(with: ["at": nil]))">\(words("why.now"))</a></p>
                """
        }
        if at != nil, let explanation { past = past + "<p class=\"summary\">\(words.said(explanation.summary))</p>" }
        let content = explanation.html(self.explanation)
        return .keyed(
            "why",
            """
            <section class="card" aria-labelledby="why-title"><h2 id="why-title">\(words(at == nil ? "why.title" : "why.title-past"))</h2>\
            \(past)\(content.isEmpty ? "<p class=\"quiet\">\(words("why.unknown"))</p>" : content)</section>
            """)
    }

    func explanation(_ explanation: Explanation) -> HTML {
        let steps = explanation.steps.map { step -> HTML in
            """
            <li class="\(step.stage)"><span class="stage">\(words("stage.\(step.stage)"))</span>\
            \(step.at.html { clock($0) })<span class="step">\(words.said(step.text))</span></li>
            """
        }
        return "<ol class=\"steps\">\(steps)</ol>"
    }

    /// The explanation that was kept with each decision.
    private func explanations(of events: [EventReport]) async -> [UInt64: HTML] {
        guard let orders = site.control as? any OperatorInterface else { return [:] }
        var found: [UInt64: HTML] = [:]
        for event in events where event.kind == "decision" {
            guard let scheme = event.scheme else { continue }
            let kept: Explanation?
            if let known = site.explanations.value(event.id) {
                kept = known
            } else {
                // A time as a number has no nanoseconds: a bit later is still the same decision.
                kept = try? await orders.explanation(of: scheme, at: event.at + 0.000_002)
                // What is new may not be written yet.
                if kept != nil || event.at < model.at - 60 { site.explanations.keep(kept, event.id) }
            }
            guard let kept else { continue }
            let link = "/schemes/\(scheme.urlEncoded)?at=\((event.at + 0.000_002))"
            found[event.id] =
                "<p class=\"summary\">\(words.said(kept.summary))</p>\(explanation(kept))<p><a href=\"\(link)\">\(words("why.link"))</a></p>"
        }
        return found
    }

    // MARK: What an operator may do

    /// What is imposed, by whom, why and until when; with the button that ends it.
    ///
    /// - Parameter mayEnd: whether this visitor may.
    func imposition(_ override: OverrideReport, mayEnd: Bool) -> HTML {
        let member = override.member.map { " → \($0)" } ?? ""
        let until: HTML = override.until.html { ", \(words("override.ends-in")) \(self.until($0))" }
        let end: HTML =
            mayEnd
            ? form(
                "endOverride",
                "<input type=\"hidden\" name=\"subject\" value=\"\(override.subject)\"><button class=\"small\">\(words("override.end"))</button>"
            )
            : ""
        return """
            <div class="imposed"><p><strong>\(words("action.\(override.action)"))\(member)</strong> \(words("override.by", override.author))\
            \(override.reason.isEmpty ? "" : ": \(override.reason)")\(until)\
            \(", \(words("override.open"))", if: override.until == nil)</p>\(end)</div>
            """
    }

    private func controls(
        for member: MemberReport, of scheme: SchemeReport, _ servers: [DemoServerReport]
    ) -> HTML {
        let mayOrder = visit.may(.operator, in: model.projects(ofIndicator: member.indicator))
        let imposed = overrides["indicator:\(member.indicator)"].html { imposition($0, mayEnd: mayOrder) }
        guard mayOrder || visit.may(.operator, in: scheme.projects) else {
            return "<div class=\"controls\">\(imposed)</div>"
        }
        let key = "\(scheme.name)-\(member.indicator)"
        let own = servers.first { server in member.values.contains { server.url.contains("//\($0):") } }
        let kitten: HTML = own.html { .keyed("kitten-\(key)", "<div>\(kittenPart($0))</div>") }
        let forms = HTML.keyed(
            "controls-\(key)",
            """
            <details class="menu" data-keep-open="controls-\(key)"><summary><span class="hidden">\(member.indicator): </span>\(words("member.change"))</summary>\
            \(orderForm(indicator: mayOrder ? member.indicator : nil, member: member.indicator, of: scheme))\(editForm(member, of: scheme))\(removeForm(member, of: scheme))</details>
            """)
        return "<div class=\"controls\">\(imposed)<div class=\"buttons\">\(forms)\(kitten)</div></div>"
    }

    /// Breaks a server of the demo or mends it, right where one sees what comes of it; one that fails by itself says
    /// until when.
    private func kittenPart(_ server: DemoServerReport) -> HTML {
        guard server.isAlive, server.status != "OK" else { return kittenForm(server, name: server.name) }
        return server.nextChangeAt.html {
            "<span class=\"quiet\">\(server.name) \(words("kitten.recovers-in")) \(until($0))</span>"
        }
    }

    /// What can be imposed on the whole scheme.
    private func schemeOrders(_ scheme: SchemeReport) -> HTML {
        guard visit.may(.operator, in: scheme.projects) else { return .nothing }
        let target = "target=\(scheme.name.urlEncoded)"
        return .keyed(
            "scheme-orders",
            """
            <details class="menu" data-keep-open="scheme-orders"><summary>\(words("member.change"))</summary>\
            \(orderForm([("pause", target), ("silence", target)]))</details>
            """)
    }

    /// What can be imposed on an indicator.
    func orderForm(indicator: String) -> HTML {
        let target = "target=\(indicator.urlEncoded)"
        return orderForm(["maintenance", "drain", "force-ok", "force-err"].map { ($0, target) })
    }

    /// What can be imposed on a member: on its indicator, and on the scheme because of it, where this visitor may.
    private func orderForm(indicator: String?, member: String, of scheme: SchemeReport) -> HTML {
        var buttons: [(String, String)] = []
        if let indicator {
            let target = "target=\(indicator.urlEncoded)"
            buttons = ["maintenance", "drain", "force-ok", "force-err"].map { ($0, target) }
        }
        if visit.may(.operator, in: scheme.projects) {
            buttons.append(("pin", "target=\(scheme.name.urlEncoded)&member=\(member.urlEncoded)"))
        }
        return orderForm(buttons)
    }

    /// Reason and duration, and a button for each thing to impose.
    ///
    /// - Parameter buttons: each action with the other fields that it sets, encoded.
    private func orderForm(_ buttons: [(String, String)]) -> HTML {
        let choices = ["600", "3600", "14400", "86400", ""].map { seconds -> HTML in
            "<option value=\"\(seconds)\"\(" selected", if: seconds == "3600")>\(words("duration.\(seconds.isEmpty ? "open" : seconds)"))</option>"
        }
        let submits = buttons.map { action, set -> HTML in
            "<button name=\"set\" value=\"action=\(action)&amp;\(set)\" title=\"\(words("action.\(action).text"))\">\(words("action.\(action)"))</button>"
        }
        return form(
            "addOverride", class: "order",
            """
            <label>\(words("order.reason")) <input name="reason" maxlength="1000" placeholder="\(words("order.reason-example"))"></label>\
            <label>\(words("order.duration")) <select name="seconds">\(choices)</select></label><div class="buttons">\(submits)</div>
            """)
    }
}
