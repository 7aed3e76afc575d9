import NIOCore
import NIOHPACK

/// One call of `grpc.health.v1.Health/Check` over HTTP/2.
struct GRPCConversation: Conversation {
    private let service: String
    private let authority: String
    private let isSecure: Bool
    private var frames = HTTP2FrameReader()
    private var decoder = HPACKDecoder(
        allocator: ByteBufferAllocator(), maxDynamicTableSize: HPACKDecoder.maxDynamicTableSize,
        maxHeaderListSize: ResponseScanner.longestHead)
    private var block: ByteBuffer?
    private var endsWithHeaders = false
    private var body: [UInt8] = []
    private var fields: [String: String] = [:]
    private var hasSettings = false

    init(service: String, authority: String, isSecure: Bool) {
        (self.service, self.authority, self.isSecure) = (service, authority, isSecure)
    }

    func opened() -> Move<Verdict> { begin() }

    func secured(_ session: TLSSession) -> Move<Verdict> {
        guard session.applicationProtocol == "h2" else {
            return .finish(.err("does not speak HTTP/2 (it did not choose h2 in the TLS handshake)"))
        }
        return begin()
    }

    private func begin() -> Move<Verdict> {
        // HealthCheckRequest { string service = 1; }, its length in front.
        var message: [UInt8] = []
        let name = Array(service.utf8)
        if !name.isEmpty {
            message.append(0x0A)
            if name.count >= 128 { message.append(UInt8(name.count & 0x7F) | 0x80) }
            message.append(UInt8(name.count >= 128 ? name.count >> 7 : name.count))
            message += name
        }
        let framed = [0, 0, 0, UInt8(message.count >> 8), UInt8(message.count & 0xFF)] + message
        let fields = [
            (":method", "POST"), (":scheme", isSecure ? "https" : "http"), (":authority", authority),
            (":path", "/grpc.health.v1.Health/Check"), ("content-type", "application/grpc"), ("te", "trailers"),
            ("user-agent", "ninelives"),
        ].map { (name: $0.0, value: $0.1) }
        do {
            return .send(try HTTP2.opening(fields, body: framed))
        } catch {
            return .finish(.err("could not compress the headers of the request"))
        }
    }

    mutating func received(_ bytes: UnsafeRawBufferPointer) -> Move<Verdict> {
        var reply = ByteBuffer()
        do throws(HTTP2Fault) {
            frames.append(bytes)
            while let frame = try frames.next() {
                guard hasSettings || frame.type == .settings else { throw .notHTTP2(frames.excerpt) }
                if let verdict = try take(frame, &reply) { return .finish(verdict) }
            }
            return reply.readableBytes > 0 ? .send(reply) : .listen
        } catch {
            return .finish(.err(error.words))
        }
    }

    private mutating func take(_ frame: HTTP2Frame, _ reply: inout ByteBuffer) throws(HTTP2Fault) -> Verdict? {
        guard block == nil || frame.type == .continuation else { throw .brokenHeaders }
        switch frame.type {
        case .settings:
            hasSettings = true
            if !frame.isAcknowledgement { reply.writeFrame(.settings, flags: 1) }
        case .ping where !frame.isAcknowledgement: reply.writeFrame(.ping, flags: 1, payload: frame.payload)
        case .goAway:
            if frame.lastStream < 1 || frame.errorCode != 0 { throw .goAway(frame.errorCode) }
        case .reset where frame.stream == 1: throw .reset(frame.errorCode)
        case .headers where frame.stream == 1:
            endsWithHeaders = frame.endsStream
            block = frame.headerBlock
            if frame.endsHeaders { return try finishHeaders() }
        case .continuation:
            guard var whole = block, frame.stream == 1 else { throw .brokenHeaders }
            whole.writeImmutableBuffer(frame.payload)
            guard whole.readableBytes <= ResponseScanner.longestHead else { throw .headersTooLong }
            block = whole
            if frame.endsHeaders { return try finishHeaders() }
        case .data where frame.stream == 1:
            body += frame.body.map { Array($0.readableBytesView) } ?? []
            guard body.count <= 1024 else {
                return .err("not a health service: an answer of \(inWords(bytes: body.count))")
            }
            if frame.endsStream { return judge() }
        default: break
        }
        return nil
    }

    private mutating func finishHeaders() throws(HTTP2Fault) -> Verdict? {
        guard var whole = block else { return nil }
        block = nil
        guard let found = try? decoder.decodeHeaders(from: &whole) else { throw .brokenHeaders }
        for field in found { fields[field.name] = field.value }
        return endsWithHeaders ? judge() : nil
    }

    private func judge() -> Verdict {
        guard fields[":status"] == "200", fields["content-type"]?.hasPrefix("application/grpc") == true else {
            return .err("not gRPC: status \(printable((fields[":status"] ?? "none").utf8))")
        }
        guard let code = fields["grpc-status"] else { return .err("not gRPC: no grpc-status") }
        guard code == "0" else {
            let words = fields["grpc-message"].map { ": \(printable($0.utf8))" } ?? ""
            return .err("gRPC status \(Self.name(code))\(words)")
        }
        // HealthCheckResponse { ServingStatus status = 1; }: nothing at all is 0.
        let message = body.dropFirst(5)
        let serving = message.first == 0x08 ? message.dropFirst().first ?? 0 : 0
        let names = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"]
        let name = Int(serving) < names.count ? names[Int(serving)] : "status \(serving)"
        return serving == 1 ? .ok("SERVING") : .err("\(name), expected SERVING")
    }

    /// Those that a health service may give.
    private static func name(_ code: String) -> String {
        let names = [
            "1": "CANCELLED", "4": "DEADLINE_EXCEEDED", "5": "NOT_FOUND (no such service)", "7": "PERMISSION_DENIED",
            "8": "RESOURCE_EXHAUSTED", "12": "UNIMPLEMENTED (no health service)", "13": "INTERNAL", "14": "UNAVAILABLE",
            "16": "UNAUTHENTICATED",
        ]
        return names[code] ?? printable(code.utf8)
    }

    func ended(_ ending: Ending) -> Verdict { .err(ending.words("before it answered")) }
    var waiting: String { hasSettings ? "waiting for the health service" : "waiting for the first byte" }
}
