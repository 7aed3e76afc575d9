import Accounts
import Control
import Failover
import Storage

/// Projects: what belongs to each, who may do what there, and the tokens for it.
extension Pages {
    /// The projects that this visitor has to do with, on the page of settings.
    func projectPart() async throws -> HTML {
        let projects = try await site.projects(of: visit.identity)
        let schemes = tally(model.schemeGlances().map { model.projects(ofScheme: $0.name) })
        let indicators = tally(model.indicatorGlances().map { model.projects(ofIndicator: $0.name) })
        let lines = projects.map { project -> HTML in
            let parts = [
                words.count("count.name", schemes[project.name] ?? 0),
                words.count("count.indicator", indicators[project.name] ?? 0),
            ]
            return """
                <li><a href="/settings/projects/\(project.name.urlEncoded)"><strong>\(project.name)</strong></a> <span class="quiet">\(parts.joined(separator: " · "))</span></li>
                """
        }
        let none = "<p class=\"quiet\">\(words("settings.no-projects"))</p>" as HTML
        return """
            <section class="card" aria-labelledby="projects-title"><h2 id="projects-title">\(words("settings.projects"))</h2><p class="quiet">\(words("settings.projects-text"))</p>\
            \(HTML.keyed("projects", lines.isEmpty ? none : "<ul class=\"plain projects\">\(lines)</ul>"))\(addProject)</section>
            """
    }

    /// How much belongs to each project.
    private func tally(_ belongings: [[String]]) -> [String: Int] {
        var tally: [String: Int] = [:]
        for projects in belongings { for project in projects { tally[project, default: 0] += 1 } }
        return tally
    }

    private var addProject: HTML {
        guard visit.may(.admin) else { return .nothing }
        let add = form(
            "putProject", class: "tall-form",
            """
            \(Seen.html(Seen.nothing))<label class="wide">\(words("list.name")) <input name="name" required maxlength="60" pattern="[A-Za-z0-9_\\-][A-Za-z0-9_.\\-]*" autocomplete="off"></label>\
            \(contentFields(nil))<div class="buttons"><button class="main">\(words("settings.add-project"))</button></div>
            """)
        return .keyed(
            "add-project",
            "<details class=\"menu\" data-keep-open=\"add-project\"><summary>\(words("settings.add-project"))</summary>\(add)</details>"
        )
    }

    func has(_ name: String, _ project: ConfiguredProject, scheme: Bool) -> Bool {
        (scheme ? model.projects(ofScheme: name) : model.projects(ofIndicator: name)).contains(project.name)
    }

    /// One project; nil if there is none of that name where this visitor may look.
    func projectPage(_ name: String) async throws -> PageContent? {
        guard let project = try await site.projects(of: visit.identity).first(where: { $0.name == name }) else {
            return nil
        }
        let body: HTML = """
            \(trail("nav.settings", "/settings", name))
            <h1>\(breakable(name))</h1>
            <div class="columns"><div class="stack">\(failoverPart(project))\(await accountPart(project))\(try await policyPart(of: project))\(try await noticePart(project))</div>
            <div class="stack">\(contentPart(project))\(try memberPart(name))\(try tokenPart(of: name))\
            <section class="card" aria-labelledby="public-title"><h2 id="public-title">\(words("project.public"))</h2>\
            <p class="quiet">\(words("project.public-text"))</p><p><a href="/status/\(name.urlEncoded)">/status/\(name)</a></p></section></div></div>
            """
        return PageContent(title: "\(name) · \(words("nav.settings"))", section: .settings, body: body)
    }

    // MARK: People

    private func memberPart(_ project: String) throws -> HTML {
        guard visit.may(.admin, in: [project]), site.gate.accounts != nil else { return .nothing }
        let rows = try site.members(of: project).map { member -> HTML in
            let hidden: HTML = """
                <input type="hidden" name="name" value="\(project)"><input type="hidden" name="user" value="\(member.name)">
                """
            let change = form(
                "putProjectMember", class: "inline",
                "\(hidden)\(choice(of: member.role, label: "\(words("people.role")): \(member.name)"))<button class=\"small\">\(words("people.set"))</button>"
            )
            let remove = form(
                "removeProjectMember", class: "inline",
                "\(hidden)<button class=\"small\">\(words("people.remove"))<span class=\"hidden\"> \(member.name)</span></button>"
            )
            return .keyed(
                "member-\(member.name)",
                "<li class=\"row\"><strong>\(member.name)</strong> <span class=\"row\">\(change)\(remove)</span></li>")
        }
        let none = "<p class=\"quiet\">\(words("settings.nobody"))</p>" as HTML
        let add = form(
            "putProjectMember", class: "filter",
            """
            <input type="hidden" name="name" value="\(project)"><label>\(words("login.name")) <input name="user" required maxlength="64" autocomplete="off"></label>\
            <label>\(words("people.role")) \(choice(of: "viewer", label: nil))</label><button class="main">\(words("project.add"))</button>
            """)
        return """
            <section class="card" aria-labelledby="people-title"><h2 id="people-title">\(words("settings.members"))</h2><p class="quiet">\(words("project.people-text"))</p>\
            \(HTML.keyed("members", rows.isEmpty ? none : "<ul class=\"plain\">\(rows)</ul>"))\(HTML.keyed("add-member", "<div>\(add)</div>"))</section>
            """
    }

