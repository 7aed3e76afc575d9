import Accounts
import Control
import Failover
import Storage

/// Accounts, tokens, and who did what.
extension Pages {
    // MARK: Audit

    private static let auditPerPage = 100
    /// So many entries are looked through for those that fit.
    private static let auditDepth = 20

    func audit() throws -> PageContent {
        let accounts = try site.accounts()
        var before = visit.query["before"].flatMap { Int64($0) }
        var entries: [AuditEntry] = []
        var isMore = true
        for _ in 0..<Self.auditDepth where isMore && entries.count < Self.auditPerPage {
            let read = try accounts.auditEntries(before: before, limit: 500)
            for entry in read {
                before = entry.id
                if isWanted(entry) { entries.append(entry) }
                if entries.count == Self.auditPerPage { break }
            }
            isMore = read.count == 500 || entries.count == Self.auditPerPage && read.last?.id != before
        }
        let rows = entries.map { entry -> HTML in
            .keyed(
                "audit-\(entry.id)",
                """
                <tr><td>\(clock(entry.at.seconds))</td><td>\(entry.actor)</td><td>\(entry.action)</td><td class="found">\(entry.target)</td>\
                <td class="found">\(entry.detail)</td><td class="quiet">\(entry.origin)</td></tr>
                """)
        }
        let heads = ["when", "actor", "action", "target", "detail", "origin"].map {
            "<th scope=\"col\">\(words("audit.\($0)"))</th>" as HTML
        }
        let none = "<tr><td colspan=\"6\" class=\"quiet\">\(words("audit.none"))</td></tr>" as HTML
        let older: HTML =
            isMore
            ? before.html { "<a href=\"\(visit.address(with: ["before": "\($0)"]))\">\(words("events.older"))</a>" }
            : ""
        let body: HTML = """
            <div class="row"><h1>\(words("nav.audit"))</h1>\(try verification(accounts))</div>
            <form class="filter card" method="get" action="/audit">\(filter("actor"))\(filter("action"))\(filter("target"))\
            <button>\(words("list.find"))</button> <a href="/audit">\(words("events.clear"))</a></form>
            <div class="card scroll" tabindex="0" role="group" aria-label="\(words("nav.audit"))"><table><thead><tr>\(heads)</tr></thead>\
            \(HTML.keyed("rows", "<tbody>\(rows.isEmpty ? [none] : rows)</tbody>"))</table></div>
            <nav class="pager" aria-label="\(words("list.pages"))">\(older)</nav>
            """
        return PageContent(title: "\(words("nav.audit")) · Ninelives", section: .audit, body: body, isLive: false)
    }

    private func filter(_ name: String) -> HTML {
        "<label>\(words("audit.\(name)")) <input name=\"\(name)\" value=\"\(visit.query[name] ?? "")\" maxlength=\"255\"></label>"
    }

    private func isWanted(_ entry: AuditEntry) -> Bool {
        func fits(_ name: String, _ text: String) -> Bool {
            guard let wish = visit.query[name]?.lowercased(), !wish.isEmpty else { return true }
            return text.lowercased().contains(wish)
        }
        return fits("actor", entry.actor) && fits("action", entry.action) && fits("target", entry.target)
    }

    /// The chain is read whole only when somebody asks for it.
    private func verification(_ accounts: Accounts) throws -> HTML {
        guard visit.query["verify"] != nil else {
            return "<a class=\"button\" href=\"\(visit.address(with: ["verify": "1"]))\">\(words("audit.verify"))</a>"
        }
        let finding = try accounts.verifyAudit()
        return finding.problem.map { badge(.bad, words("audit.broken", $0)) }
            ?? badge(.good, words("audit.sound", "\(finding.sound)"))
    }

    // MARK: People

