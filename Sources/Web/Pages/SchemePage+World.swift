import Accounts
import Control

/// How far an answer has got: at its providers, at the zone's servers, in resolvers' caches.
extension Pages {
    /// Each provider with its last reply, and what can be done about it.
    func providers(_ scheme: SchemeReport) -> HTML {
        let lines = scheme.providers.map { provider -> HTML in
            let key = "\(scheme.name)-\(provider.name)"
            let remarks = provider.remarks.map { "<p class=\"quiet\">\(words.said($0))</p>" as HTML }
            let next = provider.nextAt.html { "<span class=\"quiet\">\(words("provider.next")) \(until($0))</span>" }
            return .keyed(
                "provider-\(key)",
                """
                <li data-flash="\(provider.sync)"><p><strong>\(provider.name)</strong> \
                \(badge(tone(of: provider), words(provider.isPaused ? "sync.paused" : "sync.\(provider.sync)")))\
                \(provider.since.html { " <span class=\"quiet\">\(ago($0))</span>" }) \(next)</p>\
                \("<p class=\"quiet\">\(words("provider.says")) \(words.said(provider.words))</p>", if: !provider.words.isEmpty)\
                \(remarks)\(allowForm(provider))</li>
                """)
        }
        return .keyed(
            "providers",
            """
            <section class="card" aria-labelledby="providers-title"><h2 id="providers-title">\(words("provider.title"))</h2>\
            \(HTML.keyed("provider-list", "<ul class=\"witnesses\">\(lines)</ul>"))\(pushForm(scheme))</section>
            """)
    }

    private func tone(of provider: ProviderReport) -> Tone {
        if provider.isPaused { return .bad }
        switch provider.sync {
        case "verified", "synced": return .good
        case "refused", "drifted": return .bad
        default: return .wait
        }
    }

    private func pushForm(_ scheme: SchemeReport) -> HTML {
        guard visit.may(.operator, in: scheme.projects), scheme.providers.contains(where: { $0.name != "local" }) else {
            return .nothing
        }
        let fields: HTML = """
            <input type="hidden" name="name" value="\(scheme.name)"><button>\(words("provider.push"))</button> \
            <span class="quiet">\(words("provider.push-text"))</span>
            """
        return .keyed("push", "<div>\(form("pushScheme", fields))</div>")
    }

    private func allowForm(_ provider: ProviderReport) -> HTML {
        guard visit.may(.operator), provider.isPaused else { return .nothing }
        return form(
            "allowChanges",
            "<input type=\"hidden\" name=\"name\" value=\"\(provider.name)\"><button>\(words("provider.allow"))</button>"
        )
    }

    // MARK: Servers

    /// What the zone's servers and public resolvers answer, as seen last: they are asked while somebody looks.
    func witnesses(_ scheme: SchemeReport) async -> HTML {
        let control = site.control
        let seen = await control.watchedPropagation(of: scheme.name)
        witness?.note("propagation") { _ in await control.watchedPropagation(of: scheme.name) == seen }
        let content: HTML
        if let seen {
            content = """
                \(servers(seen.authorities, "witness.authorities", "authority"))\(servers(seen.resolvers, "witness.resolvers", "resolver"))\
                \(HTML.keyed("forecast", "<p class=\"rule\">\(words.said(seen.forecast))\(seen.clearAt.html { " (\(words("scheme.left")) \(until($0)))" })</p>"))\
                \(HTML.keyed("asked", "<p class=\"quiet\">\(words("witness.asked")) \(clock(seen.at))</p>"))
                """
        } else {
            content = "<p class=\"quiet\">\(words("witness.asking"))</p>"
        }
        return .keyed(
            "witnesses",
            """
            <section class="card" aria-labelledby="witnesses-title"><h2 id="witnesses-title">\(words("witness.title"))</h2>\(content)</section>
            """)
    }

    private func servers(_ servers: [PropagationReport.Server], _ title: String, _ kind: String) -> HTML {
        if servers.isEmpty { return .nothing }
        let right = servers.count { $0.agrees == true }
        let lines = servers.map { server -> HTML in
            let (tone, word): (Tone, String) =
                switch server.agrees {
                case true: (.good, words("witness.agrees"))
                case false: (.bad, words("witness.differs"))
                case nil: (.wait, server.trouble.map { words.said($0) } ?? words("witness.unknown"))
                }
            let answers = server.answers.isEmpty ? words("answer.nodata") : server.answers.joined(separator: " ")
            return .keyed(
                "\(kind)-\(server.address)",
                """
                <li data-flash="\(answers)"><span>\(server.name.html { "\(words.said($0)) " })<code>\(server.address)</code></span>\
                \(badge(tone, word)) \("<code class=\"says\">\(answers)</code>", if: server.trouble == nil)\
                \(server.ttl.html { "<span class=\"quiet\">TTL \($0)</span>" })\
                \(server.serial.html { " <span class=\"quiet\">\(words("witness.serial")) \($0)</span>" })\
                \(server.disagreesSince.html { " <span class=\"quiet\">\(ago($0))</span>" })</li>
                """)
        }
        return """
            <h3>\(words(title)) <span class="quiet">\(words("witness.count", "\(right)", "\(servers.count)"))</span></h3>\
            \(HTML.keyed("\(kind)-list", "<ul class=\"witnesses\">\(lines)</ul>"))
            """
    }
}
