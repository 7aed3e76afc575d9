import Addresses
import DNS
import NIOCore

/// DNS over TLS (RFC 7858), above the TLS handler: the frames of RFC 7766, as many queries at once as the client likes;
/// the replies go out together, in the same order.
///
///     bytes ─► whole frames ─► answer ─► replies, in portions ─► the client reads them, or nothing more is read
///
/// A client that asks faster than it reads is not read from until it has caught up. Only whole queries keep a
/// connection alive, so neither silence nor a trickle of octets holds it.
final class EncryptedQueries: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = Never
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    /// Replies are flushed in portions of about this many octets.
    private static let portion = 64 << 10

    private let connection: EncryptedConnection
    private var pending = ByteBuffer()
    /// A transfer under way: queries behind it wait.
    private var transfer: ReplySequence?
    private var isReadHeld = false
    private var isInputClosed = false

    init(_ connection: EncryptedConnection) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var chunk = unwrapInboundIn(data)
        if pending.readableBytes == 0 { pending = chunk } else { pending.writeBuffer(&chunk) }
        answerPending(context)
    }

    func read(context: ChannelHandlerContext) {
        if context.channel.isWritable { context.read() } else { isReadHeld = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        // Octets that the client took are a sign of life, too.
        if context.channel.isWritable { connection.touch() }
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
        while replies.readableBytes < Self.portion {
            if transfer != nil {
                writeNextOfTransfer(to: &replies)
                continue
            }
            guard let length = wholeFrameLength() else { break }
            pending.withUnsafeReadableBytes { octets in
                let query = UnsafeRawBufferPointer(rebasing: octets[2..<2 + length])
                let reply = connection.loop.answer(query, for: connection, counting: .tlsQueries) {
                    self.transfer = $0
                }
                guard let reply else { return }
                replies.writeInteger(UInt16(reply.count))
                replies.writeBytes(reply)
            }
            pending.moveReaderIndex(forwardBy: 2 + length)
        }
        return replies
    }

    private func writeNextOfTransfer(to replies: inout ByteBuffer) {
        let space = connection.loop.scratch
        let length = transfer?.next(into: space) ?? 0
        guard length > 0, let reply = space.baseAddress else {
            transfer = nil
            return
        }
        replies.writeInteger(UInt16(length))
        replies.writeBytes(UnsafeRawBufferPointer(rebasing: space[..<length]))
        connection.loop.counters.addReply(reply.assumingMemoryBound(to: UInt8.self), length: length)
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
}