    func people() async throws -> PageContent {
        let users = try site.accounts().users().sorted { $0.name < $1.name }
        let rows = users.map { user -> HTML in
            let roles = user.roles.sorted { $0.key < $1.key }.map { roleText($0.value, in: $0.key) }
            let hidden: HTML = "<input type=\"hidden\" name=\"name\" value=\"\(user.name)\">"
            let change = form(
                "changeUser", class: "inline",
                "\(hidden)\(Seen.html(Seen.mark(user)))\(serverRole(of: user))<button class=\"small\">\(words("people.set"))</button>"
            )
            let lock = form(
                "changeUser", class: "inline",
                "\(hidden)<button class=\"small\" name=\"isDisabled\" value=\"\(user.isDisabled ? "false" : "true")\">\(words(user.isDisabled ? "people.enable" : "people.disable"))</button>"
            )
            let reset = form(
                "resetSecondFactor", class: "inline",
                "\(hidden)<button class=\"small\">\(words("people.reset-factor"))</button>")
            let remove = form(
                "removeUser", class: "inline", "\(hidden)<button class=\"small\">\(words("people.remove"))</button>")
            return .keyed(
                "user-\(user.name)",
                """
                <tr><th scope="row">\(user.name)</th><td>\(roles.joined(separator: ", "))\
                \(" \(badge(.wait, words("people.disabled")))", if: user.isDisabled)</td>\
                <td class="quiet">\(words(user.totp == nil ? "people.one-factor" : "people.two-factors"))</td>\
                <td class="acts"><div class="row">\(change)\(lock)\(reset, if: user.totp != nil)\(remove)</div></td></tr>
                """)
        }
        let projects = await site.revisions?.projects().map(\.name) ?? []
        let add = form(
            "addUser", class: "filter",
            """
            <label>\(words("login.name")) <input name="name" required maxlength="64" autocomplete="off"></label>\
            <label>\(words("login.password")) <input name="password" type="password" required minlength="10" autocomplete="new-password"></label>\
            <label>\(words("people.role")) \(newRole(projects))</label><button class="main">\(words("people.add"))</button>
            """)
        let heads = ["login.name", "people.role", "people.factors", "people.change"].map {
            "<th scope=\"col\">\(words($0))</th>" as HTML
        }
        let body: HTML = """
            <h1>\(words("nav.people"))</h1>
            <div class="card scroll" tabindex="0" role="group" aria-label="\(words("nav.people"))"><table class="list"><thead><tr>\(heads)</tr></thead>\
            \(HTML.keyed("users", "<tbody>\(rows)</tbody>"))</table></div>
            <section class="card" aria-labelledby="add-title"><h2 id="add-title">\(words("people.new"))</h2>\(HTML.keyed("add", "<div>\(add)</div>"))\
            <p class="quiet">\(words("people.roles-text"))</p></section>
            """
        return PageContent(title: "\(words("nav.people")) · Ninelives", section: .people, body: body)
    }

    /// A role, and where: `operator`, or `viewer in cats`.
    private func roleText(_ role: String, in project: String) -> String {
        project == "*" ? words("role.\(role)") : words("people.role-in", words("role.\(role)"), project)
    }

    /// The role for the whole server, with those in projects as they are.
    private func serverRole(of user: StoredUser) -> HTML {
        let others = user.roles.filter { $0.key != "*" }.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let choices = [""] + Role.allCases.map(\.rawValue)
        let options = choices.map { role -> HTML in
            let value = (others + (role.isEmpty ? [] : ["*=\(role)"])).joined(separator: " ")
            return
                "<option value=\"\(value)\"\(" selected", if: role == user.roles["*"] ?? "")>\(words(role.isEmpty ? "people.no-role" : "role.\(role)"))</option>"
        }
        return "<select name=\"roles\" aria-label=\"\(words("people.role")): \(user.name)\">\(options)</select>"
    }

    /// A role for the whole server, or in one project.
    private func newRole(_ projects: [String]) -> HTML {
        let groups = (["*"] + projects).map { project -> HTML in
            let options = Role.allCases.map { role -> HTML in
                let isUsual = project == "*" && role == .operator
                return
                    "<option value=\"\(project)=\(role.rawValue)\"\(" selected", if: isUsual)>\(roleText(role.rawValue, in: project))</option>"
            }
            return "<optgroup label=\"\(project == "*" ? words("project.all") : project)\">\(options)</optgroup>"
        }
        return "<select name=\"roles\">\(groups)</select>"
    }

    // MARK: One's own account

    func account(secret: String? = nil, factor: NewFactor? = nil) throws -> PageContent {
        guard let identity = visit.identity else { throw Problem.unauthorized("This needs an account: log in first.") }
        let tokens = try site.accounts().tokens().filter { $0.user == identity.name }
        let told = secret.html { secret -> HTML in
            """
            <div class="held" role="status"><p><strong>\(words("token.secret"))</strong></p><p><code class="secret">\(secret)</code></p></div>
            """
        }
        let roles = identity.roles.sorted { $0.key < $1.key }.map { roleText($0.value.rawValue, in: $0.key) }
            .joined(separator: ", ")
        let none: HTML = "<p class=\"held\">\(words("account.no-role"))</p>"
        let body: HTML = """
            <div class="row"><h1>\(identity.name)</h1><span class="quiet">\(roles)</span><form method="post" action="/logout"><input type="hidden" \
            name="csrf" value="\(visit.csrf ?? "")"><button>\(words("account.logout"))</button></form></div>
            \(told)\(none, if: identity.roles.isEmpty)
            <section class="card" aria-labelledby="tokens-title"><h2 id="tokens-title">\(words("token.title"))</h2><p class="quiet">\(words("token.text"))</p>\
            \(tokenTable(tokens))\(identity.roles.isEmpty ? "" : tokenForm(identity))</section>
            \(try signInPart(identity, factor))
            """
        return PageContent(
            title: "\(identity.name) · Ninelives", section: .account, body: body,
            isLive: secret == nil && factor == nil)
    }
}
