import Accounts
import Control
import Providers
import Settings

/// Accounts at providers: made, changed and removed; tried before they are saved. Keys and passwords go in, and never
/// come out again.
extension Pages {
    /// What came of looking at an account before it is saved.
    struct AccountTried: Sendable {
        /// Nil if it could not be asked, because something is wrong with the account itself.
        var test: ProviderTest?
        var problem: Problem?
    }

    /// The form of the account that the visit's path names, or of a new one.
    func accountForm(_ name: String?) async throws -> PageContent? {
        guard let name else {
            var wish = AccountWish(["driver": visit.query["driver"] ?? ""])
            if wish.driver != nil { wish["name"] = await freeName(wish["driver"]) }
            return await accountForm(wish)
        }
        guard let entry = try await site.entries().first(where: { $0.section == .providers && $0.name == name }) else {
            return nil
        }
        var wish = AccountWish(entry)
        if !entry.isManaged { return accountOfFile(wish) }
        wish.fields[Seen.field] = Seen.mark(entry)
        wish["asking"] = model.schemeGlances().first { $0.isBrought(to: name) }?.name ?? ""
        return await accountForm(wish)
    }

    /// What an account may be called, of those that nobody has: the driver's name.
    func freeName(_ driver: String) async -> String {
        let known = Set(await site.revisions?.accounts().map(\.name) ?? [])
        return known.contains(driver)
            ? (2...).lazy.map { "\(driver)-\($0)" }.first { !known.contains($0) } ?? "" : driver
    }

    func accountForm(_ wish: AccountWish, tried: AccountTried? = nil) async -> PageContent {
        let title = wish.isEdit ? words("account.title", wish.name) : words("account.new")
        let faults = Faults(of: tried, wish, words)
        let unplaced = (tried?.problem?.violations ?? []).filter { wish.field(of: $0) == nil }
        let alert = tried?.problem.html { problem in
            """
            <div class="problem" role="alert"><p>\(words.said(problem.detail))</p>\
            \("<ul>\(unplaced.map { "<li><code>\($0.pointer)</code> \(words.said($0.detail))</li>" as HTML })</ul>", if: !unplaced.isEmpty)</div>
            """
        }
        var form: HTML = ""
        if let driver = wish.driver {
            form = """
                <form method="post" action="/configure/providers" class="columns guided"><input type="hidden" name="csrf" value="\(visit.csrf ?? "")">\
                <input type="hidden" name="driver" value="\(driver.driver)"><input type="hidden" name="edit" value="\(wish.isEdit ? "yes" : "")">\
                \(Seen.html(wish.fields[Seen.field] ?? ""))
                <section class="card tall-form" aria-labelledby="account-title"><h2 id="account-title">\(words("account.access"))</h2>\
                \(accountName(wish, faults))\(accountFields(wish, faults))\(accountRules(wish, faults))</section>
                <div class="stack">\(accountTrial(wish, tried, faults))</div></form>
                """
        }
        let body: HTML = """
            \(trail("nav.settings", "/settings", title))
            <h1>\(breakable(title))</h1>\(alert ?? .nothing)
            \(driverChoice(wish))
            \(form)
            \(wish.isEdit ? accountRemoval(wish.name) : .nothing)
            """
        return PageContent(title: "\(title) · Ninelives", section: .settings, body: body, isLive: false)
    }

