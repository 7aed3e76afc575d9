import Addresses
import CSockets
import Glibc
import Synchronization

/// Threads that do plain probes, each with an epoll of its own:
///
///     turn(key) ─► inbox ─► thread: due queue ─► socket ─► conversation ─► [ProbeNews], in batches
///
/// All targets of one host are on one thread, which counts what is under way there. A thread is given work as long as it
/// can take it before the next gets any: what one thread does together costs less than what several are woken for.
/// Nothing here decides anything: when the next turn is, and whether another probe starts beside a quiet one, comes from
/// outside.
package struct ProbeWorkers: Sendable {
    package struct Limits: Hashable, Sendable {
        /// Probes under way at once to one host.
        package var perHost = 512
        /// Probes and idle connections in all.
        package var inAll = 16_384
        package init() {}
    }

    /// Probes in a second that one thread takes before the next gets any. Nor does it take so many that, should all its
    /// targets hang, they would fill more than half of its share of the room.
    static let easyRate = 2000.0

    /// Where a target or a host is: the thread, and the place that it has there.
    private struct Place {
        var worker: UInt8
        var index: UInt32
    }

    private let workers: [ProbeWorker]
    /// By key.
    private var places: [Place?] = []
    /// Of the targets that have been added since the last commit.
    private var hosts: [IPAddress: Place] = [:]
    private struct Load {
        /// Probes in a second.
        var rate = 0.0
        /// Probes under way if all of them take as long as they may.
        var hanging = 0.0
        var targets: UInt32 = 0
        var hosts: UInt32 = 0
    }
    private var load: [Load]
    private let share: Double
    private var orders: [[ProbeWorker.Order]]
    private var epoch: UInt32 = 0

    /// - Parameters:
    ///   - threads: 1–64.
    ///   - hear: takes what has happened, from any of the threads.
    package init(threads: Int, limits: Limits, hear: @escaping @Sendable ([ProbeNews]) -> Void) {
        var each = limits
        each.inAll = max(1, limits.inAll / threads)
        workers = (0..<threads).map { _ in ProbeWorker(limits: each, hear: hear) }
        load = [Load](repeating: Load(), count: threads)
        share = Double(each.inAll)
        orders = [[ProbeWorker.Order]](repeating: [], count: threads)
    }

    /// Drops every target; probes under way end without news. News of the targets added from now on have this epoch.
    package mutating func startAnew() -> UInt32 {
        epoch &+= 1
        for index in workers.indices { orders[index] = [.clear(epoch: epoch)] }
        places = []
        hosts = [:]
        load = load.map { _ in Load() }
        return epoch
    }

    /// Adds a target. Nothing is probed before its first turn. All targets at one host are added before the same
    /// `commit`, for only then they are known to be at one.
    ///
    /// - Parameters:
    ///   - key: what its news call it; all keys together are few more than targets.
    ///   - interval: how often it will be probed, more or less; above zero.
    package mutating func add(
        _ key: UInt32, _ check: any Check, at server: PlainServer, every interval: Duration, timeout: Duration,
        holdsWire: Bool
    ) {
        let host = place(of: server.address)
        let worker = Int(host.worker)
        load[worker].rate += .seconds(1) / interval
        load[worker].hanging += timeout / interval
        while places.count <= key { places.append(nil) }
        places[Int(key)] = Place(worker: host.worker, index: load[worker].targets)
        load[worker].targets += 1
        orders[worker].append(
            .add(
                ProbeLoop.Target(
                    check: check, peer: PlainAddress(server.address, port: server.port),
                    wire: holdsWire ? .wanted : .none, key: key, host: host.index, timeout: nanoseconds(timeout))))
    }

    private mutating func place(of host: IPAddress) -> Place {
        if let known = hosts[host] { return known }
        let easy = load.firstIndex { $0.rate < Self.easyRate && $0.hanging < share / 2 }
        let worker = easy ?? load.indices.min { load[$0].rate < load[$1].rate } ?? 0
        let new = Place(worker: UInt8(worker), index: load[worker].hosts)
        load[worker].hosts += 1
        hosts[host] = new
        return new
    }

    private func place(of key: UInt32) -> (worker: Int, index: Int)? {
        guard key < places.count, let place = places[Int(key)] else { return nil }
        return (Int(place.worker), Int(place.index))
    }

    /// Sets when the next probe is due: so long after the start of the last (`afterStart`) or from now. Replaces an
    /// earlier wish; while a probe is under way the turn waits for its end.
    package mutating func turn(_ key: UInt32, in delay: Duration, afterStart: Bool, patience: Duration?) {
        guard let (worker, index) = place(of: key) else { return }
        let patience = patience.map(nanoseconds) ?? .max
        orders[worker].append(
            .turn(index, delay: nanoseconds(delay), isAfterStart: afterStart, patience: patience))
    }

    /// Starts another probe now, whatever is under way.
    package mutating func beside(_ key: UInt32) {
        guard let (worker, index) = place(of: key) else { return }
        orders[worker].append(.beside(index))
    }

    /// Lets the target's idle connection go for good.
    package mutating func retireWire(_ key: UInt32) {
        guard let (worker, index) = place(of: key) else { return }
        orders[worker].append(.retireWire(index))
    }

    /// Hands over what has been asked for since the last time.
    package mutating func commit() {
        hosts = [:]
        for index in workers.indices where !orders[index].isEmpty {
            workers[index].tell(orders[index])
            orders[index].removeAll(keepingCapacity: orders[index].count <= ProbeLoop.manyOrders)
        }
    }

    /// Ends the threads; no news comes after those that are being handed over.
    package mutating func stop() {
        places = []
        for worker in workers { worker.tell([.stop]) }
    }

    package var counts: ProbeCounts { workers.reduce(into: ProbeCounts()) { $0 = $0 + $1.counts } }
}

/// One thread's letterbox.
final class ProbeWorker: Sendable {
    enum Order: Sendable {
        case clear(epoch: UInt32)
        /// Its place is behind the last; so is its host's, if it is new.
        indirect case add(ProbeLoop.Target)
        case turn(Int, delay: Int64, isAfterStart: Bool, patience: Int64)
        case beside(Int)
        case retireWire(Int)
        case stop

        var isAddition: Bool { if case .add = self { true } else { false } }
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
