import Control

/// Providers' keys and passwords, on the page of settings: they can be set, and never seen.
extension Pages {
    func secretPart() async throws -> HTML {
        guard site.gate.accounts != nil else { return .nothing }
        let secrets = try await site.secrets()
        let lines = secrets.map { secret -> HTML in
            let state: HTML =
                secret.setAt.map { "\(badge(.good, words("secret.set"))) <span class=\"quiet\">\(ago($0))</span>" }
                ?? badge(.bad, words("secret.missing"))
            let users =
                secret.usedBy.isEmpty
                ? words("secret.unused") : words("secret.used", secret.usedBy.joined(separator: ", "))
            let name: HTML = "<input type=\"hidden\" name=\"name\" value=\"\(secret.name)\">"
            let remove: HTML =
                secret.setAt == nil
                ? .nothing
                : form("removeSecret", "\(name)<button class=\"small\">\(words("people.remove"))</button>")
            let key = "secret-\(secret.name)"
            return .keyed(
                key,
                """
                <li><p class="row"><span><code>store:\(secret.name)</code> \(state) <span class="quiet">\(users)</span></span></p>\
                <details class="menu" data-keep-open="\(key)"><summary>\(words(secret.setAt == nil ? "secret.give" : "secret.replace"))\
                <span class="hidden"> \(secret.name)</span></summary>\(form("putSecret", class: "tall-form", "\(name)\(secretField)"))\(remove)</details></li>
                """)
        }
        let none = "<p class=\"quiet\">\(words("secret.none"))</p>" as HTML
        let add = form(
            "putSecret", class: "tall-form",
            """
            <label class="wide">\(words("list.name")) <input name="name" required maxlength="100" pattern="[A-Za-z0-9_\\-][A-Za-z0-9_.\\-]*" \
            placeholder="cloudflare" autocomplete="off"></label>\(secretField)
            """)
        return """
            <section class="card" aria-labelledby="secrets-title"><h2 id="secrets-title">\(words("secret.title"))</h2><p class="quiet">\(words("secret.text"))</p>\
            \(HTML.keyed("secrets", lines.isEmpty ? none : "<ul class=\"plain\">\(lines)</ul>"))\
            \(HTML.keyed("add-secret", "<details class=\"menu\" data-keep-open=\"add-secret\"><summary>\(words("secret.add"))</summary>\(add)</details>"))</section>
            """
    }

    /// Several lines, as some services' keys have; shown as dots.
    private var secretField: HTML {
        """
        <label class="wide">\(words("secret.value")) <textarea name="secret" class="covered" rows="2" required maxlength="65536" autocomplete="off" \
        autocapitalize="off" spellcheck="false"></textarea></label><div class="buttons"><button class="main">\(words("secret.keep"))</button></div>
        """
    }
}
