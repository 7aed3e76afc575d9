import Crypto
import NIOCore

/// `websocket`: the upgrade succeeds, and an echo comes back if asked for (RFC 6455).
package struct WebSocket: Check {
    package static let method = "websocket"
    package static let summary = "A WebSocket server accepts the upgrade, and answers a text if asked for."
    package static let parameters =
        [
            CheckParameter(
                "url", .text, form: "ws://HOST[:PORT]/PATH or wss://HOST[:PORT]/PATH", required: true,
                "What to connect to."),
            CheckParameter("send", .text, "Send this text once connected."),
            CheckParameter("expect", .text, "A text message of the server must have this in it."),
            CheckParameter("headers", .text, form: HeaderField.form, "Headers to send with the upgrade."),
            Destination.addr, AddressChoice.parameter,
        ] + TLSArguments.parameters

    private let url: WebAddress
    private let destination: Destination
    private let message: String?
    private let expected: TextSearch?
    private let fields: [HeaderField]
    private let secrets: [String]
    private let identity: TLSIdentity?

    package init(_ arguments: CheckArguments) throws(CheckArgumentErrors) {
        var reader = ArgumentReader(arguments, of: Self.self)
        let url = reader.read("url") { text throws(WebAddress.Fault) in try WebAddress(webSocket: text) }
        message = reader.text("send")
        if let message, message.utf8.count > WireText.longest {
            reader.refuse("send", "is too long", expected: "\(inWords(bytes: WireText.longest)) at most")
        }
        expected = reader.text("expect").map { TextSearch($0) }
        if reader.has("headers") {
            (fields, secrets) = HTTPArguments.readFields(&reader)
        } else {
            (fields, secrets) = ([], [])
        }
        let reroute = reader.read("addr", Host.init)
        let choice = reader.choice("address", default: AddressChoice.any)
        let roots = TLSArguments.readRoots(&reader)
        if let url, !url.isSecure {
            for key in ["insecure", "ca"] where reader.has(key) {
                reader.refuse(key, "has no meaning for ws://", expected: "a wss:// URL")
            }
        }
        self.url = try reader.require(url)
        destination = Destination(
            host: self.url.host, reroute: reroute, choice: choice,
            resolver: .system.forbidding(reader.forbidden))
        identity =
            self.url.isSecure
            ? try TLSArguments.trust(roots, offering: ["http/1.1"], &reader).identity(of: self.url.host) : nil
    }

    package var target: String {
        let text = "\(url.isSecure ? "wss" : "ws")://\(url.authority)\(url.pathAndQuery)"
        return text + (destination.reroute.map { " at \($0)" } ?? "")
    }

    package func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult {
        let (limit, loop) = (TimeLimit(timeout), group.next())
        let talk = WebSocketConversation(url, fields: fields, send: message, expect: expected)
        let (port, identity, secrets) = (url.port, identity, secrets)
        return await destination.probe(within: limit, on: loop) { host, resolver in
            let report = await Exchange.run(
                talk, with: Endpoint(host: host, port: port, tls: identity), within: limit, on: loop,
                resolver: resolver)
            var result = ProbeResult(report, within: limit)
            result.reason = redact(result.reason, secrets)
            return result
        }
    }
}

extension WebAddress {
    /// A `ws` or `wss` URL (RFC 6455 §3), which is one of HTTP otherwise.
    init(webSocket text: String) throws(Fault) {
        let lowered = text.lowercased()
        guard lowered.hasPrefix("ws://") || lowered.hasPrefix("wss://") else {
            guard let end = lowered.firstRange(of: "://")?.lowerBound else { throw .noScheme }
            throw .otherScheme(String(lowered[..<end]))
        }
        try self.init("http" + text.dropFirst(2))
    }
}

/// The upgrade, at most one text each way, and the goodbye.
struct WebSocketConversation: Conversation {
    private enum Stage { case upgrading, listening, leaving }

    private let request: ByteBuffer
    private let accepted: String
    private let message: String?
    private var expected: TextSearch?
    private var scanner = ResponseScanner(requestIsHead: false, keepsFields: true)
    private var stage = Stage.upgrading
    private var buffer = ByteBuffer()
    private var verdict: Verdict?
    private var text: [UInt8] = []

    /// Bytes of one message.
    static let longest = 65536

