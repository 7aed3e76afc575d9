import NIOCore
import NIOTLS

/// Carries what happens on one channel to the exchange that opened it.
final class Wire<Talk: Conversation>: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let exchange: Exchange<Talk>

    init(_ exchange: Exchange<Talk>) { self.exchange = exchange }

    func handlerAdded(context: ChannelHandlerContext) { exchange.opening(context.channel) }

    func channelActive(context: ChannelHandlerContext) { exchange.connected(context.channel) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let chosen) = event as? TLSUserEvent {
            exchange.secured(context.channel, applicationProtocol: chosen)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        unwrapInboundIn(data).withUnsafeReadableBytes { exchange.received($0, on: context.channel) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { exchange.failed(error, on: context.channel) }

    func channelInactive(context: ChannelHandlerContext) { exchange.ended(.closed, on: context.channel) }
}