    /// What the file has is shown, and where it can be changed.
    private func accountOfFile(_ wish: AccountWish) -> PageContent {
        let asking = model.schemeGlances().first { $0.isBrought(to: wish.name) }?.name ?? ""
        let title = words("account.title", wish.name)
        let arguments = wish.fields.filter { $0.key.hasPrefix(AccountWish.argument) }.map {
            (String($0.key.dropFirst(AccountWish.argument.count)), $0.value)
        }
        let rules = AccountWish.rules.map { ($0, wish[$0]) }.filter { !$0.1.isEmpty }
        let secrets = wish.saved.map { ($0.key, $0.value) }
        let rows = [("driver", wish["driver"])] + (arguments + secrets).sorted { $0.0 < $1.0 } + rules
        let body: HTML = """
            \(trail("nav.settings", "/settings", title))
            <h1>\(breakable(title))</h1><p class="held">\(words("account.by-file"))</p>
            <section class="card"><dl class="facts">\(rows.map { "<div><dt><code>\($0)</code></dt><dd>\($1)</dd></div>" as HTML })</dl></section>
            <form method="post" action="/settings/test" class="card filter"><input type="hidden" name="csrf" value="\(visit.csrf ?? "")"><input type="hidden" name="name" value="\(wish.name)">\
            <label>\(words("account.asking")) <input name="asking" maxlength="254" value="\(asking)" placeholder="www.example.org" autocomplete="off"></label><button class="main">\(words("settings.test"))</button></form>
            """
        return PageContent(title: "\(title) · Ninelives", section: .settings, body: body, isLive: false)
    }

    // MARK: The driver

    /// The choice of the driver; it loads the form of the other one.
    private func driverChoice(_ wish: AccountWish) -> HTML {
        if let driver = wish.driver, wish.isEdit {
            return "<p class=\"lead\"><code>\(driver.driver)</code> \(words.said(driver.summary))</p>"
        }
        return """
            <form method="get" action="/configure/providers" class="filter card"><label class="wide">\(words("account.driver")) \
            <select name="driver" data-at-once>\(driverOptions(wish["driver"]))</select></label><button\(" class=\"main\"", if: wish.driver == nil)>\(words("edit.choose"))</button></form>
            """
    }

    func driverOptions(_ chosen: String) -> [HTML] {
        let none: HTML = "<option value=\"\">\(words("edit.none-chosen"))</option>"
        return (chosen.isEmpty ? [none] : [])
            + ProviderDriver.all.map { type -> HTML in
                """
                <option value="\(type.driver)"\(" selected", if: type.driver == chosen)>\(type.driver): \(words.said(type.summary))</option>
                """
            }
    }

    // MARK: Fields

    func accountName(_ wish: AccountWish, _ faults: Faults) -> HTML {
        let field = wish.prefix + "name"
        if wish.isEdit { return "<input type=\"hidden\" name=\"\(field)\" value=\"\(wish.name)\">" }
        return """
            <label class="wide">\(words("account.name")) <input name="\(field)" maxlength="60" value="\(wish.name)" autocomplete="off" spellcheck="false"\
            \(faults.mark(field))\(" required", if: wish.prefix.isEmpty)><span class="quiet">\(words("account.name-text"))</span>\(fault(field, faults))</label>
            """
    }

    /// The driver's arguments: what it cannot do without first, the rest only for who opens it.
    func accountFields(_ wish: AccountWish, _ faults: Faults) -> HTML {
        guard let parameters = wish.driver?.parameters else { return .nothing }
        let needed =
            parameters.contains(where: \.isRequired) ? parameters.filter(\.isRequired) : Array(parameters.prefix(1))
        let rest = parameters.filter { parameter in !needed.contains { $0.name == parameter.name } }
        let isOpen = rest.contains { parameter in
            wish.has(parameter) || faults[wish.prefix + AccountWish.argument + parameter.name] != nil
        }
        let more: HTML = """
            <details\(" open", if: isOpen)><summary>\(words("edit.more", "\(rest.count)"))</summary><div class="tall-form">\(rest.map { accountField($0, wish, faults) })</div></details>
            """
        return "\(needed.map { accountField($0, wish, faults) })\(rest.isEmpty ? .nothing : more)"
    }

