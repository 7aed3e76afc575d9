import DNS
import NIOCore
import NIOHTTP1

/// DNS over HTTPS (RFC 8484): one request and one response at a time, on a stream of HTTP/2 or on a connection of
/// HTTP/1.1.
///
///     GET  /dns-query?dns=… ─┐
///     POST /dns-query ───────┴─► one message ─► answer ─► 200, with the time for which caches may keep it
final class HTTPSQueries: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private static let mediaType = "application/dns-message"
    private static let longestMessage = 65_535

    private let connection: EncryptedConnection
    private let path: String
    private var request: HTTPRequestHead?
    private var body = ByteBuffer()
    /// The response has gone out before the request's end.
    private var isAnswered = false

    init(_ connection: EncryptedConnection, path: String) {
        self.connection = connection
        self.path = path
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            request = head
            body.clear()
            isAnswered = false
        case .body(var part):
            guard !isAnswered else { return }
            if body.readableBytes + part.readableBytes > Self.longestMessage {
                // Whatever else comes of it is not worth reading.
                request?.headers.replaceOrAdd(name: "connection", value: "close")
                refuse(context, request.flatMap(fault) ?? .payloadTooLarge)
            } else {
                body.writeBuffer(&part)
            }
        case .end:
            if !isAnswered { respond(context) }
            request = nil
            body.clear()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    // MARK: -

    private func respond(_ context: ChannelHandlerContext) {
        guard let request else { return }
        if let fault = fault(request) { return refuse(context, fault) }
        if request.method == .POST { return answer(context, Array(body.readableBytesView)) }
        let parts = request.uri.split(separator: "?", maxSplits: 1)
        guard parts.count == 2, let text = HTTPSQuery.parameter("dns", in: parts[1]),
            let message = HTTPSQuery.decode(text)
        else { return refuse(context, .badRequest) }
        answer(context, message)
    }

    /// What is wrong with a request, whatever its query; nil if nothing is.
    private func fault(_ request: HTTPRequestHead) -> HTTPResponseStatus? {
        guard request.uri.prefix(while: { $0 != "?" }) == path else { return .notFound }
        switch request.method {
        case .GET, .HEAD: return nil
        case .POST:
            let type = HTTPSQuery.mediaType(request.headers.first(name: "content-type") ?? "")
            return type == Self.mediaType ? nil : .unsupportedMediaType
        default: return .methodNotAllowed
        }
    }

    private func answer(_ context: ChannelHandlerContext, _ message: [UInt8]) {
        guard message.count <= Self.longestMessage else { return refuse(context, .payloadTooLarge) }
        let reply = message.withUnsafeBytes { query in
            connection.loop.answer(query, for: connection, counting: .httpsQueries).map { reply in
                (context.channel.allocator.buffer(bytes: reply), HTTPSQuery.freshSeconds(reply))
            }
        }
        guard let (body, seconds) = reply else { return refuse(context, .badRequest) }
        let headers: HTTPHeaders = ["content-type": Self.mediaType, "cache-control": "max-age=\(seconds)"]
        send(context, .ok, headers, body)
    }

    private func refuse(_ context: ChannelHandlerContext, _ status: HTTPResponseStatus) {
        var headers: HTTPHeaders = ["content-type": "text/plain; charset=utf-8", "cache-control": "no-store"]
        if status == .methodNotAllowed { headers.add(name: "allow", value: "GET, HEAD, POST") }
        send(context, status, headers, context.channel.allocator.buffer(string: HTTPSQuery.reason(status, path: path)))
    }

    private func send(
        _ context: ChannelHandlerContext, _ status: HTTPResponseStatus, _ headers: HTTPHeaders, _ body: ByteBuffer
    ) {
        guard let request else { return }
        isAnswered = true
        var headers = headers
        headers.add(name: "content-length", value: "\(body.readableBytes)")
        let isHTTP1 = request.version.major == 1
        if isHTTP1, !request.isKeepAlive { headers.add(name: "connection", value: "close") }
        context.write(
            wrapOutboundOut(.head(HTTPResponseHead(version: request.version, status: status, headers: headers))),
            promise: nil)
        if request.method != .HEAD { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        let sent = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        if isHTTP1, !request.isKeepAlive {
            let context = NIOLoopBound(context, eventLoop: context.eventLoop)
            sent.whenComplete { _ in context.value.close(promise: nil) }
        }
    }
}

/// Does not read from a client that does not read.
final class ReadGate: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private var isReadHeld = false

    func read(context: ChannelHandlerContext) {
        if context.channel.isWritable { context.read() } else { isReadHeld = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if isReadHeld, context.channel.isWritable {
            isReadHeld = false
            context.read()
        }
        context.fireChannelWritabilityChanged()
    }
}
