import Control

/// Lines and services: who gets the traffic, by which lines, and how each of them is.
extension Pages {
    func linePage() async -> PageContent? {
        guard let lining = site.control as? any LineInterface else { return nil }
        let report = await lining.lines()
        let isEmpty = report.lines.isEmpty && report.services.isEmpty && report.hosts.isEmpty
        let problems = report.problems.map { "<li class=\"bad\">\(words.said($0))</li>" as HTML }
        let body: HTML = """
            <h1>\(words("lines.title"))</h1>
            \("<section class=\"card attention\"><ul>\(problems)</ul></section>", if: !problems.isEmpty)\
            \("<p class=\"quiet\">\(words("lines.none"))</p>", if: isEmpty)\
            \(card("services", report.services.map { service($0) }, none: "lines.no-services", if: !isEmpty))
            \(card("lines", report.lines.map { line($0) }, none: "lines.no-lines", if: !isEmpty))
            \(card("hosts", report.hosts.map { host($0) }, none: "", if: !report.hosts.isEmpty))
            \(forwarding(report))
            """
        return PageContent(title: "\(words("lines.title")) · Ninelives", section: .lines, body: body)
    }

    private func card(_ name: String, _ items: [HTML], none: String, if isShown: Bool) -> HTML {
        if !isShown { return .nothing }
        let content: HTML =
            items.isEmpty ? "<p class=\"quiet\">\(words(none))</p>" : "<ul class=\"plain appliance\">\(items)</ul>"
        return """
            <section class="card" aria-labelledby="\(name)-title"><h2 id="\(name)-title">\(words("lines.\(name)"))</h2>\
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
            <li><h3>\(link(scheme: service.name))</h3>\
            <p>\(answer(service.answer, service.addresses, service.ttl, isAllDown: service.isAllDown))</p>\
            <p class="quiet">\(facts.joined(separator: " · "))</p>\
            \(service.held.html { "<p class=\"quiet\">\(words.said($0))</p>" })\
            <ul class="plain">\(service.servers.map { server($0, of: service) })</ul></li>
            """)
    }

    private func answer(_ kind: String, _ addresses: [String], _ ttl: UInt32, isAllDown: Bool) -> HTML {
        if kind == "none" { return badge(.wait, words("lines.no-answer")) }
        let text = kind == "addresses" ? addresses.joined(separator: " ") : kind.uppercased()
        return
            "\(badge(isAllDown ? .bad : .good, words("lines.answers", text))) <span class=\"quiet\">\(words("lines.ttl", "\(ttl)"))</span>"
    }

    private func server(_ server: ServiceReport.Server, of service: ServiceReport) -> HTML {
        let named = Set(["primary", "backup", "2nd-backup", "3rd-backup", "disabled"])
        let level =
            named.contains(server.level)
            ? words("priority.\(server.level)") : "\(words("priority.word")) \(server.level)"
        let imposed: HTML = server.override.html { " " + badge(.wait, words("override.\($0)")) }
        let cutOff: HTML = server.unusableBecause == "line" ? " " + badge(.bad, words("lines.cut-off")) : .nothing
        let role: HTML =
            (server.isActive ? " " + badge(.good, words("member.answers")) : .nothing)
            + (server.isForwardedTo ? " " + badge(.good, words("lines.forwarded")) : .nothing)
        return .keyed(
            "server-\(service.name)-\(server.name)",
            """
            <li class="row" data-flash="\(server.state)\(server.isActive ? "+" : "")"><span><a href="/indicators/\(server.indicator.urlEncoded)">\(server.name)</a> \
            <span class="quiet">\(level) · \(words("lines.\(server.site)"))</span> <code>\(server.address)</code> \
            \(stateBadge(server.state))\(imposed)\(cutOff)\(role)</span></li>
            """)
    }

    // MARK: Lines

    private func line(_ line: LineReport) -> HTML {
        var facts = [line.addresses.joined(separator: " ")]
        if let interface = line.interface { facts.append(words("lines.interface", interface)) }
        let imposed: HTML = line.override.html { " " + badge(.wait, words("override.\($0)")) }
        let held: HTML = line.held.html { " " + badge(.wait, words.said($0)) }
        return .keyed(
            "line-\(line.name)",
            """
            <li data-flash="\(line.state)"><h3><a href="/indicators/\(line.indicator.urlEncoded)">\(line.name)</a></h3>\
            <p>\(badge(Tone(state: line.state), words("lines.state.\(line.state)")))\(imposed)\(held)\
            \(line.since.html { " <span class=\"quiet\">\(ago($0))</span>" })</p>\
            <p class="quiet">\(facts.joined(separator: " · "))</p>\
            <ul class="plain" aria-label="\(words("lines.tests"))">\(line.testPoints.map { point($0) })</ul></li>
            """)
    }

    private func point(_ point: LineReport.TestPoint) -> HTML {
        let found = point.lastProbe.html {
            " <span class=\"quiet\">\(words.said($0.reason)) · \(milliseconds($0.totalMilliseconds))</span>" as HTML
        }
        return .keyed(
            "point-\(point.indicator)",
            """
            <li class="row"><span><a href="/indicators/\(point.indicator.urlEncoded)">\(point.test)</a> \
            \(badge(Tone(state: point.state), words("lines.point.\(point.state)")))\(found)</span></li>
            """)
    }

    // MARK: Hosts and forwarding

    private func host(_ host: LineHostReport) -> HTML {
        let ways = host.lines.map { way -> HTML in
            """
            <li class="row"><span>\(way.line) <code>\(way.addresses.joined(separator: " "))</code>\
            \(way.isActive ? " " + badge(.good, words("member.answers")) : .nothing)</span></li>
            """
        }
        let others: HTML =
            host.others.isEmpty
            ? .nothing
            : "<li class=\"row\"><span>\(words("lines.others")) <code>\(host.others.joined(separator: " "))</code></span></li>"
        return .keyed(
            "host-\(host.name)",
            """
            <li><h3>\(link(scheme: host.name))</h3>\
            <p>\(answer(host.answer, host.addresses, host.ttl, isAllDown: host.isAllDown))</p>\
            <ul class="plain">\(ways)\(others)</ul></li>
            """)
    }

    private func forwarding(_ report: LinesReport) -> HTML {
        if report.forwarding.isEmpty, report.inForce == nil { return .nothing }
        let wanted = report.forwarding.map { item -> HTML in
            let servers = item.servers.isEmpty ? words("lines.to-nobody") : item.servers.joined(separator: " ")
            return """
                <li>\(item.name): <code>\(item.lineAddresses.joined(separator: " ")) \(item.transport) \(item.port)</code> → <code>\(servers)</code></li>
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
