import NIOCore
import NIOHTTP2

/// Lets the last frame of a response end its stream of HTTP/2, instead of an empty frame behind it. Besides what the
/// frame costs: clients that know by Content-Length that all is there (curl) reset a stream that is still open then.
final class StreamEnd: ChannelOutboundHandler {
    typealias OutboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private var held: (payload: HTTP2Frame.FramePayload, promise: EventLoopPromise<Void>?)?

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let payload = unwrapOutboundIn(data)
        if case .data(let end) = payload, end.endStream, end.data.readableBytes == 0, let before = held {
            held = nil
            before.promise?.futureResult.cascade(to: promise)
            context.write(
                wrapOutboundOut(before.payload.ending), promise: before.promise ?? promise)
            return
        }
        passOn(context)
        held = (payload, promise)
    }

    func flush(context: ChannelHandlerContext) {
        // The end is written before the flush, in this server; whatever is held then is the end itself.
        passOn(context)
        context.flush()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        held?.promise?.fail(ChannelError.ioOnClosedChannel)
        held = nil
    }

    private func passOn(_ context: ChannelHandlerContext) {
        guard let held else { return }
        self.held = nil
        context.write(wrapOutboundOut(held.payload), promise: held.promise)
    }
}

extension HTTP2Frame.FramePayload {
    /// The same, as the last of its stream.
    fileprivate var ending: HTTP2Frame.FramePayload {
        switch self {
        case .data(var data):
            data.endStream = true
            return .data(data)
        case .headers(var headers):
            headers.endStream = true
            return .headers(headers)
        default: return self
        }
    }
}
