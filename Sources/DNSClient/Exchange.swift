import DNS
import NIOCore
import NIOPosix
import TSIG

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// One query on its way to one server.
struct Exchange: Sendable {
    let query: Message
    /// The query with its signature, if it has one.
    let signed: SignedRequest?
    let server: SocketAddress
    let eventLoop: any EventLoop
    /// The time allowed in all, for messages.
    let timeout: Duration
    let deadline: NIODeadline

    /// The answer over UDP; a truncated one may lack its records.
    func overUDP() async -> Result<Message, DNSClientError> {
        let egress = Egress.current
        return await run { exchange, promise in
            DatagramBootstrap(group: exchange.eventLoop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let handler = DatagramQueryHandler(exchange: exchange, promise: promise)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                }
                .connect(to: exchange.server, leavingBy: egress, on: exchange.eventLoop)
        }
    }

    func overTCP() async -> Result<Message, DNSClientError> {
        let remaining = deadline - .now()
        guard remaining > .zero else { return .failure(.timedOut(after: timeout)) }
        let egress = Egress.current
        return await run { exchange, promise in
            ClientBootstrap(group: exchange.eventLoop)
                .connectTimeout(remaining)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .connect(to: exchange.server, leavingBy: egress) { channel in
                    let handler = StreamQueryHandler(exchange: exchange, promise: promise)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
        }
    }

    /// Opens a channel whose handler fulfils the promise, and closes it once that is done or the task cancelled.
    private func run(
        _ open: (Exchange, EventLoopPromise<Message>) -> EventLoopFuture<any Channel>
    ) async -> Result<Message, DNSClientError> {
        let promise = eventLoop.makePromise(of: Message.self)
        let channel = open(self, promise)
        channel.whenFailure { promise.fail($0) }
        do {
            let message = try await withTaskCancellationHandler {
                try await promise.futureResult.get()
            } onCancel: {
                promise.fail(DNSClientError.cancelled)
            }
            channel.whenSuccess { $0.close(promise: nil) }
            return .success(message)
        } catch {
            channel.whenSuccess { $0.close(promise: nil) }
            return .failure(cause(of: error))
        }
    }

    private func cause(of error: any Error) -> DNSClientError {
        switch error {
        case let error as DNSClientError: error
        case ChannelError.connectTimeout: .timedOut(after: timeout)
        case let error as IOError where error.errnoCode == ECONNREFUSED: .refused
        case let error as IOError where error.errnoCode == ECONNRESET || error.errnoCode == EPIPE: .closed
        case let error as IOError where error.errnoCode == ETIMEDOUT: .timedOut(after: timeout)
        case let fault as EgressFault: .noWayOut(fault)
        case let error as IOError: .unreachable(errno: error.errnoCode)
        default: .closed
        }
    }
}

/// The octets that are sent.
extension Exchange {
    var octets: [UInt8] { signed?.wire ?? query.wire }
}

/// The clock that signatures are dated by.
func secondsSince1970() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return UInt64(max(0, now.tv_sec))
}

/// What some octets from the server are.
enum Reply {
    case answer(Message)
    /// They have the query's id, but are no message.
    case malformed(MessageError)
    /// They answer something else.
    case stray
    /// They are not signed as they should be, or tell that the query was not.
    case unproven(TSIGFault)

    init(_ octets: [UInt8], to exchange: Exchange) {
        let query = exchange.query
        let isReply = octets.count >= 3 && octets[2] & 0x80 != 0
        guard isReply, UInt16(octets[0]) << 8 | UInt16(octets[1]) == query.header.id else {
            self = .stray
            return
        }
        do {
            let message = try Message(wire: octets)
            guard message.answers(query) else {
                self = .stray
                return
            }
            let fault = exchange.signed?.fault(of: octets, now: secondsSince1970())
            self = fault.map(Reply.unproven) ?? .answer(message)
        } catch {
            // A truncated answer may be cut anywhere.
            let isTruncated = octets[2] & 0x02 != 0
            let header = Header(id: query.header.id, flags: [.response, .truncated])
            self = isTruncated ? .answer(Message(header: header, questions: query.questions)) : .malformed(error)
        }
    }
}