    private func accountField(_ parameter: ProviderParameter, _ wish: AccountWish, _ faults: Faults) -> HTML {
        let field = wish.prefix + AccountWish.argument + parameter.name
        let value = wish[AccountWish.argument + parameter.name]
        let summary = words.said(parameter.summary)
        // What nobody has translated is English, and read out so.
        let isEnglish = summary == parameter.summary && words.language != .english
        let isRequired = parameter.isRequired && wish.prefix.isEmpty
        let input: HTML
        switch parameter.kind {
        case .secret:
            let typed = wish.prefix + AccountWish.typed + parameter.name
            let isTyped = wish.secrets[parameter.name] != nil
            let hint = isTyped ? words("account.typed") : wish.saved[parameter.name].map { words("account.saved", $0) }
            input = """
                <textarea name="\(field)" class="covered" rows="1" maxlength="65536" autocomplete="off" autocapitalize="off" spellcheck="false" \
                placeholder="\(hint ?? words("account.secret"))"\(faults.mark(field))\(" required", if: isRequired && hint == nil)>\(value)</textarea>\
                \("<input type=\"hidden\" name=\"\(typed)\" value=\"\(wish[AccountWish.typed + parameter.name])\">", if: isTyped)
                """
        case .flag:
            let options = ["", "yes", "no"].map { choice -> HTML in
                "<option value=\"\(choice)\"\(" selected", if: choice == value)>\(words(choice.isEmpty ? "edit.flag.unset" : "edit.flag.\(choice == "yes")"))</option>"
            }
            input = "<select name=\"\(field)\"\(faults.mark(field))>\(options)</select>"
        case .integer, .text, .url, .path:
            input = """
                <input name="\(field)" value="\(value)" placeholder="\(parameter.standard ?? words.said(parameter.form))" maxlength="1000" autocomplete="off" \
                spellcheck="false"\(faults.mark(field))\(" required", if: isRequired)>
                """
        }
        return """
            <label class="wide"><code>\(parameter.name)</code>\(input)<span class="quiet"\(" lang=\"en\"", if: isEnglish)>\(summary)</span>\(fault(field, faults))</label>
            """
    }

    /// How carefully it is changed: the usual unless somebody says otherwise.
    private func accountRules(_ wish: AccountWish, _ faults: Faults) -> HTML {
        let keys = SettingsKeys.all.first { $0.section == "providers" }?.keys ?? []
        let isOpen = AccountWish.rules.contains { wish.isSaid($0) || faults[$0] != nil }
        let fields = AccountWish.rules.map { rule -> HTML in
            let standard = keys.first { $0.name == rule }?.standard ?? ""
            let input: HTML
            switch rule {
            case "dry-run":
                let isOn = ["yes", "on", "true"].contains(wish[rule].lowercased())
                return """
                    <label class="choice"><input type="checkbox" name="\(rule)" value="yes"\(" checked", if: isOn)> \(words("account.rule.\(rule)"))</label>
                    """
            case "drift":
                let options = ["correct", "report"].map { choice -> HTML in
                    "<option value=\"\(choice)\"\(" selected", if: choice == wish[rule])>\(words("account.drift.\(choice)"))</option>"
                }
                input = "<select name=\"\(rule)\"\(faults.mark(rule))>\(options)</select>"
            default:
                input = """
                    <input name="\(rule)" value="\(wish[rule])" placeholder="\(standard)" maxlength="500" autocomplete="off"\(faults.mark(rule))>
                    """
            }
            return "<label class=\"wide\">\(words("account.rule.\(rule)"))\(input)\(fault(rule, faults))</label>"
        }
        return """
            <details\(" open", if: isOpen)><summary>\(words("account.rules"))</summary><div class="tall-form">\(fields)</div></details>
            """
    }

    // MARK: What came of it

    private func accountTrial(_ wish: AccountWish, _ tried: AccountTried?, _ faults: Faults) -> HTML {
        let isAsked = tried?.test != nil && tried?.problem == nil
        let found: HTML =
            tried?.test.html { accountFound($0) } ?? "<p class=\"quiet\">\(words("account.result-text"))</p>"
        let mayFail: HTML = """
            <p class="held">\(words("account.save-anyway"))</p>
            """
        return """
            <section class="card tall-form" aria-labelledby="result-title" id="result"><h2 id="result-title">\(words("account.test"))</h2>\
            <label class="wide">\(words("account.asking")) <input name="asking" value="\(wish.asking)" maxlength="254" placeholder="www.example.org" autocomplete="off" \
            spellcheck="false"\(faults.mark("asking"))><span class="quiet">\(words("account.asking-text"))</span>\(fault("asking", faults))</label>
            <div class="buttons"><button\(" class=\"main\"", if: !isAsked) name="do" value="try" formaction="/configure/providers#result">\(words("settings.test"))</button></div>
            \(found)\(mayFail, if: isAsked && tried?.test?.isReached == false)
            \("<div class=\"buttons\"><button class=\"main\" name=\"do\" value=\"save\">\(words("account.save"))</button></div>", if: isAsked)</section>
            """
    }

