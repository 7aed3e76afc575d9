import Accounts
import Control
import Foundation
import HTTPTypes
import Hummingbird

/// What operators tell everybody on the status page.
extension Site {
    private static let post = Schema.object([
        .init("kind", .choice(["incident", "maintenance"])),
        .init("text", .string(length: 1...2000), "For everybody: no server's name, no address."),
        .init("scheme", .string(length: 0...255), "Which name it is about; without it, all.", required: false),
        .init("from", moment, "When maintenance begins, in UTC.", required: false),
        .init("until", moment, "When it ends, in UTC.", required: false),
    ])

    /// As a browser's field for date and time has it.
    private static let moment = Schema.string(pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}Z?$")

    private struct Wish: Decodable {
        var kind: String
        var text: String
        var scheme: String?
        var from: String?
        var until: String?
    }

    var postOperations: [Operation] {
        [
            Operation(
                method: .get, path: "/api/v1/status/posts", id: "listStatusPosts",
                summary: "What the status page tells of incidents and maintenance, the newest first.", access: .reader,
                result: .object([.init("items", .array(.named("StatusPost")))]), problems: [.serviceUnavailable]
            ) { _ in try .json(Page(items: await posting().statusPosts(), next: nil)) },
            Operation(
                method: .post, path: "/api/v1/status/posts", id: "addStatusPost",
                summary: "Tells everybody of an incident, or of maintenance to come, on the status page.",
                access: .project(.operator), body: Self.post, status: .created, result: .named("StatusPost"),
                problems: [.unprocessableContent, .serviceUnavailable]
            ) { call in try await addPost(call) },
            Operation(
                method: .delete, path: "/api/v1/status/posts/{id}", id: "removeStatusPost",
                summary: "Takes a post from the status page.", access: .project(.operator), status: .noContent,
                problems: [.notFound, .serviceUnavailable]
            ) { call in
                let id = call.path["id"] ?? ""
                let post = await (try posting()).statusPosts().first { "\($0.id)" == id }
                try await checkTelling(of: post?.scheme, call)
                let entry = entry("status.remove", id, call)
                let isRemoved = try await ordered {
                    try await posting().removeStatusPost(Int(id) ?? 0, noting: entry)
                }
                guard isRemoved else { throw Problem(.notFound, "There is no post \(id).") }
                return Response(status: .noContent)
            },
        ]
    }

    private func posting() throws -> any StatusPostInterface {
        guard let posting = control as? any StatusPostInterface else {
            throw Problem(.serviceUnavailable, "This server keeps no posts.")
        }
        return posting
    }

    /// - Throws: unless whoever calls may tell of a name, or with nil of all of them.
    private func checkTelling(of scheme: String?, _ call: Call) async throws {
        guard let scheme, !scheme.isEmpty else {
            guard call.identity?.may(.operator) == true else {
                throw Problem(
                    .forbidden,
                    "\(call.actor) may not: what is told of all names needs the role operator of the server.")
            }
            return
        }
        try await check("scheme:\(scheme)", call)
    }

    private func addPost(_ call: Call) async throws -> Response {
        let wish = try call.decode(Wish.self)
        try await checkTelling(of: wish.scheme, call)
        let post = StatusPost(
            kind: wish.kind, scheme: wish.scheme.flatMap { $0.isEmpty ? nil : $0 }, text: wish.text,
            from: try Self.seconds(wish.from, "from"), until: try Self.seconds(wish.until, "until"))
        if let from = post.from, let until = post.until, until <= from {
            throw Problem(.unprocessableContent, "It should end after it begins.")
        }
        let entry = entry("status.post", "", call, detail: wish.text)
        let added = try await ordered { try await posting().add(post, noting: entry) }
        return try .json(added, status: .created)
    }

    private static func seconds(_ text: String?, _ name: String) throws -> Double? {
        guard let text, !text.isEmpty else { return nil }
        let minutes = text.hasSuffix("Z") ? text.dropLast() : text[...]
        // What is read must be what was written: the 61st minute of an hour would be the next one's first.
        guard let date = try? Date("\(minutes):00Z", strategy: .iso8601), date.formatted(.iso8601) == "\(minutes):00Z"
        else { throw Problem(.unprocessableContent, "\(name) should be a date and a time: 2026-11-21T22:00.") }
        guard Schema.times.contains(date.timeIntervalSince1970) else {
            throw Problem(.unprocessableContent, "\(name) should be between 1970 and 2255.")
        }
        return date.timeIntervalSince1970
    }
}
