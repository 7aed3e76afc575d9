import NIOCore
import Secrets

/// The arguments that the SQL databases have in common.
struct DatabaseServer: Sendable {
    let server: Server
    let login: DatabaseLogin?
    let role: DatabaseRole
    let identity: TLSIdentity?

    static func parameters(port: Int) -> [CheckParameter] {
        Server.parameters(port: port) + [
            CheckParameter("user", .text, form: "a user's name", "Log in as this user and ask a question."),
            CheckParameter("password", .text, form: SecretArgument.form, "The user's password; none if not given."),
            CheckParameter("role", .text, form: DatabaseRole.form, "What the server must be; any if not given."),
            CheckParameter("tls", .flag, "Begin TLS before logging in."),
        ] + Server.options + TLSArguments.parameters
    }

    init(_ reader: inout ArgumentReader, port: Int) throws(CheckArgumentErrors) {
        let user = reader.text("user")
        let password = reader.secret("password")
        role = reader.choice("role", default: DatabaseRole.any)
        if reader.has("password"), !reader.has("user") {
            reader.refuseHidden("password", "needs user beside it", expected: "both")
        }
        if reader.has("role"), role != .any, !reader.has("user") {
            reader.refuse("role", "can only be asked after logging in", expected: "user too")
        }
        if user?.utf8.contains(0) == true { reader.refuse("user", "has a zero byte in it") }
        let isSecure = reader.flag("tls")
        let roots = TLSArguments.readRoots(&reader)
        if !isSecure {
            for key in ["insecure", "ca"] where reader.has(key) {
                reader.refuse(key, "has no meaning without tls", expected: "tls: true")
            }
        }
        server = try Server(&reader, port: port)
        login = user.map { DatabaseLogin(user: $0, password: password) }
        identity =
            isSecure
            ? try TLSArguments.trust(roots, offering: [], &reader).identity(of: server.destination.host) : nil
    }
}

/// Who logs in.
struct DatabaseLogin: Sendable {
    var user: String
    var password: Secret?
}

extension DatabaseRole {
    /// What it means that a server takes writes or does not.
    func judge(isWritable: Bool, _ words: String) -> Verdict {
        switch (self, isWritable) {
        case (.primary, false): .err("\(words), not writable, expected the primary")
        case (.replica, true): .err("\(words), writable, expected a replica")
        case (.any, _), (.primary, true), (.replica, false):
            .ok("\(words), \(isWritable ? "writable" : "not writable")")
        }
    }
}
