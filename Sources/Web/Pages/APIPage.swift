import Accounts
import Control
import HTTPTypes

/// What programs can do, to be read by people: made from the operations themselves, like the document.
extension Pages {
    func api() -> PageContent {
        let rows = site.operations.sorted { ($0.path, $0.method.rawValue) < ($1.path, $1.method.rawValue) }.map {
            operation -> HTML in
            """
            <tr id="\(operation.id)"><th scope="row"><code>\(operation.method.rawValue)</code> <code>\(breakable(path: operation.path))</code></th>\
            <td class="found">\(operation.summary)</td><td class="quiet">\(who(operation.access))</td></tr>
            """
        }
        let heads = ["api.path", "api.what", "api.who"].map { "<th scope=\"col\">\(words($0))</th>" as HTML }
        let body: HTML = """
            <h1>\(words("api.title"))</h1><p class="lead">\(words("api.text"))</p>
            <p><a class="button" href="/api/openapi.json">\(words("api.document"))</a></p>
            <div class="card scroll" tabindex="0" role="group" aria-label="\(words("api.title"))"><table class="list"><thead><tr>\(heads)</tr></thead><tbody>\(rows)</tbody></table></div>
            """
        return PageContent(title: "\(words("api.title")) · Ninelives", section: .none, body: body, isLive: false)
    }

    private func who(_ access: Operation.Access) -> String {
        switch access {
        case .anyone: words("api.anyone")
        case .reader, .projectReader: words("api.reader")
        case .oneself: words("api.oneself")
        case .role(let role), .project(let role): words("role.\(role.rawValue)")
        }
    }

    private func breakable(path: String) -> HTML {
        HTML(path.split(separator: "/").map { "/<wbr>\(String($0))" as HTML })
    }
}
