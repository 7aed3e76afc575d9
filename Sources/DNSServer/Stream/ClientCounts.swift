import Addresses
import Synchronization

/// Whom connections are counted for: an IPv4 address, or an IPv6 network of 56 bits, which is what one customer gets.
struct ClientPrefix: Hashable, BitwiseCopyable {
    private let key: UInt64

    init(_ address: IPAddress) {
        key =
            switch address {
            case .v4(let address): 1 << 63 | UInt64(address.bits)
            case .v6(let address): UInt64(truncatingIfNeeded: address.bits >> 72)
            }
    }
}

/// How many connections each client has, over all transports and threads.
final class ClientCounts: Sendable {
    private let limit: Int
    private let counts = Mutex<[ClientPrefix: Int]>([:])

    init(limit: Int) { self.limit = limit }

    /// Counts one more, unless that would be too many.
    func open(from client: ClientPrefix) -> Bool {
        counts.withLock { counts in
            guard counts[client, default: 0] < limit else { return false }
            counts[client, default: 0] += 1
            return true
        }
    }

    func close(from client: ClientPrefix) {
        counts.withLock { counts in
            let left = counts[client, default: 1] - 1
            counts[client] = left > 0 ? left : nil
        }
    }
}
