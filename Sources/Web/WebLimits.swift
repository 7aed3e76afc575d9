import Glibc
import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// How much patience the page's server has with those who ask.
package struct WebLimits: Sendable {
    /// From the connection to the whole head of the first request.
    package var firstHead = TimeAmount.seconds(10)
    /// From an answer to the whole head of the next request.
    package var nextHead = TimeAmount.seconds(60)
    /// From a request's head to the end of its body.
    package var body = TimeAmount.seconds(30)
    /// The same of a backup that is to be restored.
    package var upload = TimeAmount.minutes(15)
    /// How long an answer may wait for its reader to take more of it.
    package var stall = TimeAmount.seconds(60)
    /// How many connections may be open; more wait until one is closed.
    package var connections = 2000
    /// How many of them one client may have; more are closed at once. See `Guests`.
    package var perClient = 100
    /// Whether clients on this machine, such as a proxy, may have any number.
    package var exemptsLoopback = true
    package init() {}
}

/// Closes a connection whose request does not come whole in time, however lively its octets drip. While an answer is
/// under way (an event stream lasts for hours) there is no limit, as long as somebody reads it.
final class RequestDeadline: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let limits: WebLimits
    private var deadline: Scheduled<Void>?
    private var stalled: Scheduled<Void>?
    /// Whether the request that is answered has come whole.
    private var isWhole = true

    init(_ limits: WebLimits) { self.limits = limits }

    func handlerAdded(context: ChannelHandlerContext) { expect(within: limits.firstHead, context) }
    func handlerRemoved(context: ChannelHandlerContext) { forget() }

    private func forget() {
        deadline?.cancel()
        stalled?.cancel()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stalled?.cancel()
        let channel = context.channel
        if !channel.isWritable {
            stalled = context.eventLoop.scheduleTask(in: limits.stall) {
                // The system would keep what is not read for a quarter of an hour: a reset throws it away.
                let reset = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
                guard let reset else { return channel.close(promise: nil) }
                reset.whenComplete { _ in channel.close(promise: nil) }
            }
        }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        forget()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            isWhole = false
            let isUpload = head.path?.hasPrefix(Site.restorePath) ?? false
            expect(within: isUpload ? limits.upload : limits.body, context)
        case .body: break
        case .end:
            isWhole = true
            deadline?.cancel()
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data), isWhole { expect(within: limits.nextHead, context) }
        context.write(data, promise: promise)
    }

    private func expect(within time: TimeAmount, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }
}
