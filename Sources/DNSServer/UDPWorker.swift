import Addresses
import CSockets
import DNS
import Glibc
import Synchronization

/// One UDP socket and the thread that serves it, in batches:
///
///     recvmmsg ─► enter the epoch ─► answer, each into its send buffer ─► leave ─► sendmmsg ─► count
///
/// It shares nothing with the other workers but the pointer to what is answered from.
final class UDPWorker: @unchecked Sendable {  // what is not atomic never changes or is the thread's alone
    private static let batchSize: UInt32 = 32

    private let descriptor: Int32
    private let isIPv6: Bool
    private let state: ServingState
    private let transfers: ZoneTransfers
    private let reader: Epochs.Reader
    private let counters: CounterCell
    private let cells: CounterCells
    private let batch: UnsafeMutablePointer<ninelives_batch>
    /// Of no meaning: see `AnswerSource.touch`.
    private var touched: UInt64 = 0
    private let isStopping = Atomic(false)
    private let thread = Mutex<pthread_t?>(nil)

    /// Takes the descriptor over if it succeeds; nil without memory.
    init?(
        _ socket: BoundSockets.Socket, state: ServingState, transfers: ZoneTransfers, reader: Int, cells: CounterCells
    ) {
        isIPv6 = socket.listen.address.octets.count == 16
        guard let batch = ninelives_batch_create(Self.batchSize, isIPv6 ? 6 : 4, socket.isWildcard ? 1 : 0) else {
            return nil
        }
        self.batch = batch
        descriptor = socket.descriptor
        self.state = state
        self.transfers = transfers
        self.reader = state.epochs.reader(reader)
        self.cells = cells
        counters = cells[reader]
        // The wake-up of `stop` does not depend on this; it bounds what a lost one would cost.
        ninelives_set_receive_timeout(descriptor, 1000)
    }

    deinit {
        ninelives_batch_free(batch)
        close(descriptor)
    }

    /// Starts the thread; false if the system has none to give.
    func start() -> Bool {
        thread.withLock { thread in
            var started = pthread_t()
            let argument = Unmanaged.passRetained(self)
            let result = pthread_create(&started, nil, runWorker, argument.toOpaque())
            if result != 0 {
                argument.release()
                return false
            }
            thread = started
            return true
        }
    }

    /// Lets the batch that is under way end, and waits for the thread.
    func stop() {
        isStopping.store(true, ordering: .sequentiallyConsistent)
        thread.withLock { thread in
            guard let running = thread else { return }
            ninelives_wake(descriptor)
            pthread_join(running, nil)
            thread = nil
        }
    }

    fileprivate func run() {
        while !isStopping.load(ordering: .relaxed) {
            let received = ninelives_batch_receive(batch, descriptor)
            if received > 0 {
                serve(Int(received))
            } else if received != -EINTR, received != -EAGAIN {
                // Out of memory in the kernel, or shut down: nothing to gain by asking again at once.
                usleep(1000)
            }
        }
    }

    @inline(__always)
    private func serve(_ received: Int) {
        let batch = self.batch.pointee
        let counters = self.counters
        let isIPv6 = self.isIPv6
        let now = ninelives_coarse_seconds()
        var replies = 0
        var queryBytes = 0
        reader.enter()
        let source = state.current.pointee
        touched &+= source.touch(
            QueryBatch(
                start: batch.queries, stride: Int(batch.queryStride), lengths: batch.queryLengths, count: received))
        for index in 0..<received {
            let length = Int(batch.queryLengths[index])
            let query = UnsafeRawBufferPointer(start: batch.queries + index &* Int(batch.queryStride), count: length)
            let reply = batch.replies + replies &* Int(batch.replyStride)
            let space = UnsafeMutableRawBufferPointer(start: reply, count: Int(batch.replyStride))
            queryBytes &+= length
            let address = UnsafeRawPointer(batch.addresses + index &* Int(batch.addressStride))
            let client =
                isIPv6
                ? AskingClient(v6: address, over: .datagram, nowSeconds: now)
                : AskingClient(v4: address, over: .datagram, nowSeconds: now)
            var replyLength = answer(query, for: client, from: source, into: space)
            if replyLength < 0 {
                replyLength = answerElsewhere(query, at: index, for: client, from: source, into: space)
            }
            if replyLength == 0 { continue }
            batch.replyLengths[replies] = UInt32(truncatingIfNeeded: replyLength)
            batch.replyQueries[replies] = UInt32(truncatingIfNeeded: index)
            counters.addReply(reply, length: replyLength)
            replies &+= 1
        }
        reader.leave()
        let failed = replies > 0 ? Int(ninelives_batch_send(self.batch, descriptor, UInt32(replies))) : 0
        counters.add(received, to: .udpQueries)
        counters.add(queryBytes, to: .queryBytes)
        counters.add(received &- replies &+ failed, to: .dropped)
    }

    /// Transfers and signed queries.
    @inline(never)
    private func answerElsewhere(
        _ query: UnsafeRawBufferPointer, at index: Int, for client: AskingClient, from source: AnswerSource,
        into reply: UnsafeMutableRawBufferPointer
    ) -> Int {
        let address = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16) { octets in
            let length = ninelives_batch_client(batch, UInt32(index), octets.baseAddress)
            return IPAddress(octets: octets.prefix(length))
        }
        guard let address,
            case .message(let length) = transfers.reply(
                to: query, from: address, for: client, source: source, into: reply)
        else { return 0 }
        return length
    }
}

private func runWorker(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    ninelives_name_thread("dns-udp")
    Unmanaged<UDPWorker>.fromOpaque(argument).takeRetainedValue().run()
    return nil
}
