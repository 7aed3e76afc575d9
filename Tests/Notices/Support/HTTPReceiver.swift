import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A web server of the test's own that keeps what it is sent, and answers as it is told.
final class HTTPReceiver: Sendable {
    struct Request: Sendable {
        var uri: String
        var headers: HTTPHeaders
        var body: String
    }

    struct Reply: Sendable {
        var status: HTTPResponseStatus
        var headers: HTTPHeaders = [:]
        /// With it the reply repeats what came in, headers and all.
        var repeatsRequest = false
    }

    private struct State {
        var requests: [Request] = []
        var reply = Reply(status: .ok)
    }

    /// What the connections and the test share.
    private final class Log: Sendable {
        let state = Mutex(State())

        func take(_ request: Request) -> Reply {
            state.withLock { state in
                state.requests.append(request)
                return state.reply
            }
        }
    }

    private let log: Log
    private let channel: any Channel

    /// - Parameter port: 0 for any that is free.
    init(port: Int = 0) async throws {
        let log = Log()
        self.log = log
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(log: log))
                }
            }.bind(host: "127.0.0.1", port: port).get()
    }

    var port: Int { channel.localAddress?.port ?? 0 }
    var url: String { "http://127.0.0.1:\(port)" }
    var requests: [Request] { log.state.withLock { $0.requests } }

    func reply(_ status: HTTPResponseStatus, headers: HTTPHeaders = [:], repeatsRequest: Bool = false) {
        log.state.withLock { $0.reply = Reply(status: status, headers: headers, repeatsRequest: repeatsRequest) }
    }

    func stop() async { try? await channel.close() }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart
        private let log: Log
        private var request = Request(uri: "", headers: [:], body: "")
        /// A part may end in the middle of a character.
        private var body = ByteBuffer()

        init(log: Log) { self.log = log }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                request = Request(uri: head.uri, headers: head.headers, body: "")
                body.clear()
            case .body(let part): body.writeImmutableBuffer(part)
            case .end:
                request.body = String(buffer: body)
                let reply = log.take(request)
                let text = reply.repeatsRequest ? "\(request.uri) \(request.headers) \(request.body)" : "{\"ok\":true}"
                var headers = reply.headers
                headers.add(name: "Content-Length", value: "\(text.utf8.count)")
                context.write(
                    wrapOutboundOut(.head(.init(version: .http1_1, status: reply.status, headers: headers))),
                    promise: nil)
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}

/// A server that takes connections and then behaves as no service should.
final class HostileService: Sendable {
    enum Behaviour: String, CaseIterable, Sendable {
        case silent, closing, talkingNonsense, talkingWithoutEnd
    }

    private let channel: any Channel

    init(_ behaviour: Behaviour) async throws {
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                switch behaviour {
                case .silent: break
                case .closing: channel.close(promise: nil)
                case .talkingNonsense:
                    channel.writeAndFlush(ByteBuffer(string: "\u{0}\u{1}meow\r\nmeow\r\n\r\n"), promise: nil)
                case .talkingWithoutEnd:
                    channel.writeAndFlush(ByteBuffer(repeating: UInt8(ascii: "2"), count: 1 << 20), promise: nil)
                }
                return channel.eventLoop.makeSucceededVoidFuture()
            }.bind(host: "127.0.0.1", port: 0).get()
    }

    var port: Int { channel.localAddress?.port ?? 0 }
    func stop() async { try? await channel.close() }
}
