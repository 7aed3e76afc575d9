import Addresses
import DNSClient
import NIOCore
import NIOPosix

/// A conversation in datagrams with one address: it sends, sends again while nothing comes, and listens.
enum DatagramExchange {
    enum Outcome: Sendable {
        case found(Verdict)
        case failed(String)
    }

    /// Sends `message` at once and again after each quarter of the time, as datagrams get lost; gives the first
    /// verdict that `judge` has of an answer. A port that is closed is known at once (ICMP), as the socket is connected.
    static func run(
        _ message: ByteBuffer, to address: IPAddress, port: Int, within limit: TimeLimit, on loop: any EventLoop,
        waiting: String, judge: @escaping @Sendable (ByteBuffer) -> Verdict?
    ) async -> Outcome {
        guard let target = try? SocketAddress(ipAddress: address.description, port: port) else {
            return .failed("not an address that can be connected to")
        }
        let promise = loop.makePromise(of: Verdict.self)
        let opening = DatagramBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        DatagramTalk(message, to: target, within: limit, promise, judge))
                }
            }
            .connect(to: target, leavingBy: Egress.current, on: loop)
        opening.whenFailure { promise.fail($0) }
        let timer = loop.scheduleTask(deadline: limit.end) {
            promise.succeed(.err("timed out after \(inWords(limit.timeout)) \(waiting)"))
        }
        defer { timer.cancel() }
        let outcome: Outcome
        do {
            outcome = .found(
                try await withTaskCancellationHandler {
                    try await promise.futureResult.get()
                } onCancel: {
                    promise.succeed(.err("cancelled"))
                })
        } catch {
            outcome = .failed(inWords(connecting: error))
        }
        if let channel = try? await opening.get() { try? await channel.close() }
        return outcome
    }
}

/// Sends one message until something comes that decides.
private final class DatagramTalk: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let message: ByteBuffer
    private let target: SocketAddress
    private let limit: TimeLimit
    private let promise: EventLoopPromise<Verdict>
    private let judge: (ByteBuffer) -> Verdict?
    private var repetition: RepeatedTask?

    init(
        _ message: ByteBuffer, to target: SocketAddress, within limit: TimeLimit, _ promise: EventLoopPromise<Verdict>,
        _ judge: @escaping (ByteBuffer) -> Verdict?
    ) {
        (self.message, self.target, self.limit, self.promise, self.judge) = (message, target, limit, promise, judge)
    }

    func channelActive(context: ChannelHandlerContext) {
        let quarter = TimeAmount.nanoseconds(max(1_000_000, (limit.end - .now()).nanoseconds / 4))
        let (this, bound) = (
            NIOLoopBound(self, eventLoop: context.eventLoop), NIOLoopBound(context, eventLoop: context.eventLoop)
        )
        repetition = context.eventLoop.scheduleRepeatedTask(initialDelay: quarter, delay: quarter) { _ in
            this.value.send(bound.value)
        }
        send(context)
    }

    private func send(_ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(AddressedEnvelope(remoteAddress: target, data: message)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if let verdict = judge(unwrapInboundIn(data).data) { promise.succeed(verdict) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.fail(error) }

    func channelInactive(context: ChannelHandlerContext) {
        repetition?.cancel()
        promise.succeed(.err("the socket was closed"))
    }
}

extension Destination {
    /// Gives each address of the host its turn until one is ok, as `Exchange` does for connections; the result is that
    /// of the last one tried.
    func probeAddresses(
        within limit: TimeLimit, on loop: any EventLoop,
        _ once: @escaping @Sendable (IPAddress, TimeLimit) async -> Verdict
    ) async -> ProbeResult {
        await probe(within: limit, on: loop) { host, resolver in
            var phases = ProbePhases()
            let addresses: [IPAddress]
            switch host {
            case .address(let address): addresses = [address]
            case .name(let name):
                let start = NIODeadline.now()
                switch await resolver.addresses(of: name, within: limit, on: loop) {
                case .success(let found): addresses = Array(found.prefix(Self.mostAddresses))
                case .failure(let failure):
                    return ProbeResult(.err(failure.words(name)), phases, at: nil, within: limit)
                }
                phases.resolve = Duration(NIODeadline.now() - start)
            }
            var last = ProbeResult(.err("name has no address: \(host)"), phases, at: nil, within: limit)
            for (index, address) in addresses.enumerated() {
                let left = limit.end - .now()
                let share = TimeLimit(Duration(.nanoseconds(left.nanoseconds / Int64(addresses.count - index))))
                let start = NIODeadline.now()
                let verdict = await once(address, addresses.count - index == 1 ? limit : share)
                phases.firstByte = Duration(NIODeadline.now() - start)
                last = ProbeResult(verdict, phases, at: address, within: limit)
                if last.isSuccess || limit.end <= .now() { break }
            }
            return last
        }
    }
}
