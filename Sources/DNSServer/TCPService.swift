import Addresses
import DNS
import Glibc

/// What all connections of a server share, whatever they run over.
struct StreamSharing: Sendable {
    let state: ServingState
    let cells: CounterCells
    let clients: ClientCounts
    let limits: DNSServerLimits
    /// Answers zone transfers and signed queries.
    let transfers: ZoneTransfers
}

/// The TCP side: threads that each accept on a listening socket of their own for every address.
final class TCPService: Sendable {
    private let workers: [TCPWorker]

    /// Takes the descriptors over, a row for each thread. Uses the readers (and counters) from `firstReader` on.
    init(_ sockets: [[Int32]], firstReader: Int, shared: StreamSharing) throws(DNSServerError) {
        var workers: [TCPWorker] = []
        let connections = (shared.limits.tcpConnections + sockets.count - 1) / max(sockets.count, 1)
        for (index, listeners) in sockets.enumerated() {
            guard
                let worker = TCPWorker(
                    listeners: listeners, connections: connections, shared: shared, reader: firstReader + index)
            else {
                for descriptor in sockets[index...].joined() { close(descriptor) }
                throw .outOfMemory
            }
            workers.append(worker)
        }
        self.workers = workers
    }

    /// Starts the threads; false if the system has none to give.
    func start() -> Bool { workers.allSatisfy { $0.start() } }

    /// Closes everything.
    func stop() { for worker in workers { worker.stop() } }
}
