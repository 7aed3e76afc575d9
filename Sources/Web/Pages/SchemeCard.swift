import Control

/// A scheme with all its members, as the overview shows a few and the scheme's own page one.
extension Pages {
    func schemeCard(_ scheme: SchemeReport) -> HTML {
        let tone = tone(of: scheme)
        return .keyed(
            "scheme-\(scheme.name)",
            """
            <article class="card scheme \(tone.rawValue)"><header><h2>\(link(scheme: scheme.name))</h2>\(badge(tone, word(for: scheme)))</header>
            \(answer(scheme))
            \(facts(scheme))
            \(held(scheme))
            \(HTML.keyed("members-\(scheme.name)", "<ol class=\"members\">\(scheme.members.map { member($0, of: scheme) })</ol>"))
            </article>
            """)
    }

    func answer(_ scheme: SchemeReport) -> HTML {
        let addresses = scheme.addresses.isEmpty ? [words("answer.\(scheme.answer)")] : scheme.addresses
        return .keyed(
            "answer-\(scheme.name)",
            """
            <p class="answer" aria-label="\(words("scheme.answers-now"))" data-flash="\(addresses.joined(separator: " "))">\
            \(addresses.map { "<code>\($0)</code> " as HTML })</p>
            """)
    }

    private func facts(_ scheme: SchemeReport) -> HTML {
        let name = scheme.name
        return """
            \(HTML.keyed("facts-\(name)", "<p class=\"facts\"><span>TTL \(scheme.ttl) \(words("unit.s"))</span>\(scheme.since.html { "<span>\(words("scheme.for")) \(ago($0))</span>" })<span class=\"sync \(scheme.sync)\">\(words("sync.\(scheme.sync)"))</span></p>"))
            \(HTML.keyed("rule-\(name)", "<p class=\"rule\">\(words.said(scheme.rule))</p>"))
            """
    }

    func held(_ scheme: SchemeReport) -> HTML {
        let text = scheme.held.html { held -> HTML in
            """
            <p class="held"><strong>\(words("scheme.held"))</strong> \(words.said(held))\
            \(scheme.heldUntil.html { " (\(words("scheme.left")) \(until($0)))" })</p>
            """
        }
        return .keyed("held-\(scheme.name)", "<div>\(text)</div>")
    }

    func tone(of scheme: SchemeReport) -> Tone {
        if scheme.answer == "none" { return .wait }
        if scheme.isAllDown { return .bad }
        return scheme.members.first?.isActive == true ? .good : .wait
    }

    func word(for scheme: SchemeReport) -> String {
        let standing: SchemeGlance.Standing =
            scheme.answer == "none"
            ? .undecided : scheme.isAllDown ? .allDown : scheme.members.first?.isActive == true ? .best : .failedOver
        return words("standing.\(standing.word)")
    }

    /// One member: who, what for, how it stands, what the last probe found.
    func member(_ member: MemberReport, of scheme: SchemeReport, controls: HTML = .nothing) -> HTML {
        let indicator = model.indicator(member.indicator)
        let priority =
            member.priorityName.map { "\(words("priority.\($0)")) · \(member.priority)" }
            ?? "\(words("priority.word")) \(member.priority)"
        let key = "\(scheme.name)-\(member.indicator)"
        let found =
            indicator?.lastProbe.map { "\(words.said($0.reason)) · \(milliseconds($0.totalMilliseconds))" }
            ?? words("probe.none")
        return .keyed(
            "member-\(key)",
            """
            <li class="\(member.isActive ? "active" : "")" data-flash="\(member.state)\(member.isActive ? "+" : "")">\
            <span class="marker" aria-hidden="true"></span>\
            <div class="who">\(link(indicator: member.indicator))\
            \("<span class=\"answers\">\(words("member.answers"))</span>", if: member.isActive)<span class="quiet priority">\(priority)</span></div>\
            <code class="value">\(member.values.joined(separator: " "))</code>\
            <span class="states">\(stateBadge(member.state))\(imposed(member, of: scheme))</span>\
            \(HTML.keyed("strip-\(key)", probeStrip(indicator?.recent ?? [])))\
            \(HTML.keyed("found-\(key)", "<p class=\"reason quiet\">\(found)</p>"))\
            \(controls)</li>
            """)
    }

    private func imposed(_ member: MemberReport, of scheme: SchemeReport) -> HTML {
        guard let label = member.override else { return .nothing }
        return "<span class=\"badge wait\">\(words("override.\(label)"))</span>"
    }

    /// The last ten probes, the newest right.
    func probeStrip(_ recent: [ProbeReport]) -> HTML {
        let shown = recent.suffix(10)
        let empty = Array(repeating: "<i class=\"none\"></i>" as HTML, count: max(0, 10 - shown.count))
        let bars = shown.map { "<i class=\"\($0.isSuccess ? "good" : "bad")\"></i>" as HTML }
        let failed = shown.count { !$0.isSuccess }
        let label = words("probe.strip", "\(shown.count)", "\(failed)")
        return "<span class=\"strip\" role=\"img\" aria-label=\"\(label)\">\(empty)\(bars)</span>"
    }
}
