import Glibc
import NIOCore
import Synchronization

/// Counts the connections that each client has open, and refuses those beyond what one may have, so that nobody keeps
/// all others out.
///
/// A client is an IPv4 address, or the 64 bits of an IPv6 address that belong to one network. This machine's own
/// addresses are not limited: a proxy in front of us comes from there, for everybody.
final class Guests: Sendable {
    private struct State {
        var counts: [[UInt8]: Int] = [:]
        var limit: Int
        var open = 0
        var refused = 0
    }

    private let state: Mutex<State>
    private let exemptsLoopback: Bool

    /// - Parameter limit: how many connections a client may have open, ≥ 1.
    init(limit: Int, exemptsLoopback: Bool) {
        state = Mutex(State(limit: limit))
        self.exemptsLoopback = exemptsLoopback
    }

    /// Connections that are open stay so.
    func setLimit(_ limit: Int) { state.withLock { $0.limit = limit } }

    /// What a connection is counted under; nil if it is refused.
    func enter(_ address: SocketAddress?) -> [UInt8]? {
        let client = Self.client(of: address)
        let isExempt = exemptsLoopback && (client.first == 127 || client.isEmpty)
        return state.withLock { state in
            guard isExempt || state.counts[client, default: 0] < state.limit else {
                state.refused += 1
                return nil
            }
            state.counts[client, default: 0] += 1
            state.open += 1
            return client
        }
    }

    func leave(_ client: [UInt8]) {
        state.withLock { state in
            state.open -= 1
            let left = state.counts[client, default: 1] - 1
            state.counts[client] = left > 0 ? left : nil
        }
    }

    /// In Prometheus' text format.
    var metrics: String {
        let (open, refused) = state.withLock { ($0.open, $0.refused) }
        return """
            # HELP ninelives_http_connections Connections to the page that are open.
            # TYPE ninelives_http_connections gauge
            ninelives_http_connections \(open)
            # HELP ninelives_http_connections_refused_total Connections refused because their client had too many.
            # TYPE ninelives_http_connections_refused_total counter
            ninelives_http_connections_refused_total \(refused)

            """
    }

    /// Empty for what comes through no network.
    private static func client(of address: SocketAddress?) -> [UInt8] {
        switch address {
        case .v4(let address): return withUnsafeBytes(of: address.address.sin_addr) { Array($0) }
        case .v6(let address):
            let octets = withUnsafeBytes(of: address.address.sin6_addr) { Array($0) }
            // ::ffff:192.0.2.1, as IPv4 arrives at a socket for both; and ::1.
            if octets[..<10].allSatisfy({ $0 == 0 }) {
                if octets[10] == 255, octets[11] == 255 { return Array(octets[12...]) }
                if octets[10..<15].allSatisfy({ $0 == 0 }), octets[15] == 1 { return [127] }
            }
            return Array(octets[..<8])
        case .unixDomainSocket, nil: return []
        }
    }
}

/// Counts its connection from the beginning to the end, and closes it if it is one too many.
final class GuestCounter: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let guests: Guests
    private var client: [UInt8]?

    init(_ guests: Guests) { self.guests = guests }

    func handlerAdded(context: ChannelHandlerContext) {
        client = guests.enter(context.remoteAddress)
        if client == nil { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { leave() }

    private func leave() {
        if let client { guests.leave(client) }
        client = nil
    }
}
