import Accounts
import Control
import HTTPTypes

/// What programs can do, to be read by people: made from the operations themselves, like the document.
extension Pages {
    func api() -> PageContent {
        let groups = Dictionary(grouping: site.operations, by: \.group).sorted { $0.key < $1.key }
        let links = groups.map { name, operations -> HTML in
            "<a href=\"#\(name)\">\(name) <span class=\"count\">\(operations.count)</span></a>"
        }
        let sections = groups.map { name, operations -> HTML in
            let ordered = operations.sorted { ($0.path, $0.method.rawValue) < ($1.path, $1.method.rawValue) }
            return """
                <section class="card operations" id="\(name)" aria-label="\(name)"><h2>\(name)</h2>\(ordered.map { details($0) })</section>
                """
        }
        let types = Schemas.all.sorted { $0.key < $1.key }.map { name, schema -> HTML in
            """
            <details><summary><code>\(name)</code></summary><div class="scroll" id="type-\(name)" tabindex="0" role="group" aria-label="\(name)">\
            \(table(schema.rows, caption: words("api.properties")))</div></details>
            """
        }
        let body: HTML = """
            <h1>\(words("api.title"))</h1><p class="lead">\(words("api.text"))</p>
            <p><a class="button" href="/api/openapi.json">\(words("api.document"))</a></p>
            <nav class="filters" aria-label="\(words("api.title"))">\(links)<a href="#types">\(words("api.types"))</a></nav>
            \(sections)<section class="card operations" id="types" aria-label="\(words("api.types"))"><h2>\(words("api.types"))</h2>\(types)</section>
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

    private func details(_ operation: Operation) -> HTML {
        let names = operation.pathParameters.map {
            Schema.Row(name: $0, type: "text", isRequired: true, description: "")
        }
        let asked = (operation.query + operation.headers).map {
            Schema.Row(name: $0.name, type: $0.schema.words, isRequired: false, description: $0.description)
        }
        let answer = "\(operation.status.code)" + (operation.result.map { ": \($0.words)" } ?? "")
        let others = operation.problems.map { "\($0.code)" }.joined(separator: ", ")
        let takesKey = operation.method == .post && operation.remembersReplies
        let body = operation.body.map { table($0.rows, caption: words("api.body")) } ?? .nothing
        return """
            <details><summary><code>\(operation.method.rawValue) \(breakable(path: operation.path))</code> <span lang="en">\(operation.summary)</span></summary>\
            <div class="scroll" id="\(operation.id)" tabindex="0" role="group" aria-label="\(operation.id)"><p>\(words("api.who")): \(who(operation.access)). \(words("api.answer")): \(answer).\
            \(" \(words("api.problems")): \(others).", if: !others.isEmpty)\
            \(" Idempotency-Key.", if: takesKey)</p>
            \(table(names + asked, caption: words("api.parameters")))\(body)</div></details>
            """
    }

    private func table(_ rows: [Schema.Row], caption: String) -> HTML {
        if rows.isEmpty { return .nothing }
        let lines = rows.map { row -> HTML in
            """
            <tr><td><code>\(row.name)</code></td><td>\(row.type)</td><td>\(row.isRequired ? words("api.required") : "")</td>\
            <td>\(row.description)</td></tr>
            """
        }
        let heads = ["api.name", "api.type", "api.need", "api.meaning"].map {
            "<th scope=\"col\">\(words($0))</th>" as HTML
        }
        return """
            <table class="list"><caption>\(caption)</caption><thead><tr>\(heads)</tr></thead><tbody>\(lines)</tbody></table>
            """
    }
}

extension Operation {
    /// The first part of the path behind the version.
    fileprivate var group: String {
        let parts = path.split(separator: "/")
        return parts.count > 2 ? String(parts[2]) : path
    }
}

extension Schema {
    fileprivate struct Row {
        var name: String
        var type: String
        var isRequired: Bool
        var description: String
    }

    /// The properties of an object, one row each.
    fileprivate var rows: [Row] {
        guard case .object(let properties) = self else { return [] }
        return properties.map {
            Row(name: $0.name, type: $0.schema.words, isRequired: $0.isRequired, description: $0.description)
        }
    }

    /// What kind of value it is, in a few words.
    fileprivate var words: String {
        switch self {
        case .string: "text"
        case .choice(let words): words.joined(separator: " | ")
        case .integer(let range):
            range.map { "whole number, \($0.lowerBound)…\($0.upperBound)" } ?? "whole number"
        case .number: "number"
        case .bool: "true | false"
        case .scalar: "text, number, true or false"
        case .anything: "any JSON"
        case .array(let item): "list of \(item.words)"
        case .map(let value): "\(value.words), by name"
        case .named(let name): name
        case .nullable(let schema): "\(schema.words), or null"
        case .object(let properties): "{ \(properties.map(\.name).joined(separator: ", ")) }"
        }
    }
}
