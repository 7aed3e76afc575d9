import Accounts
import Control

/// What operators have told everybody, and the form to tell more.
extension Pages {
    /// - Parameter project: whose page it is; nil for that of the whole server.
    func statusPosts(_ posts: [StatusPost], project: String?) -> HTML {
        let lines = posts.prefix(20).map { line($0) }
        let told: HTML =
            lines.isEmpty
            ? "<div hidden></div>"
            : """
            <section class="card" aria-labelledby="posts-title"><h2 id="posts-title">\(words("post.title"))</h2><ul class="plain">\(lines)</ul></section>
            """
        return "\(HTML.keyed("posts", told))\(postForm(project))"
    }

    /// Whether this visitor may tell of a name, or with nil of all of them.
    private func mayTell(of scheme: String?) -> Bool {
        visit.may(.operator, in: scheme.map { model.projects(ofScheme: $0) } ?? [])
    }

    private func line(_ post: StatusPost) -> HTML {
        let name = post.scheme.html { "<strong>\(breakable($0))</strong> " }
        let from = post.from.html { " \(words("post.from")) \(moment($0))" }
        let until = post.until.html { " \(words("post.until")) \(moment($0))" }
        let remove: HTML =
            mayTell(of: post.scheme)
            ? form(
                "removeStatusPost", class: "inline",
                "<input type=\"hidden\" name=\"id\" value=\"\(post.id)\"><button class=\"small\">\(words("people.remove"))</button>"
            ) : .nothing
        return .keyed(
            "post-\(post.id)",
            """
            <li>\(badge(post.kind == "incident" ? .bad : .wait, words("post.kind.\(post.kind)"))) \(name)<span class="quiet">\(from)\(until)</span>\
            <p>\(post.text)</p><p class="quiet">\(moment(post.at))</p>\(remove)</li>
            """)
    }

    /// In the zone that stands beside it: UTC, until the script says the reader's and sends it as UTC.
    private func time(_ name: String, _ label: String) -> HTML {
        """
        <label><span>\(words(label)) <span class="quiet" data-zone>UTC</span></span> <input type="datetime-local" name="\(name)" data-utc></label>
        """
    }

    private func postForm(_ project: String?) -> HTML {
        guard visit.may(.operator, in: project.map { [$0] } ?? []) else { return .nothing }
        // Who may tell of some names only, must say of which.
        let names = model.schemeGlances().filter { glance in
            project.map { model.projects(ofScheme: glance.name).contains($0) } ?? true
        }
        let options = names.prefix(500).map { "<option value=\"\($0.name)\"></option>" as HTML }
        let kinds = ["incident", "maintenance"].map {
            "<option value=\"\($0)\">\(words("post.kind.\($0)"))</option>" as HTML
        }
        let fields: HTML = """
            <label>\(words("post.kind")) <select name="kind">\(kinds)</select></label>\
            <label>\(words("events.scheme")) <input name="scheme" list="post-names" maxlength="255" autocomplete="off"\(" required", if: !visit.may(.operator))></label>\
            <datalist id="post-names">\(options)</datalist>\
            \(time("from", "post.from-zone"))\(time("until", "post.until-zone"))\
            <label class="wide">\(words("post.text")) <textarea name="text" rows="3" cols="40" required maxlength="2000"></textarea></label>\
            <button class="main">\(words("post.add"))</button>
            """
        return .keyed(
            "add-post",
            """
            <details class="menu card" data-keep-open="add-post"><summary>\(words("post.new"))</summary>\(form("addStatusPost", class: "filter", fields))</details>
            """)
    }
}
