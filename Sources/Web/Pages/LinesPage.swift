import Control

/// Lines and services: who gets the traffic, by which lines, and how each of them is.
extension Pages {
    private static let servicesPerPage = 24

    func linePage() async -> PageContent? {
        guard let lining = site.control as? any LineInterface else { return nil }
        let report = await lining.lines().limited(to: scope, of: seen)
        let isEmpty = report.lines.isEmpty && report.services.isEmpty && report.hosts.isEmpty
        let problems = report.problems.map { "<li class=\"bad\">\(words.said($0))</li>" as HTML }
        // What needs somebody comes first; of many there is a page at a time.
        let search = self.search
        let found = report.services.filter {
            search.isIn($0.name)
                || ($0.addresses + $0.servers.flatMap { [$0.name, $0.indicator, $0.address] }).contains(
                    where: search.isIn)
        }
        let ordered =
            found.filter { tone(of: $0) == .bad } + found.filter { tone(of: $0) == .wait }
            + found.filter { tone(of: $0) == .good }
        let services = Self.page(of: ordered, visit.query["page"], size: Self.servicesPerPage)
        let isMany = report.services.count > Self.servicesPerPage
        // What is shown of a service is made from these.
        for service in services.items { _ = model.scheme(service.name) }
        for line in report.lines { _ = model.indicator(line.indicator) }
        for host in report.hosts { _ = model.scheme(host.name) }
        let body: HTML = """
            <div class="row"><h1>\(words("lines.title"))</h1>\(searchForm, if: isMany)</div>
            \("<section class=\"card attention\"><ul>\(problems)</ul></section>", if: !problems.isEmpty)\
            \("<p class=\"quiet\">\(words("lines.none"))</p>", if: isEmpty)\
            \(section("lines", report.lines.map { line($0) }, none: "lines.no-lines", if: !isEmpty))
            \(section("services", services.items.map { service($0) }, none: isMany ? "list.nothing" : "lines.no-services", if: !isEmpty))\
            \(HTML.keyed("pager", pager(services.paging)))
            \(section("hosts", report.hosts.map { host($0) }, none: "", if: !report.hosts.isEmpty))
            \(forwarding(report))
            """
        return PageContent(title: "\(words("lines.title")) · Ninelives", section: .lines, body: body, isWitnessed: true)
    }

    private func section(_ name: String, _ cards: [HTML], none: String, if isShown: Bool) -> HTML {
        if !isShown { return .nothing }
        let content: HTML =
            cards.isEmpty ? "<p class=\"quiet\">\(words(none))</p>" : "<div class=\"appliance\">\(cards)</div>"
        return """
            <section aria-labelledby="\(name)-title"><h2 id="\(name)-title">\(words("lines.\(name)"))</h2>\
            \(HTML.keyed("list-\(name)", content))</section>
            """
    }

    // MARK: Services

    private func service(_ service: ServiceReport) -> HTML {
        var facts = [service.ports.joined(separator: ", ")]
        if !service.lines.isEmpty, service.servers.contains(where: { $0.site == "onsite" }) {
            facts.append(words("lines.by", service.lines.joined(separator: ", ")))
            facts.append(words("lines.redundancy.\(service.redundancy)"))
            facts.append(words("lines.established.\(service.established)"))
        }
        return .keyed(
            "service-\(service.name)",
            """
            <article class="card scheme \(tone(of: service).rawValue)"><header><h3>\(link(scheme: service.name))</h3>\
            <span class="quiet">\(facts[0])</span></header>
            \(answer(service.answer, service.addresses, service.ttl))
            \(service.held.html { "<p class=\"held\">\(words.said($0))</p>" })
            <ol class="members">\(service.servers.map { server($0, of: service) })</ol>
            \("<p class=\"quiet\">\(facts.dropFirst().joined(separator: " · "))</p>", if: facts.count > 1)</article>
            """)
    }

    private func tone(of service: ServiceReport) -> Tone {
        let best = service.servers.map(\.priority).max()
        let isBest = service.servers.contains { $0.isActive && $0.priority == best }
        return service.isAllDown ? .bad : service.answer != "none" && isBest ? .good : .wait
    }

    private func answer(_ kind: String, _ addresses: [String], _ ttl: UInt32) -> HTML {
        if kind == "none" { return "<p>\(badge(.wait, words("lines.no-answer")))</p>" }
        let values = kind == "addresses" ? addresses : [kind.uppercased()]
        return """
            <p class="answer" aria-label="\(words("scheme.answers-now"))" data-flash="\(values.joined(separator: " "))">\
            \(values.map { "<code>\($0)</code> " as HTML })</p><p class="facts"><span>\(words("lines.ttl", "\(ttl)"))</span></p>
            """
    }

