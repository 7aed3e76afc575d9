import Crypto
import NIOCore
import Secrets

/// The protocol of MySQL and MariaDB as far as: greeting, TLS, login, one question, goodbye.
struct MySQLConversation: Conversation {
    private enum Stage { case greeting, login, asking, leaving }

    /// Capabilities of the client.
    private enum Capability {
        static let base: UInt32 = 0x0000_0001 | 0x0000_0200 | 0x0000_8000 | 0x0008_0000
        static let tls: UInt32 = 0x0000_0800
    }

    private let login: DatabaseLogin?
    private let role: DatabaseRole
    private let identity: TLSIdentity?
    private var stage = Stage.greeting
    private var buffer = ByteBuffer()
    private var sequence: UInt8 = 0
    private var version = ""
    private var plugin = ""
    private var salt: [UInt8] = []
    private var isSecured = false
    private var packetsOfAnswer = 0
    private var verdict: Verdict?

    /// Bytes of one packet.
    static let longest = 65536

    init(login: DatabaseLogin?, role: DatabaseRole, tls identity: TLSIdentity?) {
        (self.login, self.role, self.identity) = (login, role, identity)
    }

    func opened() -> Move<Verdict> { .listen }

    mutating func secured(_ session: TLSSession) -> Move<Verdict> {
        isSecured = true
        return logIn()
    }

    mutating func received(_ bytes: UnsafeRawBufferPointer) -> Move<Verdict> {
        if stage == .leaving { return .listen }
        buffer.writeBytes(bytes)
        while let header = buffer.getBytes(at: buffer.readerIndex, length: 4) {
            let length = Int(header[0]) | Int(header[1]) << 8 | Int(header[2]) << 16
            guard (1...Self.longest).contains(length), stage != .greeting || header[3] == 0 else {
                return .finish(.err("not MySQL: \"\(printable(bytes))\""))
            }
            guard buffer.readableBytes >= 4 + length else { break }
            buffer.moveReaderIndex(forwardBy: 4)
            sequence = header[3] &+ 1
            var packet = buffer.readSlice(length: length) ?? ByteBuffer()
            if let move = take(&packet) { return move }
        }
        buffer.discardReadBytes()
        return .listen
    }

    private mutating func take(_ packet: inout ByteBuffer) -> Move<Verdict>? {
        let first = packet.getInteger(at: packet.readerIndex, as: UInt8.self) ?? 0
        if first == 0xFF { return .finish(.err(refusal(packet))) }
        switch stage {
        case .greeting: return greet(&packet)
        case .login: return proceed(first, &packet)
        case .asking: return answer(first, &packet)
        case .leaving: return nil
        }
    }

    private func refusal(_ packet: ByteBuffer) -> String {
        var packet = packet
        packet.moveReaderIndex(forwardBy: 1)
        let code = packet.readInteger(endianness: .little, as: UInt16.self) ?? 0
        var words = packet.readBytes(length: packet.readableBytes) ?? []
        if words.first == UInt8(ascii: "#") { words = Array(words.dropFirst(6)) }
        return "\(stage == .login ? "login refused: " : "")\(printable(words, limit: 100)) (\(code))"
    }

    private mutating func greet(_ packet: inout ByteBuffer) -> Move<Verdict>? {
        guard packet.readInteger(as: UInt8.self) == 10, let text = packet.readNullTerminatedString(),
            packet.readInteger(as: UInt32.self) != nil, let salt = packet.readBytes(length: 8),
            packet.readInteger(as: UInt8.self) == 0,
            let low = packet.readInteger(endianness: .little, as: UInt16.self),
            packet.readBytes(length: 3) != nil, packet.readInteger(endianness: .little, as: UInt16.self) != nil,
            packet.readBytes(length: 11) != nil
        else { return .finish(.err("not MySQL, or older than 4.1")) }
        version = printable(text.utf8, limit: 40)
        self.salt = salt + (packet.readBytes(length: min(12, packet.readableBytes)) ?? [])
        _ = packet.readInteger(as: UInt8.self)
        plugin = packet.readNullTerminatedString() ?? "mysql_native_password"
        if let identity {
            guard UInt32(low) & Capability.tls != 0 else { return .finish(.err("does not offer TLS")) }
            guard buffer.readableBytes == 0 else { return .finish(.err("sent more in the clear before TLS began")) }
            // The request for TLS is the beginning of the login; both must be sent, one in the clear. `secure` begins
            // the handshake behind it.
            return .sendThenSecure(message(preamble(Capability.base | Capability.tls)), identity)
        }
        return login == nil ? .finish(.ok("MySQL \(version)")) : logIn()
    }