    private func choice(of current: String, label: String?) -> HTML {
        let options = Role.allCases.map { role -> HTML in
            "<option value=\"\(role.rawValue)\"\(" selected", if: role.rawValue == current)>\(words("role.\(role.rawValue)"))</option>"
        }
        return "<select name=\"role\"\(label.html { " aria-label=\"\($0)\"" })>\(options)</select>"
    }

    // MARK: Tokens

    /// Everybody's, for an admin of the server.
    func tokenPart() async throws -> HTML {
        guard site.gate.accounts != nil else { return .nothing }
        return tokenCard(try site.accounts().tokens())
    }

    /// One's own for this project; the server's admins see everybody's.
    private func tokenPart(of project: String) throws -> HTML {
        guard site.gate.accounts != nil else { return .nothing }
        return tokenCard(
            try site.accounts().tokens().filter {
                $0.project == project && (visit.may(.admin) || $0.user == visit.identity?.name)
            })
    }

    private func tokenCard(_ tokens: [StoredToken]) -> HTML {
        """
        <section class="card" aria-labelledby="tokens-title"><h2 id="tokens-title">\(words("token.title"))</h2><p class="quiet">\(words("token.text"))</p>\
        \(tokenTable(tokens))<p><a href="/account">\(words("token.make-own"))</a></p></section>
        """
    }

    /// Tokens with what they may, and the button that ends each.
    func tokenTable(_ tokens: [StoredToken]) -> HTML {
        if tokens.isEmpty { return .keyed("tokens", "<p class=\"quiet\">\(words("token.none"))</p>") }
        let rows = tokens.map { token -> HTML in
            let remove = form(
                "removeToken", class: "inline",
                "<input type=\"hidden\" name=\"id\" value=\"\(token.id)\"><button class=\"small\">\(words("people.remove"))<span class=\"hidden\"> \(token.name)</span></button>"
            )
            let project = token.project == "*" ? words("project.all") : token.project
            let expiry: HTML = token.expires.map { until($0.seconds) } ?? "\(words("token.never"))"
            return .keyed(
                "token-\(token.id)",
                """
                <tr><th scope="row">\(token.name)</th><td>\(token.user)</td><td>\(words("role.\(token.role)")), \(project)</td>\
                <td class="quiet">\(ago(token.created.seconds))</td><td class="quiet">\(expiry)</td><td>\(remove)</td></tr>
                """)
        }
        let heads = ["token.name", "audit.actor", "people.role", "token.created", "token.expires", "people.change"].map
        {
            "<th scope=\"col\">\(words($0))</th>" as HTML
        }
        return """
            <div class="scroll" tabindex="0" role="group" aria-labelledby="tokens-title"><table class="list"><thead><tr>\(heads)</tr></thead>\
            \(HTML.keyed("tokens", "<tbody>\(rows)</tbody>"))</table></div>
            """
    }

    /// The form that makes a token for oneself, no mightier than one is.
    func tokenForm(_ identity: Identity) -> HTML {
        let roles = Role.allCases.filter { role in identity.roles.values.contains { $0 >= role } }.map {
            "<option value=\"\($0.rawValue)\">\(words("role.\($0.rawValue)"))</option>" as HTML
        }
        let projects = identity.roles.keys.sorted().map {
            "<option value=\"\($0)\">\($0 == "*" ? words("project.all") : $0)</option>" as HTML
        }
        let lives = [("", "token.never"), ("30", "token.month"), ("90", "token.quarter"), ("365", "token.year")].map {
            days, key -> HTML in
            let end = Double(days).map { "\(Int(model.at + $0 * 86_400))" } ?? ""
            return "<option value=\"\(end)\"\(" selected", if: days == "90")>\(words(key))</option>"
        }
        return """
            <form method="post" action="/account/tokens" class="filter"><input type="hidden" name="csrf" value="\(visit.csrf ?? "")">\
            <label>\(words("token.name")) <input name="name" required maxlength="64"></label><label>\(words("people.role")) <select name="role">\(roles)</select></label>\
            <label>\(words("token.project")) <select name="project">\(projects)</select></label>\
            <label>\(words("token.expires")) <select name="expires">\(lives)</select></label><button class="main">\(words("token.make"))</button></form>
            """
    }
}
