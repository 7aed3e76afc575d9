import Addresses
import CSockets
import Glibc
import NIOCore

/// What one probe thread does: waits for sockets, orders and the next time that something is due. Used by its thread
/// only.
final class ProbeLoop {
    /// There may be a hundred thousand: the order leaves no gaps.
    struct Target {
        let check: any Check
        let peer: PlainAddress
        var wire = Wire.none
        /// What the news call it.
        let key: UInt32
        let host: UInt32
        /// Distinguishes the turn that is wished for from those before it; 30 bits.
        var turn: UInt32 = 0
        var underWay: Int32 = 0
        /// Nanoseconds, like all below.
        let timeout: Int64
        var patience = Int64.max
        /// How long good news of it may wait for company.
        var leisure: Int64 = 0
        var startedAt: Int64 = 0
    }

    /// An idle connection that tells of its server's end.
    enum Wire {
        case none
        case wanted
        case held(PlainSocket, generation: UInt32)
    }

    struct Flight {
        /// The target's.
        var place: Int
        var generation: UInt32
        var socket: PlainSocket?
        var talk: PlainTalk?
        var startedAt: Int64 = 0
        var connectedAt: Int64 = 0
        var firstByteAt: Int64 = 0
        var unsent: ByteBuffer?
    }

    struct Waiting {
        var place: Int
        var due: Int64
    }