    init(_ url: WebAddress, fields: [HeaderField], send message: String?, expect expected: TextSearch?) {
        (self.message, self.expected) = (message, expected)
        let key = base64((0..<16).map { _ in UInt8.random(in: .min ... .max) })
        accepted = base64(Insecure.SHA1.hash(data: Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
        var text = "GET \(url.pathAndQuery) HTTP/1.1\r\n"
        let host = fields.first { $0.isNamed("Host") }?.value ?? url.authority
        text += "Host: \(host)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        text += "Sec-WebSocket-Key: \(key)\r\nSec-WebSocket-Version: 13\r\n"
        for field in fields where !field.isNamed("Host") { text += "\(field.name): \(field.value)\r\n" }
        request = ByteBuffer(string: text + "\r\n")
    }

    func opened() -> Move<Verdict> { .send(request) }

    mutating func received(_ bytes: UnsafeRawBufferPointer) -> Move<Verdict> {
        var piece = bytes
        if stage == .upgrading {
            do throws(ResponseFault) {
                guard case .head(let head)? = try scanner.next(&piece) else { return .listen }
                if let refusal = refusal(head) { return .finish(.err(refusal)) }
            } catch {
                return .finish(.err(error.words))
            }
            stage = .listening
            buffer.writeBytes(piece)
            guard message != nil || expected != nil else { return leave(.ok("upgraded")) }
            if let message { return .send(Self.frame(opcode: 1, Array(message.utf8))) }
            return readFrames()
        }
        guard stage == .listening else { return .finish(verdict ?? .ok("upgraded")) }
        buffer.writeBytes(piece)
        return readFrames()
    }

    private func refusal(_ head: ResponseHead) -> String? {
        guard head.status == 101 else { return "status \(head.status), expected 101 (the upgrade to WebSocket)" }
        guard head.fields["upgrade"]?.lowercased() == "websocket" else { return "upgrades to something else" }
        return head.fields["sec-websocket-accept"] == accepted ? nil : "answers the upgrade with a wrong key"
    }

    private mutating func readFrames() -> Move<Verdict> {
        while buffer.readableBytes >= 2 {
            let start = buffer.readerIndex
            guard let first = buffer.getInteger(at: start, as: UInt8.self),
                let second = buffer.getInteger(at: start + 1, as: UInt8.self)
            else { break }
            // A server never masks (RFC 6455 §5.1).
            guard second & 0x80 == 0, first & 0x70 == 0 else { return .finish(.err("not WebSocket: a broken frame")) }
            var (length, header) = (Int(second & 0x7F), 2)
            if length == 126 {
                guard let long = buffer.getInteger(at: start + 2, as: UInt16.self) else { break }
                (length, header) = (Int(long), 4)
            } else if length == 127 {
                return .finish(.err("a message longer than \(inWords(bytes: Self.longest))"))
            }
            guard let payload = buffer.getBytes(at: start + header, length: length) else { break }
            buffer.moveReaderIndex(forwardBy: header + length)
            if let move = take(opcode: first & 0x0F, isLast: first & 0x80 != 0, payload) { return move }
        }
        buffer.discardReadBytes()
        return .listen
    }

    private mutating func take(opcode: UInt8, isLast: Bool, _ payload: [UInt8]) -> Move<Verdict>? {
        switch opcode {
        case 0, 1, 2:
            text += payload
            guard text.count <= Self.longest else {
                return .finish(.err("a message longer than \(inWords(bytes: Self.longest))"))
            }
            guard isLast else { return nil }
            defer { text = [] }
            guard var search = expected else { return leave(.ok("upgraded, it answers")) }
            text.withUnsafeBytes { search.feed($0) }
            // Another message may come first (a welcome, news), so the wait goes on.
            return search.isFound ? leave(.ok("upgraded, \(search) found")) : nil
        case 8:
            let code = payload.count >= 2 ? " (\(Int(payload[0]) << 8 | Int(payload[1])))" : ""
            return .finish(.err("ended the WebSocket\(code) before it answered"))
        case 9: return .send(Self.frame(opcode: 10, payload))
        default: return nil
        }
    }

    private mutating func leave(_ verdict: Verdict) -> Move<Verdict> {
        self.verdict = verdict
        stage = .leaving
        return .send(Self.frame(opcode: 8, [0x03, 0xE8]))
    }

    /// A client masks what it sends (RFC 6455 §5.3).
    private static func frame(opcode: UInt8, _ payload: [UInt8]) -> ByteBuffer {
        var frame = ByteBuffer(bytes: [0x80 | opcode])
        if payload.count < 126 {
            frame.writeInteger(0x80 | UInt8(payload.count))
        } else {
            frame.writeInteger(UInt8(0x80 | 126))
            frame.writeInteger(UInt16(payload.count))
        }
        let mask = (0..<4).map { _ in UInt8.random(in: .min ... .max) }
        frame.writeBytes(mask)
        frame.writeBytes(payload.enumerated().map { $1 ^ mask[$0 % 4] })
        return frame
    }

    func ended(_ ending: Ending) -> Verdict {
        if let verdict { return verdict }
        return .err(ending.words(stage == .upgrading ? "before the upgrade" : "before it answered"))
    }

    var waiting: String {
        switch stage {
        case .upgrading: "waiting for the upgrade"
        case .listening: "waiting for \(expected?.description ?? "an answer")"
        case .leaving: "waiting for the goodbye"
        }
    }
}
