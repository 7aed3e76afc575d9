import NIOCore
import NIOPosix
import Testing

/// A server on loopback that answers, hangs or resets, and can crash and come back on its port.
final class OddServer {
    enum Habit {
        /// Answers each request with `ok` and closes; keeps idle connections.
        case answers
        /// Takes connections and never says a word.
        case hangs
        /// Answers with a reset (RST).
        case resets
    }

    let port: Int
    private let habit: Habit
    private var listener: (any Channel)?
    /// Its own thread, so that a crash can end every connection that it has.
    private var group: MultiThreadedEventLoopGroup?

    init(_ habit: Habit, port: Int) async throws {
        (self.habit, self.port) = (habit, port)
        try await start()
    }

    func start() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        self.group = group
        let habit = habit
        listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(OddHandler(habit))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
    }

    /// Ends with all its connections, idle ones too.
    func crash() async {
        try? await group?.shutdownGracefully()
        (group, listener) = (nil, nil)
    }
}

private final class OddHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let habit: OddServer.Habit

    init(_ habit: OddServer.Habit) { self.habit = habit }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch habit {
        case .hangs: return
        case .resets:
            _ = (context.channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
            context.close(promise: nil)
        case .answers:
            let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
