import NIOCore
import NIOHTTP1
import NIOPosix

/// One kitten's web server: an ordinary HTTP/1 server that can really be broken.
actor KittenServer {
    nonisolated let kitten: Kitten
    nonisolated let port: Int
    private let hour: KittenHour
    private let calm: Calm
    private let now: @Sendable () -> Double
    private let group: any EventLoopGroup
    private var listener: (any Channel)?
    private var connections: [ObjectIdentifier: any Channel] = [:]

    init(
        kitten: Kitten, port: Int, hour: KittenHour, calm: Calm, now: @escaping @Sendable () -> Double,
        group: any EventLoopGroup
    ) {
        self.kitten = kitten
        self.port = port
        self.hour = hour
        self.calm = calm
        self.now = now
        self.group = group
    }

    var isAlive: Bool { listener != nil }

    /// Binds the port; nothing happens if it is bound already.
    func start() async throws {
        guard listener == nil else { return }
        let currentPage: @Sendable () -> KittenPage = { self.page() }
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(KittenHandler(page: currentPage))
                }.map { Task { await self.accepted(channel) } }
            }
        listener = try await bootstrap.bind(host: kitten.address, port: port).get()
    }

    /// Closes the port, so that it refuses, and cuts the connections that are open.
    func stop() async {
        try? await listener?.close()
        listener = nil
        for connection in connections.values { connection.close(promise: nil) }
        connections = [:]
    }

    private func accepted(_ channel: any Channel) {
        let key = ObjectIdentifier(channel)
        guard listener != nil else {
            channel.close(promise: nil)
            return
        }
        connections[key] = channel
        channel.closeFuture.whenComplete { _ in Task { await self.forget(key) } }
    }

    private func forget(_ key: ObjectIdentifier) { connections[key] = nil }

    /// The page as it is at this moment.
    nonisolated func page() -> KittenPage {
        let now = now()
        let seconds = hour.seconds(at: now)
        let isCalm = calm.isOn
        let isFailing = !isCalm && kitten.schedule.isFailing(at: seconds)
        let change = (isCalm ? nil : kitten.schedule.secondsUntilChange(at: seconds)).map { rest in
            "It \(isFailing ? "recovers" : "fails") in \(Int(hour.real(rest).rounded(.up))) s."
        }
        return KittenPage(
            kitten: kitten, address: "\(kitten.address):\(port)", isFailing: isFailing,
            clockFace: hour.clockFace(at: now), nextChange: change)
    }

    /// When it fails or recovers next, seconds since 1970; nil: never.
    nonisolated func nextChangeAt() -> Double? {
        if calm.isOn { return nil }
        let now = now()
        return kitten.schedule.secondsUntilChange(at: hour.seconds(at: now)).map { now + hour.real($0) }
    }
}

/// Answers `/` and `/kitten.svg`.
private final class KittenHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let page: @Sendable () -> KittenPage
    private var request: HTTPRequestHead?

    init(page: @escaping @Sendable () -> KittenPage) { self.page = page }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): request = head
        case .body: break
        case .end:
            if let request { answer(request, context: context) }
            request = nil
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func answer(_ request: HTTPRequestHead, context: ChannelHandlerContext) {
        let page = page()
        let path = request.uri.prefix { $0 != "?" }
        let (status, type, text): (HTTPResponseStatus, String, String) =
            switch path {
            case "/": (.ok, "text/html; charset=utf-8", page.html)
            case "/kitten.svg": (.ok, "image/svg+xml", page.svg)
            default: (.notFound, "text/plain; charset=utf-8", "There is no kitten at \(path).\n")
            }
        var head = HTTPResponseHead(version: request.version, status: status)
        head.headers = ["Content-Type": type, "Content-Length": "\(text.utf8.count)", "Cache-Control": "no-store"]
        if !request.isKeepAlive { head.headers.add(name: "Connection", value: "close") }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if request.method != .HEAD {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        }
        let written = context.eventLoop.makePromise(of: Void.self)
        if !request.isKeepAlive {
            let channel = context.channel
            written.futureResult.whenComplete { _ in channel.close(promise: nil) }
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
    }
}
