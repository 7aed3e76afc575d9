import Accounts
import Control
import HTTPTypes
import Hummingbird
import Storage

/// Projects, and who has which role in them.
extension Site {
    var projectOperations: [Operation] {
        let path = "/api/v1/projects/{name}/members"
        return [
            Operation(
                method: .get, path: "/api/v1/projects", id: "listProjects",
                summary: "The projects that whoever asks has a role in, and what belongs to each.",
                access: .project(.viewer), result: .object([.init("items", .array(.named("Project")))]),
                problems: [.serviceUnavailable]
            ) { call in
                let projects = try await projects(of: call.identity)
                return try .json(Page(items: projects.map { ProjectReport($0, for: call.identity) }, next: nil))
            },
            Operation(
                method: .get, path: path, id: "listProjectMembers", summary: "Who has a role in a project.",
                access: .project(.admin), result: .object([.init("items", .array(.named("ProjectMember")))]),
                problems: [.notFound, .serviceUnavailable]
            ) { call in
                let project = try await administered(call)
                return try .json(Page(items: try members(of: project), next: nil))
            },
            Operation(
                method: .put, path: path + "/{user}", id: "putProjectMember",
                summary: "Gives an account a role in a project, in the place of the one that it had there.",
                access: .project(.admin), body: .object([.init("role", Schemas.role)]),
                result: .named("ProjectMember"), problems: [.notFound, .serviceUnavailable]
            ) { call in
                struct Wish: Decodable { var role: Role }
                let (project, user) = (try await administered(call), call.path["user"] ?? "")
                let role = try call.decode(Wish.self).role
                let entry = entry("project.member.put", "\(project)/\(user)", call, detail: role.rawValue)
                try await change(role, of: user, in: project, noting: entry)
                return try .json(ProjectMember(name: user, role: role.rawValue))
            },
            Operation(
                method: .delete, path: path + "/{user}", id: "removeProjectMember",
                summary: "Takes the role that an account has in a project.", access: .project(.admin),
                status: .noContent, problems: [.notFound, .serviceUnavailable]
            ) { call in
                let (project, user) = (try await administered(call), call.path["user"] ?? "")
                let entry = entry("project.member.remove", "\(project)/\(user)", call)
                try await change(nil, of: user, in: project, noting: entry)
                return Response(status: .noContent)
            },
        ]
    }

    /// Those in which somebody has a role, in the order of the file.
    func projects(of identity: Identity?) async throws -> [ConfiguredProject] {
        try await revised { await $0.projects() }.filter { identity?.may(.viewer, in: $0.name) == true }
    }

    /// Sorted by name.
    func members(of project: String) throws -> [ProjectMember] {
        try accounts().users().compactMap { user in
            user.roles[project].map { ProjectMember(name: user.name, role: $0) }
        }.sorted { $0.name < $1.name }
    }

    /// The project that a call names.
    ///
    /// - Throws: unless it is there, and whoever calls is an admin of it.
    private func administered(_ call: Call) async throws -> String {
        let name = call.path["name"] ?? ""
        guard call.identity?.may(.admin, in: name) == true else {
            throw Problem(.forbidden, "\(call.actor) may not: this needs the role admin in the project \(name).")
        }
        guard try await projects(of: call.identity).contains(where: { $0.name == name }) else {
            throw Problem(.notFound, "There is no project \"\(name)\".")
        }
        return name
    }

    private func change(
        _ role: Role?, of user: String, in project: String, noting entry: AuditEntry?
    ) async throws {
        do {
            try await accounts().setRole(role, of: user, in: project, noting: entry)
        } catch AccountsError.store(StoreError.notFound) {
            let detail = role == nil ? "has no role in \(project)" : "has no account: an admin of the server makes one"
            throw Problem(
                .notFound, "\"\(user)\" \(detail).", violations: [Violation(pointer: "/user", detail: detail)])
        }
    }
}

struct ProjectReport: Encodable {
    var name: String
    /// Names, or patterns with `*` and `?`.
    var indicators: [String]
    var schemes: [String]
    var channels: [String]
    /// `file` or `api`.
    var managedBy: String
    /// What whoever asks may do there.
    var role: String

    init(_ project: ConfiguredProject, for identity: Identity?) {
        name = project.name
        indicators = project.indicators
        schemes = project.schemes
        channels = project.channels
        managedBy = project.isManaged ? "api" : "file"
        role = (Role.allCases.last { identity?.may($0, in: project.name) == true } ?? .viewer).rawValue
    }
}

struct ProjectMember: Encodable {
    var name: String
    var role: String
}
