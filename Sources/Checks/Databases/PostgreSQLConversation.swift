import Crypto
import NIOCore
import Secrets

/// PostgreSQL's protocol 3.0 as far as: TLS, startup, login, one question, goodbye.
struct PostgreSQLConversation: Conversation {
    private enum Stage { case agreeing, starting, asking, leaving }

    private let login: DatabaseLogin?
    private let role: DatabaseRole
    private let identity: TLSIdentity?
    private var stage = Stage.starting
    private var buffer = ByteBuffer()
    private var scram: SCRAM?
    private var version = "PostgreSQL"
    private var verdict: Verdict?
    private var isSecured = false

    /// Bytes of one message.
    static let longest = 65536

    init(login: DatabaseLogin?, role: DatabaseRole, tls identity: TLSIdentity?) {
        (self.login, self.role, self.identity) = (login, role, identity)
    }

    mutating func opened() -> Move<Verdict> {
        guard identity != nil else { return start() }
        stage = .agreeing
        return .send(ByteBuffer(bytes: [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F]))
    }

    mutating func secured(_ session: TLSSession) -> Move<Verdict> {
        isSecured = true
        return start()
    }

    private mutating func start() -> Move<Verdict> {
        stage = .starting
        var message = ByteBuffer()
        message.writeInteger(UInt32(0x0003_0000))
        for text in ["user", login?.user ?? "ninelives", "database", "postgres", "application_name", "ninelives"] {
            message.writeString(text + "\0")
        }
        message.writeInteger(UInt8(0))
        var whole = ByteBuffer(integer: UInt32(message.readableBytes + 4))
        whole.writeImmutableBuffer(message)
        return .send(whole)
    }

    mutating func received(_ bytes: UnsafeRawBufferPointer) -> Move<Verdict> {
        if stage == .leaving { return .listen }
        buffer.writeBytes(bytes)
        if stage == .agreeing {
            let answer = buffer.readInteger(as: UInt8.self)
            guard answer == UInt8(ascii: "S"), let identity else {
                return .finish(.err(answer == UInt8(ascii: "N") ? "does not offer TLS" : notPostgreSQL(bytes)))
            }
            guard buffer.readableBytes == 0 else {
                return .finish(.err("sent more in the clear after it agreed to TLS"))
            }
            return .secure(identity)
        }
        while let type = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) {
            guard "RSKZTDCEN".utf8.contains(type) else { return .finish(.err(notPostgreSQL(bytes))) }
            guard let length = buffer.getInteger(at: buffer.readerIndex + 1, as: UInt32.self) else { break }
            guard (4...UInt32(Self.longest)).contains(length) else { return .finish(.err(notPostgreSQL(bytes))) }
            guard buffer.readableBytes > Int(length) else { break }
            buffer.moveReaderIndex(forwardBy: 5)
            var message = buffer.readSlice(length: Int(length) - 4) ?? ByteBuffer()
            if let move = take(type, &message) { return move }
        }
        buffer.discardReadBytes()
        return .listen
    }

    private func notPostgreSQL(_ bytes: UnsafeRawBufferPointer) -> String { "not PostgreSQL: \"\(printable(bytes))\"" }

    private mutating func take(_ type: UInt8, _ message: inout ByteBuffer) -> Move<Verdict>? {
        switch type {
        case UInt8(ascii: "R"): return authenticate(&message)
        case UInt8(ascii: "S"):
            if message.readNullTerminatedString() == "server_version", let text = message.readNullTerminatedString() {
                version = "PostgreSQL \(printable(text.utf8, limit: 20))"
            }
        case UInt8(ascii: "E"): return .finish(refusal(message))
        case UInt8(ascii: "Z") where stage == .starting:
            stage = .asking
            let question = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool\0"
            return .send(Self.message("Q", ByteBuffer(string: question)))
        case UInt8(ascii: "D") where stage == .asking:
            guard message.readInteger(as: UInt16.self) == 1, message.readInteger(as: UInt32.self) == 1 else { break }
            verdict = role.judge(isWritable: message.readInteger(as: UInt8.self) == UInt8(ascii: "f"), version)
        case UInt8(ascii: "Z") where stage == .asking:
            guard verdict != nil else { return .finish(.err("the question was not answered")) }
            stage = .leaving
            return .send(Self.message("X", ByteBuffer()))
        default: break
        }
        return nil
    }

    private mutating func authenticate(_ message: inout ByteBuffer) -> Move<Verdict>? {
        let kind = message.readInteger(as: UInt32.self)
        guard let login else { return kind == 0 ? nil : .finish(.ok("PostgreSQL answers")) }
        if kind == 0 { return nil }
        guard let password = login.password?.reveal() else {
            return .finish(.err("login refused: it wants a password"))
        }
        switch kind {
        case 3:
            guard isSecured else { return .finish(.err("it wants the password in the clear: use tls")) }
            return .send(Self.message("p", ByteBuffer(string: password + "\0")))
        case 5:
            let salt = message.readBytes(length: 4) ?? []
            let inner = hex(Insecure.MD5.hash(data: Array((password + login.user).utf8)))
            let outer = hex(Insecure.MD5.hash(data: Array(inner.utf8) + salt))
            return .send(Self.message("p", ByteBuffer(string: "md5\(outer)\0")))
        case 10:
            let scram = SCRAM(password: password)
            self.scram = scram
            var answer = ByteBuffer(string: "SCRAM-SHA-256\0")
            answer.writeInteger(UInt32(scram.first.utf8.count))
            answer.writeString(scram.first)
            return .send(Self.message("p", answer))
        case 11:
            let challenge = message.readString(length: message.readableBytes) ?? ""
            guard let answer = scram?.answer(to: challenge) else {
                return .finish(.err("its SCRAM challenge is wrong"))
            }
            return .send(Self.message("p", ByteBuffer(string: answer)))
        case 12:
            let proof = message.readString(length: message.readableBytes) ?? ""
            return scram?.isProof(proof) == true ? nil : .finish(.err("it does not know the password itself (SCRAM)"))
        default: return .finish(.err("it wants a login of a kind we do not have (\(kind ?? 0))"))
        }
    }

    /// An error message is a list of fields: a letter and a text each.
    private func refusal(_ message: ByteBuffer) -> Verdict {
        var (message, fields) = (message, [UInt8: String]())
        while let key = message.readInteger(as: UInt8.self), key != 0, let text = message.readNullTerminatedString() {
            fields[key] = printable(text.utf8, limit: 100)
        }
        let code = fields[UInt8(ascii: "C")] ?? ""
        let words = "\(fields[UInt8(ascii: "M")] ?? "an error without words") (\(code))"
        // Without a login of ours, a refusal of the stranger we posed as shows that it works.
        if login == nil, code.hasPrefix("28") || code.hasPrefix("3D") { return .ok("PostgreSQL answers") }
        return .err(stage == .starting && code.hasPrefix("28") ? "login refused: \(words)" : words)
    }

    private static func message(_ type: Unicode.Scalar, _ content: ByteBuffer) -> ByteBuffer {
        var message = ByteBuffer(integer: UInt8(ascii: type))
        message.writeInteger(UInt32(content.readableBytes + 4))
        message.writeImmutableBuffer(content)
        return message
    }

    func ended(_ ending: Ending) -> Verdict {
        if stage == .leaving, let verdict { return verdict }
        return .err(ending.words(stage == .asking ? "before it answered the question" : "before the login was over"))
    }

    var waiting: String {
        switch stage {
        case .agreeing: "waiting for the answer to SSLRequest"
        case .starting: "waiting for the login"
        case .asking: "waiting for the answer to the question"
        case .leaving: "waiting for the goodbye"
        }
    }
}

