import Accounts
import Control
import Storage

/// How somebody proves who they are: their password, and a second factor.
extension Pages {
    /// A second factor that its owner is about to switch on.
    struct NewFactor {
        var secret: String
        var uri: String
        /// Why the code that was shown is none.
        var problem: String?
    }

    func signInPart(_ identity: Identity, _ factor: NewFactor?) throws -> HTML {
        // In a demo nobody has a password.
        guard let user = try site.accounts().users().first(where: { $0.name == identity.name }) else { return "" }
        let second: HTML
        if let factor {
            second = newFactor(factor)
        } else if user.totp == nil {
            second = """
                <p>\(words("factor.text"))</p><form method="post" action="/account/second-factor">\(own)\
                <button>\(words("factor.begin"))</button></form>
                """
        } else {
            second = """
                <p>\(badge(.good, words("factor.on"))) \(words("factor.on-text"))</p>
                \(form("removeSecondFactor", class: "filter", "\(code("factor.code"))<button>\(words("factor.remove"))</button>"))
                """
        }
        let password: HTML = """
            <form method="post" action="/do/changePassword" class="filter" data-quiet data-then="/login">\(own)\
            <input type="hidden" name="back" value="/login">\
            <input name="username" value="\(identity.name)" autocomplete="username" readonly hidden>\
            <label>\(words("password.old")) <input name="old" type="password" required maxlength="1000" autocomplete="current-password"></label>\
            <label>\(words("password.new")) <input name="new" type="password" required minlength="10" maxlength="1000" \
            autocomplete="new-password"></label><button>\(words("password.change"))</button></form>
            """
        return """
            <section class="card" aria-labelledby="factor-title"><h2 id="factor-title">\(words("factor.title"))</h2>\(second)</section>
            <section class="card" aria-labelledby="password-title"><h2 id="password-title">\(words("password.title"))</h2>\
            <p class="quiet">\(words("password.text"))</p>\(password)</section>
            """
    }

    private func newFactor(_ factor: NewFactor) -> HTML {
        let problem = factor.problem.html { "<p class=\"problem\" role=\"alert\">\(words.said($0))</p>" }
        let picture = QRCode(factor.uri)?.picture(words("factor.picture")) ?? ""
        return """
            <p>\(words("factor.scan"))</p>\(problem)<div class="row">\(picture)<div><p>\(words("factor.secret"))<br>\
            <code class="secret">\(factor.secret)</code></p><p><a href="\(factor.uri)">\(words("factor.open"))</a></p></div></div>
            <form method="post" action="/account/second-factor" class="filter">\(own)\
            <input type="hidden" name="secret" value="\(factor.secret)">\(code("factor.first-code"))\
            <button class="main">\(words("factor.set"))</button> <a href="/account">\(words("factor.cancel"))</a></form>
            """
    }

    private var own: HTML { "<input type=\"hidden\" name=\"csrf\" value=\"\(visit.csrf ?? "")\">" }

    private func code(_ label: String) -> HTML {
        """
        <label>\(words(label)) <input name="code" required maxlength="6" inputmode="numeric" autocomplete="one-time-code"></label>
        """
    }
}
