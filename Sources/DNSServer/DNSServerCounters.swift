import Synchronization

/// What the server has done since it was started.
package struct DNSServerCounters: Hashable, Sendable {
    package var udpQueries: UInt64 = 0
    package var tcpQueries: UInt64 = 0
    package var tlsQueries: UInt64 = 0
    package var httpsQueries: UInt64 = 0
    /// Queries that got no reply: too short, themselves replies, over the rate limit, or the system could not send it.
    package var dropped: UInt64 = 0
    package var queryBytes: UInt64 = 0
    package var replyBytes: UInt64 = 0
    /// Replies over UDP with TC set.
    package var truncated: UInt64 = 0
    /// Replies over the rate limit: sent without their records, and not sent.
    package var rateLimitSlipped: UInt64 = 0
    package var rateLimitDropped: UInt64 = 0
    /// TCP connections that were accepted, and those turned away by a limit.
    package var tcpConnections: UInt64 = 0
    package var tcpConnectionsRefused: UInt64 = 0
    /// Connections for TLS and HTTPS that were accepted.
    package var encryptedConnections: UInt64 = 0
    /// Connections that were idle longest when a new one needed their place.
    package var connectionsClosedForRoom: UInt64 = 0
    /// Replies by response code, 0–15 (BADVERS counts as 0, the part of it that stands in the header).
    package var replies: [UInt64] = Array(repeating: 0, count: 16)
}

/// One worker's counts, written by it alone: a plain load and store each, no cache line shared with another worker.
struct CounterCell: BitwiseCopyable, @unchecked Sendable {  // addresses of atomics
    private let words: UnsafeMutablePointer<Atomic<UInt64>>

    enum Field: Int, CaseIterable {
        case udpQueries, tcpQueries, dropped, queryBytes, replyBytes, truncated, tcpConnections, tcpConnectionsRefused
        case connectionsClosedForRoom, encryptedConnections, tlsQueries, httpsQueries
    }

    static let wordCount = Field.allCases.count + 16
    /// A multiple of 128 octets.
    static let stride = (wordCount * MemoryLayout<UInt64>.stride + 127) & ~127

    init(at address: UnsafeMutableRawPointer) {
        words = address.bindMemory(to: Atomic<UInt64>.self, capacity: CounterCell.wordCount)
        for index in 0..<CounterCell.wordCount { (words + index).initialize(to: Atomic(0)) }
    }

    @inline(__always)
    func add(_ number: Int, to field: Field) { add(number, at: field.rawValue) }

    /// Counts a reply by what its header says.
    @inline(__always)
    func addReply(_ reply: UnsafePointer<UInt8>, length: Int) {
        add(1, at: Field.allCases.count &+ Int(reply[3] & 0xF))
        if reply[2] & 2 != 0 { add(1, to: .truncated) }
        add(length, to: .replyBytes)
    }

    @inline(__always)
    private func add(_ number: Int, at index: Int) {
        let word = words + index
        word.pointee.store(
            word.pointee.load(ordering: .relaxed) &+ UInt64(truncatingIfNeeded: number), ordering: .relaxed)
    }

    func read(_ field: Field) -> UInt64 { words[field.rawValue].load(ordering: .relaxed) }
    func readReplies(code: Int) -> UInt64 { words[Field.allCases.count + code].load(ordering: .relaxed) }
}

/// The cells of all workers.
final class CounterCells: @unchecked Sendable {  // the memory is only reached through the cells' atomics
    private let memory: UnsafeMutableRawPointer
    private let cells: [CounterCell]

    init(workers: Int) {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: max(workers, 1) * CounterCell.stride, alignment: 128)
        self.memory = memory
        cells = (0..<workers).map { CounterCell(at: memory + $0 * CounterCell.stride) }
    }

    deinit { memory.deallocate() }

    subscript(worker: Int) -> CounterCell { cells[worker] }

    var sum: DNSServerCounters {
        var sum = DNSServerCounters()
        for cell in cells {
            sum.udpQueries += cell.read(.udpQueries)
            sum.tcpQueries += cell.read(.tcpQueries)
            sum.dropped += cell.read(.dropped)
            sum.queryBytes += cell.read(.queryBytes)
            sum.replyBytes += cell.read(.replyBytes)
            sum.truncated += cell.read(.truncated)
            sum.tcpConnections += cell.read(.tcpConnections)
            sum.tcpConnectionsRefused += cell.read(.tcpConnectionsRefused)
            sum.tlsQueries += cell.read(.tlsQueries)
            sum.httpsQueries += cell.read(.httpsQueries)
            sum.encryptedConnections += cell.read(.encryptedConnections)
            sum.connectionsClosedForRoom += cell.read(.connectionsClosedForRoom)
            for code in 0..<16 { sum.replies[code] += cell.readReplies(code: code) }
        }
        return sum
    }
}
