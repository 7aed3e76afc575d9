import Accounts
import Control
import Hummingbird

/// The API as a page for people, made from the same operations as the document.
extension Site {
    func apiPage() async throws -> Response {
        let report = await control.report()
        let groups = Dictionary(grouping: operations, by: \.group).sorted { $0.key < $1.key }
        let view: [String: Any] = [
            "groups": groups.map { name, operations in
                ["name": name, "operations": operations.map(\.view)] as [String: Any]
            },
            "types": Schemas.all.sorted { $0.key < $1.key }.map { name, schema in
                ["name": name, "properties": schema.rows] as [String: Any]
            },
        ]
        let page: [String: Any] = [
            "title": "The API of Ninelives", "path": "/api", "dns": report.dns, "version": report.version,
            "content": templates.render(view, with: "api"),
        ]
        return .text(templates.render(page, with: "page"), type: "text/html; charset=utf-8")
    }
}

extension Operation {
    /// The first part of the path behind the version.
    fileprivate var group: String {
        let parts = path.split(separator: "/")
        return parts.count > 2 ? String(parts[2]) : path
    }

    fileprivate var view: [String: Any] {
        let names = pathParameters.map { Schema.Row(name: $0, type: "text", isRequired: true, description: "") }
        let asked = query.map {
            Schema.Row(name: $0.name, type: $0.schema.words, isRequired: false, description: $0.description)
        }
        return [
            "id": id, "method": method.rawValue, "path": path, "summary": summary, "access": accessInWords,
            "parameters": (names + asked).map(\.view), "hasParameters": !(names + asked).isEmpty,
            "body": body?.rows ?? [], "hasBody": body != nil, "takesKey": method == .post && remembersReplies,
            "answer": "\(status.code)" + (result.map { ": \($0.words)" } ?? ""),
            "problems": problems.map { "\($0.code)" }.joined(separator: ", "),
        ]
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

        var view: [String: Any] {
            ["name": name, "type": type, "need": isRequired ? "required" : "", "description": description]
        }
    }

    /// The properties of an object, one row each.
    fileprivate var rows: [[String: Any]] {
        guard case .object(let properties) = self else { return [] }
        return properties.map {
            Row(name: $0.name, type: $0.schema.words, isRequired: $0.isRequired, description: $0.description).view
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
