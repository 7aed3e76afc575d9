import DNS
import DNSClient
import NIOCore
import NIOPosix

/// A name server over UDP and TCP on one port of loopback, which answers what the test tells it to.
actor FakeServer {
    typealias Replies = @Sendable (Message, DNSClient.Transport) -> [[UInt8]]

    nonisolated let port: Int
    private let channels: [any Channel]
    /// Where the datagrams came from.
    private(set) var sourcePorts: Set<Int> = []

    /// - Parameters:
    ///   - deaf: How many datagrams are lost on the way.
    ///   - hangsUp: Whether connections are closed after the first question.
    ///   - replies: What is sent for a query, in this order.
    init(
        address: String = "127.0.0.1", deaf: Int = 0, hangsUp: Bool = false, replies: @escaping Replies
    ) async throws {
        let ports = AsyncStream<Int>.makeStream()
        var bound: (stream: any Channel, datagrams: any Channel)?
        for _ in 0..<20 where bound == nil {
            let stream = try await Self.listen(address, hangsUp: hangsUp, replies: replies)
            let handler: @Sendable () -> DatagramReplier = {
                DatagramReplier(deaf: deaf, replies: replies, note: { ports.continuation.yield($0) })
            }
            do {
                bound = (stream, try await Self.receive(address, port: stream.localAddress?.port ?? 0, handler))
            } catch {
                try await stream.close()  // somebody has that port of UDP
            }
        }
        guard let bound else { throw ChannelError.operationUnsupported }
        channels = [bound.stream, bound.datagrams]
        port = bound.stream.localAddress?.port ?? 0
        Task {
            for await port in ports.stream { note(port) }
        }
    }

    private static func listen(
        _ address: String, hangsUp: Bool, replies: @escaping Replies
    ) async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(StreamReplier(hangsUp: hangsUp, replies: replies))
                }
            }
            .bind(host: address, port: 0).get()
    }

    private static func receive(
        _ address: String, port: Int, _ handler: @escaping @Sendable () -> DatagramReplier
    ) async throws -> any Channel {
        try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(handler()) }
            }
            .bind(host: address, port: port).get()
    }

    private func note(_ port: Int) { sourcePorts.insert(port) }

    func stop() async throws {
        for channel in channels { try await channel.close() }
    }
}

private final class DatagramReplier: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private var deaf: Int
    private let replies: FakeServer.Replies
    private let note: @Sendable (Int) -> Void

    init(deaf: Int, replies: @escaping FakeServer.Replies, note: @escaping @Sendable (Int) -> Void) {
        self.deaf = deaf
        self.replies = replies
        self.note = note
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        note(envelope.remoteAddress.port ?? 0)
        guard deaf == 0, let query = try? Message(wire: Array(envelope.data.readableBytesView)) else {
            deaf -= 1
            return
        }
        for reply in replies(query, .udp) {
            let envelope = AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: ByteBuffer(bytes: reply))
            context.writeAndFlush(wrapOutboundOut(envelope), promise: nil)
        }
    }
}

private final class StreamReplier: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let hangsUp: Bool
    private let replies: FakeServer.Replies
    private var received = ByteBuffer()

    init(hangsUp: Bool, replies: @escaping FakeServer.Replies) {
        self.hangsUp = hangsUp
        self.replies = replies
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var chunk = unwrapInboundIn(data)
        received.writeBuffer(&chunk)
        while let octets = received.readLengthPrefixedSlice(as: UInt16.self),
            let query = try? Message(wire: Array(octets.readableBytesView))
        {
            for reply in replies(query, .tcp) {
                var buffer = ByteBuffer(integer: UInt16(reply.count))
                buffer.writeBytes(reply)
                context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
            }
            if hangsUp { context.close(promise: nil) }
        }
    }
}
