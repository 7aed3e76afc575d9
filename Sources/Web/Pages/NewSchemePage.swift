import Accounts
import Control
import Providers

/// The guided form: name, where it is answered, servers, check, and what came of trying all of it.
extension Pages {
    private static let id = "guided"

    /// - Parameter attempt: what came of looking at it; nil before anybody did.
    func newScheme(_ wish: NewScheme, _ attempt: NewScheme.Attempt? = nil) async -> PageContent {
        let accounts = await site.revisions?.accounts() ?? []
        let zones = await site.revisions?.zones() ?? []
        let faults = Faults(of: attempt, wish, words)
        let body: HTML = """
            \(trail("nav.schemes", "/schemes", words("new.title")))
            <h1>\(words("new.title"))</h1>\(alert(wish, attempt))
            <form method="post" action="/new" class="columns guided" id="\(Self.id)"><input type="hidden" name="csrf" value="\(visit.csrf ?? "")">\
            <button name="do" value="try" formaction="/new#result" hidden></button>
            <div class="stack">
            <section class="card tall-form" aria-labelledby="new-name"><h2 id="new-name">1. \(words("new.name"))</h2>
            <label class="wide">\(words("new.name-text")) <input name="name" required maxlength="253" value="\(wish["name"])" placeholder="\(zones.first.map { "www.\($0)" } ?? "www.example.org")" \
            autocomplete="off" autocapitalize="off" spellcheck="false"\(faults.mark("name"))>\(fault("name", faults))</label></section>
            \(placePart(wish, accounts, zones, faults))
            <section class="card" aria-labelledby="new-servers"><h2 id="new-servers">3. \(words("new.servers"))</h2><p class="quiet">\(words("new.servers-text"))</p>
            \((0..<NewScheme.rows).map { row(wish, $0, faults) })</section>
            \(checkPart(wish, faults))
            </div>
            <div class="stack">\(trial(wish, attempt, zones, faults))</div>
            </form>
            """
        return PageContent(
            title: "\(words("new.title")) · Ninelives", section: .schemes, body: body, isLive: false)
    }

    /// What is wrong, for whoever hears the page; what belongs to no field, for everybody.
    private func alert(_ wish: NewScheme, _ attempt: NewScheme.Attempt?) -> HTML {
        guard let attempt else { return .nothing }
        let loose = (attempt.faults + (attempt.problem?.violations ?? [])).filter { wish.field(of: $0) == nil }
        let isAmiss = !attempt.gaps.isEmpty || !attempt.faults.isEmpty
        if let problem = attempt.problem, problem.violations.count == loose.count {
            return """
                <div class="problem" role="alert"><p>\(words.said(problem.detail))</p><ul>\(loose.map { lost($0) })</ul></div>
                """
        }
        if loose.isEmpty {
            return isAmiss || attempt.problem != nil
                ? "<p class=\"problem\" role=\"alert\">\(words("new.amiss"))</p>" : .nothing
        }
        return
            "<div class=\"problem\" role=\"alert\"><p>\(words("new.amiss"))</p><ul>\(loose.map { lost($0) })</ul></div>"
    }

    private func lost(_ violation: Violation) -> HTML {
        "<li><code>\(violation.pointer)</code> \(words.said(violation.detail))</li>"
    }

    // MARK: Where it is answered

    /// Our own server first, then the accounts, with what each can do, then a new one.
    private func placePart(
        _ wish: NewScheme, _ accounts: [ConfiguredAccount], _ zones: [String], _ faults: Faults
    ) -> HTML {
        let chosen = wish["provider"].isEmpty ? "local" : wish["provider"]
        let shown = zones.prefix(8).map { "<code>\($0)</code> " as HTML }
        let more = zones.count > 8 ? "…" : ""
        let zoneLine: HTML =
            zones.isEmpty ? "\(words("new.zoneless"))" : "\(words("new.zones")) \(shown)\(more)"
        let local = place(
            "local", 0, isChosen: chosen == "local",
            "<strong>\(words("new.provider.local"))</strong> <code>local</code>",
            "<span class=\"quiet\">\(words("new.provider.local-text"))</span><span class=\"quiet\">\(zoneLine)</span>")
        let others = accounts.enumerated().map { index, account -> HTML in
            place(
                account.name, index + 1, isChosen: chosen == account.name,
                "<strong>\(account.name)</strong> <code>\(account.driver)</code>\(" \(badge(.wait, words("settings.dry-run")))", if: account.isDryRun)",
                "<span class=\"quiet\">\(abilities(account.capabilities))</span>")
        }
        let new: HTML
        if visit.may(.admin) {
            new = place(
                NewScheme.otherAccount, accounts.count + 1, isChosen: chosen == NewScheme.otherAccount,
                "<strong>\(words(accounts.isEmpty ? "new.provider.first" : "new.provider.another"))</strong>",
                "<span class=\"quiet\">\(words("new.provider.another-text"))</span>")
        } else {
            new = "<p class=\"quiet\">\(words("new.provider.ask"))</p>"
        }
        return """
            <section class="card tall-form" aria-labelledby="new-place" id="place"><h2 id="new-place">2. \(words("new.provider"))</h2>\
            <fieldset class="places"><legend class="hidden">\(words("new.provider"))</legend>\(local)\(others)\(new)</fieldset>\
            \(visit.may(.admin) ? newAccount(wish, faults) : .nothing)\(alsoPart(wish, accounts))</section>
            """
    }

