import CSockets
import DNS
import Glibc
import Logging
import Synchronization

/// The authoritative DNS server: sockets around one `answer` function.
///
///     UDP  thread ─ thread ─ thread   (a socket each, SO_REUSEPORT) ─┐
///     TCP  thread ─ thread            (the same, epoll)              ├─► answer ◄─ ServingState ◄─ publish, replace
///     TLS, HTTPS  event loops (SwiftNIO)                             ─┘
///
/// It knows nothing of failover: what a name answers is put in from outside, one name at a time (`publish`) or all
/// zones at once (`replace`), and takes effect between two batches of queries. Whatever fails out there, it goes on
/// answering what it has.
package final class DNSServer: Sendable {
    private let listens: [DNSListen]
    private let workers: Int
    private let limits: DNSServerLimits
    private let encrypted: [EncryptedListen]
    private let logger: Logger
    private let state: ServingState
    private let transfers: ZoneTransfers
    private let notifier: Notifier
    private let reserve: SerialReserve?
    private let cells: CounterCells
    private let rates: RateTable
    private let phase = Mutex(Phase.idle)

    private enum Phase {
        case idle, starting, stopped
        case running(Services)
    }

    /// What runs, and where.
    private struct Services: Sendable {
        var udp: [UDPWorker] = []
        var tcp: TCPService
        var encrypted: EncryptedService?
        var listening: [DNSListen]
        var listeningEncrypted: [DNSListen]
    }

    /// - Parameters:
    ///   - listen: each is served over UDP and TCP.
    ///   - encrypted: each is served over TLS or HTTPS.
    ///   - workers: UDP threads for each address, 1–256; as a rule one for each processor.
    ///   - options: what is said about the server itself, and how much each client gets.
    ///   - policy: who may transfer zones, and who is told of changes.
    ///   - serialFile: where serial numbers are kept over a restart, in a folder that exists; nil is nowhere.
    package init(
        listen: [DNSListen], encrypted: [EncryptedListen] = [], workers: Int, snapshot: ZoneSnapshot,
        options: AnswerOptions = AnswerOptions(), limits: DNSServerLimits = DNSServerLimits(),
        transfers policy: TransferPolicy = TransferPolicy(), serialFile: String? = nil, logger: Logger
    ) {
        precondition((1...256).contains(workers))
        self.listens = listen
        self.workers = workers
        self.limits = limits
        self.encrypted = encrypted
        self.logger = logger
        let readers =
            listen.count * workers + limits.tcpThreads + (encrypted.isEmpty ? 0 : limits.encryptedThreads)
        rates = RateTable(seed: .random(in: 0 ... .max))
        state = ServingState(snapshot, options: StoredOptions(options, rates: rates), readers: readers)
        transfers = ZoneTransfers(state: state, policy: policy, logger: logger)
        notifier = Notifier(transfers: transfers, state: state, logger: logger)
        reserve = serialFile.map { [state] in SerialReserve(path: $0, state: state, logger: logger) }
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
            let sockets = try BoundSockets(
                listens, workers: workers, tcpThreads: limits.tcpThreads, encrypted: encrypted.map(\.listen))
            reserve?.begin()
            return try await start(sockets)
        } catch {
            phase.withLock { $0 = .idle }
            throw error
        }
    }

    private func start(_ sockets: consuming BoundSockets) async throws(DNSServerError) -> [DNSListen] {
        // Each connection takes a descriptor; the usual limit of 1024 would be below ours.
        _ = ninelives_raise_open_files()
        let shared = StreamSharing(
            state: state, cells: cells, clients: ClientCounts(limit: limits.tcpConnectionsPerClient), limits: limits,
            transfers: transfers)
        let firstStream = listens.count * workers
        var services = Services(
            tcp: try TCPService(sockets.takeTCP(), firstReader: firstStream, shared: shared),
            listening: sockets.listening, listeningEncrypted: sockets.listeningEncrypted)
        do throws(DNSServerError) {
            while let socket = sockets.takeUDP() {
                guard
                    let worker = UDPWorker(
                        socket, state: state, transfers: transfers, reader: services.udp.count, cells: cells)
                else {
                    close(socket.descriptor)
                    throw .outOfMemory
                }
                services.udp.append(worker)
            }
            if !encrypted.isEmpty {
                let service = try makeEncrypted(firstReader: firstStream + limits.tcpThreads, shared: shared)
                services.encrypted = service
                for (index, listen) in services.listeningEncrypted.enumerated() {
                    guard let descriptor = sockets.takeEncrypted() else { break }
                    do {
                        try await service.serve(descriptor, listener: index)
                    } catch {
                        throw .refusedBySystem(listen, errorNumber: EINVAL)
                    }
                }
            }
            guard services.tcp.start(), services.udp.allSatisfy({ $0.start() }) else { throw .outOfMemory }
        } catch {
            await stop(services)
            throw error
        }
        phase.withLock { [services] in $0 = .running(services) }
        await notifier.start(listening: services.listening.map(\.address))
        logger.info(
            "answering DNS queries",
            metadata: [
                "listen": .array((services.listening + services.listeningEncrypted).map { .string("\($0)") }),
                "workers": "\(workers)",
            ])
        return services.listening
    }

    private func makeEncrypted(firstReader: Int, shared: StreamSharing) throws(DNSServerError) -> EncryptedService {
        for listen in encrypted {
            do { try listen.files.validate() } catch { throw .certificate(listen.listen, error) }
        }
        do {
            return try EncryptedService(encrypted, firstReader: firstReader, shared: shared, logger: logger)
        } catch {
            throw .certificate(encrypted[0].listen, error)
        }
    }

    /// Where it listens; empty unless it runs.
    package var listening: [DNSListen] { running?.listening ?? [] }

    /// Where it listens for TLS and HTTPS, in the order of its listeners; empty unless it runs.
    package var listeningEncrypted: [DNSListen] { running?.listeningEncrypted ?? [] }

    private var running: Services? {
        phase.withLock { phase in if case .running(let services) = phase { services } else { nil } }
    }

    /// Stops answering and waits until nothing of it runs. Without effect unless it runs.
    package func stop() async {
        let running: Services? = phase.withLock { phase in
            guard case .running(let services) = phase else { return nil }
            phase = .stopped
            return services
        }
        guard let running else { return }
        await notifier.stop()
        await stop(running)
        reserve?.end()
        logger.info("stopped answering DNS queries")
    }

    private func stop(_ services: Services) async {
        for worker in services.udp { worker.stop() }
        services.tcp.stop()
        await services.encrypted?.stop()
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
        guard let place = state.publish(name, answer) else { return nil }
        let took = clock.now - start
        if place.isMoved { moved(place.apex, to: place.serial) }
        return Publication(serial: place.serial, took: took)
    }

    /// Answers from other zones, for every query of every batch that begins after this returns. Dynamic names keep
    /// what was published for them, and serial numbers never go back.
    package func replace(_ snapshot: ZoneSnapshot) {
        let before = state.serialOrigins
        state.replace(snapshot)
        reserve?.replaced()
        let serials = Dictionary(uniqueKeysWithValues: before.map { ($0.apex, $0.serial) })
        for (index, zone) in state.serialOrigins.enumerated() where zone.serial != serials[zone.apex] {
            notifier.changed(zone.apex)
            let inFile = snapshot.fileSerial(ofZone: index)
            if inFile != zone.serial, serials[zone.apex] != nil {
                logger.notice(
                    "the zone's serial number is ahead of its file's, and stays so",
                    metadata: ["zone": "\(zone.apex)", "serial": "\(zone.serial)", "in-file": "\(inFile)"])
            }
        }
    }

    private func moved(_ apex: Name, to serial: UInt32) {
        reserve?.moved(apex, to: serial)
        notifier.changed(apex)
    }

    /// Answers by other options, for every query of every batch that begins after this returns.
    package func replace(_ options: AnswerOptions) { state.replace(StoredOptions(options, rates: rates)) }

    /// Who may transfer zones and who is told of changes, from now on.
    package func replace(_ policy: TransferPolicy) async {
        guard policy != transfers.policy else { return }
        transfers.replace(policy)
        await notifier.policyChanged()
    }

    /// The serial number of the zone with this apex; nil if there is none.
    package func serial(ofZone apex: Name) -> UInt32? { state.serial(ofZone: apex) }

    /// Moves a zone's serial number to `least` if that is ahead (RFC 1982), for instance to where it was before a
    /// restart. Returns what it is now; nil if there is no such zone.
    @discardableResult
    package func raiseSerial(ofZone apex: Name, toAtLeast least: UInt32) -> UInt32? {
        guard let before = state.serial(ofZone: apex) else { return nil }
        let serial = state.raiseSerial(ofZone: apex, toAtLeast: least)
        if let serial, serial != before { moved(apex, to: serial) }
        return serial
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
    /// Open TCP connections in all. When there are as many, the one that has been idle longest is closed for a new one.
    package var tcpConnections = 4000
    /// Open connections from one IPv4 address, or one IPv6 network of 56 bits; more are closed at once.
    package var tcpConnectionsPerClient = 400
    /// After the last whole query, and the last octets of a reply that the client took (RFC 7766 §6.2.3).
    package var tcpIdle = Duration.seconds(10)
    /// Threads for TCP, 1–64.
    package var tcpThreads = 2
    /// Open connections for TLS and HTTPS together, with the same rule; they count for `tcpConnectionsPerClient`, too.
    package var encryptedConnections = 2000
    /// Event loops for TLS and HTTPS, 1–64.
    package var encryptedThreads = 2
    /// How often the files of certificates are looked at.
    package var certificateCheck = Duration.seconds(3)

    package init() {}
}
