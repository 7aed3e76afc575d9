import DNS
import NIOCore

/// Sends the query in a datagram, again after each third of the time, and waits for its answer.
final class DatagramQueryHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let exchange: Exchange
    private let promise: EventLoopPromise<Message>
    /// What is told at the deadline: rubbish with the right id may be forged, so the wait goes on after it.
    private var failure: DNSClientError
    private var timers: [Scheduled<Void>] = []

    init(exchange: Exchange, promise: EventLoopPromise<Message>) {
        self.exchange = exchange
        self.promise = promise
        failure = .timedOut(after: exchange.timeout)
    }

    func channelActive(context: ChannelHandlerContext) {
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        let this = NIOLoopBound(self, eventLoop: exchange.eventLoop)
        let third = TimeAmount.nanoseconds((exchange.deadline - .now()).nanoseconds / 3)
        for turn in 1...2 {
            timers.append(
                exchange.eventLoop.scheduleTask(deadline: exchange.deadline - turn * third) {
                    this.value.send(context.value)
                })
        }
        timers.append(
            exchange.eventLoop.scheduleTask(deadline: exchange.deadline) {
                this.value.promise.fail(this.value.failure)
            })
        send(context.value)
    }

    private func send(_ context: ChannelHandlerContext) {
        let envelope = AddressedEnvelope(
            remoteAddress: exchange.server, data: ByteBuffer(bytes: exchange.octets))
        context.writeAndFlush(wrapOutboundOut(envelope), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard envelope.remoteAddress == exchange.server else { return }
        switch Reply(Array(envelope.data.readableBytesView), to: exchange) {
        case .answer(let message): promise.succeed(message)
        case .malformed(let error): failure = .malformed(error)
        case .unproven(let fault): failure = .signature(fault)
        case .stray: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.fail(error) }

    func channelInactive(context: ChannelHandlerContext) {
        timers.forEach { $0.cancel() }
        promise.fail(DNSClientError.closed)
    }
}

/// Sends the query over a connection, its length in front (RFC 1035 §4.2.2), and waits for its answer.
final class StreamQueryHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let exchange: Exchange
    private let promise: EventLoopPromise<Message>
    private var timer: Scheduled<Void>?
    /// At most one message and what came with its end.
    private var received = ByteBuffer()

    init(exchange: Exchange, promise: EventLoopPromise<Message>) {
        self.exchange = exchange
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        let failure = DNSClientError.timedOut(after: exchange.timeout)
        timer = exchange.eventLoop.scheduleTask(deadline: exchange.deadline) { [promise] in promise.fail(failure) }
        let query = exchange.octets
        var buffer = context.channel.allocator.buffer(capacity: query.count + 2)
        buffer.writeInteger(UInt16(query.count))
        buffer.writeBytes(query)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var chunk = unwrapInboundIn(data)
        received.writeBuffer(&chunk)
        while let message = received.readLengthPrefixedSlice(as: UInt16.self) {
            switch Reply(Array(message.readableBytesView), to: exchange) {
            case .answer(let message): promise.succeed(message)
            case .malformed(let error): promise.fail(DNSClientError.malformed(error))
            case .unproven(let fault): promise.fail(DNSClientError.signature(fault))
            case .stray: break
            }
        }
        received.discardReadBytes()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.fail(error) }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        promise.fail(DNSClientError.closed)
    }
}
