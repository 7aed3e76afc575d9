import NIOCore

/// A conversation in lines that is known beforehand: replies that must come, in turn with what is said. The protocols
/// of mail, FTP and SSH begin like that, and so does STARTTLS.
struct Dialogue: Conversation {
    enum Step: Sendable {
        /// The server must send this.
        case hear(Reply)
        case say(String)
        case sayBytes([UInt8])
        /// Begin TLS; nothing more may have come in the clear.
        case secure(TLSIdentity)
        /// Say goodbye; whatever comes then, or nothing, is right.
        case leave(String)
    }

    private var steps: ArraySlice<Step>
    private let demand: CertificateDemand?
    private var lines = LineReader()
    /// What the replies so far said, as far as people want to see it.
    private var told: [String] = []
    private var isLeaving = false
    private var heard: [ArraySlice<UInt8>] = []

    /// `demand`: what the certificate must be, where there is one.
    init(_ steps: [Step], demanding demand: CertificateDemand? = nil) {
        self.steps = steps[...]
        self.demand = demand
    }

    mutating func opened() -> Move<Verdict> { advance() }

    mutating func secured(_ session: TLSSession) -> Move<Verdict> {
        if let demand {
            switch demand.judge(session) {
            case .failure(let failure): return .finish(.err(failure.words))
            case .success(let words): told.append(words)
            }
        }
        return advance()
    }

    /// Goes on to the next step that has to wait for the server.
    private mutating func advance() -> Move<Verdict> {
        while let step = steps.popFirst() {
            switch step {
            case .hear(let reply):
                switch hear(reply) {
                case .wait:
                    steps = [step] + steps
                    return .listen
                case .heard(let words): if let words { told.append(words) }
                case .failed(let reason): return .finish(.err(reason))
                }
            case .say(let text):
                if let line = lines.next() {
                    return .finish(.err("spoke before it was asked: \"\(printable(line, limit: 80))\""))
                }
                return .send(ByteBuffer(string: text))
            case .sayBytes(let bytes): return .send(ByteBuffer(bytes: bytes))
            case .secure(let identity):
                guard lines.isEmpty else { return .finish(.err("sent more in the clear after it agreed to TLS")) }
                return .secure(identity)
            case .leave(let text):
                isLeaving = true
                return .send(ByteBuffer(string: text))
            }
        }
        return .finish(success)
    }

    private var success: Verdict { .ok(told.isEmpty ? "connected" : told.joined(separator: ", ")) }

    mutating func received(_ bytes: UnsafeRawBufferPointer) -> Move<Verdict> {
        if isLeaving { return .finish(success) }
        guard lines.append(bytes) else {
            return .finish(.err("sent more than \(inWords(bytes: LineReader.longest)) and no end of a reply"))
        }
        return advance()
    }

    private enum Hearing {
        case wait
        case heard(String?)
        case failed(String)
    }

    /// Takes the lines of one reply.
    private mutating func hear(_ reply: Reply) -> Hearing {
        if reply.form == .octet {
            guard let octet = lines.nextOctet() else { return .wait }
            let matches = reply.accepted.contains(String(decoding: [octet], as: UTF8.self))
            return matches ? .heard(nil) : .failed(reply.refusal(of: [[octet]]))
        }
        while let line = lines.next() {
            switch reply.read(line) {
            case .more: heard.append(line)
            case .skip: break
            case .refused: return .failed(reply.refusal(of: heard + [line]))
            case .last:
                heard.append(line)
                defer { heard = [] }
                if let missing = reply.missing(from: heard) { return .failed(missing) }
                return .heard(reply.isTold ? printable(heard.first ?? [], limit: 80) : nil)
            }
        }
        // Something of another kind may never send the end of a line.
        if let beginning = lines.partial, !reply.mayBegin(with: beginning) {
            return .failed(reply.refusal(of: [beginning]))
        }
        return .wait
    }

    func ended(_ ending: Ending) -> Verdict {
        if isLeaving { return success }
        return .err(ending.words("before \(awaited) was complete"))
    }

    var waiting: String { isLeaving ? "waiting for the goodbye" : "waiting for \(awaited)" }

    private var awaited: String {
        for step in steps { if case .hear(let reply) = step { return reply.name } }
        return "the end"
    }
}

/// Cuts what a server says into lines, ended by LF, a CR before it left out.
struct LineReader: Sendable {
    private var buffer: [UInt8] = []
    private var start = 0
    private var total = 0

    /// Bytes that a server may say in all.
    static let longest = 65536

    /// False if it has said too much.
    mutating func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        total += bytes.count
        guard total <= Self.longest else { return false }
        buffer.append(contentsOf: bytes)
        return true
    }

    mutating func next() -> ArraySlice<UInt8>? {
        guard let end = buffer[start...].firstIndex(of: 0x0A) else { return nil }
        let line = buffer[start..<end]
        start = end + 1
        return line.last == 0x0D ? line.dropLast() : line
    }

    mutating func nextOctet() -> UInt8? {
        guard start < buffer.count else { return nil }
        start += 1
        return buffer[start - 1]
    }

    var isEmpty: Bool { start == buffer.count }
    /// The beginning of a line whose end has not come.
    var partial: ArraySlice<UInt8>? { isEmpty ? nil : buffer[start...] }
}
