import Control
import Foundation
import HTTPTypes
import Hummingbird

/// What can be looked at.
extension Site {
    var lookingOperations: [Operation] {
        [
            Operation(
                method: .get, path: "/api/v1/status", id: "getStatus", summary: "Everything, as it stands.",
                access: .projectReader, result: .named("Report")
            ) { call in try .json(await report(for: call)) },
            Operation(
                method: .get, path: "/api/v1/schemes", id: "listSchemes", summary: "The schemes, by name.",
                access: .projectReader, query: Self.paging, result: Self.list(of: "Scheme")
            ) { call in
                let model = await model(for: call)
                return try Self.page(model.schemeGlances().map(\.name).sorted(), call) { model.scheme($0) }
            },
            Operation(
                method: .get, path: "/api/v1/schemes/{name}", id: "getScheme", summary: "One scheme.",
                access: .projectReader, result: .named("Scheme"), problems: [.notFound]
            ) { call in
                let name = call.path["name"] ?? ""
                guard let scheme = await model(for: call).scheme(name) else {
                    throw Problem(.notFound, "There is no scheme \"\(name)\".")
                }
                return try .json(scheme)
            },
            Operation(
                method: .get, path: "/api/v1/schemes/{name}/explain", id: "explainScheme",
                summary: "Why a scheme answers what it answers, or answered at some time.", access: .projectReader,
                query: [.init("at", .time, "Seconds since 1970; without it, now.")], result: .named("Explanation"),
                problems: [.notFound, .serviceUnavailable]
            ) { call in try await explain(call) },
            Operation(
                method: .get, path: "/api/v1/indicators", id: "listIndicators", summary: "The indicators, by name.",
                access: .projectReader,
                query: Self.paging + [
                    .init("state", Schemas.state, "Only those in this state."),
                    .init("search", .text, "Only those with this text in their names."),
                ], result: Self.list(of: "Indicator")
            ) { call in
                let model = await model(for: call)
                let found = model.indicatorGlances().filter { indicator in
                    (call.text("state").map { indicator.state == $0 } ?? true)
                        && (call.text("search").map { $0.isEmpty || indicator.name.contains($0) } ?? true)
                }
                return try Self.page(found.map(\.name).sorted(), call) { model.indicator($0) }
            },
            Operation(
                method: .get, path: "/api/v1/indicators/{name}", id: "getIndicator", summary: "One indicator.",
                access: .projectReader, result: .named("Indicator"), problems: [.notFound]
            ) { call in
                let name = call.path["name"] ?? ""
                guard let indicator = await model(for: call).indicator(name) else {
                    throw Problem(.notFound, "There is no indicator \"\(name)\".")
                }
                return try .json(indicator)
            },
            Operation(
                method: .get, path: "/api/v1/events", id: "listEvents",
                summary: "The history: the newest first, or with `after` the oldest first.", access: .projectReader,
                query: [
                    .init("scheme", .text, "Only of this scheme."),
                    .init("indicator", .text, "Only of this indicator."),
                    .init("kind", .text, "Only of this kind: state, decision, held, override, configuration."),
                    .init("before", .integer(0...Int(1e15)), "Only those with a lower id."),
                    .init("after", .integer(0...Int(1e15)), "Only those with a higher id."),
                    .init("from", .time, "Not before this time, seconds since 1970."),
                    .init("until", .time, "Not after this time, seconds since 1970."),
                    .init("limit", .integer(1...1000), "How many at the most; 100 if it is not said."),
                ], result: Self.list(of: "Event"), problems: [.serviceUnavailable]
            ) { call in try await events(call) },
            Operation(
                method: .get, path: "/api/v1/events/stream", id: "followEvents",
                summary: "The history as it happens (server-sent events): each event's id is its `id`.",
                access: .reader,
                query: [
                    .init(
                        "after", .integer(0...Int(1e15)),
                        "Begins behind this id; the header Last-Event-ID does the same. Without both, now.")
                ], result: .string(), type: "text/event-stream", problems: [.serviceUnavailable]
            ) { call in try await followEvents(call) },
        ]
    }

    private func explain(_ call: Call) async throws -> Response {
        let name = call.path["name"] ?? ""
        if !scope(call).seesAll, await model(for: call).scheme(name) == nil {
            throw Problem(.notFound, "There is no scheme \"\(name)\".")
        }
        guard let at = call.number("at") else {
            guard let explanation = await control.explanation(of: name) else {
                throw Problem(.notFound, "There is no scheme \"\(name)\".")
            }
            return try .json(explanation)
        }
        guard let explanation = try await ordered({ try await orders().explanation(of: name, at: at) }) else {
            throw Problem(.notFound, "Nothing had been decided for \"\(name)\" at that time, as far as is known.")
        }
        return try .json(explanation)
    }

    private func events(_ call: Call) async throws -> Response {
        var query = HistoryQuery()
        query.scheme = call.text("scheme")
        query.indicator = call.text("indicator")
        query.kind = call.text("kind")
        query.before = call.number("before").map { UInt64($0) }
        query.after = call.number("after").map { UInt64($0) }
        query.from = call.number("from")
        query.until = call.number("until")
        query.limit = call.number("limit").map { Int($0) } ?? 100
        let wanted = query
        let events = try await ordered { try await orders().history(wanted) }
        let next = events.count == query.limit ? events.last.map { "\($0.id)" } : nil
        let scope = scope(call)
        if scope.seesAll { return try .json(Page(items: events, next: next)) }
        let model = await control.readModel()
        return try .json(Page(items: events.filter { scope.sees($0, of: model) }, next: next))
    }

    // MARK: - Pages of a list

    static let paging = [
        Operation.Parameter("after", .text, "What `next` of the page before said."),
        Operation.Parameter("limit", .integer(1...1000), "How many at the most; 100 if it is not said."),
    ]

    static func list(of name: String) -> Schema {
        .object([
            .init("items", .array(.named(name))),
            .init("next", .string(), "For the next page; missing on the last.", required: false),
        ])
    }

    struct Page<Item: Encodable>: Encodable {
        var items: [Item]
        var next: String?
    }

    /// - Parameter items: sorted by key.
    static func page<Item: Encodable>(_ items: [Item], _ call: Call, key: (Item) -> String) throws -> Response {
        let limit = call.number("limit").map { Int($0) } ?? 100
        let rest = call.text("after").map { after in items.drop { key($0) <= after } } ?? items[...]
        let page = Array(rest.prefix(limit))
        return try .json(Page(items: page, next: rest.count > limit ? page.last.map(key) : nil))
    }

    /// Of thousands only those are made that are on the page.
    ///
    /// - Parameter names: sorted.
    static func page<Item: Encodable>(_ names: [String], _ call: Call, make: (String) -> Item?) throws -> Response {
        let limit = call.number("limit").map { Int($0) } ?? 100
        let rest = call.text("after").map { after in names.drop { $0 <= after } } ?? names[...]
        let page = rest.prefix(limit)
        return try .json(Page(items: page.compactMap(make), next: rest.count > limit ? page.last : nil))
    }
}

extension Response {
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        var response = Response.json(try JSON.encode(value))
        response.status = status
        return response
    }
}
