import Accounts
import Checks
import Control
import JSONTree
import Settings

/// What somebody filled in to make an indicator, or to change one: a method and its arguments.
struct IndicatorWish: Sendable {
    /// Before a parameter's name, so that it cannot be taken for a field of the form's own.
    static let prefix = "arg-"

    /// Everything as it was filled in.
    var fields: [String: String]
    /// Whether the indicator is there already.
    var isEdit: Bool

    var name: String { fields["name"] ?? "" }
    var method: String { fields["check"] ?? "" }
    var policy: String { fields["policy"] ?? "" }
    var isDisabled: Bool { fields["disabled"] == "yes" }

    init(_ fields: [String: String], isEdit: Bool) {
        self.fields = fields
        self.isEdit = isEdit
    }

    /// An indicator as it is configured.
    init(_ entry: ConfiguredEntry) {
        var fields = ["name": entry.name]
        if case .section(let pairs) = entry.value {
            for pair in pairs {
                guard case .text(let text) = pair.value else { continue }
                let isOwn = ["check", "policy", "disabled"].contains(pair.key)
                fields[isOwn ? pair.key : Self.prefix + pair.key] = text
            }
        }
        if fields["disabled"] == "on" || fields["disabled"] == "true" { fields["disabled"] = "yes" }
        self.init(fields, isEdit: true)
    }

    /// The arguments that are filled in, as the file has them.
    var arguments: [String: String] {
        let parameters = (CheckMethod.named(method)?.parameters.map(\.name) ?? []) + [Self.options]
        return parameters.reduce(into: [:]) { arguments, name in
            if let text = fields[Self.prefix + name], !text.isEmpty { arguments[name] = text.unixLines }
        }
    }

    /// Whether an argument is written in several lines, or at such length that it needs them.
    static func isLong(_ name: String, _ value: String) -> Bool {
        ["headers", "body", "conditions", "expression"].contains(name) || value.contains { $0.isNewline }
            || value.count > 80
    }

    /// The parameter that takes others, in one line.
    static let options = "options"

    /// The body of the operation that makes it.
    var body: JSONValue {
        var members = arguments.mapValues { JSONValue.string($0) }
        members["check"] = .string(method)
        if !policy.isEmpty { members["policy"] = .string(policy) }
        if isDisabled { members["disabled"] = "yes" }
        return .object(members)
    }

    /// Whether a probe can be made of it: what is reported or computed is not probed.
    var isProbed: Bool {
        guard let method = CheckMethod.named(method) else { return false }
        return !(method is any ReportedCheck.Type) && method != LogicCheck.self
    }
}

extension Pages {
    /// The form of the indicator that the visit's path names, or of a new one.
    func indicatorForm(_ name: String?) async throws -> PageContent? {
        // A copy has everything of the other but its name, also of one that the file has.
        if name == nil, let other = visit.query["copy"], visit.may(.viewer, in: model.projects(ofIndicator: other)) {
            guard let entry = try await site.entries().first(where: { $0.section == .indicators && $0.name == other })
            else { return nil }
            var wish = IndicatorWish(entry)
            wish.isEdit = false
            wish.fields["name"] = other + "-copy"
            return await indicatorForm(wish)
        }
        guard let name else {
            return await indicatorForm(IndicatorWish(["check": visit.query["check"] ?? ""], isEdit: false))
        }
        let entries = try await site.entries()
        guard let entry = entries.first(where: { $0.section == .indicators && $0.name == name }) else { return nil }
        var wish = IndicatorWish(entry)
        wish.fields[Seen.field] = Seen.mark(entry)
        return entry.isManaged ? await indicatorForm(wish) : indicatorOfFile(wish)
    }

    /// The form, with what came of trying the check.
    ///
    /// - Parameter problem: why it was not saved.
    func indicatorForm(
        _ wish: IndicatorWish, tried: TrialReport? = nil, problem: Problem? = nil
    ) async -> PageContent {
        let title = wish.isEdit ? words("edit.title", wish.name) : words("edit.new")
        let alert = problem.html { problem in
            """
            <div class="problem" role="alert"><p>\(words.said(problem.detail))</p><ul>\(problem.violations.map { "<li><code>\($0.pointer)</code> \(words.said($0.detail))</li>" as HTML })</ul></div>
            """
        }
        var form: HTML = ""
        if let method = CheckMethod.named(wish.method) {
            let policies = await policyNames()
            let faults = Faults(tried?.problems ?? [], problem)
            form = """
                <form method="post" action="/configure/indicators" class="columns guided"><input type="hidden" name="csrf" value="\(visit.csrf ?? "")">\
                <input type="hidden" name="check" value="\(wish.method)"><input type="hidden" name="edit" value="\(wish.isEdit ? "yes" : "")">\
                \(Seen.html(wish.fields[Seen.field] ?? ""))
                <section class="card tall-form" aria-labelledby="arguments-title"><h2 id="arguments-title">\(words("edit.arguments"))</h2>\
                \(nameField(wish, faults))\(arguments(of: method, wish, faults))\(policyField(wish, policies))
                </section><div class="stack">\(trial(wish, tried))</div></form>
                """
        }
        let body: HTML = """
            \(trail("nav.indicators", "/indicators", title))
            <h1>\(breakable(title))</h1>\(alert)
            \(methodChoice(wish))
            \(form)
            """
        return PageContent(title: "\(title) · Ninelives", section: .indicators, body: body, isLive: false)
    }

