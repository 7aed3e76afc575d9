import Addresses
import DNSClient
import Glibc
import NIOCore
import NIOPosix

/// Echo requests to one address and their answers.
enum EchoExchange {
    /// Why none could even be sent.
    enum Fault: Error, Hashable, Sendable {
        case notPermitted(group: UInt32)
        case noSocket(errno: Int32)
        case unreachable(String)
        case cancelled

        var words: String {
            switch self {
            case .notPermitted(let group):
                "this process may not send ICMP: let its group \(group) into the sysctl net.ipv4.ping_group_range, "
                    + "or give it CAP_NET_RAW"
            case .noSocket(let errno):
                inWords(connecting: IOError(errnoCode: errno, reason: "socket"))
            case .unreachable(let reason): reason
            case .cancelled: "cancelled"
            }
        }
    }

    /// Between two requests.
    static let pause = TimeAmount.milliseconds(20)

    /// Sends `count` requests and gives the times of those that were answered. Ends when all are; when `needed` are
    /// and the others are late; and at `limit.end`.
    static func run(
        to address: IPAddress, count: Int, needed: Int, within limit: TimeLimit, on loop: any EventLoop
    ) async -> Result<[Duration], Fault> {
        let socket: EchoSocket
        do {
            socket = try EchoSocket(for: address)
        } catch {
            return .failure(error)
        }
        guard let target = try? SocketAddress(ipAddress: address.description, port: 0) else {
            Glibc.close(socket.descriptor)
            return .failure(.noSocket(errno: EINVAL))
        }
        do {
            try Egress.current?.prepare(socket.descriptor, for: target)
        } catch {
            Glibc.close(socket.descriptor)
            return .failure(.unreachable(inWords(connecting: error)))
        }
        let promise = loop.makePromise(of: [Duration].self)
        let opening = DatagramBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        EchoTalk(to: target, socket: socket, count: count, needed: needed, within: limit, promise))
                }
            }
            .withBoundSocket(socket.descriptor)
        opening.whenFailure { promise.fail($0) }
        let result: Result<[Duration], Fault>
        do {
            result = .success(
                try await withTaskCancellationHandler {
                    try await promise.futureResult.get()
                } onCancel: {
                    promise.fail(Fault.cancelled)
                })
        } catch {
            result = .failure(error as? Fault ?? .unreachable(inWords(connecting: error)))
        }
        if let channel = try? await opening.get() { try? await channel.close() }
        return result
    }
}

/// A socket for ICMP: of the kind that the kernel gives to anybody in its `ping_group_range`, else a raw one.
struct EchoSocket: Sendable {
    let descriptor: Int32
    let isV6: Bool
    /// Answers come with their IPv4 header.
    let hasHeader: Bool

    init(for address: IPAddress) throws(EchoExchange.Fault) {
        if case .v6 = address { isV6 = true } else { isV6 = false }
        let family = isV6 ? AF_INET6 : AF_INET
        let kind = Int32(isV6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP)
        let flags = Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let datagram = socket(family, Int32(SOCK_DGRAM.rawValue) | flags, kind)
        if datagram >= 0 {
            (descriptor, hasHeader) = (datagram, false)
            return
        }
        let refusal = errno
        guard refusal == EACCES || refusal == EPERM || refusal == EPROTONOSUPPORT else {
            throw .noSocket(errno: refusal)
        }
        let raw = socket(family, Int32(SOCK_RAW.rawValue) | flags, kind)
        guard raw >= 0 else { throw .notPermitted(group: getegid()) }
        (descriptor, hasHeader) = (raw, !isV6)
    }