    private func server(_ server: ServiceReport.Server, of service: ServiceReport) -> HTML {
        let named = Set(["primary", "backup", "2nd-backup", "3rd-backup", "disabled"])
        let level =
            named.contains(server.level)
            ? words("priority.\(server.level)") : "\(words("priority.word")) \(server.level)"
        let imposed: HTML = server.override.html { badge(.wait, words("override.\($0)")) }
        let cutOff: HTML = server.unusableBecause == "line" ? badge(.bad, words("lines.cut-off")) : .nothing
        let probe = model.indicator(server.indicator)
        let found =
            probe?.lastProbe.map { "\(words.said($0.reason)) · \(milliseconds($0.totalMilliseconds))" }
            ?? words("probe.none")
        return .keyed(
            "server-\(service.name)-\(server.name)",
            """
            <li class="\(server.isActive ? "active" : "")" data-flash="\(server.state)\(server.isActive ? "+" : "")">\
            <span class="marker" aria-hidden="true"></span>\
            <div class="who"><a href="/indicators/\(server.indicator.urlEncoded)">\(server.name)</a>\
            \("<span class=\"answers\">\(words("member.answers"))</span>", if: server.isActive && !server.isForwardedTo)\
            \("<span class=\"answers\">\(words("lines.forwarded"))</span>", if: server.isForwardedTo)\
            <span class="quiet priority">\(level) · \(words("lines.\(server.site)"))</span></div>\
            <code class="value">\(server.address)</code>\
            <span class="states">\(stateBadge(server.state))\(imposed)\(cutOff)</span>\
            \(probeStrip(probe?.recent ?? []))<p class="reason quiet">\(found)</p></li>
            """)
    }

    // MARK: Lines

    private func line(_ line: LineReport) -> HTML {
        let tone = Tone(state: line.state)
        let interface = line.interface.map { words("lines.interface", $0) }
        let imposed: HTML = line.override.html { badge(.wait, words("override.\($0)")) }
        return .keyed(
            "line-\(line.name)",
            """
            <article class="card scheme \(tone.rawValue)" data-flash="\(line.state)"><header>\
            <h3><a href="/indicators/\(line.indicator.urlEncoded)">\(line.name)</a></h3>\
            <span class="states">\(badge(tone, words("lines.state.\(line.state)")))\(imposed)</span></header>
            <p class="facts">\(line.addresses.map { "<code>\($0)</code>" as HTML })\(interface.html { "<span>\($0)</span>" })\
            \(line.since.html { "<span>\(words("scheme.for")) \(ago($0))</span>" })</p>
            \(line.held.html { "<p class=\"held\">\(words.said($0))</p>" })
            \("<ol class=\"members tests\" aria-label=\"\(words("lines.tests"))\">\(line.testPoints.map { point($0) })</ol>", if: !line.testPoints.isEmpty)</article>
            """)
    }

    private func point(_ point: LineReport.TestPoint) -> HTML {
        let found =
            point.lastProbe.map { "\(words.said($0.reason)) · \(milliseconds($0.totalMilliseconds))" }
            ?? words("probe.none")
        return .keyed(
            "point-\(point.indicator)",
            """
            <li><div class="who"><a href="/indicators/\(point.indicator.urlEncoded)">\(point.test)</a></div>\
            <span class="states">\(badge(Tone(state: point.state), words("lines.point.\(point.state)")))</span>\
            \(probeStrip(model.indicator(point.indicator)?.recent ?? []))<p class="reason quiet">\(found)</p></li>
            """)
    }

    // MARK: Hosts and forwarding

    private func host(_ host: LineHostReport) -> HTML {
        let ways = host.lines.map { way -> HTML in
            """
            <li class="\(way.isActive ? "active" : "")"><span class="marker" aria-hidden="true"></span><div class="who">\(way.line)\
            \("<span class=\"answers\">\(words("member.answers"))</span>", if: way.isActive)</div>\
            <code class="value">\(way.addresses.joined(separator: " "))</code></li>
            """
        }
        let others: HTML =
            host.others.isEmpty
            ? .nothing
            : """
            <li class="active"><span class="marker" aria-hidden="true"></span><div class="who">\(words("lines.others"))</div>\
            <code class="value">\(host.others.joined(separator: " "))</code></li>
            """
        let tone: Tone = host.isAllDown ? .bad : host.lines.allSatisfy(\.isActive) ? .good : .wait
        return .keyed(
            "host-\(host.name)",
            """
            <article class="card scheme \(tone.rawValue)"><header><h3>\(link(scheme: host.name))</h3></header>
            \(answer(host.answer, host.addresses, host.ttl))
            <ol class="members">\(ways)\(others)</ol></article>
            """)
    }

    private func forwarding(_ report: LinesReport) -> HTML {
        if report.forwarding.isEmpty, report.inForce == nil { return .nothing }
        let wanted = report.forwarding.map { item -> HTML in
            let servers = item.servers.isEmpty ? words("lines.to-nobody") : item.servers.joined(separator: " ")
            return """
                <li><strong>\(item.name)</strong> <code>\(item.lineAddresses.joined(separator: " ")) \(item.transport) \(item.port)</code> → <code>\(servers)</code></li>
                """
        }
        let inForce: HTML =
            report.inForce.map { "<pre tabindex=\"0\">\($0)</pre>" }
            ?? "<p class=\"quiet\">\(words("lines.not-forwarded"))</p>"
        return """
            <section class="card" aria-labelledby="forwarding-title"><h2 id="forwarding-title">\(words("lines.forwarding"))</h2>\
            \(HTML.keyed("forwarding", "<div><h3>\(words("lines.wanted"))</h3><ul class=\"plain\">\(wanted)</ul><h3>\(words("lines.in-force"))</h3>\(inForce)</div>"))</section>
            """
    }
}