    /// What an account said when it was asked.
    func accountFound(_ test: ProviderTest) -> HTML {
        let isAsked = test.why != "notAsked"
        let tone: Tone = test.isReached ? .good : isAsked ? .bad : .wait
        let word = words(test.isReached ? "settings.reached" : isAsked ? "settings.not-reached" : "account.not-asked")
        let records = test.records.prefix(8).map { "<code>\($0)</code> " as HTML }
        return """
            <p role="status">\(badge(tone, word)) \(words.said(test.words))\("<span class=\"quiet\"> · \(milliseconds(test.milliseconds))</span>", if: isAsked)</p>\
            \("<p class=\"quiet\">\(words("account.there-now")) \(records)</p>", if: !records.isEmpty)
            """
    }

    // MARK: Removing it

    private func accountRemoval(_ name: String) -> HTML {
        let users = model.schemeGlances().filter { $0.isBrought(to: name) }
        let body: HTML
        if users.isEmpty {
            body = """
                <p>\(words("account.remove-text"))</p><form method="post" action="/configure/providers"><input type="hidden" name="csrf" value="\(visit.csrf ?? "")">\
                <input type="hidden" name="name" value="\(name)"><div class="buttons"><button name="do" value="remove">\(words("account.remove"))</button></div></form>
                """
        } else {
            let more = users.count > 10 ? ", …" : ""
            body = """
                <p>\(words("account.in-use"))</p><p>\(users.prefix(10).map { "\(link(scheme: $0.name)) " as HTML })\(more)</p>
                """
        }
        return
            "<details class=\"menu\" data-keep-open=\"remove\"><summary>\(words("account.remove"))</summary>\(body)</details>"
    }
}

extension Faults {
    /// What is wrong with an account, by the fields of its form.
    init(of tried: Pages.AccountTried?, _ wish: AccountWish, _ words: Words) {
        var byField: [String: String] = [:]
        for violation in tried?.problem?.violations ?? [] {
            guard let field = wish.field(of: violation) else { continue }
            byField[wish.prefix + field] = byField[wish.prefix + field] ?? violation.detail
        }
        if let test = tried?.test, !test.isReached, let field = wish.field(of: test) {
            byField[wish.prefix + field] = words.advice(on: test)
        }
        self.init(byField)
    }
}

extension AccountWish {
    /// The field that a provider's refusal is about.
    func field(of test: ProviderTest) -> String? {
        func argument(_ fits: (ProviderParameter) -> Bool) -> String? {
            let parameters = driver?.parameters ?? []
            let found = parameters.first { fits($0) && has($0) } ?? parameters.first(where: fits)
            return found.map { Self.argument + $0.name }
        }
        return switch test.why {
        case "credentials"?: argument(\.isSecret)
        case "unreachable"?: argument { ["url", "server"].contains($0.name) }
        case "noSuchZone"?: "asking"
        default: nil
        }
    }
}

extension Words {
    /// What is wrong, and what would be right.
    func advice(on test: ProviderTest) -> String {
        switch test.why {
        case "credentials"?: self("account.wrong-key", said(test.words))
        case "noSuchZone"?: self("account.no-zone", test.provider)
        case "unreachable"?: self("account.nobody", said(test.words))
        default: said(test.words)
        }
    }
}

extension SchemeGlance {
    /// The accounts that it is brought to, by name.
    var providerNames: [Substring] { provider.split(separator: ", ") }

    func isBrought(to account: String) -> Bool { providerNames.contains { $0 == account } }
}
