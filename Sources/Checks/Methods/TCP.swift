import NIOCore

/// `tcp`: a port accepts connections, and says what it should.
package struct TCP: Check {
    package static let method = "tcp"
    package static let summary = "A TCP port accepts a connection and, if asked for, sends a text or answers one."
    package static let parameters =
        Server.parameters(port: nil) + [
            CheckParameter("banner", .text, "The server must send this text by itself, within its first 64 KiB."),
            CheckParameter("send", .text, form: WireText.form, "Send this, after the banner if there is one."),
            CheckParameter(
                "expect", .text, form: WireText.form, "The server must send this then, within its next 64 KiB."),
        ] + Server.options

    private var server: Server
    private let banner: TextSearch?
    private let question: ByteBuffer?
    private let answer: TextSearch?

    package init(_ arguments: CheckArguments) throws(CheckArgumentErrors) {
        var reader = ArgumentReader(arguments, of: Self.self)
        banner = reader.text("banner").map { TextSearch($0) }
        question = reader.read("send", WireText.init).map { ByteBuffer(bytes: $0.bytes) }
        answer = reader.read("expect", WireText.init).map { TextSearch(bytes: $0.bytes) }
        if reader.has("expect"), !reader.has("send") {
            reader.refuse("expect", "needs send beside it", expected: "send too, or banner instead")
        }
        server = try Server(&reader, port: nil)
    }

    /// How the host's name is looked up.
    var resolver: NameResolver {
        get { server.destination.resolver }
        set { server.destination.resolver = newValue }
    }

    package var target: String { server.description }

    package func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult {
        let talk = TextConversation(banner: banner, send: question, expect: answer)
        return await server.probe(timeout: timeout, on: group, talk)
    }
}

extension TCP {
    package var plain: PlainServer? { server.plain }

    package func talk() -> PlainTalk {
        PlainTalkOf(TextConversation(banner: banner, send: question, expect: answer)) { $0 }
    }
}

/// Listens for a text, says one, listens for another; each of the three may be left out.
struct TextConversation: Conversation {
    private enum Stage { case banner, answer }

    private let banner: TextSearch?
    private let question: ByteBuffer?
    private let answer: TextSearch?
    private var stage = Stage.banner
    private var wanted: TextSearch?
    private var bytes = 0

    /// Bytes in which each text must come.
    static let longest = 65536

    init(banner: TextSearch?, send question: ByteBuffer? = nil, expect answer: TextSearch? = nil) {
        (self.banner, self.question, self.answer) = (banner, question, answer)
        wanted = banner
    }

    mutating func opened() -> Move<Verdict> { banner == nil ? ask() : .listen }

    private mutating func ask() -> Move<Verdict> {
        guard let question else { return .finish(.ok(told("connected"))) }
        stage = .answer
        wanted = answer
        bytes = 0
        // Without anything to expect, any answer shows that the server is alive.
        return .send(question)
    }

    mutating func received(_ piece: UnsafeRawBufferPointer) -> Move<Verdict> {
        let counted = UnsafeRawBufferPointer(rebasing: piece.prefix(Self.longest - bytes))
        bytes += counted.count
        wanted?.feed(counted)
        guard let text = wanted else { return .finish(.ok(told("connected", "it answers"))) }
        if text.isFound {
            return stage == .banner ? ask() : .finish(.ok(told("connected", "\(text) found")))
        }
        guard bytes < Self.longest else {
            return .finish(.err("text \(text) not found in the first \(inWords(bytes: bytes)), the rest was cut off"))
        }
        return .listen
    }

    /// `connected, "220 " found`.
    private func told(_ parts: String...) -> String {
        var parts = parts
        if let banner { parts.insert("\(banner) found", at: 1) }
        return parts.joined(separator: ", ")
    }

    func ended(_ ending: Ending) -> Verdict {
        guard let wanted, bytes > 0 else {
            return .err(ending.words(stage == .banner ? "before it sent anything" : "before it answered"))
        }
        return .err("text \(wanted) not found in \(inWords(bytes: bytes)), then it \(ending) the connection")
    }

    var waiting: String {
        if bytes == 0 { return stage == .banner ? "waiting for the first byte" : "waiting for an answer" }
        return "waiting for \(wanted?.description ?? "more") (\(inWords(bytes: bytes)) so far)"
    }
}