    let limits: ProbeWorkers.Limits
    let worker: ProbeWorker
    let hear: @Sendable ([ProbeNews]) -> Void
    let events: Int32
    var epoch: UInt32 = 0
    var targets: [Target] = []
    /// How many probes of each host are under way.
    var hosts: [Int32] = []
    /// The probes that wait because their host has as many under way as it may.
    var queues: [UInt32: ArraySlice<Waiting>] = [:]
    /// Hosts with room of their own whose probes wait for room in all.
    var crowded: ArraySlice<Waiting> = []
    var flights: [Flight] = []
    var freeFlights: [UInt32] = []
    var queue = DueQueue()
    var news: [ProbeNews] = []
    /// When the news must be handed over at the latest.
    var newsDue: Int64 = 0
    var isStopped = false
    var wires: UInt32 = 0
    var wiresHeld = 0
    /// Hosts where room has become free.
    var roomy: [UInt32] = []
    var counts = ProbeCounts()
    var now: Int64 = 0
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16_384, alignment: 16)

    /// News of a target that goes on at its interval may wait so long for company, nanoseconds: this at most, and
    /// this part of the interval.
    static let longestLeisure: Int64 = 200_000_000
    static let leisureShare: Int64 = 20
    /// Who is awake begins what would be due so soon, nanoseconds, and need not be woken for it.
    static let foresight: Int64 = 8_000_000
    /// Events fetched at once.
    static let batch = 256
    /// For more orders than this, room is not kept.
    static let manyOrders = 4096

    init(limits: ProbeWorkers.Limits, worker: ProbeWorker, hear: @escaping @Sendable ([ProbeNews]) -> Void) {
        self.limits = limits
        self.worker = worker
        self.hear = hear
        events = ninelives_events_open()
        precondition(events >= 0, "no descriptor is left for a probe worker")
        watch(worker.bell, Ready.readable, .bell)
    }

    deinit {
        close(events)
        buffer.deallocate()
    }

    // MARK: The loop

    func run() {
        var ready = [ninelives_event](repeating: ninelives_event(), count: Self.batch)
        var orders: [ProbeWorker.Order] = []
        while !isStopped {
            let count = Int(
                ninelives_events_wait(events, &ready, Int32(ready.count), patienceMilliseconds()))
            now = monotonicNow()
            for index in 0..<max(0, count) { handle(ready[index], &orders) }
            now = monotonicNow()
            // Those under way are heard between, so that many that are due together are not all under way together.
            for _ in 0..<Self.batch {
                guard let entry = takeDue() else { break }
                fire(entry)
            }
            letWaitingIn()
            flush()
        }
        for flight in flights { flight.socket?.close() }
        for target in targets { if case .held(let socket, _) = target.wire { socket.close() } }
    }

    /// Takes out what is due, and turns that soon will be. Drops what is no longer wanted, so that nobody is woken for
    /// the time limit of a probe that has long ended.
    private func takeDue() -> DueQueue.Entry? {
        while let entry = queue.earliest {
            if isWanted(entry) {
                guard entry.due <= (entry.kind == .turn ? now + Self.foresight : now) else { return nil }
                return queue.take()
            }
            queue.take()
        }
        return nil
    }

    private func isWanted(_ entry: DueQueue.Entry) -> Bool {
        let index = Int(entry.index)
        if entry.kind == .turn { return targets[index].turn == entry.generation }
        return flights[index].generation == entry.generation && flights[index].talk != nil
    }

    /// Until the next thing is due; rounded up, so that nothing is woken for too early.
    private func patienceMilliseconds() -> Int32 {
        var next = queue.earliest?.due ?? .max
        if !news.isEmpty { next = min(next, newsDue) }
        guard next != .max else { return -1 }
        return Int32(clamping: (max(0, next - monotonicNow()) + 999_999) / 1_000_000)
    }

    /// Hands the news over when somebody waits for them, or when they are many.
    private func flush() {
        guard !news.isEmpty, newsDue <= now || news.count >= Self.batch else { return }
        hear(news)
        news.removeAll(keepingCapacity: true)
        counts.openNow = flights.count - freeFlights.count + wiresHeld
        counts.waitingNow = crowded.count + queues.values.reduce(0) { $0 + $1.count }
        worker.note(counts)
    }

    func tell(_ kind: ProbeNews.Kind, of place: Int, isUrgent: Bool) {
        let due = isUrgent ? now : now + targets[place].leisure
        newsDue = news.isEmpty ? due : min(newsDue, due)
        let underWay = Int(targets[place].underWay)
        news.append(ProbeNews(key: targets[place].key, epoch: epoch, kind: kind, underWay: underWay))
    }

    private func handle(_ event: ninelives_event, _ orders: inout [ProbeWorker.Order]) {
        let source = Source(event.token)
        switch source.kind {
        case .bell:
            ninelives_bell_hush(worker.bell)
            worker.takeOrders(into: &orders)
            // There may be a hundred thousand of them at first, and no more than a few later.
            if orders.count > Self.manyOrders {
                targets.reserveCapacity(targets.count + orders.count { $0.isAddition })
            }
            for order in orders { obey(order) }
            orders.removeAll(keepingCapacity: orders.count <= Self.manyOrders)
        case .flight: advance(source.index, source.generation, event.ready)
        case .wire: wireEvent(Int(source.index), source.generation, event.ready)
        }
    }

    private func fire(_ entry: DueQueue.Entry) {
        let index = Int(entry.index)
        switch entry.kind {
        case .turn:
            // Whoever is under way asks for the next turn when it ends.
            if targets[index].underWay == 0 { begin(index, due: entry.due) }
        case .quiet:
            let place = flights[index].place
            let letWireGo = dropWire(place)
            tell(.quiet(letWireGo: letWireGo), of: place, isUrgent: true)
        case .timeout:
            let flight = flights[index]
            let doing = flight.connectedAt == 0 ? "while connecting" : flight.talk?.waiting ?? ""
            let limit = inWords(.nanoseconds(targets[flight.place].timeout))
            finish(entry.index, .err("timed out after \(limit) \(doing)"))
        }
    }

    // MARK: Orders

    private func obey(_ order: ProbeWorker.Order) {
        switch order {
        case .clear(let epoch): clear(epoch)
        case .add(let target):
            if target.host == UInt32(hosts.count) { hosts.append(0) }
            targets.append(target)
        case .turn(let place, let delay, let isAfterStart, let patience):
            targets[place].turn = (targets[place].turn &+ 1) & 0x3FFF_FFFF
            targets[place].patience = patience
            // What is asked again soon is in doubt: somebody waits for it.
            targets[place].leisure = isAfterStart ? min(delay / Self.leisureShare, Self.longestLeisure) : 0
            let due = max(now, isAfterStart ? targets[place].startedAt + delay : now + delay)
            queue.insert(
                DueQueue.Entry(due: due, index: UInt32(place), generation: targets[place].turn, kind: .turn))
        case .beside(let place): begin(place, due: now)
        case .retireWire(let place):
            dropWire(place)
            targets[place].wire = .none
        case .stop: isStopped = true
        }
    }

    private func clear(_ epoch: UInt32) {
        for index in flights.indices where flights[index].talk != nil { release(UInt32(index)) }
        for place in targets.indices { dropWire(place) }
        targets = []
        hosts = []
        queues = [:]
        crowded = []
        roomy = []
        news = []
        queue = DueQueue()
        self.epoch = epoch
    }

    // MARK: What is watched

    enum SourceKind: UInt64 { case bell, flight, wire }

    /// What a watched descriptor is for, as the kernel keeps it for us: kind, index and generation in 64 bits.
    struct Source {
        let kind: SourceKind
        let index: UInt32
        /// 30 bits.
        let generation: UInt32

        init(_ bits: UInt64) {
            kind = SourceKind(rawValue: bits >> 62) ?? .bell
            generation = UInt32(truncatingIfNeeded: bits >> 32) & 0x3FFF_FFFF
            index = UInt32(truncatingIfNeeded: bits)
        }

        static func bits(_ kind: SourceKind, _ index: UInt32 = 0, _ generation: UInt32 = 0) -> UInt64 {
            kind.rawValue << 62 | UInt64(generation & 0x3FFF_FFFF) << 32 | UInt64(index)
        }
    }

    /// Watches a descriptor, or with `again` changes what it is watched for. Should the kernel have no memory for it,
    /// the probe's time limit ends it.
    func watch(
        _ descriptor: Int32, _ interest: UInt32, _ kind: SourceKind, _ index: UInt32 = 0, _ generation: UInt32 = 0,
        again: Bool = false
    ) {
        let token = Source.bits(kind, index, generation)
        _ = ninelives_events_watch(events, descriptor, interest, token, again ? 1 : 0)
    }

    /// What a descriptor can be ready for.
    enum Ready {
        static let readable = UInt32(NINELIVES_READABLE)
        static let writable = UInt32(NINELIVES_WRITABLE)
        static let ended = UInt32(NINELIVES_PEER_ENDED) | UInt32(NINELIVES_BROKEN)
        /// Errors are always told.
        static let hearing = readable | UInt32(NINELIVES_PEER_ENDED)
        static let speaking = hearing | writable
    }
}

/// Nanoseconds of the monotonic clock.
func monotonicNow() -> Int64 { ninelives_monotonic_nanoseconds() }
