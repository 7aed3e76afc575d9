import NIOCore
import Secrets

/// `redis`: a server answers PING, and is the writable primary if asked for.
package struct Redis: Check {
    package static let method = "redis"
    package static let summary = "A Redis server answers, and is the writable primary if asked for."
    package static let parameters =
        Server.parameters(port: 6379) + [
            CheckParameter("role", .text, form: DatabaseRole.form, "What the server must be; any if not given."),
            CheckParameter("user", .text, form: "a user's name", "Log in as this user; the default one if not given."),
            CheckParameter("password", .text, form: SecretArgument.form, "Log in with this password."),
            CheckParameter("tls", .flag, "TLS from the first byte."),
        ] + Server.options + TLSArguments.parameters

    private let server: Server
    private let role: DatabaseRole
    private let login: [String]?
    private let identity: TLSIdentity?

    package init(_ arguments: CheckArguments) throws(CheckArgumentErrors) {
        var reader = ArgumentReader(arguments, of: Self.self)
        role = reader.choice("role", default: DatabaseRole.any)
        let user = reader.text("user")
        let password = reader.secret("password")
        if user != nil, !reader.has("password") { reader.refuse("user", "needs password beside it", expected: "both") }
        login = password.map { ["AUTH"] + (user.map { [$0] } ?? []) + [$0.reveal()] }
        let isSecure = reader.flag("tls")
        let roots = TLSArguments.readRoots(&reader)
        if !isSecure {
            for key in ["insecure", "ca"] where reader.has(key) {
                reader.refuse(key, "has no meaning without tls", expected: "tls: true")
            }
        }
        server = try Server(&reader, port: 6379)
        identity =
            isSecure
            ? try TLSArguments.trust(roots, offering: [], &reader).identity(of: server.destination.host) : nil
    }

    package var target: String { server.description }

    package func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult {
        await server.probe(
            timeout: timeout, on: group, tls: identity, hiding: login.map { [$0[$0.count - 1]] } ?? [],
            RedisConversation(login: login, role: role))
    }
}

/// What a database server must be.
enum DatabaseRole: String, CaseIterable, Sendable {
    case any, primary, replica

    static let form = "any, primary or replica"
}

/// AUTH if there is a password, then PING, then ROLE if it matters, one after the other (RESP2).
struct RedisConversation: Conversation {
    private enum Stage { case login, ping, role }

    private let login: [String]?
    private let role: DatabaseRole
    private var stage = Stage.ping
    private var buffer: [UInt8] = []

    /// Bytes of one answer.
    static let longest = 65536

    init(login: [String]?, role: DatabaseRole) { (self.login, self.role) = (login, role) }

    mutating func opened() -> Move<Verdict> {
        guard let login else { return .send(Self.command(["PING"])) }
        stage = .login
        return .send(Self.command(login))
    }

    private static func command(_ words: [String]) -> ByteBuffer {
        ByteBuffer(
            string: "*\(words.count)\r\n" + words.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined())
    }

    mutating func received(_ bytes: UnsafeRawBufferPointer) -> Move<Verdict> {
        buffer.append(contentsOf: bytes)
        guard buffer.count <= Self.longest else {
            return .finish(.err("an answer longer than \(inWords(bytes: Self.longest))"))
        }
        guard let first = buffer.first, "+-:$*".utf8.contains(first) else {
            return .finish(.err("not Redis: \"\(printable(buffer))\""))
        }
        // ROLE answers with an array whose second line or third has what is wanted: `*3`, `$6`, `master`.
        let lines = buffer.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast().map { $0.dropLast() }
        guard let line = lines.first else { return .listen }
        if first == UInt8(ascii: "-") {
            let words = printable(line.dropFirst(), limit: 100)
            return .finish(.err(stage == .login ? "login refused: \(words)" : words))
        }
        switch stage {
        case .login:
            stage = .ping
            return again("PING")
        case .ping:
            guard line.elementsEqual("+PONG".utf8) else {
                return .finish(.err("PING is answered with \"\(printable(line))\""))
            }
            guard role != .any else { return .finish(.ok("PONG")) }
            stage = .role
            return again("ROLE")
        case .role:
            guard lines.count >= 3 else { return .listen }
            return .finish(judge(String(decoding: lines[2], as: UTF8.self)))
        }
    }

    private mutating func again(_ word: String) -> Move<Verdict> {
        buffer = []
        return .send(Self.command([word]))
    }

    private func judge(_ found: String) -> Verdict {
        switch (role, found) {
        case (.primary, "master"): .ok("PONG, primary")
        case (.replica, "slave"): .ok("PONG, replica")
        case (_, "master"): .err("is the primary, expected a replica")
        case (_, "slave"): .err("is a replica, expected the primary")
        default: .err("ROLE is answered with \"\(printable(found.utf8))\"")
        }
    }

    func ended(_ ending: Ending) -> Verdict { .err(ending.words("before it answered \(asked)")) }
    var waiting: String { "waiting for the answer to \(asked)" }

    private var asked: String {
        switch stage {
        case .login: "AUTH"
        case .ping: "PING"
        case .role: "ROLE"
        }
    }
}
