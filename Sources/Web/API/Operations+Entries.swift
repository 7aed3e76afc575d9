import Accounts
import Control
import Foundation
import HTTPTypes
import Hummingbird
import JSONTree
import Settings

/// The configuration's entries one by one: indicators, schemes with their members, policies, subscriptions, accounts at
/// providers, projects. What a file manages can only be looked at here.
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
        let (looking, changing) = Self.access(to: section)
        let type = section.noun.prefix(1).uppercased() + section.noun.dropFirst()
        let one = section.nounWithArticle
        return [
            Operation(
                method: .get, path: path, id: "listConfigured\(type)s",
                summary: "The \(section.rawValue) as they are configured, and who manages each.",
                access: looking, result: Self.list(of: "Entry"),
                problems: [.serviceUnavailable]
            ) { call in try await list(section, call) },
            Operation(
                method: .get, path: path + "/{name}", id: "getConfigured\(type)",
                summary: "One \(section.noun) as it is configured.", access: looking,
                result: .named("Entry"), problems: [.notFound, .serviceUnavailable]
            ) { call in
                let name = call.path["name"] ?? ""
                guard let entry = try await entries().first(where: { $0.section == section && $0.name == name }) else {
                    throw Problem(.notFound, "\(RevisionError.noSuchEntry(section, name))")
                }
                try await check(section, name, members: [], .viewer, call)
                return try await tagged(EntryReport(entry))
            },
            Operation(
                method: .put, path: path + "/{name}", id: "put\(type)",
                summary: "Makes \(one), or puts another in its place: with the keys that the file has.",
                access: changing, query: Self.terms, headers: [Self.ifMatch], body: Self.body(of: section),
                result: .named("RevisionOutcome"), problems: Self.refusals
            ) { call in
                let value = try ConfiguredValue(call.body)
                let name = call.path["name"] ?? ""
                try Self.checkName(name, in: section)
                if section == .subscriptions {
                    try await checkSubscription(name, value, call)
                } else {
                    try await check(section, name, members: value.memberIndicators, .admin, call)
                }
                if section == .indicators { try await checkReferences(value.texts, of: name, call.identity) }
                return try await propose(.entry(section, name: name, value), call, "\(section.noun).put")
            },
            Operation(
                method: .delete, path: path + "/{name}", id: "remove\(type)", summary: "Removes \(one).",
                access: changing, query: Self.terms, headers: [Self.ifMatch],
                result: .named("RevisionOutcome"), problems: Self.refusals
            ) { call in
                let name = call.path["name"] ?? ""
                try await check(section, name, members: [], .admin, call)
                return try await propose(.entry(section, name: name, nil), call, "\(section.noun).remove")
            },
        ]
    }

    /// Policies and accounts at providers belong to no project: everybody's indicators and names may use them. What
    /// belongs to a project is the server's admins' to say: else whoever may change one could take in everything.
    private static func access(
        to section: ManagedPart.Section
    ) -> (looking: Operation.Access, changing: Operation.Access) {
        switch section {
        case .policies, .providers: (.role(.viewer), .role(.admin))
        case .projects: (.project(.viewer), .role(.admin))
        case .indicators, .schemes, .subscriptions: (.project(.viewer), .project(.admin))
        }
    }

    /// Accounts and projects stand in lists, in addresses and beside roles, where other signs mean something.
    static func checkName(_ name: String, in section: ManagedPart.Section) throws {
        guard section == .providers || section == .projects, !SealedSecrets.isName(name) else { return }
        let detail =
            "is no name for \(section.nounWithArticle): use 1 to 100 letters, digits, dashes, underscores, dots"
        throw Problem(
            .unprocessableContent, "\"\(name)\" \(detail).", violations: [Violation(pointer: "/name", detail: detail)])
    }

    /// A project's admin makes and changes the project's own subscriptions, and no others.
    private func checkSubscription(_ name: String, _ value: ConfiguredValue, _ call: Call) async throws {
        if call.identity?.may(.admin) == true { return }
        guard case .text(let project)? = value["project"] else {
            throw Problem(
                .forbidden,
                "\(call.actor) may not: without \"project\" a subscription is the whole server's. Say which.")
        }
        let known = try await entries().contains { $0.section == .subscriptions && $0.name == name }
        let present = try await revised { await $0.projects(of: name, in: .subscriptions) }
        let scope = scope(call)
        guard scope.may(.admin, in: [project]), !known || scope.may(.admin, in: present) else {
            throw Problem(
                .forbidden, "\(call.actor) may not: the subscription \(name) belongs to no project where you may.")
        }
    }

    private var memberOperations: [Operation] {
        let path = "/api/v1/configuration/schemes/{name}/members/{indicator}"
        return [
            Operation(
                method: .put, path: path, id: "putMember", summary: "Adds a member to a scheme, or changes it.",
                access: .project(.admin), query: Self.terms, headers: [Self.ifMatch],
                body: .object([
                    .init("value", .array(.string()), "The addresses."),
                    .init("priority", .scalar, "1…1000, primary, backup, …", required: false),
                ]), result: .named("RevisionOutcome"), problems: Self.refusals
            ) { call in
                var member = ConfiguredValue.section([.init("indicator", .text(call.path["indicator"] ?? ""))])
                if case .section(let pairs) = try ConfiguredValue(call.body) {
                    for pair in pairs { member[pair.key] = pair.value }
                }
                let indicator = call.path["indicator"] ?? ""
                try await check(.schemes, call.path["name"] ?? "", members: [indicator], .admin, call)
                return try await propose(change(member, call), call, "member.put")
            },
            Operation(
                method: .delete, path: path, id: "removeMember", summary: "Takes a member out of a scheme.",
                access: .project(.admin), query: Self.terms, headers: [Self.ifMatch],
                result: .named("RevisionOutcome"), problems: Self.refusals
            ) { call in
                try await check(.schemes, call.path["name"] ?? "", members: [], .admin, call)
                return try await propose(change(nil, call), call, "member.remove")
            },
        ]
    }

    private func change(_ member: ConfiguredValue?, _ call: Call) -> RevisionChange {
        .member(scheme: call.path["name"] ?? "", indicator: call.path["indicator"] ?? "", member)
    }

    /// The keys of the file's section; what their values must be like is checked with the whole configuration.
    private static func body(of section: ManagedPart.Section) -> Schema {
        // Beside its own keys an indicator takes the arguments of its check, and an account those of its driver.
        if section == .indicators || section == .providers { return .map(.anything) }
        let isPlain = section != .subscriptions
        let keys = SettingsKeys.all.first { $0.section == section.rawValue }?.keys ?? []
        if section == .projects {
            return .object(
                keys.map {
                    .init($0.name, .array(.string(length: 1...1000)), "Names, or patterns.", required: false)
                })
        }
        return .object(
            keys.map { key in
                let standard = key.standard.map { "\($0) if it is not said." } ?? ""
                return .init(
                    key.name, key.name == "members" ? .array(.anything) : isPlain ? .scalar : .anything, standard,
                    required: false)
            })
    }

    func entries() async throws -> [ConfiguredEntry] { try await revised { await $0.entries() } }

    private func list(_ section: ManagedPart.Section, _ call: Call) async throws -> Response {
        let scope = scope(call)
        var items: [EntryReport] = []
        for entry in try await entries() where entry.section == section {
            let projects = try await revised { await $0.projects(of: entry.name, in: section) }
            if scope.may(.viewer, in: projects) { items.append(EntryReport(entry)) }
        }
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

extension ConfiguredValue {
    /// The indicators that a scheme's members have.
    fileprivate var memberIndicators: [String] {
        guard case .list(let members)? = self["members"] else { return [] }
        return members.compactMap { if case .text(let name)? = $0["indicator"] { name } else { nil } }
    }
}

extension ManagedPart.Section {
    /// `a scheme`, `an indicator`.
    fileprivate var nounWithArticle: String { "\(noun.first.map("aeio".contains) == true ? "an" : "a") \(noun)" }
}
