import Accounts
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Who looks at which page, and how they like it: all that decides what a page says, beside what there is to say.
struct Visit: Sendable {
    /// Still encoded: `/schemes/cat.example.org`.
    var path: String
    var query: [String: String]
    var words: Words
    var theme: Theme
    /// Nil for somebody who has not proven who they are.
    var identity: Identity?

    enum Theme: String, CaseIterable, Sendable {
        /// As the system has it.
        case auto
        case light, dark
    }

    /// What a form must carry, so that it can only be ours; nil where nothing may be changed.
    var csrf: String? {
        guard case .session(_, let csrf)? = identity?.proof else { return nil }
        return csrf
    }

    /// Whether it makes sense to show what needs this role.
    func may(_ role: Role) -> Bool { csrf != nil && identity?.may(role) == true }

    /// The same for something that belongs to these projects.
    func may(_ role: Role, in projects: [String]) -> Bool {
        may(role) || csrf != nil && projects.contains { identity?.may(role, in: $0) == true }
    }

    /// Whether it makes sense to show what needs this role in any project.
    func mayAnywhere(_ role: Role) -> Bool { csrf != nil && identity?.roles.values.contains { $0 >= role } == true }

    /// The path's parts, decoded.
    var parts: [String] {
        path.split(separator: "/").map { $0.removingPercentEncoding ?? String($0) }
    }

    /// Path and query, as a link to here.
    var address: String { Self.address(path, query) }

    /// This page with another query; nil takes a parameter away.
    func address(with changes: KeyValuePairs<String, String?>) -> String {
        var query = query
        for (key, value) in changes { query[key] = value }
        return Self.address(path, query)
    }

    static func address(_ path: String, _ query: [String: String]) -> String {
        let pairs = query.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
            .map { "\($0.key.urlEncoded)=\($0.value.urlEncoded)" }
        return pairs.isEmpty ? path : "\(path)?\(pairs.joined(separator: "&"))"
    }
}

extension Visit {
    static let languageCookie = "ninelives-language"
    static let themeCookie = "ninelives-theme"

    init(path: String, query: [String: String], _ request: Request, _ identity: Identity?, _ catalogues: Catalogues) {
        let language =
            request.cookie(Self.languageCookie).flatMap(Language.init)
            ?? Language.preferred(request.headers[.acceptLanguage])
        self.init(
            path: path, query: query, words: catalogues[language],
            theme: request.cookie(Self.themeCookie).flatMap(Theme.init) ?? .auto, identity: identity)
    }

    /// A page that was asked for by its address.
    init(_ request: Request, _ context: SiteContext, _ catalogues: Catalogues) {
        self.init(path: request.uri.path, query: request.query, request, context.identity, catalogues)
    }
}

extension Request {
    func cookie(_ name: String) -> String? {
        for header in headers[values: .cookie] {
            for pair in header.split(separator: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1).map { $0.trimmingPrefix { $0 == " " } }
                if parts.count == 2, parts[0] == name { return String(parts[1]) }
            }
        }
        return nil
    }

    /// The query, decoded; of a parameter that comes twice the last.
    var query: [String: String] {
        var query: [String: String] = [:]
        for (key, value) in uri.queryParameters { query[String(key)] = String(value).replacing("+", with: " ") }
        return query
    }
}

extension String {
    /// Fit for a path's segment or a query's value.
    var urlEncoded: String {
        addingPercentEncoding(withAllowedCharacters: Self.unreserved) ?? self
    }

    private static let unreserved = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:@")
}

/// What a form of ours carries (application/x-www-form-urlencoded).
struct FormFields: Sendable {
    private(set) var fields: [String: String] = [:]

    /// - Throws: `HTTPError` if it is longer than any form of ours.
    init(reading request: Request) async throws {
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: 256 << 10)
        } catch {
            throw HTTPError(.contentTooLarge)
        }
        add(encoded: String(buffer: body))
    }

    init(encoded text: String) { add(encoded: text) }

    subscript(_ name: String) -> String { fields[name] ?? "" }

    /// Adds encoded fields; the field `set` carries more of them, so that a button can set several. Of boxes that share
    /// a name each that is ticked is a line of its value.
    private mutating func add(encoded text: String, replacing: Bool = false) {
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                $0.replacing("+", with: " ").removingPercentEncoding ?? ""
            }
            guard parts.count == 2 else { continue }
            if parts[0] == "set" {
                add(encoded: parts[1], replacing: true)
            } else if !replacing, let before = fields[parts[0]] {
                fields[parts[0]] = "\(before)\n\(parts[1])"
            } else {
                fields[parts[0]] = parts[1]
            }
        }
    }
}
