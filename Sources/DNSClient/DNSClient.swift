import Addresses
import DNS
import NIOCore
import TSIG

// One question to one server:
//
//   query ─► UDP ─► answer ─────────────► Result
//             └─► truncated ─► TCP ─► answer ─┘      all within one deadline

/// A stub client (RFC 1034 §5.3.1) that asks one server one question at a time, for DNS checks, verification and
/// propagation. It follows nothing and caches nothing.
package struct DNSClient: Sendable {
    /// How the question travels.
    package enum Transport: Hashable, Sendable {
        /// UDP, and TCP once more if the answer was truncated (RFC 7766 §5).
        case udp
        case tcp
    }

    private let group: any EventLoopGroup

    package init(group: any EventLoopGroup) { self.group = group }

    /// Asks `server` and waits at most `timeout` in all, a repetition over TCP included. A question over UDP is
    /// sent again after each third of that time.
    ///
    /// Id and source port are random for each query. What does not answer the question (another id, question or
    /// sender) is ignored.
    package func query(
        _ name: Name, _ type: RRType, server: IPAddress, port: Int = 53, transport: Transport = .udp,
        timeout: Duration = .seconds(2), recursionDesired: Bool = false
    ) async -> Result<Message, DNSClientError> {
        let query = Message.query(name, type, id: .random(in: .min ... .max), recursionDesired: recursionDesired)
        return await ask(query, server: server, port: port, transport: transport, timeout: timeout)
    }

    /// Asks with a message made by the caller, whose id should be random.
    ///
    /// - Parameter key: signs the message; the reply counts only if it is signed with it too (RFC 8945).
    package func ask(
        _ query: Message, server: IPAddress, port: Int = 53, transport: Transport = .udp,
        timeout: Duration = .seconds(2), key: TSIGKey? = nil
    ) async -> Result<Message, DNSClientError> {
        guard (1...65535).contains(port),
            let address = try? SocketAddress(ipAddress: server.description, port: port)
        else {
            return .failure(.badPort(port))
        }
        let exchange = Exchange(
            query: query, signed: key.map { SignedRequest(query.wire, with: $0, now: secondsSince1970()) },
            server: address, eventLoop: group.next(), timeout: timeout, deadline: .now() + TimeAmount(timeout))
        guard transport == .udp else { return await exchange.overTCP() }
        let result = await exchange.overUDP()
        if case .success(let message) = result, message.header.flags.contains(.truncated) {
            return await exchange.overTCP()
        }
        return result
    }
}

/// Why there is no answer.
package enum DNSClientError: Error, Hashable, Sendable {
    case timedOut(after: Duration)
    /// Nobody listens there.
    case refused
    /// The network cannot get there; `errno` says why.
    case unreachable(errno: Int32)
    /// The server closed the connection without an answer.
    case closed
    /// The server's answer is no DNS message.
    case malformed(MessageError)
    case badPort(Int)
    /// The server's answer is not signed as it should be, or it did not take our signature.
    case signature(TSIGFault)
    /// It cannot leave as it should.
    case noWayOut(EgressFault)
    /// The task that asked was cancelled.
    case cancelled
}

extension DNSClientError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .timedOut(let limit): "no answer within \(limit)"
        case .refused: "connection refused"
        case .unreachable(let errno): "unreachable: \(errorText(errno))"
        case .closed: "the server closed the connection without an answer"
        case .malformed(let error): "the answer is malformed: \(error)"
        case .badPort(let port): "\(port) is not a port from 1 to 65535"
        case .signature(let fault): "\(fault)"
        case .noWayOut(let fault): "\(fault)"
        case .cancelled: "cancelled"
        }
    }
}

private func errorText(_ errno: Int32) -> String { IOError(errnoCode: errno, reason: "network").description }