    /// One place to choose. It is called by its title; the rest is read out when somebody stays there.
    private func place(_ value: String, _ index: Int, isChosen: Bool, _ title: HTML, _ text: HTML) -> HTML {
        """
        <label class="place"><input type="radio" name="provider" value="\(value)" aria-labelledby="place-\(number: index)" \
        aria-describedby="place-\(number: index)-text"\(" checked", if: isChosen)><span id="place-\(number: index)">\(title)</span>\
        <span class="about" id="place-\(number: index)-text">\(text)</span></label>
        """
    }

    /// Where else the name is brought: only where there is somewhere else.
    private func alsoPart(_ wish: NewScheme, _ accounts: [ConfiguredAccount]) -> HTML {
        if accounts.isEmpty { return .nothing }
        let others = wish.providers.dropFirst()
        let boxes = (["local"] + accounts.map(\.name)).map { name -> HTML in
            """
            <label class="choice"><input type="checkbox" name="also" value="\(name)"\(" checked", if: others.contains(name))> \(name == "local" ? words("new.provider.local") : name)</label>
            """
        }
        return """
            <details\(" open", if: !others.isEmpty)><summary>\(words("new.also"))</summary><fieldset><legend class="quiet">\(words("new.also-text"))</legend>\(boxes)</fieldset></details>
            """
    }

    /// What an account can hold and do, in a sentence.
    func abilities(_ capabilities: Capabilities) -> String {
        let types = capabilities.types.map { "\($0)" }.joined(separator: ", ")
        var parts = [words("can.types", types)]
        if !capabilities.hasSeveralValues { parts.append(words("can.single")) }
        switch capabilities.ttls {
        case .fixed: parts.append(words("can.fixed-ttl"))
        case .range(let range) where range.lowerBound > 30: parts.append(words("can.ttl", "\(range.lowerBound)"))
        case .range: break
        }
        if !capabilities.canDelete { parts.append(words("can.no-removal")) }
        parts.append(words(capabilities.reading == .provider ? "can.read" : "can.blind"))
        return parts.joined(separator: " · ")
    }

    /// The account that is made with the name: shown while it is chosen.
    private func newAccount(_ wish: NewScheme, _ faults: Faults) -> HTML {
        let account = wish.newAccount
        let fields: HTML =
            account.driver == nil
            ? .nothing : "\(accountName(account, faults))\(accountFields(account, faults))"
        return """
            <div class="new-account tall-form"><div class="filter"><label class="wide">\(words("account.driver")) \
            <select name="account-driver" data-at-once\(faults.mark("account-driver"))>\(driverOptions(account["driver"]))</select>\(fault("account-driver", faults))</label>\
            <button name="do" value="driver" formnovalidate formaction="/new#place">\(words("edit.choose"))</button></div>\(fields)</div>
            """
    }

    // MARK: Servers and their check

    private func row(_ wish: NewScheme, _ row: Int, _ faults: Faults) -> HTML {
        let number = "\(row + 1)"
        return """
            <div class="server-row"><span class="number" aria-hidden="true">\(number)</span>\
            <label>\(words("new.address")) <span class="hidden">\(number)</span> <input name="address\(number: row)" value="\(wish["address\(row)"])" \
            placeholder="192.0.2.\(row + 1)" autocomplete="off"\(faults.mark("address\(row)"))\(" required", if: row == 0)>\(fault("address\(row)", faults))</label>\
            <label>\(words("new.label")) <span class="hidden">\(number)</span> <input name="label\(number: row)" value="\(wish["label\(row)"])" \
            placeholder="server\(number)" autocomplete="off"\(faults.mark("label\(row)"))>\(fault("label\(row)", faults))</label>\
            <span class="quiet">\(words("priority.word")) \(NewScheme.priorities[row])</span></div>
            """
    }

