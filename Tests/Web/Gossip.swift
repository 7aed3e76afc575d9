import NIOCore
import NIOPosix
import Testing

/// A server that tells whoever asks what it has heard, and is no server of any protocol.
final class Gossip: Sendable {
    let port: Int
    private let channel: any Channel

    init(telling text: String) async throws {
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Mouth(text))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = try #require(channel.localAddress?.port)
    }

    func stop() async { try? await channel.close() }

    private final class Mouth: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let text: String
        init(_ text: String) { self.text = text }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "I have heard \(text)!\r\n")), promise: nil)
        }
    }
}
