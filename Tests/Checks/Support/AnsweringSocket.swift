import NIOCore
import NIOPosix
import Testing

/// A UDP socket on loopback that answers every datagram with the same octets, or never.
final class AnsweringSocket: Sendable {
    let port: Int
    private let channel: any Channel

    init(_ answer: [UInt8]?) async throws {
        channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Answering(answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = try #require(channel.localAddress?.port)
    }

    func stop() async { try? await channel.close() }

    private final class Answering: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>
        typealias OutboundOut = AddressedEnvelope<ByteBuffer>

        private let answer: [UInt8]?
        init(_ answer: [UInt8]?) { self.answer = answer }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard let answer else { return }
            let envelope = AddressedEnvelope(
                remoteAddress: unwrapInboundIn(data).remoteAddress, data: ByteBuffer(bytes: answer))
            context.writeAndFlush(wrapOutboundOut(envelope), promise: nil)
        }
    }
}
