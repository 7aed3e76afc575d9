import CSockets
import DNS
import Glibc
import Logging
import Synchronization

/// The authoritative DNS server: sockets around one `answer` function.
///
///     UDP  thread ─ thread ─ thread   (a socket each, SO_REUSEPORT) ─┐
///     TCP  event loops (SwiftNIO)                                    ├─► answer ◄─ ServingState ◄─ publish, replace
///
/// It knows nothing of failover: what a name answers is put in from outside, one name at a time (`publish`) or all
/// zones at once (`replace`), and takes effect between two batches of queries. Whatever fails out there, it goes on
/// answering what it has.
package final class DNSServer: Sendable {
    private let listens: [DNSListen]
    private let workers: Int
    private let limits: DNSServerLimits
    private let logger: Logger
    private let state: ServingState
    private let cells: CounterCells
    private let rates: RateTable
    private let phase = Mutex(Phase.idle)

    private enum Phase {
        case idle, starting, stopped
        case running([UDPWorker], TCPService, [DNSListen])
    }

    /// - Parameters:
    ///   - listen: each is served over UDP and TCP.
    ///   - workers: UDP threads for each address, 1–256; as a rule one for each processor.
    ///   - options: what is said about the server itself, and how much each client gets.
    package init(
        listen: [DNSListen], workers: Int, snapshot: ZoneSnapshot, options: AnswerOptions = AnswerOptions(),
        limits: DNSServerLimits = DNSServerLimits(), logger: Logger
    ) {
        precondition((1...256).contains(workers))
        self.listens = listen
        self.workers = workers
        self.limits = limits
        self.logger = logger
        let readers = listen.count * workers + limits.tcpThreads
        rates = RateTable(seed: .random(in: 0 ... .max))
        state = ServingState(snapshot, options: StoredOptions(options, rates: rates), readers: readers)
        cells = CounterCells(workers: readers)
    }

    /// Binds all addresses and starts to answer; all or nothing. It can be started once.
    ///
    /// - Returns: where it listens, with the ports that the system chose.
    @discardableResult
    package func start() async throws(DNSServerError) -> [DNSListen] {
        let isFirst = phase.withLock { phase in
            guard case .idle = phase else { return false }
            phase = .starting
            return true
        }
        guard isFirst else { throw .alreadyStarted }
        do {
            let sockets = try BoundSockets(listens, workers: workers)
            return try await start(sockets)
        } catch {
            phase.withLock { $0 = .idle }
            throw error
        }
    }

    private func start(_ sockets: consuming BoundSockets) async throws(DNSServerError) -> [DNSListen] {
        let tcp = TCPService(
            threads: limits.tcpThreads, firstReader: listens.count * workers, state: state, cells: cells,
            limits: limits)
        var udp: [UDPWorker] = []
        let listening = sockets.listening
        while let socket = sockets.takeUDP() {
            guard
                let worker = UDPWorker(socket, state: state, reader: udp.count, cells: cells)
            else {
                close(socket.descriptor)
                await stop(udp, tcp)
                throw .outOfMemory
            }
            udp.append(worker)
        }
        while let socket = sockets.takeTCP() {
            do {
                try await tcp.serve(socket.descriptor)
            } catch {
                await stop(udp, tcp)
                throw .refusedBySystem(socket.listen, errorNumber: EINVAL)
            }
        }
        for worker in udp where !worker.start() {
            await stop(udp, tcp)
            throw .outOfMemory
        }
        phase.withLock { $0 = .running(udp, tcp, listening) }
        logger.info(
            "answering DNS queries",
            metadata: [
                "listen": .array(listening.map { .string("\($0)") }), "workers": "\(workers)",
            ])
        return listening
    }

    /// Where it listens; empty unless it runs.
    package var listening: [DNSListen] {
        phase.withLock { phase in if case .running(_, _, let listening) = phase { listening } else { [] } }
    }

    /// Stops answering and waits until nothing of it runs. Without effect unless it runs.
    package func stop() async {
        let running: ([UDPWorker], TCPService)? = phase.withLock { phase in
            guard case .running(let udp, let tcp, _) = phase else { return nil }
            phase = .stopped
            return (udp, tcp)
        }
        guard let (udp, tcp) = running else { return }
        await stop(udp, tcp)
        logger.info("stopped answering DNS queries")
    }

    private func stop(_ udp: [UDPWorker], _ tcp: TCPService) async {
        for worker in udp { worker.stop() }
        await tcp.stop()
    }

    // MARK: - What is answered

    /// Changes what a dynamic name answers, for every query of every batch that begins after this returns, and moves
    /// its zone's serial number forward. May be called from any thread, also before `start`.
    ///
    /// - Returns: what came of it; nil if `name` is not one of the snapshot's dynamic names.
    @discardableResult
    package func publish(_ name: Name, _ answer: DynamicAnswer) -> Publication? {
        let clock = ContinuousClock()
        let start = clock.now
        guard let serial = state.publish(name, answer) else { return nil }
        return Publication(serial: serial, took: clock.now - start)
    }

    /// Answers from other zones, for every query of every batch that begins after this returns. Dynamic names keep
    /// what was published for them, and serial numbers never go back.
    package func replace(_ snapshot: ZoneSnapshot) { state.replace(snapshot) }

    /// Answers by other options, for every query of every batch that begins after this returns.
    package func replace(_ options: AnswerOptions) { state.replace(StoredOptions(options, rates: rates)) }

    /// The serial number of the zone with this apex; nil if there is none.
    package func serial(ofZone apex: Name) -> UInt32? { state.serial(ofZone: apex) }

    /// Moves a zone's serial number to `least` if that is ahead (RFC 1982), for instance to where it was before a
    /// restart. Returns what it is now; nil if there is no such zone.
    @discardableResult
    package func raiseSerial(ofZone apex: Name, toAtLeast least: UInt32) -> UInt32? {
        state.raiseSerial(ofZone: apex, toAtLeast: least)
    }

    /// What was done since the server was made.
    package var counters: DNSServerCounters {
        var counters = cells.sum
        counters.rateLimitSlipped = rates.slipped
        counters.rateLimitDropped = rates.dropped
        return counters
    }
}

/// What came of publishing an answer.
package struct Publication: Hashable, Sendable {
    /// The zone's serial number since then.
    package let serial: UInt32
    /// From the call until the answer was in force.
    package let took: Duration
}

/// How much of the machine clients may take.
package struct DNSServerLimits: Hashable, Sendable {
    /// Open TCP connections, in all and from one address.
    package var tcpConnections = 1000
    package var tcpConnectionsPerClient = 50
    /// After the last whole query (RFC 7766 §6.2.3).
    package var tcpIdle = Duration.seconds(10)
    /// Event loops for TCP, 1–64.
    package var tcpThreads = 2

    package init() {}
}
