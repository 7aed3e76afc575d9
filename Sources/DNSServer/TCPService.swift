import Addresses
import DNS
import NIOCore
import NIOPosix

/// The TCP side: accepts connections on sockets that are bound already and gives each a `TCPQueries`.
final class TCPService: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let loops: [ObjectIdentifier: TCPLoop]
    private let connections: TCPConnections
    private let idleLimit: TimeAmount

    /// Uses the readers (and counters) from `firstReader` on, one for each of `threads`.
    init(threads: Int, firstReader: Int, state: ServingState, cells: CounterCells, limits: DNSServerLimits) {
        group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        var loops: [ObjectIdentifier: TCPLoop] = [:]
        for (index, loop) in group.makeIterator().enumerated() {
            loops[ObjectIdentifier(loop)] = TCPLoop(state: state, reader: firstReader + index, cells: cells)
        }
        self.loops = loops
        connections = TCPConnections(limit: limits.tcpConnections, limitPerClient: limits.tcpConnectionsPerClient)
        idleLimit = TimeAmount(limits.tcpIdle)
    }

    /// Accepts on a listening socket; takes the descriptor over, whatever happens.
    func serve(_ descriptor: Int32) async throws {
        _ = try await ServerBootstrap(group: group)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { [self] channel in accept(channel) }
            .withBoundSocket(descriptor).get()
    }

    /// Closes everything.
    func stop() async { try? await group.shutdownGracefully() }

    private func accept(_ channel: any Channel) -> EventLoopFuture<Void> {
        guard let loop = loops[ObjectIdentifier(channel.eventLoop)], let client = channel.remoteAddress?.ipAddress,
            let address = IPAddress(client), connections.open(from: client)
        else {
            loops[ObjectIdentifier(channel.eventLoop)]?.counters.add(1, to: .tcpConnectionsRefused)
            return channel.eventLoop.makeFailedFuture(ChannelError.connectionRefusedByLimit)
        }
        loop.counters.add(1, to: .tcpConnections)
        channel.closeFuture.whenComplete { [connections] _ in connections.close(from: client) }
        return channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(
                TCPQueries(loop: loop, client: address, idleLimit: idleLimit))
        }
    }
}

extension ChannelError {
    /// What a connection over a limit is closed with.
    fileprivate static var connectionRefusedByLimit: ChannelError { .ioOnClosedChannel }
}