    /// What the file has is shown, and where it can be changed.
    private func indicatorOfFile(_ wish: IndicatorWish) -> PageContent {
        let title = words("edit.title", wish.name)
        let arguments = wish.arguments.sorted { $0.key < $1.key }
        let rows = ([("check", wish.method), ("policy", wish.policy)] + arguments).filter { !$0.1.isEmpty }
        let body: HTML = """
            \(trail("nav.indicators", "/indicators", title))
            <h1>\(breakable(title))</h1><p class="held">\(words("edit.by-file"))</p>
            <section class="card"><dl class="facts">\(rows.map { "<div><dt><code>\($0)</code></dt><dd>\($1)</dd></div>" as HTML })</dl></section>
            """
        return PageContent(title: "\(title) · Ninelives", section: .indicators, body: body, isLive: false)
    }

    /// The choice of the method; it loads the form of the other one.
    private func methodChoice(_ wish: IndicatorWish) -> HTML {
        if wish.isEdit {
            return "<p class=\"lead\"><code>\(wish.method)</code> \(words("method.\(wish.method)"))</p>"
        }
        let options = CheckMethod.all.map { check -> HTML in
            let method = check.method
            return """
                <option value="\(method)"\(" selected", if: method == wish.method)>\(method): \(words("method.\(method)"))</option>
                """
        }
        let none: HTML = wish.method.isEmpty ? "<option value=\"\">\(words("edit.none-chosen"))</option>" : .nothing
        return """
            <form method="get" action="/configure/indicators" class="filter card"><label class="wide">\(words("edit.method")) \
            <select name="check" data-at-once>\(none)\(options)</select></label><button\(" class=\"main\"", if: wish.method.isEmpty)>\(words("edit.choose"))</button></form>
            """
    }

    private func nameField(_ wish: IndicatorWish, _ faults: Faults) -> HTML {
        if wish.isEdit { return "<input type=\"hidden\" name=\"name\" value=\"\(wish.name)\">" }
        return """
            <label class="wide">\(words("list.name")) <input name="name" required maxlength="200" value="\(wish.name)" placeholder="charlie:cat" autocomplete="off"\
            \(faults.mark("name"))>\(fault("name", faults))</label>
            """
    }

    /// So many optional arguments are shown beside the required ones.
    private static let fewOptional = 3

    /// Required ones and the first of the others; the rest only for who opens it, or has something there.
    private func arguments(of method: any Check.Type, _ wish: IndicatorWish, _ faults: Faults) -> HTML {
        let common = method.parameters.filter { !$0.isOption }
        let optional = common.filter { !$0.isRequired }
        let ordered = common.filter(\.isRequired) + optional.prefix(Self.fewOptional)
        let rest = optional.dropFirst(Self.fewOptional) + method.parameters.filter(\.isOption)
        let isOpen = rest.contains { wish.arguments[$0.name] != nil || faults[$0.name] != nil }
        let more: HTML = """
            <details\(" open", if: isOpen)><summary>\(words("edit.more", "\(rest.count)"))</summary><div class="tall-form">\(rest.map { field($0, wish, faults) })</div></details>
            """
        let options: HTML =
            wish.arguments[IndicatorWish.options].html { text in
                """
                <label class="wide"><code>options</code><input name="\(IndicatorWish.prefix)options" value="\(text)"></label>
                """
            }
        return "\(ordered.map { field($0, wish, faults) })\(options)\(rest.isEmpty ? "" : more)"
    }

    private func field(_ parameter: CheckParameter, _ wish: IndicatorWish, _ faults: Faults) -> HTML {
        let name = parameter.name
        let value = wish.fields[IndicatorWish.prefix + parameter.name] ?? ""
        let summary = words.said(parameter.summary)
        // What nobody has translated is English, and read out so.
        let isEnglish = summary == parameter.summary && words.language != .english
        let input: HTML
        switch parameter.kind {
        case .flag:
            let options = ["", "true", "false"].map { choice -> HTML in
                "<option value=\"\(choice)\"\(" selected", if: choice == value)>\(words("edit.flag.\(choice.isEmpty ? "unset" : choice)"))</option>"
            }
            input = "<select name=\"\(IndicatorWish.prefix)\(name)\"\(faults.mark(name))>\(options)</select>"
        case .text where IndicatorWish.isLong(name, value):
            // A browser takes the first line end after the tag for its own.
            input = """
                <textarea name="\(IndicatorWish.prefix)\(name)" rows="\(number: max(3, value.count { $0 == "\n" } + 1))" maxlength="20000" \
                placeholder="\(words.said(parameter.form))" spellcheck="false"\(faults.mark(name))\(" required", if: parameter.isRequired)>\("\n")\(value)</textarea>
                """
        case .integer, .text:
            let isNumber = if case .integer = parameter.kind { true } else { false }
            input = """
                <input name="\(IndicatorWish.prefix)\(parameter.name)" value="\(value)" placeholder="\(words.said(parameter.form))" maxlength="4000" autocomplete="off"\
                \(faults.mark(name))\(" inputmode=\"numeric\"", if: isNumber)\(" required", if: parameter.isRequired)>
                """
        }
        return """
            <label class="wide"><code>\(parameter.name)</code>\(input)<span class="quiet"\(" lang=\"en\"", if: isEnglish)>\(summary)</span>\(fault(name, faults))</label>
            """
    }

