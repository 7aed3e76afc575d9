import Addresses
import CSockets
import DNS
import NIOCore

/// What the connections of one event loop share: all of it is used by that loop's thread alone.
final class TCPLoop: @unchecked Sendable {  // handed over when the loop starts, then the loop's own
    let state: ServingState
    let reader: Epochs.Reader
    let counters: CounterCell
    private let cells: CounterCells
    /// A reply is composed here and copied behind the others that go out together.
    let scratch: UnsafeMutableRawBufferPointer

    init(state: ServingState, reader: Int, cells: CounterCells) {
        self.state = state
        self.reader = state.epochs.reader(reader)
        self.cells = cells
        counters = cells[reader]
        scratch = .allocate(byteCount: 65_535, alignment: 16)
    }

    deinit { scratch.deallocate() }
}

/// One TCP connection (RFC 7766): queries in frames of two length octets, as many at once as the client likes; the
/// replies go out together, in the same order.
///
///     bytes ─► whole frames ─► answer ─► replies, in portions ─► the client reads them, or nothing more is read
///
/// A client that asks faster than it reads is not read from until it has caught up. Only whole queries keep a
/// connection alive, so neither silence nor a trickle of octets holds it.
final class TCPQueries: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = Never
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    /// Replies are flushed in portions of about this many octets.
    private static let portion = 64 << 10

    private let loop: TCPLoop
    private let idleLimit: TimeAmount
    private var client: AskingClient
    private var pending = ByteBuffer()
    private var isReadHeld = false
    private var isInputClosed = false
    private var lastQuery = NIODeadline.now()
    private var idleCheck: Scheduled<Void>?

    init(loop: TCPLoop, client: IPAddress, idleLimit: TimeAmount) {
        self.loop = loop
        self.client = AskingClient(client, over: .stream, nowSeconds: 0)
        self.client.idleLimitTenths = UInt16(clamping: idleLimit.nanoseconds / 100_000_000)
        self.idleLimit = idleLimit
    }

    func channelActive(context: ChannelHandlerContext) {
        lastQuery = .now()
        scheduleIdleCheck(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        idleCheck?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var chunk = unwrapInboundIn(data)
        if pending.readableBytes == 0 { pending = chunk } else { pending.writeBuffer(&chunk) }
        answerPending(context)
    }

    func read(context: ChannelHandlerContext) {
        if context.channel.isWritable { context.read() } else { isReadHeld = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        answerPending(context)
        if isReadHeld, context.channel.isWritable {
            isReadHeld = false
            context.read()
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            // The client has said all; it still gets its replies.
            isInputClosed = true
            answerPending(context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    // MARK: -

    private func answerPending(_ context: ChannelHandlerContext) {
        while context.channel.isActive, context.channel.isWritable {
            let replies = answerPortion(context)
            if replies.readableBytes == 0 { break }
            context.writeAndFlush(wrapOutboundOut(replies), promise: nil)
        }
        if pending.readableBytes == 0 { pending.clear() } else { pending.discardReadBytes() }
        if isInputClosed, context.channel.isWritable { closeAfterReplies(context) }
    }

    /// Answers whole frames from `pending` until there are none, or enough for now.
    private func answerPortion(_ context: ChannelHandlerContext) -> ByteBuffer {
        var replies = context.channel.allocator.buffer(capacity: 512)
        loop.reader.enter()
        defer { loop.reader.leave() }
        let source = loop.state.current.pointee
        client.nowSeconds = ninelives_coarse_seconds()
        var answered = 0
        while replies.readableBytes < Self.portion, let length = wholeFrameLength() {
            let replyLength = pending.withUnsafeReadableBytes { octets in
                answer(
                    UnsafeRawBufferPointer(rebasing: octets[2..<2 + length]), for: client, from: source,
                    into: loop.scratch)
            }
            pending.moveReaderIndex(forwardBy: 2 + length)
            answered += 1
            loop.counters.add(1, to: .tcpQueries)
            loop.counters.add(length, to: .queryBytes)
            guard replyLength > 0, let reply = loop.scratch.baseAddress else {
                loop.counters.add(1, to: .dropped)
                continue
            }
            replies.writeInteger(UInt16(replyLength))
            replies.writeBytes(UnsafeRawBufferPointer(rebasing: loop.scratch[..<replyLength]))
            loop.counters.addReply(reply.assumingMemoryBound(to: UInt8.self), length: replyLength)
        }
        if answered > 0 { lastQuery = .now() }
        return replies
    }

    private func wholeFrameLength() -> Int? {
        guard let length = pending.getInteger(at: pending.readerIndex, as: UInt16.self),
            pending.readableBytes >= 2 + Int(length)
        else { return nil }
        return Int(length)
    }

    private func closeAfterReplies(_ context: ChannelHandlerContext) {
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.value.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in
            context.value.close(promise: nil)
        }
    }

    private func scheduleIdleCheck(_ context: ChannelHandlerContext) {
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        let handler = NIOLoopBound(self, eventLoop: context.value.eventLoop)
        idleCheck = context.value.eventLoop.scheduleTask(deadline: lastQuery + idleLimit) {
            if NIODeadline.now() >= handler.value.lastQuery + handler.value.idleLimit {
                context.value.close(promise: nil)
            } else {
                handler.value.scheduleIdleCheck(context.value)
            }
        }
    }
}
