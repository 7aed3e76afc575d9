/// What somebody may do; each may do what those before it may.
package enum Role: String, Comparable, CaseIterable, Sendable, Codable {
    /// Looks.
    case viewer
    /// Also maintenance, forced states, pins: what ends by itself.
    case `operator`
    /// Also configuration, people, tokens.
    case admin

    package static func < (left: Role, right: Role) -> Bool {
        (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
    }
}

/// Who asks for something, as proven by a session, a token or the machine itself.
package struct Identity: Hashable, Sendable {
    /// How it was proven.
    package enum Proof: Hashable, Sendable {
        /// A browser's session; what it changes must carry its CSRF token.
        case session(hash: String, csrf: String)
        case token(id: Int64)
        /// Whoever can read the data folder.
        case local
    }

    package var name: String
    package var proof: Proof
    /// Role by project; `*` is every project.
    package var roles: [String: Role]

    package init(name: String, proof: Proof, roles: [String: Role]) {
        self.name = name
        self.proof = proof
        self.roles = roles
    }

    /// Whether it has this role, or a higher one, in a project; with nil, for the whole server.
    package func may(_ role: Role, in project: String? = nil) -> Bool {
        let granted = [roles["*"], project.flatMap { roles[$0] }].compactMap { $0 }.max()
        return granted.map { $0 >= role } ?? false
    }
}
