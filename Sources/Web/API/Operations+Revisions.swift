import Accounts
import Control
import Foundation
import HTTPTypes
import Hummingbird
import Settings

/// The configuration as a whole: what it was, what it is, what it would be.
extension Site {
    static let ifMatch = Operation.Parameter(
        "If-Match", .string(pattern: #"^(\*|(W/)?"?[0-9]{1,15}"?)$"#),
        "The ETag of what you have seen; 412 if somebody has changed it since.")
    private static let terms: [Schema.Property] = [
        .init("comment", .text, "Why, for those who see it.", required: false),
        .init("dryRun", .bool, "Only says what it would do.", required: false),
    ]
    private static let refusals: [HTTPResponse.Status] = [
        .notFound, .conflict, .preconditionFailed, .unprocessableContent, .serviceUnavailable,
    ]

    var revisionOperations: [Operation] {
        [
            Operation(
                method: .get, path: "/api/v1/revisions", id: "listRevisions",
                summary: "The revisions of the configuration, the newest first.", access: .reader,
                query: [
                    .init("before", .integer(1...Int(1e15)), "Only those with a lower number."),
                    .init("limit", .integer(1...1000), "How many at the most; 100 if it is not said."),
                ], result: Self.list(of: "Revision"),
                problems: [.serviceUnavailable]
            ) { call in
                let limit = call.number("limit").map { Int($0) } ?? 100
                let before = call.number("before").map { Int($0) }
                let list = try await revised { try await $0.list(before: before, limit: limit) }
                let next = list.count == limit ? list.last.map { "\($0.number)" } : nil
                return try .json(Page(items: list, next: next))
            },
            Operation(
                method: .get, path: "/api/v1/revisions/{number}", id: "getRevision", summary: "One revision, whole.",
                access: .role(.viewer), result: .named("RevisionDetail"), problems: [.notFound, .serviceUnavailable]
            ) { call in
                let number = try Self.number(call)
                return try await detail(of: number)
            },
            Operation(
                method: .get, path: "/api/v1/configuration", id: "getConfiguration", summary: "The revision in force.",
                access: .role(.viewer), result: .named("RevisionDetail"), problems: [.notFound, .serviceUnavailable]
            ) { _ in try await detail(of: nil) },
            Operation(
                method: .get, path: "/api/v1/revisions/{number}/diff", id: "diffRevision",
                summary: "What a revision changed, or with `from` what differs between the two.",
                access: .role(.viewer),
                query: [.init("from", .integer(1...Int(1e15)), "Another revision; without it, the one before.")],
                result: .object([.init("diff", .string(), "In unified format; secrets are masked.")]),
                problems: [.notFound, .serviceUnavailable]
            ) { call in
                let number = try Self.number(call)
                let from = call.number("from").map { Int($0) } ?? number - 1
                let diff = try await revised { try await $0.difference(from: from, to: number) }
                return try .json(["diff": diff])
            },
            Operation(
                method: .post, path: "/api/v1/revisions", id: "addRevision",
                summary: "Puts another text in the place of the file's. What page and API have added stays.",
                access: .role(.admin), headers: [Self.ifMatch],
                body: .object(
                    [
                        .init("document", .string(length: 0...1_000_000), "The text, YAML like the file.")
                    ] + Self.terms), result: .named("RevisionOutcome"),
                links: [
                    .init("getRevision", "number", from: "/revision"),
                    .init("diffRevision", "number", from: "/revision"), .init("rollBack", "number", from: "/revision"),
                ], problems: Self.refusals
            ) { call in
                struct Wish: Decodable { var document: String }
                return try await propose(.document(try call.decode(Wish.self).document), call, "revision.apply")
            },
            Operation(
                method: .post, path: "/api/v1/revisions/{number}/rollback", id: "rollBack",
                summary: "Makes a new revision that is like an earlier one.", access: .role(.admin),
                headers: [Self.ifMatch], body: .object(Self.terms), result: .named("RevisionOutcome"),
                problems: Self.refusals
            ) { call in try await propose(.rollback(try Self.number(call)), call, "revision.rollback") },
        ]
    }

    private static func number(_ call: Call) throws -> Int {
        guard let text = call.path["number"], let number = Int(text), number > 0 else {
            throw Problem(.notFound, "There is no revision \"\(call.path["number"] ?? "")\".")
        }
        return number
    }

    private func detail(of number: Int?) async throws -> Response {
        let detail = try await revised { try await $0.detail(of: number) }
        var response = try Response.json(detail)
        response.headers[.eTag] = "\"\(detail.revision.number)\""
        return response
    }

    // MARK: - Shared

    /// Changes the configuration, or says what would come of it.
    func propose(_ change: RevisionChange, _ call: Call, _ action: String) async throws -> Response {
        struct Wish: Decodable {
            var comment: String?
            var dryRun: Bool?
        }
        let wish = call.bodyData.isEmpty ? nil : try? call.decode(Wish.self)
        let isSession = if case .session? = call.identity?.proof { true } else { false }
        let isTrial = call.flag("dry-run") || wish?.dryRun == true
        var terms = RevisionTerms(
            author: call.actor, comment: call.text("comment") ?? wish?.comment ?? "",
            source: isSession ? "page" : "api", base: try call.ifMatch(), isDryRun: isTrial,
            entry: entry(action, "", call, detail: call.text("comment") ?? wish?.comment ?? ""))
        terms.freshSecrets = call.freshSecrets
        let outcome = try await revised(of: change) { try await $0.propose(change, terms) }
        var response = try Response.json(outcome)
        response.headers[.eTag] = "\"\(outcome.revision)\""
        return response
    }

    /// Asks for, or of, the configuration, and turns why it would not into a problem.
    func revised<Value>(
        of change: RevisionChange? = nil, _ body: (any RevisionInterface) async throws -> Value
    ) async throws -> Value {
        guard let revisions else { throw Problem(.serviceUnavailable, "This server's configuration is fixed.") }
        do {
            return try await body(revisions)
        } catch let error as RevisionError {
            switch error {
            case .invalid(let errors):
                throw Problem(
                    .unprocessableContent, "The configuration would be wrong; nothing was changed.",
                    violations: errors.map { Violation($0, in: change) })
            case .conflict: throw Problem(.preconditionFailed, "\(error)")
            case .noSuchRevision, .noSuchEntry: throw Problem(.notFound, "\(error)")
            case .managedByFile: throw Problem(.conflict, "\(error)")
            case .notKept: throw Problem(.serviceUnavailable, "\(error)")
            }
        }
    }
}

extension Violation {
    /// An error of the entry that was sent is told with its place in the body; any other as the file's readers know it.
    init(_ error: SettingsError, in change: RevisionChange?) {
        var prefix: String?
        switch change {
        case .entry(.subscriptions, let name, _)?: prefix = "notices.subscriptions.\(name)"
        case .entry(let section, let name, _)?: prefix = "\(section.rawValue).\(name)"
        case .member(let scheme, _, _)?: prefix = "schemes.\(scheme)"
        case .entries(let changes)?:
            // Each entry is told with its section and its name before the place in it.
            let change = changes.first { change in
                let path = "\(change.section.rawValue).\(change.name)"
                return error.path == path || error.path.hasPrefix(path + ".") || error.path.hasPrefix(path + "[")
            }
            if let change {
                let inner = Violation(error, in: .entry(change.section, name: change.name, change.value))
                self.init(pointer: "/\(change.section.rawValue)/\(change.name)\(inner.pointer)", detail: inner.detail)
                return
            }
        default: break
        }
        guard let prefix, error.file == ManagedPart.name, error.path.hasPrefix(prefix) else {
            self.init(pointer: change == nil ? "" : "/document", detail: error.description)
            return
        }
        let pointer = error.path.dropFirst(prefix.count).replacing("[", with: ".").replacing("]", with: "")
            .split(separator: ".").map { "/" + $0 }.joined()
        let value = error.value.map { "\"\($0)\" " } ?? ""
        let isQuestion = error.expected.hasPrefix("did you mean")
        let advice = error.expected.isEmpty ? "" : isQuestion ? ": \(error.expected)" : "; use \(error.expected)"
        self.init(pointer: pointer, detail: "\(value)\(error.problem)\(advice)")
    }
}
