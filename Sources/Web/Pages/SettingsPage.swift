import Accounts
import Control
import Settings
import Storage

/// What is configured around names and indicators: policies, accounts at providers, projects.
extension Pages {
    func settingsPage() async throws -> PageContent {
        // Who is an admin of projects only sees to these.
        var server: HTML = ""
        if visit.may(.admin) {
            let policies = try await site.entries().filter { $0.section == .policies }
            server = """
                \(policyPart(policies))
                \(await providerPart())
                \(try await secretPart())
                \(try await tokenPart())
                """
        }
        let body: HTML = """
            <h1>\(words("nav.settings"))</h1><p class="lead">\(words("settings.text"))</p>
            \(try await projectPart())
            \(server)
            """
        return PageContent(title: "\(words("nav.settings")) · Ninelives", section: .settings, body: body)
    }

    // MARK: Policies

    private static let policyKeys = SettingsKeys.all.first { $0.section == "policies" }?.keys ?? []

    private func policyPart(_ policies: [ConfiguredEntry]) -> HTML {
        let lines = policies.map { policy -> HTML in
            .keyed("policy-\(policy.name)", "<li>\(policyLine(policy))</li>")
        }
        let none = "<p class=\"quiet\">\(words("settings.no-policies"))</p>" as HTML
        let add = form(
            "putPolicy", class: "filter",
            """
            \(Seen.html(Seen.nothing))<label>\(words("list.name")) <input name="name" required maxlength="100" autocomplete="off"></label>\
            \(policyFields([:]))<button class="main">\(words("settings.add-policy"))</button>
            """)
        return """
            <section class="card" aria-labelledby="policies-title"><h2 id="policies-title">\(words("settings.policies"))</h2><p class="quiet">\(words("settings.policies-text"))</p>\
            \(HTML.keyed("policies", lines.isEmpty ? none : "<ul class=\"plain\">\(lines)</ul>"))\
            \(HTML.keyed("add-policy", "<details class=\"menu\" data-keep-open=\"add-policy\"><summary>\(words("settings.add-policy"))</summary>\(add)</details>"))</section>
            """
    }

    private func policyLine(_ policy: ConfiguredEntry) -> HTML {
        var values: [String: String] = [:]
        if case .section(let pairs) = policy.value {
            for pair in pairs { if case .text(let text) = pair.value { values[pair.key] = text } }
        }
        let told = Self.policyKeys.compactMap { key in values[key.name].map { "\(key.name) \($0)" } }
        let line: HTML =
            "<strong>\(policy.name)</strong> <span class=\"quiet\">\(told.joined(separator: ", "))</span>"
        guard policy.isManaged else { return "<p>\(line) \(badge(.plain, words("settings.of-file")))</p>" }
        let name = "<input type=\"hidden\" name=\"name\" value=\"\(policy.name)\">" as HTML
        let change = form(
            "putPolicy", class: "filter",
            "\(name)\(Seen.html(Seen.mark(policy)))\(policyFields(values))<button class=\"main\">\(words("edit.save"))</button>"
        )
        let remove = form("removePolicy", "\(name)<button class=\"small\">\(words("people.remove"))</button>")
        return """
            <p>\(line)</p><details class="menu" data-keep-open="policy-\(policy.name)"><summary>\(words("edit.edit"))\
            <span class="hidden"> \(policy.name)</span></summary>\(change)\(remove)</details>
            """
    }

    private func policyFields(_ values: [String: String]) -> [HTML] {
        Self.policyKeys.map { key in
            """
            <label>\(words("policy.\(key.name)")) <input name="\(key.name)" value="\(values[key.name] ?? "")" placeholder="\(key.standard ?? "")" \
            size="8" maxlength="100" autocomplete="off"></label>
            """
        }
    }

    // MARK: Providers

    private func providerPart() async -> HTML {
        let accounts = await site.revisions?.accounts() ?? []
        let glances = model.schemeGlances()
        let lines = accounts.map { account in providerLine(account, glances.filter { $0.isBrought(to: account.name) }) }
        let none = "<p class=\"quiet\">\(words("settings.no-providers"))</p>" as HTML
        return """
            <section class="card" aria-labelledby="providers-title"><h2 id="providers-title">\(words("settings.providers"))</h2><p class="quiet">\(words("settings.providers-text"))</p>\
            \(HTML.keyed("providers", lines.isEmpty ? none : "<ul class=\"plain lines\">\(lines)</ul>"))\
            <p><a class="button" href="/configure/providers">\(words("settings.add-provider"))</a></p></section>
            """
    }

    /// An account with what it can do, how it stands with some names, and what can be done with it.
    func providerLine(_ account: ConfiguredAccount, _ names: [SchemeGlance]) -> HTML {
        let troubled = names.count { $0.trouble != nil }
        let state: HTML =
            troubled > 0
            ? badge(.bad, words("settings.troubled", words.count("count.name", troubled)))
            : names.isEmpty ? .nothing : badge(.good, words("settings.untroubled"))
        let edit: HTML = """
            <a class="button small" href="/configure/providers/\(account.name.urlEncoded)">\(words(account.isManaged ? "edit.edit" : "settings.look"))<span class="hidden"> \(account.name)</span></a>
            """
        return .keyed(
            "provider-\(account.name)",
            """
            <li><div class="row"><span><strong>\(account.name)</strong> <span class="quiet">\(account.driver) · \(words.count("count.name", names.count))</span> \
            \(state)\(" \(badge(.wait, words("settings.dry-run")))", if: account.isDryRun)\(" \(badge(.plain, words("settings.of-file")))", if: !account.isManaged)</span>\
            <span class="row">\(visit.may(.operator) && !names.isEmpty ? providerTest(account) : .nothing)\(visit.may(.admin) ? edit : .nothing)</span></div>\
            <p class="quiet">\(abilities(account.capabilities))</p></li>
            """)
    }

    /// Shown on a page of its own, as it takes a while and says more than a word.
    private func providerTest(_ account: ConfiguredAccount) -> HTML {
        """
        <form method="post" action="/settings/test" class="inline"><input type="hidden" name="csrf" value="\(visit.csrf ?? "")"><input type="hidden" \
        name="name" value="\(account.name)"><button class="small">\(words("settings.test"))<span class="hidden"> \(account.name)</span></button></form>
        """
    }

    /// What came of testing an account.
    func providerTested(_ test: ProviderTest) -> PageContent {
        let title = words("settings.tested", test.provider)
        let body: HTML = """
            \(trail("nav.settings", "/settings", title))
            <section class="card narrow"><h1>\(title)</h1>\(accountFound(test))<p><a href="/settings">\(words("refused.back"))</a></p></section>
            """
        return PageContent(title: "\(title) · Ninelives", section: .settings, body: body, isLive: false)
    }
}