    private func checkPart(_ wish: NewScheme, _ faults: Faults) -> HTML {
        let checks = ["http-grep", "http-status", "tcp"].map { check -> HTML in
            let isChosen = wish.method == check || wish.method.isEmpty && check == "http-grep"
            return """
                <label class="choice"><input type="radio" name="check" value="\(check)"\(" checked", if: isChosen)> \(words("new.check.\(check)"))</label>
                """
        }
        let schemes = ["http", "https"].map { scheme -> HTML in
            "<option\(" selected", if: wish["scheme"] == scheme)>\(scheme)</option>"
        }
        return """
            <section class="card" aria-labelledby="new-check"><h2 id="new-check">4. \(words("new.check"))</h2>\
            <fieldset><legend class="hidden">\(words("new.check"))</legend>\(checks)</fieldset>\(fault("check", faults))<div class="filter">\
            <label class="for-http">\(words("new.scheme")) <select name="scheme">\(schemes)</select></label>\
            <label>\(words("new.port")) <input name="port" inputmode="numeric" maxlength="5" size="6" value="\(wish["port"])"\(faults.mark("port"))>\(fault("port", faults))</label>\
            <label class="for-http">\(words("new.path")) <input name="path" value="\(wish["path"].isEmpty ? "/" : wish["path"])"\(faults.mark("path"))>\(fault("path", faults))</label>\
            <label class="for-grep">\(words("new.must-have")) <input name="must-have" value="\(wish["must-have"])"\(faults.mark("must-have"))>\(fault("must-have", faults))</label></div></section>
            """
    }

    // MARK: What came of it

    private func trial(_ wish: NewScheme, _ attempt: NewScheme.Attempt?, _ zones: [String], _ faults: Faults) -> HTML {
        let isMain = attempt?.tried.isEmpty != false || attempt?.isComplete != true
        let title: HTML = """
            <h2 id="new-result">5. \(words("new.result"))</h2>\
            <div class="buttons"><button\(" class=\"main\"", if: isMain) name="do" value="try" formaction="/new#result">\(words("new.try"))</button></div>
            """
        guard let attempt, !attempt.tried.isEmpty else {
            let text = words(attempt == nil || faults.all.isEmpty ? "new.result-text" : "new.not-tried")
            return """
                <section class="card" aria-labelledby="new-result" id="result">\(title)<p class="quiet">\(text)</p>\(faultList(faults))</section>
                """
        }
        let good = attempt.tried.count { $0.1.isSuccess }
        let lines = attempt.tried.map { server, trial -> HTML in
            let found =
                trial.problems.isEmpty
                ? words.said(trial.reason) : trial.problems.map { words.said($0) }.joined(separator: "; ")
            return """
                <li>\(badge(trial.isSuccess ? .good : .bad, words(trial.isSuccess ? "probe.ok" : "probe.failed"))) <strong>\(server.label)</strong> \
                <code>\(server.address)</code> <span class="quiet">\(found)\(trial.problems.isEmpty ? " · \(milliseconds(trial.milliseconds))" : "")</span></li>
                """
        }
        let save: HTML = """
            <div class="buttons"><button class="main" name="do" value="save">\(words("new.save"))</button></div>
            """
        return """
            <section class="card" aria-labelledby="new-result" id="result">\(title)<p role="status">\(words("new.tried", "\(good)", "\(attempt.tried.count)"))</p>\
            <ul class="plain">\(lines)</ul>\("<p class=\"held\">\(words("new.some-failed"))</p>", if: good < attempt.tried.count && attempt.isComplete)\
            \(wish.providers.map { placeFound($0, wish, attempt, zones) })\(save, if: attempt.isComplete)</section>
            """
    }

    /// What will come of the name in a place where it is to be answered.
    private func placeFound(
        _ provider: String, _ wish: NewScheme, _ attempt: NewScheme.Attempt, _ zones: [String]
    ) -> HTML {
        """
        <h3>\(words("new.provider")): \(provider == "local" ? words("new.provider.local") : provider)</h3>\
        \(whatComes(at: provider, wish, attempt, zones))
        """
    }

    private func whatComes(
        at provider: String, _ wish: NewScheme, _ attempt: NewScheme.Attempt, _ zones: [String]
    ) -> HTML {
        if provider == "local" {
            let zone = zones.filter(wish.isIn).max { $0.count < $1.count } ?? ""
            return "<p>\(badge(.good, words("new.ready"))) \(words("new.local-ready", zone))</p>"
        }
        guard let test = attempt.places.first(where: { $0.0 == provider })?.1 else {
            return "<p class=\"quiet\">\(words("new.place-unknown"))</p>"
        }
        let first = attempt.tried.first { $0.1.isSuccess }?.0.address
        let change: HTML =
            test.isReached
            ? first.html { "<p>\(words(test.records.isEmpty ? "new.goes" : "new.becomes", $0))</p>" }
            : test.why == "notAsked" ? .nothing : "<p class=\"held\">\(words("new.place-failed"))</p>"
        return "\(accountFound(test))\(change)"
    }
}
