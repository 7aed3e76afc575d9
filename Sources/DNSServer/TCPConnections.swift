import Synchronization

/// How many TCP connections are open, in all and per client address.
final class TCPConnections: Sendable {
    private struct Counts {
        var total = 0
        var byClient: [String: Int] = [:]
    }

    private let limit: Int
    private let limitPerClient: Int
    private let counts = Mutex(Counts())

    init(limit: Int, limitPerClient: Int) {
        self.limit = limit
        self.limitPerClient = limitPerClient
    }

    /// Counts one more, unless that would be too many.
    func open(from client: String) -> Bool {
        counts.withLock { counts in
            guard counts.total < limit, counts.byClient[client, default: 0] < limitPerClient else { return false }
            counts.total += 1
            counts.byClient[client, default: 0] += 1
            return true
        }
    }

    func close(from client: String) {
        counts.withLock { counts in
            counts.total -= 1
            let left = counts.byClient[client, default: 1] - 1
            counts.byClient[client] = left == 0 ? nil : left
        }
    }
}