    /// One request: type, code, checksum, identifier, sequence, and a token by which its answer is known.
    func request(sequence: UInt16, token: UInt64) -> ByteBuffer {
        var bytes: [UInt8] = [isV6 ? 128 : 8, 0, 0, 0, 0x9C, 0xA7, UInt8(sequence >> 8), UInt8(sequence & 0xFF)]
        for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: token >> shift)) }
        if !isV6 {  // for IPv6 the kernel does it, as it knows the source address (RFC 4443 §2.3)
            let sum = internetChecksum(bytes)
            (bytes[2], bytes[3]) = (UInt8(sum >> 8), UInt8(sum & 0xFF))
        }
        return ByteBuffer(bytes: bytes)
    }

    /// The sequence number of an answer with that token; nil for anything else.
    func sequence(of datagram: ByteBuffer, token: UInt64) -> UInt16? {
        var datagram = datagram
        if hasHeader {
            guard let first = datagram.getInteger(at: datagram.readerIndex, as: UInt8.self) else { return nil }
            let length = Int(first & 0x0F) * 4
            guard datagram.readableBytes >= length else { return nil }
            datagram.moveReaderIndex(forwardBy: length)
        }
        guard datagram.readInteger(as: UInt8.self) == (isV6 ? 129 : 0), datagram.readInteger(as: UInt8.self) == 0,
            datagram.readInteger(as: UInt32.self) != nil, let sequence = datagram.readInteger(as: UInt16.self),
            datagram.readInteger(as: UInt64.self) == token
        else { return nil }
        return sequence
    }
}

/// RFC 1071.
func internetChecksum(_ bytes: [UInt8]) -> UInt16 {
    var sum: UInt32 = 0
    for index in stride(from: 0, to: bytes.count, by: 2) {
        sum += UInt32(bytes[index]) << 8 | (index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0)
    }
    while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
    return ~UInt16(sum)
}

private final class EchoTalk: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let target: SocketAddress
    private let socket: EchoSocket
    private let count: Int
    private let needed: Int
    private let limit: TimeLimit
    private let promise: EventLoopPromise<[Duration]>
    private let token = UInt64.random(in: .min ... .max)
    private var sent: [NIODeadline] = []
    private var times: [UInt16: Duration] = [:]
    private var timers: [Scheduled<Void>] = []

    init(
        to target: SocketAddress, socket: EchoSocket, count: Int, needed: Int, within limit: TimeLimit,
        _ promise: EventLoopPromise<[Duration]>
    ) {
        (self.target, self.socket, self.count, self.needed) = (target, socket, count, needed)
        (self.limit, self.promise) = (limit, promise)
    }

    func channelActive(context: ChannelHandlerContext) {
        let this = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        for index in 0..<count {
            timers.append(
                context.eventLoop.scheduleTask(in: EchoExchange.pause * index) { this.value.0.send(this.value.1) })
        }
        timers.append(context.eventLoop.scheduleTask(deadline: limit.end) { this.value.0.finish() })
    }

    private func send(_ context: ChannelHandlerContext) {
        let request = socket.request(sequence: UInt16(sent.count), token: token)
        sent.append(.now())
        context.writeAndFlush(wrapOutboundOut(AddressedEnvelope(remoteAddress: target, data: request)))
            .assumeIsolated().whenFailure { self.promise.fail($0) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard let sequence = socket.sequence(of: envelope.data, token: token), Int(sequence) < sent.count,
            times[sequence] == nil
        else { return }
        times[sequence] = Duration(NIODeadline.now() - sent[Int(sequence)])
        if times.count == count { return finish() }
        guard times.count >= needed, sent.count == count, let slowest = times.values.max() else { return }
        let this = NIOLoopBound(self, eventLoop: context.eventLoop)
        let patience = TimeAmount(slowest * 3) + .milliseconds(100)
        timers.append(context.eventLoop.scheduleTask(in: patience) { this.value.finish() })
    }

    private func finish() { promise.succeed(times.sorted { $0.key < $1.key }.map(\.value)) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.fail(error) }

    func channelInactive(context: ChannelHandlerContext) {
        timers.forEach { $0.cancel() }
        finish()
    }
}