/// The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding.
struct SCRAM: Sendable {
    private let password: String
    private let nonce: String
    private var serverSignature = ""

    /// More rounds would hold up the event loop for too long.
    private static let mostRounds = 100_000

    /// The first message.
    var first: String { "n,,\(bare)" }
    private var bare: String { "n=,r=\(nonce)" }

    init(password: String, nonce: String? = nil) {
        self.password = password
        self.nonce = nonce ?? base64((0..<18).map { _ in UInt8.random(in: .min ... .max) })
    }

    /// The final message; nil if the challenge is wrong.
    mutating func answer(to challenge: String) -> String? {
        var (server, salt, rounds) = ("", [UInt8](), 0)
        for part in challenge.split(separator: ",") {
            switch part.prefix(2) {
            case "r=": server = String(part.dropFirst(2))
            case "s=": salt = bytes(base64: part.dropFirst(2)) ?? []
            case "i=": rounds = Int(part.dropFirst(2)) ?? 0
            default: break
            }
        }
        guard server.hasPrefix(nonce), server.utf8.count > nonce.utf8.count, !salt.isEmpty,
            (1...Self.mostRounds).contains(rounds)
        else { return nil }
        let salted = SymmetricKey(data: Self.stretch(password, salt, rounds))
        let clientKey = Self.sign(Array("Client Key".utf8), salted)
        let withoutProof = "c=biws,r=\(server)"
        let signed = Array("\(bare),\(challenge),\(withoutProof)".utf8)
        let signature = Self.sign(signed, SymmetricKey(data: SHA256.hash(data: clientKey)))
        serverSignature = base64(Self.sign(signed, SymmetricKey(data: Self.sign(Array("Server Key".utf8), salted))))
        return "\(withoutProof),p=\(base64(zip(clientKey, signature).map { $0 ^ $1 }))"
    }

    /// Whether the server's last message shows that it knows the password too.
    func isProof(_ message: String) -> Bool { !serverSignature.isEmpty && message == "v=\(serverSignature)" }

    private static func sign(_ bytes: [UInt8], _ key: SymmetricKey) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: bytes, using: key))
    }

    /// PBKDF2 with one block (RFC 8018 §5.2).
    private static func stretch(_ password: String, _ salt: [UInt8], _ rounds: Int) -> [UInt8] {
        let key = SymmetricKey(data: Array(password.utf8))
        var block = sign(salt + [0, 0, 0, 1], key)
        var result = block
        for _ in 1..<rounds {
            block = sign(block, key)
            for index in result.indices { result[index] ^= block[index] }
        }
        return result
    }
}

/// The octets of base64 (RFC 4648 §4); nil for anything else.
func bytes(base64 text: some StringProtocol) -> [UInt8]? {
    guard text.utf8.count % 4 == 0 else { return nil }
    var bytes: [UInt8] = []
    var (bits, count) = (UInt32(0), 0)
    for letter in text.utf8 {
        let value: UInt32
        switch letter {
        case 0x41...0x5A: value = UInt32(letter) - 0x41
        case 0x61...0x7A: value = UInt32(letter) - 0x61 + 26
        case 0x30...0x39: value = UInt32(letter) - 0x30 + 52
        case UInt8(ascii: "+"): value = 62
        case UInt8(ascii: "/"): value = 63
        case UInt8(ascii: "="): continue
        default: return nil
        }
        bits = bits << 6 | value
        count += 6
        guard count >= 8 else { continue }
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> count))
    }
    return bytes
}
