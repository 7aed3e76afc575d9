import NIOCore
import NIOHPACK

/// Why an answer could not be read as HTTP/2.
enum HTTP2Fault: Error, Hashable, Sendable {
    case notHTTP2(excerpt: String)
    case frameTooLong(Int)
    case headersTooLong
    case brokenHeaders
    case goAway(UInt32)
    case reset(UInt32)
    case badStatus

    static func notHTTP2(_ excerpt: String) -> HTTP2Fault { .notHTTP2(excerpt: excerpt) }

    var words: String {
        switch self {
        case .notHTTP2(let excerpt): "not HTTP/2: \"\(excerpt)\""
        case .frameTooLong(let length): "not HTTP/2: a frame of \(inWords(bytes: length))"
        case .headersTooLong: "headers longer than \(inWords(bytes: ResponseScanner.longestHead)), cut off"
        case .brokenHeaders: "not HTTP/2: its headers cannot be read"
        case .goAway(let code): "ended the HTTP/2 connection: \(Self.name(code))"
        case .reset(let code): "reset the HTTP/2 stream: \(Self.name(code))"
        case .badStatus: "not HTTP/2: the answer has no status"
        }
    }

    /// RFC 9113 §7.
    private static func name(_ code: UInt32) -> String {
        let names = [
            "no error", "protocol error", "internal error", "flow control error", "settings timeout", "stream closed",
            "frame size error", "refused stream", "cancel", "compression error", "connect error", "enhance your calm",
            "inadequate security", "HTTP/1.1 required",
        ]
        return Int(code) < names.count ? names[Int(code)] : "error \(code)"
    }
}

/// One frame (RFC 9113 §4.1).
struct HTTP2Frame: Sendable {
    /// RFC 9113 §6; others are skipped (§5.5).
    enum Kind: UInt8, Sendable {
        case data = 0
        case headers = 1
        case priority = 2
        case reset = 3
        case settings = 4
        case pushPromise = 5
        case ping = 6
        case goAway = 7
        case windowUpdate = 8
        case continuation = 9
    }

    var type: Kind?
    var flags: UInt8
    var stream: UInt32
    var payload: ByteBuffer

    var isAcknowledgement: Bool { flags & 0x1 != 0 }
    var endsStream: Bool { flags & 0x1 != 0 }
    var endsHeaders: Bool { flags & 0x4 != 0 }

    /// The payload of DATA without its padding; nil if the padding is longer than the frame.
    var body: ByteBuffer? {
        var payload = payload
        guard flags & 0x8 != 0 else { return payload }
        guard let padding = payload.readInteger(as: UInt8.self), Int(padding) <= payload.readableBytes else {
            return nil
        }
        return payload.readSlice(length: payload.readableBytes - Int(padding))
    }

    /// The payload of HEADERS without padding and priority.
    var headerBlock: ByteBuffer? {
        guard var block = body else { return nil }
        if flags & 0x20 != 0 {
            guard block.readableBytes >= 5 else { return nil }
            block.moveReaderIndex(forwardBy: 5)
        }
        return block
    }

    /// Of GOAWAY and RST_STREAM: the last four octets that are fixed.
    var errorCode: UInt32 {
        payload.getInteger(at: payload.readerIndex + (type == .goAway ? 4 : 0), as: UInt32.self) ?? 0
    }

    /// Of GOAWAY.
    var lastStream: UInt32 { payload.getInteger(at: payload.readerIndex, as: UInt32.self) ?? 0 }
}

/// Cuts the bytes of a connection into frames.
struct HTTP2FrameReader: Sendable {
    private var buffer = ByteBuffer()
    /// What came first, to be told if it is no HTTP/2.
    private(set) var excerpt = ""

