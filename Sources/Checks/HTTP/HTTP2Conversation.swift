import NIOCore
import NIOHPACK

/// One request in HTTP/2 (RFC 9113) and the reading of its answer: one stream, and only the frames that one needs.
/// Header compression is swift-nio-http2's.
struct HTTP2Conversation: Conversation {
    private let request: [(name: String, value: String)]
    private let requestBody: String?
    private let isSecure: Bool
    private var judge: AnswerJudge
    private let keepsFields: Bool
    private var frames = HTTP2FrameReader()
    private var decoder = HPACKDecoder(
        allocator: ByteBufferAllocator(), maxDynamicTableSize: HPACKDecoder.maxDynamicTableSize,
        maxHeaderListSize: ResponseScanner.longestHead)
    private var headerBlock: ByteBuffer?
    private var endsWithHeaders = false
    private var hasSettings = false
    private var hasHead = false
    private var bodyLength = 0

    init(_ request: HTTPRequest, expecting expectation: HTTPExpectation) {
        self.request = request.http2
        requestBody = request.body
        isSecure = request.url.isSecure
        judge = AnswerJudge(expectation)
        keepsFields = expectation.keepsFields
    }

    mutating func opened() -> Move<HTTPFinding> { begin() }

    mutating func secured(_ session: TLSSession) -> Move<HTTPFinding> {
        judge.session = session
        guard session.applicationProtocol == "h2" else {
            return .finish(.verdict(.err("does not speak HTTP/2 (it did not choose h2 in the TLS handshake)")))
        }
        return begin()
    }

    private func begin() -> Move<HTTPFinding> {
        do {
            return .send(try HTTP2.opening(request, body: requestBody.map { Array($0.utf8) }))
        } catch {
            return .finish(.verdict(.err("could not compress the headers of the request")))
        }
    }

    mutating func received(_ bytes: UnsafeRawBufferPointer) -> Move<HTTPFinding> {
        var reply = ByteBuffer()
        do throws(HTTP2Fault) {
            frames.append(bytes)
            while let frame = try frames.next() {
                guard hasSettings || frame.type == .settings else { throw .notHTTP2(frames.excerpt) }
                if let finding = try take(frame, &reply) { return .finish(finding) }
            }
            return reply.readableBytes > 0 ? .send(reply) : .listen
        } catch {
            return .finish(.verdict(.err(error.words)))
        }
    }

    private mutating func take(_ frame: HTTP2Frame, _ reply: inout ByteBuffer) throws(HTTP2Fault) -> HTTPFinding? {
        guard headerBlock == nil || frame.type == .continuation else { throw .brokenHeaders }
        switch frame.type {
        case .settings:
            hasSettings = true
            if !frame.isAcknowledgement { reply.writeFrame(.settings, flags: 1) }
        case .ping where !frame.isAcknowledgement: reply.writeFrame(.ping, flags: 1, payload: frame.payload)
        case .goAway:
            guard frame.lastStream < 1 || frame.errorCode != 0 else { return nil }
            throw .goAway(frame.errorCode)
        case .reset where frame.stream == 1:
            guard !(hasHead && frame.errorCode == 0) else { return judge.conclude(isCut: false) }
            throw .reset(frame.errorCode)
        case .headers where frame.stream == 1:
            endsWithHeaders = frame.endsStream
            headerBlock = frame.headerBlock
            if frame.endsHeaders { return try finishHeaders() }
        case .continuation:
            guard var block = headerBlock, frame.stream == 1 else { throw .brokenHeaders }
            block.writeImmutableBuffer(frame.payload)
            guard block.readableBytes <= ResponseScanner.longestHead else { throw .headersTooLong }
            headerBlock = block
            if frame.endsHeaders { return try finishHeaders() }
        case .data where frame.stream == 1: return try takeBody(frame, &reply)
        default: break
        }
        return nil
    }

    private mutating func finishHeaders() throws(HTTP2Fault) -> HTTPFinding? {
        guard var block = headerBlock else { return nil }
        headerBlock = nil
        let fields: HPACKHeaders
        do {
            fields = try decoder.decodeHeaders(from: &block)
        } catch is NIOHPACKErrors.MaxHeaderListSizeViolation {
            throw .headersTooLong
        } catch {
            throw .brokenHeaders
        }
        if !hasHead {
            let head = try ResponseHead(fields, keepsFields: keepsFields)
            if head.status >= 200 || head.status == 101 { hasHead = true }
            if let finding = judge.judge(head) { return finding }
        }
        return endsWithHeaders ? try finishBody() : nil
    }

    private mutating func takeBody(_ frame: HTTP2Frame, _ reply: inout ByteBuffer) throws(HTTP2Fault) -> HTTPFinding? {
        guard hasHead, let body = frame.body else { throw .brokenHeaders }
        bodyLength += body.readableBytes
        if let finding = body.withUnsafeReadableBytes({ judge.take($0) }) { return finding }
        if frame.endsStream { return try finishBody() }
        if frame.payload.readableBytes > 0 {
            reply.writeWindowUpdate(stream: 0, by: frame.payload.readableBytes)
            reply.writeWindowUpdate(stream: 1, by: frame.payload.readableBytes)
        }
        return nil
    }

    private func finishBody() throws(HTTP2Fault) -> HTTPFinding {
        guard hasHead else { throw .brokenHeaders }
        return judge.conclude(isCut: false)
    }

    func ended(_ ending: Ending) -> HTTPFinding {
        if !hasSettings { return .verdict(.err(ending.words("before answering"))) }
        let place = hasHead ? "in the middle of the body (\(judge.progress))" : "before the headers of the answer"
        return .verdict(.err(ending.words(place)))
    }

    var waiting: String {
        if !hasSettings { return "waiting for the first byte" }
        return hasHead ? "while reading the body (\(judge.progress))" : "waiting for the headers of the answer"
    }
}
