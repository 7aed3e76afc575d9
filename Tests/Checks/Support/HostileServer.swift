import NIOCore
import NIOPosix
import Glibc
import NIOConcurrencyHelpers
import TestSupport
import Testing

/// A server on loopback that behaves as badly as its script says.
final class HostileServer: Sendable {
    enum Act: Sendable {
        /// Waits for a request (up to its empty line) before the acts that follow.
        case awaitRequest
        /// Waits for the first bytes, whatever they are.
        case awaitAnything
        /// Waits for more than has come so far.
        case awaitMore
        case send(String)
        case sendBytes([UInt8])
        /// One byte, then the next after a pause, for ever.
        case dribble(String, every: TimeAmount)
        /// The same piece again and again as fast as it is taken, up to so many bytes.
        case flood(String, bytes: Int)
        case hang
        case close
        /// Closes with a reset instead of an end (RST).
        case reset
    }

    let port: Int
    private let channel: any Channel
    private let opened: NIOLockedCount
    private let closed: NIOLockedCount

    /// Connections that were accepted so far, and those that have ended.
    var connections: Int { opened.value }
    var ended: Int { closed.value }

    init(_ acts: [Act], on address: String = "127.0.0.1") async throws {
        let (opened, closed) = (NIOLockedCount(), NIOLockedCount())
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Script(acts, opened, closed))
                }
            }
            .bind(host: address, port: 0).get()
        port = try #require(channel.localAddress?.port)
        (self.opened, self.closed) = (opened, closed)
    }

    func stop() async { try? await channel.close() }
}

/// A number that several threads count.
final class NIOLockedCount: Sendable {
    private let count = NIOLockedValueBox(0)
    var value: Int { count.withLockedValue { $0 } }
    func increment() { count.withLockedValue { $0 += 1 } }
}

private final class Script: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var acts: ArraySlice<HostileServer.Act>
    private let opened: NIOLockedCount
    private let closed: NIOLockedCount
    private var request = ""
    private var awaited: String?

    init(_ acts: [HostileServer.Act], _ opened: NIOLockedCount, _ closed: NIOLockedCount) {
        self.acts = acts[...]
        (self.opened, self.closed) = (opened, closed)
    }

    func channelActive(context: ChannelHandlerContext) {
        opened.increment()
        perform(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        closed.increment()
        acts = []
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        request += String(buffer: unwrapInboundIn(data))
        guard let end = awaited, end.isEmpty || request.contains(end) else { return }
        awaited = nil
        perform(context)
    }

    private func perform(_ context: ChannelHandlerContext) {
        while let act = acts.popFirst() {
            switch act {
            case .awaitRequest:
                if request.contains("\r\n\r\n") { continue }
                awaited = "\r\n\r\n"
                return
            case .awaitAnything:
                if !request.isEmpty { continue }
                awaited = ""
                return
            case .awaitMore:
                request = ""
                awaited = ""
                return
            case .send(let text): write(ByteBuffer(string: text), context)
            case .sendBytes(let bytes): write(ByteBuffer(bytes: bytes), context)
            case .dribble(let text, let pause): return dribble(Array(text.utf8), 0, pause, context)
            case .flood(let piece, let bytes):
                return flood(
                    ByteBuffer(string: String(repeating: piece, count: max(1, 65536 / piece.utf8.count))), bytes,
                    context)
            case .hang: return
            case .close: return context.close(promise: nil)
            case .reset:
                _ = (context.channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
                return context.close(promise: nil)
            }
        }
    }

    private func write(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    private func dribble(_ bytes: [UInt8], _ index: Int, _ pause: TimeAmount, _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        write(ByteBuffer(bytes: [bytes[index % bytes.count]]), context)
        context.eventLoop.assumeIsolated().scheduleTask(in: pause) { self.dribble(bytes, index + 1, pause, context) }
    }

    private func flood(_ piece: ByteBuffer, _ left: Int, _ context: ChannelHandlerContext) {
        guard left > 0, context.channel.isActive else { return context.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(piece)).assumeIsolated().whenSuccess {
            self.flood(piece, left - piece.readableBytes, context)
        }
    }
}
