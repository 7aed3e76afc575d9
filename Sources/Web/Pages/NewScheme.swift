import Control

/// What somebody filled in to make a name that fails over: servers, and how they are checked.
struct NewScheme: Sendable {
    static let rows = 4
    static let priorities = [100, 90, 80, 70]

    struct Server: Sendable {
        var label: String
        var address: String
        var priority: Int
    }

    /// Everything as it was filled in.
    let fields: [String: String]

    init(_ fields: [String: String]) { self.fields = fields }

    subscript(_ key: String) -> String {
        (fields[key] ?? "").trimmingPrefix { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()
            .reduce(into: "") { $0.append($1) }
    }

    var name: String { self["name"].lowercased() }

    /// The rows that are filled in, the best first.
    var servers: [Server] {
        let short = name.split(separator: ".").first.map(String.init) ?? "name"
        return (0..<Self.rows).compactMap { row in
            let address = self["address\(row)"]
            guard !address.isEmpty else { return nil }
            let label = self["label\(row)"].isEmpty ? "server\(row + 1)" : self["label\(row)"]
            return Server(
                label: label.contains(":") ? label : "\(label):\(short)", address: address,
                priority: Self.priorities[row])
        }
    }

    var method: String { self["check"] }

    /// The arguments of the check of one server, as the file has them.
    func arguments(for server: Server) -> [String: String] {
        if method == "tcp" { return ["host": server.address, "port": self["port"]] }
        let port = self["port"].isEmpty ? "" : ":\(self["port"])"
        let path = self["path"].hasPrefix("/") ? self["path"] : "/\(self["path"])"
        var arguments = [
            "url": "\(self["scheme"] == "https" ? "https" : "http")://\(name)\(port)\(path)",
            "options": "addr=\(server.address)",
        ]
        if method == "http-grep" { arguments["must-have"] = self["must-have"] }
        return arguments
    }

    /// The body of the operation that makes a server's indicator.
    func indicator(for server: Server) -> JSONValue {
        var members = arguments(for: server).mapValues { JSONValue.string($0) }
        members["check"] = .string(method)
        return .object(members)
    }

    /// Where the name is answered: `local`, or an account at a provider.
    var provider: String { self["provider"].isEmpty ? "local" : self["provider"] }

    /// The body of the operation that makes the scheme.
    var scheme: JSONValue {
        [
            "provider": .string(provider),
            "members": .array(
                servers.map { server in
                    [
                        "indicator": .string(server.label), "value": .string(server.address),
                        "priority": .number(Double(server.priority)),
                    ]
                }),
        ]
    }

    /// What is missing, by its key in the catalogue; nil if everything is there.
    ///
    /// - Parameter zones: those that our own DNS answers for.
    func gap(_ zones: [String]) -> String? {
        if name.isEmpty { return "new.no-name" }
        if provider == "local", !zones.contains(where: isIn) { return "new.no-zone" }
        if servers.isEmpty { return "new.no-servers" }
        if method == "tcp", self["port"].isEmpty { return "new.no-port" }
        if method == "http-grep", self["must-have"].isEmpty { return "new.no-text" }
        return nil
    }

    private func isIn(_ zone: String) -> Bool {
        let (name, zone) = (self.name.hasSuffix(".") ? String(self.name.dropLast()) : self.name, zone.lowercased())
        return name == zone || zone == "." || name.hasSuffix("." + zone)
    }

    /// The field that a gap is in.
    static func field(of gap: String) -> String {
        switch gap {
        case "new.no-name", "new.no-zone": "name"
        case "new.no-servers": "address0"
        case "new.no-port": "port"
        default: "must-have"
        }
    }
}

extension Pages {
    /// The form, and beside it what came of trying its check.
    ///
    /// - Parameters:
    ///   - tried: of each server.
    ///   - problem: why it was not saved.
    func newScheme(
        _ wish: NewScheme, tried: [(NewScheme.Server, TrialReport)] = [], problem: Problem? = nil
    ) async -> PageContent {
        let accounts = await site.revisions?.accounts() ?? []
        let zones = await site.revisions?.zones() ?? []
        let gap = wish.fields.isEmpty ? nil : wish.gap(zones)
        let faults = Faults(gap.map { [NewScheme.field(of: $0): words($0)] } ?? [:])
        let alert: HTML =
            gap.html { "<p class=\"hidden\" role=\"alert\">\(words($0))</p>" }
            + problem.html { problem in
                """
                <div class="problem" role="alert"><p>\(words.said(problem.detail))</p><ul>\(problem.violations.map { "<li><code>\($0.pointer)</code> \($0.detail)</li>" as HTML })</ul></div>
                """
            }
        let body: HTML = """
            \(trail("nav.schemes", "/schemes", words("new.title")))
            <h1>\(words("new.title"))</h1>\(alert)
            <form method="post" action="/new" class="columns guided"><input type="hidden" name="csrf" value="\(visit.csrf ?? "")">
            <div class="stack">
            <section class="card tall-form" aria-labelledby="new-name"><h2 id="new-name">1. \(words("new.name"))</h2>
            <label class="wide">\(words("new.name-text")) <input name="name" required maxlength="253" value="\(wish["name"])" placeholder="dog.example.test" autocomplete="off"\(faults.mark("name"))>\(fault("name", faults))</label>
            \("<p class=\"quiet\">\(words("new.zones")) \(zones.prefix(8).map { "<code>\($0)</code> " as HTML })</p>", if: !zones.isEmpty)\
            \(providerPart(wish, accounts))</section>
            <section class="card" aria-labelledby="new-servers"><h2 id="new-servers">2. \(words("new.servers"))</h2><p class="quiet">\(words("new.servers-text"))</p>
            \((0..<NewScheme.rows).map { row(wish, $0, faults) })\(fault("address0", faults))</section>
            \(checkPart(wish, faults))
            </div>
            <div class="stack">\(trial(wish, tried))</div>
            </form>
            """
        return PageContent(
            title: "\(words("new.title")) · Ninelives", section: .schemes, body: body, isLive: false)
    }