    /// We allow none longer (SETTINGS_MAX_FRAME_SIZE, RFC 9113 §6.5.2).
    static let longest = 16384

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if excerpt.isEmpty { excerpt = printable(bytes) }
        buffer.writeBytes(bytes)
    }

    mutating func next() throws(HTTP2Fault) -> HTTP2Frame? {
        guard let header = buffer.getBytes(at: buffer.readerIndex, length: 9) else { return nil }
        let length = Int(header[0]) << 16 | Int(header[1]) << 8 | Int(header[2])
        guard length <= Self.longest else {
            throw excerpt.hasPrefix("HTTP/1") || header[3] > 9 ? .notHTTP2(excerpt) : .frameTooLong(length)
        }
        guard buffer.readableBytes >= 9 + length else { return nil }
        buffer.moveReaderIndex(forwardBy: 9)
        guard let payload = buffer.readSlice(length: length) else { return nil }
        let stream = header[5...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        let frame = HTTP2Frame(
            type: HTTP2Frame.Kind(rawValue: header[3]), flags: header[4], stream: stream, payload: payload)
        buffer.discardReadBytes()
        return frame
    }
}

/// What a client says first.
enum HTTP2 {
    /// The preface, our settings (no push) and one request on stream 1. A body longer than the server's first window
    /// (65,535 octets) or one frame is not sent; arguments are not that long.
    static func opening(_ fields: [(name: String, value: String)], body: [UInt8]?) throws -> ByteBuffer {
        var buffer = ByteBuffer(string: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        buffer.writeFrame(.settings, payload: ByteBuffer(bytes: [0, 2, 0, 0, 0, 0]))
        var encoder = HPACKEncoder(allocator: ByteBufferAllocator())
        try encoder.beginEncoding(allocator: ByteBufferAllocator())
        // Never indexed: a secret among them should not be found by what it compresses to (RFC 7541 §7.1.3).
        for (name, value) in fields { try encoder.appendNeverIndexed(header: name, value: value) }
        let block = try encoder.endEncoding()
        // Each frame may be 16,384 octets long, so that a long block goes on in CONTINUATION.
        var rest = block
        var kind = HTTP2Frame.Kind.headers
        repeat {
            let piece = rest.readSlice(length: min(rest.readableBytes, HTTP2FrameReader.longest)) ?? ByteBuffer()
            let endsHeaders: UInt8 = rest.readableBytes == 0 ? 0x4 : 0
            let endsStream: UInt8 = kind == .headers && body == nil ? 0x1 : 0
            buffer.writeFrame(kind, flags: endsHeaders | endsStream, stream: 1, payload: piece)
            kind = .continuation
        } while rest.readableBytes > 0
        if let body { buffer.writeFrame(.data, flags: 0x1, stream: 1, payload: ByteBuffer(bytes: body)) }
        return buffer
    }
}

extension ByteBuffer {
    mutating func writeFrame(
        _ kind: HTTP2Frame.Kind, flags: UInt8 = 0, stream: UInt32 = 0, payload: ByteBuffer = ByteBuffer()
    ) {
        let length = UInt32(payload.readableBytes)
        writeInteger(UInt8(truncatingIfNeeded: length >> 16))
        writeInteger(UInt16(truncatingIfNeeded: length))
        writeInteger(kind.rawValue)
        writeInteger(flags)
        writeInteger(stream)
        writeImmutableBuffer(payload)
    }

    mutating func writeWindowUpdate(stream: UInt32, by count: Int) {
        writeFrame(.windowUpdate, stream: stream, payload: ByteBuffer(integer: UInt32(count)))
    }
}

extension ResponseHead {
    /// Reads the headers of an HTTP/2 answer.
    init(_ fields: HPACKHeaders, keepsFields: Bool) throws(HTTP2Fault) {
        guard let text = fields.first(name: ":status"), text.utf8.count == 3, let status = Int(text), status >= 100
        else {
            throw .badStatus
        }
        self.init(status: status)
        location = fields.first(name: "location")
        contentLength = fields.first(name: "content-length").flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
        let coding = fields.first(name: "content-encoding") ?? "identity"
        contentEncoding = coding.lowercased() == "identity" ? nil : printable(coding.utf8, limit: 20)
        guard keepsFields else { return }
        for field in fields where !field.name.hasPrefix(":") { keep(name: field.name, value: field.value) }
    }
}
