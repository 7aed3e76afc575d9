import Accounts
import Control
import Hummingbird

/// The API as a page for people, made from the same operations as the document.
extension Site {
    func apiPage(_ request: Request, _ context: SiteContext) async throws -> Response {
        let groups = Dictionary(grouping: operations, by: \.group).sorted { $0.key < $1.key }
        let sections = groups.map { name, operations -> HTML in
            "<section class=\"card\" id=\"\(name)\"><h2>\(name)</h2>\(operations.map(\.html))</section>"
        }
        let types = Schemas.all.sorted { $0.key < $1.key }.map { name, schema -> HTML in
            "<h3 id=\"type-\(name)\">\(name)</h3>\(Schema.table(schema.rows))"
        }
        let body: HTML = """
            <h1>The API</h1>
            <section class="card"><p>JSON under <code>/api/v1</code>, for everything that this page can do. The document for \
            programs is <a href="/api/openapi.json"><code>/api/openapi.json</code></a> (OpenAPI 3.1). Errors are problem \
            details (RFC 9457). A token goes into the header <code>Authorization: Bearer …</code>; what a browser’s session \
            changes needs <code>X-CSRF-Token</code> as well.</p></section>
            \(sections)<section class="card" id="types"><h2>Types</h2>\(types)</section>
            """
        let visit = Visit(request, context, catalogues)
        let content = PageContent(title: "API · Ninelives", section: .none, body: body, isLive: false)
        return render(content, visit, version: await control.report().version)
    }
}

extension Operation {
    /// The first part of the path behind the version.
    fileprivate var group: String {
        let parts = path.split(separator: "/")
        return parts.count > 2 ? String(parts[2]) : path
    }

    fileprivate var html: HTML {
        let names = pathParameters.map { Schema.Row(name: $0, type: "text", isRequired: true, description: "") }
        let asked = (query + headers).map {
            Schema.Row(name: $0.name, type: $0.schema.words, isRequired: false, description: $0.description)
        }
        let answer = "\(status.code)" + (result.map { ": \($0.words)" } ?? "")
        let others = problems.map { "\($0.code)" }.joined(separator: ", ")
        let takesKey = method == .post && remembersReplies
        return """
            <h3 id="\(id)"><code>\(method.rawValue) \(path)</code></h3>
            <p>\(summary) For \(accessInWords). Answers \(answer)\("; problems \(others)", if: !others.isEmpty).\
            \(" Takes <code>Idempotency-Key</code>.", if: takesKey)</p>
            \(Schema.table(names + asked))\(body.map { Schema.table($0.rows, caption: "Body") } ?? .nothing)
            """
    }

    private var accessInWords: String {
        switch access {
        case .anyone: "anyone"
        case .reader: "whoever may look"
        case .role(let role): "the role \(role.rawValue)"
        case .oneself: "anyone with an account"
        }
    }
}

extension Schema {
    fileprivate struct Row {
        var name: String
        var type: String
        var isRequired: Bool
        var description: String
    }

    fileprivate static func table(_ rows: [Row], caption: String = "Parameters") -> HTML {
        if rows.isEmpty { return .nothing }
        let lines = rows.map { row -> HTML in
            """
            <tr><td><code>\(row.name)</code></td><td>\(row.type)</td><td>\(row.isRequired ? "required" : "")</td>\
            <td>\(row.description)</td></tr>
            """
        }
        return """
            <table><caption>\(caption)</caption><thead><tr><th scope="col">name</th><th scope="col">type</th>\
            <th scope="col">need</th><th scope="col">meaning</th></tr></thead><tbody>\(lines)</tbody></table>
            """
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
