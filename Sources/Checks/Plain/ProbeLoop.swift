import Addresses
import CSockets
import Glibc
import NIOCore

/// What one probe thread does: waits for sockets, orders and the next time that something is due. Used by its thread
/// only.
final class ProbeLoop {
    struct Target {
        var probe: PlainProbe
        var peer: PlainAddress
        var timeout: Int64
        var host: Int
        var patience = Int64.max
        var startedAt: Int64 = 0
        /// Distinguishes the turn that is wished for from those before it.
        var turn: UInt32 = 0
        var underWay: Int32 = 0
        var wire = Wire.none
    }

    /// An idle connection that tells of its server's end.
    enum Wire {
        case none
        case wanted
        case held(PlainSocket, generation: UInt32)
    }

    struct Flight {
        var key: UInt32
        var generation: UInt32
        var socket: PlainSocket?
        var talk: PlainTalk?
        var startedAt: Int64 = 0
        var connectedAt: Int64 = 0
        var firstByteAt: Int64 = 0
        var unsent: ByteBuffer?
    }

    struct Host {
        var underWay = 0
        var waiting: ArraySlice<Waiting> = []
    }

    struct Waiting {
        var key: UInt32
        var due: Int64
    }

    let limits: ProbeWorkers.Limits
    let worker: ProbeWorker
    let hear: @Sendable ([ProbeNews]) -> Void
    let events: Int32
    var epoch: UInt32 = 0
    var targets: [UInt32: Target] = [:]
    var hostPlaces: [IPAddress: Int] = [:]
    var hosts: [Host] = []
    /// Hosts with room of their own whose probes wait for room in all.
    var crowded: ArraySlice<Waiting> = []
    var flights: [Flight] = []
    var freeFlights: [UInt32] = []
    var queue = DueQueue()
    var news: [ProbeNews] = []
    var oldestNews: Int64 = 0
    var isUrgent = false
    var isStopped = false
    var wires: UInt32 = 0
    var wiresHeld = 0
    /// Hosts where room has become free.
    var roomy: [Int] = []
    var counts = ProbeCounts()
    var now: Int64 = 0
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16_384, alignment: 16)

    /// Good news may wait so long for company, nanoseconds.
    static let gathering: Int64 = 4_000_000
    /// Events fetched at once.
    static let batch = 256

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
            while let entry = queue.takeDue(at: now) { fire(entry) }
            letWaitingIn()
            flush()
        }
        for flight in flights { flight.socket?.close() }
        for target in targets.values { if case .held(let socket, _) = target.wire { socket.close() } }
    }

    /// Until the next thing is due; rounded up, so that nothing is woken for too early.
    private func patienceMilliseconds() -> Int32 {
        var next = queue.earliest ?? .max
        if !news.isEmpty { next = min(next, oldestNews + Self.gathering) }
        guard next != .max else { return -1 }
        return Int32(clamping: (max(0, next - monotonicNow()) + 999_999) / 1_000_000)
    }

    /// Hands the news over when they are old or bad enough.
    private func flush() {
        guard !news.isEmpty, isUrgent || news.count >= Self.batch || now - oldestNews >= Self.gathering else { return }
        hear(news)
        news.removeAll(keepingCapacity: true)
        isUrgent = false
        counts.openNow = flights.count - freeFlights.count + wiresHeld
        counts.waitingNow = crowded.count + hosts.reduce(0) { $0 + $1.waiting.count }
        worker.note(counts)
    }

    func tell(_ kind: ProbeNews.Kind, of key: UInt32, isUrgent: Bool) {
        if news.isEmpty { oldestNews = now }
        self.isUrgent = self.isUrgent || isUrgent
        news.append(
            ProbeNews(key: key, epoch: epoch, kind: kind, underWay: Int(targets[key]?.underWay ?? 0)))
    }

    private func handle(_ event: ninelives_event, _ orders: inout [ProbeWorker.Order]) {
        let source = Source(event.token)
        switch source.kind {
        case .bell:
            ninelives_bell_hush(worker.bell)
            worker.takeOrders(into: &orders)
            for order in orders { obey(order) }
            orders.removeAll(keepingCapacity: true)
        case .flight: advance(source.index, source.generation, event.ready)
        case .wire: wireEvent(source.index, source.generation, event.ready)
        }
    }

    private func fire(_ entry: DueQueue.Entry) {
        switch entry.kind {
        case .turn:
            guard let target = targets[entry.index], target.turn == entry.generation else { return }
            // Whoever is under way asks for the next turn when it ends.
            if target.underWay == 0 { begin(entry.index, due: entry.due) }
        case .quiet:
            guard let flight = flight(entry) else { return }
            let letWireGo = dropWire(flight.key)
            tell(.quiet(letWireGo: letWireGo), of: flight.key, isUrgent: true)
        case .timeout:
            guard let flight = flight(entry), let target = targets[flight.key] else { return }
            let doing = flight.connectedAt == 0 ? "while connecting" : flight.talk?.waiting ?? ""
            let limit = inWords(.nanoseconds(target.timeout))
            finish(entry.index, .err("timed out after \(limit) \(doing)"))
        }
    }

    /// The flight that a due entry is about, if it is still the same.
    private func flight(_ entry: DueQueue.Entry) -> Flight? {
        let flight = flights[Int(entry.index)]
        return flight.generation == entry.generation && flight.talk != nil ? flight : nil
    }

    // MARK: Orders

    private func obey(_ order: ProbeWorker.Order) {
        switch order {
        case .clear(let epoch): clear(epoch)
        case .add(let key, let probe, let timeout, let holdsWire):
            let host = hostPlaces[probe.address] ?? hosts.count
            if host == hosts.count {
                hostPlaces[probe.address] = host
                hosts.append(Host())
            }
            var target = Target(
                probe: probe, peer: PlainAddress(probe.address, port: probe.port), timeout: timeout, host: host)
            if holdsWire { target.wire = .wanted }
            targets[key] = target
        case .turn(let key, let delay, let isAfterStart, let patience):
            guard var target = targets[key] else { return }
            target.turn &+= 1
            target.patience = patience
            targets[key] = target
            let due = max(now, isAfterStart ? target.startedAt + delay : now + delay)
            queue.insert(DueQueue.Entry(due: due, index: key, generation: target.turn, kind: .turn))
        case .beside(let key): if targets[key] != nil { begin(key, due: now) }
        case .retireWire(let key):
            dropWire(key)
            targets[key]?.wire = .none
        case .stop: isStopped = true
        }
    }

    private func clear(_ epoch: UInt32) {
        for index in flights.indices where flights[index].talk != nil { release(UInt32(index)) }
        for key in targets.keys { dropWire(key) }
        targets = [:]
        hostPlaces = [:]
        hosts = []
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
