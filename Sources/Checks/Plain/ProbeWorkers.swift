import Addresses
import CSockets
import Glibc
import Synchronization

/// Threads that do plain probes, each with an epoll of its own:
///
///     turn(key) ─► inbox ─► thread: due queue ─► socket ─► conversation ─► [ProbeNews], in batches
///
/// All targets of one host are on one thread, which counts what is under way there. Nothing here decides anything:
/// when the next turn is, and whether another probe starts beside a quiet one, comes from outside.
package struct ProbeWorkers: Sendable {
    package struct Limits: Hashable, Sendable {
        /// Probes under way at once to one host.
        package var perHost = 512
        /// Probes and idle connections in all.
        package var inAll = 16_384
        package init() {}
    }

    private let workers: [ProbeWorker]
    private var places: [UInt32: Int] = [:]
    private var hosts: [IPAddress: Int] = [:]
    private var load: [Int]
    private var orders: [[ProbeWorker.Order]]
    private var epoch: UInt32 = 0

    /// - Parameters:
    ///   - threads: 1–64.
    ///   - hear: takes what has happened, from any of the threads.
    package init(threads: Int, limits: Limits, hear: @escaping @Sendable ([ProbeNews]) -> Void) {
        var each = limits
        each.inAll = max(1, limits.inAll / threads)
        workers = (0..<threads).map { _ in ProbeWorker(limits: each, hear: hear) }
        load = [Int](repeating: 0, count: threads)
        orders = [[ProbeWorker.Order]](repeating: [], count: threads)
    }

    /// Drops every target; probes under way end without news. News of the targets added from now on have this epoch.
    package mutating func startAnew() -> UInt32 {
        epoch &+= 1
        for index in workers.indices { orders[index] = [.clear(epoch: epoch)] }
        places = [:]
        hosts = [:]
        load = load.map { _ in 0 }
        return epoch
    }

    /// Adds a target. Nothing is probed before its first turn.
    package mutating func add(_ key: UInt32, _ probe: PlainProbe, timeout: Duration, holdsWire: Bool) {
        let place = hosts[probe.address] ?? (load.indices.min { load[$0] < load[$1] } ?? 0)
        hosts[probe.address] = place
        load[place] += 1
        places[key] = place
        orders[place].append(.add(key, probe, timeout: nanoseconds(timeout), holdsWire: holdsWire))
    }

    /// Sets when the next probe is due: so long after the start of the last (`afterStart`) or from now. Replaces an
    /// earlier wish; while a probe is under way the turn waits for its end.
    package mutating func turn(_ key: UInt32, in delay: Duration, afterStart: Bool, patience: Duration?) {
        guard let place = places[key] else { return }
        let patience = patience.map(nanoseconds) ?? .max
        orders[place].append(
            .turn(key, delay: nanoseconds(delay), isAfterStart: afterStart, patience: patience))
    }

    /// Starts another probe now, whatever is under way.
    package mutating func beside(_ key: UInt32) {
        guard let place = places[key] else { return }
        orders[place].append(.beside(key))
    }

    /// Lets the target's idle connection go for good.
    package mutating func retireWire(_ key: UInt32) {
        guard let place = places[key] else { return }
        orders[place].append(.retireWire(key))
    }

    /// Hands over what has been asked for since the last time.
    package mutating func commit() {
        for index in workers.indices where !orders[index].isEmpty {
            workers[index].tell(orders[index])
            orders[index].removeAll(keepingCapacity: true)
        }
    }

    /// Ends the threads; no news comes after those that are being handed over.
    package mutating func stop() {
        places = [:]
        for worker in workers { worker.tell([.stop]) }
    }

    package var counts: ProbeCounts { workers.reduce(into: ProbeCounts()) { $0 = $0 + $1.counts } }
}

/// One thread's letterbox.
final class ProbeWorker: Sendable {
    enum Order: Sendable {
        case clear(epoch: UInt32)
        case add(UInt32, PlainProbe, timeout: Int64, holdsWire: Bool)
        case turn(UInt32, delay: Int64, isAfterStart: Bool, patience: Int64)
        case beside(UInt32)
        case retireWire(UInt32)
        case stop
    }

    private let inbox = Mutex<[Order]>([])
    private let latest = Mutex(ProbeCounts())
    /// Readable when there is something in the inbox.
    let bell: Int32

    init(limits: ProbeWorkers.Limits, hear: @escaping @Sendable ([ProbeNews]) -> Void) {
        bell = ninelives_bell_open()
        precondition(bell >= 0, "no descriptor is left for a probe worker")
        let thread = Starting { [self] in
            ninelives_name_thread("probes")
            ProbeLoop(limits: limits, worker: self, hear: hear).run()
        }
        var handle = pthread_t()
        let made = pthread_create(
            &handle, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Starting>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, Unmanaged.passRetained(thread).toOpaque())
        precondition(made == 0, "no thread is left for a probe worker")
        pthread_detach(handle)
    }

    deinit { close(bell) }

    /// What a new thread runs.
    private final class Starting: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    func tell(_ orders: [Order]) {
        let wasEmpty = inbox.withLock { inbox in
            defer { inbox += orders }
            return inbox.isEmpty
        }
        guard wasEmpty else { return }
        ninelives_bell_ring(bell)
    }

    /// Takes the orders out, in exchange for an empty array whose room is used again.
    func takeOrders(into orders: inout [Order]) {
        inbox.withLock { swap(&$0, &orders) }
    }

    func note(_ counts: ProbeCounts) { latest.withLock { $0 = counts } }
    var counts: ProbeCounts { latest.withLock { $0 } }
}

func nanoseconds(_ duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
}