    /// Capabilities, longest packet, character set (utf8mb4), 23 zeros.
    private func preamble(_ capabilities: UInt32) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeInteger(capabilities, endianness: .little)
        buffer.writeInteger(UInt32(0x0100_0000), endianness: .little)
        buffer.writeInteger(UInt8(45))
        buffer.writeRepeatingByte(0, count: 23)
        return buffer
    }

    private mutating func message(_ content: ByteBuffer) -> ByteBuffer {
        var message = ByteBuffer()
        message.writeInteger(UInt16(truncatingIfNeeded: content.readableBytes), endianness: .little)
        message.writeInteger(UInt8(truncatingIfNeeded: content.readableBytes >> 16))
        message.writeInteger(sequence)
        message.writeImmutableBuffer(content)
        sequence &+= 1
        return message
    }

    private mutating func logIn() -> Move<Verdict> {
        guard let login else { return .finish(.ok("MySQL \(version)")) }
        stage = .login
        var content = preamble(Capability.base | (isSecured ? Capability.tls : 0))
        content.writeString(login.user + "\0")
        let proof = proof(login)
        content.writeInteger(UInt8(truncatingIfNeeded: proof.count))
        content.writeBytes(proof)
        content.writeString(plugin + "\0")
        return .send(message(content))
    }

    /// What shows that we know the password without telling it.
    private func proof(_ login: DatabaseLogin) -> [UInt8] {
        guard let password = login.password?.reveal() else { return [] }
        let bytes = Array(password.utf8)
        if plugin == "caching_sha2_password" {
            let once = Array(SHA256.hash(data: bytes))
            let mask = Array(SHA256.hash(data: Array(SHA256.hash(data: once)) + salt))
            return zip(once, mask).map { $0 ^ $1 }
        }
        let once = Array(Insecure.SHA1.hash(data: bytes))
        let mask = Array(Insecure.SHA1.hash(data: salt + Array(Insecure.SHA1.hash(data: once))))
        return zip(once, mask).map { $0 ^ $1 }
    }

    private mutating func proceed(_ first: UInt8, _ packet: inout ByteBuffer) -> Move<Verdict>? {
        guard let login else { return nil }
        packet.moveReaderIndex(forwardBy: 1)
        switch first {
        case 0x00:
            stage = .asking
            sequence = 0
            return .send(message(ByteBuffer(string: "\u{3}SELECT @@global.read_only")))
        case 0xFE:
            // It wants another way to log in.
            plugin = packet.readNullTerminatedString() ?? ""
            guard plugin == "mysql_native_password" || plugin == "caching_sha2_password" else {
                return .finish(.err("it wants a login of a kind we do not have (\(printable(plugin.utf8)))"))
            }
            salt = packet.readBytes(length: min(20, packet.readableBytes)) ?? []
            return .send(message(ByteBuffer(bytes: proof(login))))
        case 0x01:
            switch packet.readInteger(as: UInt8.self) {
            case 3: return nil
            case 4 where isSecured:
                return .send(message(ByteBuffer(string: (login.password?.reveal() ?? "") + "\0")))
            default: return .finish(.err("it wants the password itself: use tls"))
            }
        default: return .finish(.err("not MySQL: it answers the login with packet \(first)"))
        }
    }

    /// Number of columns, one column, end of columns, one row, end of rows.
    private mutating func answer(_ first: UInt8, _ packet: inout ByteBuffer) -> Move<Verdict>? {
        packetsOfAnswer += 1
        guard packetsOfAnswer == 4 else { return nil }
        packet.moveReaderIndex(forwardBy: 1)
        let value = packet.readString(length: packet.readableBytes) ?? ""
        verdict = role.judge(isWritable: value == "0" || value == "OFF", "MySQL \(version)")
        stage = .leaving
        sequence = 0
        return .send(message(ByteBuffer(bytes: [1])))
    }

    func ended(_ ending: Ending) -> Verdict {
        if stage == .leaving, let verdict { return verdict }
        return .err(ending.words("before \(awaited)"))
    }

    var waiting: String { "waiting for \(awaited)" }

    private var awaited: String {
        switch stage {
        case .greeting: "the greeting"
        case .login: "the login"
        case .asking: "the answer to the question"
        case .leaving: "the goodbye"
        }
    }
}