    // MARK: Policy

    /// Those that are configured, and those that are there without.
    private func policyNames() async -> [String] {
        let configured = (try? await site.entries())?.filter { $0.section == .policies }.map(\.name) ?? []
        return (["default", "fast"].filter { !configured.contains($0) } + configured).sorted()
    }

    private func policyField(_ wish: IndicatorWish, _ policies: [String]) -> HTML {
        guard wish.isProbed else { return .nothing }
        let chosen = wish.policy.isEmpty ? "default" : wish.policy
        let options = policies.map { "<option\(" selected", if: $0 == chosen)>\($0)</option>" as HTML }
        return """
            <label class="wide">\(words("indicator.policy")) <select name="policy">\(options)</select></label>\
            <label class="choice"><input type="checkbox" name="disabled" value="yes"\(" checked", if: wish.isDisabled)> \(words("edit.disabled"))</label>
            """
    }

    // MARK: What came of it

    private func trial(_ wish: IndicatorWish, _ tried: TrialReport?) -> HTML {
        let title = "<h2 id=\"result-title\">\(words("new.result"))</h2>" as HTML
        let isAsked = tried.map(\.problems.isEmpty) ?? false
        let attempt: HTML = """
            <div class="buttons"><button\(" class=\"main\"", if: !isAsked) name="do" value="try" formaction="/configure/indicators#result">\(words(wish.isProbed ? "new.try" : "edit.look"))</button></div>
            """
        guard let tried else {
            return """
                <section class="card" aria-labelledby="result-title" id="result">\(title)\(attempt)<p class="quiet">\(words("edit.result-text"))</p></section>
                """
        }
        let problems = tried.problems.map { "<li>\(words.said($0))</li>" as HTML }
        let found: HTML
        if !problems.isEmpty {
            found =
                "<p role=\"status\" class=\"problem\">\(words("edit.wrong"))</p><ul class=\"plain\">\(problems)</ul>"
        } else if wish.isProbed {
            found = """
                <p role="status">\(badge(tried.isSuccess ? .good : .bad, words(tried.isSuccess ? "probe.ok" : "probe.failed"))) \
                \(words.said(tried.reason)) · \(milliseconds(tried.milliseconds))</p>\("<p class=\"held\">\(words("edit.failed"))</p>", if: !tried.isSuccess)
                """
        } else {
            found = "<p role=\"status\">\(words("edit.not-probed"))</p>"
        }
        let save: HTML =
            "<div class=\"buttons\"><button class=\"main\" name=\"do\" value=\"save\">\(words("edit.save"))</button></div>"
        return """
            <section class="card" aria-labelledby="result-title" id="result">\(title)\(attempt)\(found)\(problems.isEmpty ? save : "")</section>
            """
    }

    // MARK: The way here

    /// The way to the form, on the indicator's own page; what the file has says so.
    func editLink(_ indicator: IndicatorReport) -> HTML {
        guard visit.may(.admin, in: indicator.projects), site.revisions != nil else { return .nothing }
        let link = Visit.address("/configure/indicators", ["copy": indicator.name])
        let copy: HTML = "<a class=\"button\" href=\"\(link)\">\(words("edit.copy"))</a>"
        guard indicator.managedBy == "api" else {
            return "<p class=\"quiet\">\(words("edit.by-file"))</p><div class=\"buttons\">\(copy)</div>"
        }
        return """
            <div class="buttons"><a class="button" href="/configure/indicators/\(indicator.name.urlEncoded)">\(words("edit.edit"))</a>\(copy)</div>\
            <details class="menu" data-keep-open="remove"><summary>\(words("edit.remove"))</summary><p>\(words("edit.remove-text"))</p>\
            <form method="post" action="/do/removeIndicator" class="inline"><input type="hidden" name="csrf" value="\(visit.csrf ?? "")">\
            <input type="hidden" name="back" value="/indicators"><input type="hidden" name="name" value="\(indicator.name)"><button>\(words("edit.remove"))</button></form></details>
            """
    }
}
