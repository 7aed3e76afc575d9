import Accounts
import Control
import Foundation
import HTTPTypes
import Hummingbird
import Settings

/// The configuration's entries one by one: indicators, schemes with their members, policies. What a file manages can
/// only be looked at here.
extension Site {
    private static let terms: [Operation.Parameter] = [
        .init("comment", .text, "Why, for those who see it."), .init("dry-run", .bool, "Only says what it would do."),
    ]
    private static let refusals: [HTTPResponse.Status] = [
        .notFound, .conflict, .preconditionFailed, .unprocessableContent, .serviceUnavailable,
    ]

    var entryOperations: [Operation] {
        ManagedPart.Section.allCases.flatMap { operations(on: $0) } + memberOperations
    }

    private func operations(on section: ManagedPart.Section) -> [Operation] {
        let path = "/api/v1/configuration/\(section.rawValue)"
        let type = section.noun.prefix(1).uppercased() + section.noun.dropFirst()
        return [
            Operation(
                method: .get, path: path, id: "listConfigured\(type)s",
                summary: "The \(section.rawValue) as they are configured, and who manages each.",
                access: .role(.viewer), result: Self.list(of: "Entry"), problems: [.serviceUnavailable]
            ) { _ in try await list(section) },
            Operation(
                method: .get, path: path + "/{name}", id: "getConfigured\(type)",
                summary: "One \(section.noun) as it is configured.", access: .role(.viewer),
                result: .named("Entry"), problems: [.notFound, .serviceUnavailable]
            ) { call in
                let name = call.path["name"] ?? ""
                guard let entry = try await entries().first(where: { $0.section == section && $0.name == name }) else {
                    throw Problem(.notFound, "\(RevisionError.noSuchEntry(section, name))")
                }
                return try await tagged(EntryReport(entry))
            },
            Operation(
                method: .put, path: path + "/{name}", id: "put\(type)",
                summary: "Makes a \(section.noun), or puts another in its place: with the keys that the file has.",
                access: .role(.admin), query: Self.terms, headers: [Self.ifMatch], body: Self.body(of: section),
                result: .named("RevisionOutcome"), problems: Self.refusals
            ) { call in
                let value = try ConfiguredValue(call.body)
                return try await propose(
                    .entry(section, name: call.path["name"] ?? "", value), call, "\(section.noun).put")
            },
            Operation(
                method: .delete, path: path + "/{name}", id: "remove\(type)", summary: "Removes a \(section.noun).",
                access: .role(.admin), query: Self.terms, headers: [Self.ifMatch],
                result: .named("RevisionOutcome"), problems: Self.refusals
            ) { call in
                try await propose(
                    .entry(section, name: call.path["name"] ?? "", nil), call, "\(section.noun).remove")
            },
        ]
    }

    private var memberOperations: [Operation] {
        let path = "/api/v1/configuration/schemes/{name}/members/{indicator}"
        return [
            Operation(
                method: .put, path: path, id: "putMember", summary: "Adds a member to a scheme, or changes it.",
                access: .role(.admin), query: Self.terms, headers: [Self.ifMatch],
                body: .object([
                    .init("value", .array(.string()), "The addresses."),
                    .init("priority", .scalar, "1…1000, primary, backup, …", required: false),
                ]), result: .named("RevisionOutcome"), problems: Self.refusals
            ) { call in
                var member = ConfiguredValue.section([.init("indicator", .text(call.path["indicator"] ?? ""))])
                if case .section(let pairs) = try ConfiguredValue(call.body) {
                    for pair in pairs { member[pair.key] = pair.value }
                }
                return try await propose(change(member, call), call, "member.put")
            },
            Operation(
                method: .delete, path: path, id: "removeMember", summary: "Takes a member out of a scheme.",
                access: .role(.admin), query: Self.terms, headers: [Self.ifMatch],
                result: .named("RevisionOutcome"), problems: Self.refusals
            ) { call in try await propose(change(nil, call), call, "member.remove") },
        ]
    }

    private func change(_ member: ConfiguredValue?, _ call: Call) -> RevisionChange {
        .member(scheme: call.path["name"] ?? "", indicator: call.path["indicator"] ?? "", member)
    }

    /// The keys of the file's section; what their values must be like is checked with the whole configuration.
    private static func body(of section: ManagedPart.Section) -> Schema {
        // Beside its own keys an indicator takes the arguments of its check.
        if section == .indicators { return .map(.scalar) }
        let keys = SettingsKeys.all.first { $0.section == section.rawValue }?.keys ?? []
        return .object(
            keys.map { key in
                let standard = key.standard.map { "\($0) if it is not said." } ?? ""
                return .init(key.name, key.name == "members" ? .array(.anything) : .scalar, standard, required: false)
            })
    }

    func entries() async throws -> [ConfiguredEntry] { try await revised { await $0.entries() } }

    private func list(_ section: ManagedPart.Section) async throws -> Response {
        let items = try await entries().filter { $0.section == section }.map(EntryReport.init)
        return try await tagged(Page(items: items, next: nil))
    }

    /// With the revision in force as its ETag.
    private func tagged(_ value: some Encodable) async throws -> Response {
        let number = try await revised { await $0.inForce() }
        var response = try Response.json(value)
        response.headers[.eTag] = "\"\(number)\""
        return response
    }
}

private struct EntryReport: Encodable {
    var kind: String
    var name: String
    var managedBy: String
    var value: JSONValue

    init(_ entry: ConfiguredEntry) {
        kind = entry.section.rawValue
        name = entry.name
        managedBy = entry.isManaged ? "api" : "file"
        value = JSONValue(entry.value)
    }
}

extension JSONValue {
    init(_ value: ConfiguredValue) {
        switch value {
        case .text(let text): self = .string(text)
        case .list(let items): self = .array(items.map { JSONValue($0) })
        case .section(let pairs):
            self = .object(Dictionary(pairs.map { ($0.key, JSONValue($0.value)) }) { first, _ in first })
        }
    }
}

extension ConfiguredValue {
    /// - Throws: a `Problem` for what has no place in a configuration.
    init(_ json: JSONValue) throws {
        switch json {
        case .null: throw Problem(.badRequest, "null has no place in the configuration: leave the key out.")
        case .bool(let value): self = .text(value ? "on" : "off")
        case .number(let number): self = .text(Int(exactly: number).map { "\($0)" } ?? "\(number)")
        case .string(let text): self = .text(text)
        case .array(let items): self = .list(try items.map { try ConfiguredValue($0) })
        case .object(let members):
            self = .section(
                try members.sorted { $0.key < $1.key }.map { Pair($0.key, try ConfiguredValue($0.value)) })
        }
    }
}