    /// The choice of the account that the name is answered by, our own server first.
    private func providerPart(_ wish: NewScheme, _ accounts: [ConfiguredAccount]) -> HTML {
        if accounts.isEmpty { return "<p class=\"quiet\">\(words("new.provider-text"))</p>" }
        let others = accounts.map { account -> HTML in
            let isChosen = wish.provider == account.name
            return """
                <option value="\(account.name)"\(" selected", if: isChosen)>\(account.name) (\(account.driver))</option>
                """
        }
        return """
            <label class="wide">\(words("new.provider")) <select name="provider"><option value="local">\(words("new.provider.local"))</option>\
            \(others)</select></label><p class="quiet">\(words("new.provider-choice"))</p>
            """
    }

    private func row(_ wish: NewScheme, _ row: Int, _ faults: Faults) -> HTML {
        let number = "\(row + 1)"
        return """
            <div class="server-row"><span class="number" aria-hidden="true">\(number)</span>\
            <label>\(words("new.address")) <span class="hidden">\(number)</span> <input name="address\(number: row)" value="\(wish["address\(row)"])" \
            placeholder="192.0.2.\(row + 1)" autocomplete="off"\(row == 0 ? faults.mark("address0") : "")\(" required", if: row == 0)></label>\
            <label>\(words("new.label")) <span class="hidden">\(number)</span> <input name="label\(number: row)" value="\(wish["label\(row)"])" \
            placeholder="server\(number)" autocomplete="off"></label><span class="quiet">\(words("priority.word")) \(NewScheme.priorities[row])</span></div>
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
            <section class="card" aria-labelledby="new-check"><h2 id="new-check">3. \(words("new.check"))</h2>\
            <fieldset><legend class="hidden">\(words("new.check"))</legend>\(checks)</fieldset><div class="filter">\
            <label class="for-http">\(words("new.scheme")) <select name="scheme">\(schemes)</select></label>\
            <label>\(words("new.port")) <input name="port" inputmode="numeric" maxlength="5" size="6" value="\(wish["port"])"\(faults.mark("port"))>\(fault("port", faults))</label>\
            <label class="for-http">\(words("new.path")) <input name="path" value="\(wish["path"].isEmpty ? "/" : wish["path"])"></label>\
            <label class="for-grep">\(words("new.must-have")) <input name="must-have" value="\(wish["must-have"])"\(faults.mark("must-have"))>\(fault("must-have", faults))</label></div>\
            <div class="buttons"><button class="main" name="do" value="try">\(words("new.try"))</button></div></section>
            """
    }

    private func trial(_ wish: NewScheme, _ tried: [(NewScheme.Server, TrialReport)]) -> HTML {
        if tried.isEmpty {
            return
                "<section class=\"card\"><h2>4. \(words("new.result"))</h2><p class=\"quiet\">\(words("new.result-text"))</p></section>"
        }
        let good = tried.count { $0.1.isSuccess }
        let lines = tried.map { server, trial -> HTML in
            let found = trial.problems.isEmpty ? words.said(trial.reason) : trial.problems.joined(separator: "; ")
            return """
                <li>\(badge(trial.isSuccess ? .good : .bad, words(trial.isSuccess ? "probe.ok" : "probe.failed"))) <strong>\(server.label)</strong> \
                <code>\(server.address)</code> <span class="quiet">\(found)\(trial.problems.isEmpty ? " · \(milliseconds(trial.milliseconds))" : "")</span></li>
                """
        }
        let canSave = tried.allSatisfy { $0.1.problems.isEmpty }
        return """
            <section class="card" aria-labelledby="new-result" id="result"><h2 id="new-result">4. \(words("new.result"))</h2><p role="status">\(words("new.tried", "\(good)", "\(tried.count)"))</p>\
            <ul class="plain">\(lines)</ul>\("<p class=\"held\">\(words("new.some-failed"))</p>", if: good < tried.count && canSave)\
            \("<div class=\"buttons\"><button class=\"main\" name=\"do\" value=\"save\">\(words("new.save"))</button></div>", if: canSave)</section>
            """
    }
}
