import Accounts
import Control
import HTTPTypes
import Hummingbird
import JSONTree
import Storage

/// What operators order, and what they try first.
extension Site {
    var orderOperations: [Operation] {
        [
            Operation(
                method: .get, path: "/api/v1/overrides", id: "listOverrides",
                summary: "What operators have imposed and nobody has ended yet.", access: .projectReader,
                query: Self.paging, result: Self.list(of: "Override"), problems: [.serviceUnavailable]
            ) { call in
                let scope = scope(call)
                var items = try await orders().overrides()
                if !scope.seesAll {
                    let model = await control.readModel()
                    items = items.filter { scope.sees(subject: $0.subject, of: model) }
                }
                return try Self.page(items, call) { $0.subject }
            },
            Operation(
                method: .post, path: "/api/v1/overrides", id: "addOverride",
                summary: "Maintenance, drain, a forced state, a pinned member, a pause, a silence, a failback now.",
                access: .project(.operator),
                body: .object([
                    .init("action", .choice(Order.Action.allCases.map(\.rawValue))),
                    .init(
                        "target", .string(length: 1...1000),
                        "Indicators; for pin, pause and fail-back schemes; for silence both: a name, or a pattern with * and ?."
                    ),
                    .init("member", .text, "For pin: the indicator of the member.", required: false),
                    .init("reason", .text, "For those who see it.", required: false),
                    .init(
                        "seconds", .nullable(.number(1...31_536_000)),
                        "How long; an hour if it is not said; null until it is ended by hand.", required: false),
                ]), status: .created, result: .object([.init("items", .array(.named("Override")))]),
                problems: [.notFound, .unprocessableContent, .serviceUnavailable]
            ) { call in try await addOverride(call) },
            Operation(
                method: .delete, path: "/api/v1/overrides/{subject}", id: "endOverride",
                summary: "Ends what is in force for one subject.", access: .project(.operator), status: .noContent,
                problems: [.notFound, .serviceUnavailable]
            ) { call in
                let subject = call.path["subject"] ?? ""
                try await check(subject, call)
                let entry = entry("override.end", subject, call)
                try await ordered { try await orders().end(subject, by: call.actor, noting: entry) }
                return Response(status: .noContent)
            },
            Operation(
                method: .get, path: "/api/v1/windows", id: "listWindows",
                summary: "Planned maintenance: what is open, and what comes next.", access: .reader,
                result: Self.list(of: "Window"), problems: [.serviceUnavailable]
            ) { _ in try .json(Page(items: try await orders().windowReports(), next: nil)) },
            Operation(
                method: .post, path: "/api/v1/indicators/{name}/recheck", id: "recheckIndicator",
                summary: "Probes an indicator now, whatever its interval.", access: .project(.operator),
                status: .noContent, problems: [.notFound]
            ) { call in
                let name = call.path["name"] ?? ""
                try await check("indicator:\(name)", call)
                guard await control.recheck(name) else {
                    throw Problem(.notFound, "There is no indicator \"\(name)\".")
                }
                return Response(status: .noContent)
            },
            Operation(
                method: .post, path: "/api/v1/what-if", id: "whatIf",
                summary: "What every scheme would answer with these indicators down or up. Nothing is changed.",
                access: .reader,
                body: .object([
                    .init("down", .array(.string(length: 1...1000)), "Names or patterns.", required: false),
                    .init("up", .array(.string(length: 1...1000)), "Names or patterns.", required: false),
                ]), result: .object([.init("items", .array(.named("WhatIf")))]),
                problems: [.notFound, .serviceUnavailable]
            ) { call in
                struct Wish: Decodable {
                    var down: [String]?
                    var up: [String]?
                }
                let wish = try call.decode(Wish.self)
                let reports = try await ordered {
                    try await orders().whatIf(down: wish.down ?? [], up: wish.up ?? [])
                }
                return try .json(Page(items: reports, next: nil))
            },
        ]
    }

    private func addOverride(_ call: Call) async throws -> Response {
        struct Wish: Decodable {
            var action: String
            var target: String
            var member: String?
            var reason: String?
            var seconds: Double?
        }
        let wish = try call.decode(Wish.self)
        guard let action = Order.Action(rawValue: wish.action) else { throw Problem(.badRequest, "Unknown action.") }
        var isOpenEnded = false
        if case .object(let members) = call.body { isOpenEnded = members["seconds"] == .null }
        let order = Order(
            action, target: wish.target, member: wish.member, reason: wish.reason ?? "",
            seconds: isOpenEnded ? nil : wish.seconds ?? 3600)
        try await check(order, call)
        let entry = entry("override.\(wish.action)", wish.target, call, detail: order.reason)
        let done = try await ordered { try await orders().carryOut(order, by: call.actor, noting: entry) }
        return try .json(Page(items: done, next: nil), status: .created)
    }

    // MARK: - Shared

    func orders() throws -> any OperatorInterface {
        guard let orders = control as? any OperatorInterface else {
            throw Problem(.serviceUnavailable, "This server takes no orders.")
        }
        return orders
    }

    /// Turns why an order was not carried out into a problem.
    func ordered<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as OrderError {
            switch error {
            case .nothingFits, .notInForce: throw Problem(.notFound, "\(error)")
            case .noSuchMember, .memberWanted: throw Problem(.unprocessableContent, "\(error)")
            case .notKept, .noHistory: throw Problem(.serviceUnavailable, "\(error)")
            }
        }
    }

    /// For the audit log: what is written together with the deed.
    func entry(_ action: String, _ target: String, _ call: Call, detail: String = "") -> AuditEntry? {
        gate.accounts?.entry(action, target, by: call.actor, from: call.address, detail: detail)
    }

    /// Writes into the audit log who did what.
    func note(_ action: String, _ target: String, _ call: Call, detail: String = "") async throws {
        try await gate.accounts?.record(action, target, by: call.actor, from: call.address, detail: detail)
    }
}
