import Addresses
import DNSClient
import NIOCore
import NIOPosix
import NIOSSL

/// One connection from its first thought to its end: resolve, connect, TLS, conversation, close.
///
/// Everything happens on one event loop. The result comes when the conversation has one, or when the time is up,
/// whatever the other side does; the channel is closed before the result is given.
final class Exchange<Talk: Conversation> {
    enum Outcome: Sendable {
        /// The conversation came to its end.
        case found(Talk.Finding)
        /// It never got that far; why, in words.
        case failed(String)
    }

    struct Report: Sendable {
        var outcome: Outcome
        var phases: ProbePhases
        /// The address that was tried last.
        var address: IPAddress?
    }

    private enum Stage { case resolving, connecting, securing, talking, over }

    private var endpoint: Endpoint
    private let limit: TimeLimit
    private let loop: any EventLoop
    private let egress: Egress?
    private var talk: Talk
    private var stage = Stage.resolving
    private var stageStart = NIODeadline.now()
    private var phases = ProbePhases()
    private var untried: ArraySlice<IPAddress> = []
    private var failures: [(address: IPAddress, reason: String)] = []
    private var address: IPAddress?
    private var channel: (any Channel)?
    private var tls: NIOSSLClientHandler?
    private var alarm: Scheduled<Void>?
    private var continuation: CheckedContinuation<Report, Never>?
    private var whenOver: (() -> Void)?

    private init(
        _ talk: Talk, with endpoint: Endpoint, leavingBy egress: Egress?, within limit: TimeLimit,
        on loop: any EventLoop
    ) {
        self.talk = talk
        self.egress = egress
        self.endpoint = endpoint
        self.limit = limit
        self.loop = loop
    }

    /// Runs one exchange. Gives its report at `limit.end` at the latest, or at once when the task is cancelled.
    static func run(
        _ talk: Talk, with endpoint: Endpoint, within limit: TimeLimit, on loop: any EventLoop, resolver: NameResolver
    ) async -> Report {
        let egress = Egress.current
        let leash = NIOLoopBoundBox<Leash>.makeBoxSendingValue(.waiting, eventLoop: loop)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.execute {
                    let exchange = Exchange(talk, with: endpoint, leavingBy: egress, within: limit, on: loop)
                    exchange.continuation = continuation
                    if case .cancelled = leash.value { return exchange.finish(.failed("cancelled")) }
                    leash.value = .running(exchange)
                    exchange.start(resolver) { leash.value = .over }
                }
            }
        } onCancel: {
            loop.execute {
                if case .running(let exchange) = leash.value { return exchange.finish(.failed("cancelled")) }
                leash.value = .cancelled
            }
        }
    }

    /// Ties an exchange to the task that waits for it, which may be cancelled at any moment.
    private enum Leash {
        case waiting
        case running(Exchange)
        case cancelled
        case over
    }

    private func start(_ resolver: NameResolver, whenOver: @escaping () -> Void) {
        self.whenOver = whenOver
        alarm = loop.assumeIsolated().scheduleTask(deadline: limit.end) { self.expire() }
        switch endpoint.host {
        case .address(let address) where resolver.ban.forbids(address):
            finish(.failed(resolver.ban.words(address)))
        case .address(let address):
            untried = [address]
            connect()
        case .name(let name):
            resolver.resolve(name, loop).hop(to: loop).assumeIsolated().whenComplete { self.resolved($0, name) }
        }
    }

    private func resolved(_ result: Result<[IPAddress], any Error>, _ name: String) {
        guard stage == .resolving else { return }
        phases.resolve = lap()
        switch result {
        case .success(let addresses) where !addresses.isEmpty:
            untried = addresses[...]
            connect()
        case .success: finish(.failed("name has no address: \(name)"))
        case .failure(let failure as LookupFailure): finish(.failed(failure.words(name)))
        case .failure(let error): finish(.failed("name does not resolve: \(name) (\(error))"))
        }
    }

    /// Tries the next address. Each but the last gets an equal share of the time that is left.
    private func connect() {
        guard stage != .over, let address = untried.popFirst() else { return }
        if stage != .connecting { enter(.connecting) }
        self.address = address
        let left = limit.end - .now()
        let patience: TimeAmount =
            untried.isEmpty ? left + .seconds(1) : .nanoseconds(left.nanoseconds / Int64(untried.count + 1))
        do {
            let socketAddress = try SocketAddress(address, port: endpoint.port)
            let handlers = try NIOLoopBound(makeHandlers(), eventLoop: loop)
            ClientBootstrap(group: loop)
                .connectTimeout(max(patience, .milliseconds(1)))
                .connect(to: socketAddress, leavingBy: egress) { channel in
                    try channel.pipeline.syncOperations.addHandlers(handlers.value)
                }
                .assumeIsolated()
                .whenFailure { self.connectFailed($0, at: address) }
        } catch {
            connectFailed(error, at: address)
        }
    }

    private func makeHandlers() throws -> [any ChannelHandler] {
        guard let identity = endpoint.tls else { return [Wire(self)] }
        let handler = try identity.makeHandler()
        tls = handler
        return [handler, Wire(self)]
    }

    private func connectFailed(_ error: any Error, at address: IPAddress) {
        guard stage == .connecting, self.address == address else { return }
        channel = nil
        let patienceWasUp = if case ChannelError.connectTimeout = error { true } else { false }
        failures.append((address, patienceWasUp ? "timed out while connecting" : inWords(connecting: error)))
        if untried.isEmpty { finish(.failed(describe(failures))) } else { connect() }
    }

    // MARK: What happens on the channel

    func opening(_ channel: any Channel) {
        if stage == .connecting { self.channel = channel } else { channel.close(promise: nil) }
    }

    func connected(_ channel: any Channel) {
        guard stage == .connecting, isCurrent(channel) else { return }
        phases.connect = lap()
        if tls != nil { enter(.securing) } else { converse() }
    }

    func secured(_ channel: any Channel, applicationProtocol: String?) {
        guard stage == .securing, isCurrent(channel), let tls else { return }
        phases.tls = lap()
        let certificate = tls.peerCertificate.map { CertificateFacts($0) }
        if let certificate, let identity = endpoint.tls, !identity.matches(certificate) {
            let fault = TLSFault.wrongName(certificate: certificate.names, wanted: identity.host.description)
            return finish(.failed(fault.words))
        }
        enter(.talking)
        perform(
            talk.secured(
                TLSSession(
                    version: tls.tlsVersion, applicationProtocol: applicationProtocol, certificate: certificate)))
    }

    /// Puts TLS under a conversation that has begun without it.
    private func secure(_ identity: TLSIdentity) {
        guard let channel else { return }
        endpoint.tls = identity
        enter(.securing)
        do {
            let handler = try identity.makeHandler()
            tls = handler
            try channel.pipeline.syncOperations.addHandler(handler, position: .first)
        } catch {
            finish(.failed(describe(securing: error)))
        }
    }

    private func converse() {
        enter(.talking)
        perform(talk.opened())
    }

    func received(_ bytes: UnsafeRawBufferPointer, on channel: any Channel) {
        guard stage == .talking, isCurrent(channel), !bytes.isEmpty else { return }
        if phases.firstByte == nil { phases.firstByte = lap() }
        perform(talk.received(bytes))
    }

    func failed(_ error: any Error, on channel: any Channel) {
        guard isCurrent(channel) else { return }
        switch stage {
        case .securing:
            finish(.failed(describe(securing: error)))
        case .talking:
            // TLS 1.3 servers complain of a missing client certificate only now (RFC 8446 §4.4.2.4).
            if error is BoringSSLError { return finish(.failed(describe(securing: error))) }
            ended(error is IOError ? .reset : .closed, on: channel)
        case .resolving, .connecting, .over: break
        }
    }

    func ended(_ ending: Ending, on channel: any Channel) {
        guard isCurrent(channel) else { return }
        switch stage {
        case .securing: finish(.failed(ending.words("during the TLS handshake")))
        case .talking: finish(.found(talk.ended(ending)))
        case .resolving, .connecting, .over: break
        }
    }

    private func isCurrent(_ channel: any Channel) -> Bool { self.channel === channel }

    private func perform(_ move: Move<Talk.Finding>) {
        switch move {
        case .listen: break
        case .send(let bytes): channel?.writeAndFlush(bytes, promise: nil)
        case .secure(let identity): secure(identity)
        case .sendThenSecure(let bytes, let identity):
            channel?.writeAndFlush(bytes, promise: nil)
            secure(identity)
        case .finish(let finding): finish(.found(finding))
        }
    }

    // MARK: Time and the end

    private func expire() {
        alarm = nil
        let doing =
            switch stage {
            case .resolving: "while resolving \(endpoint.host)"
            case .connecting: "while connecting"
            case .securing: "in the TLS handshake"
            case .talking, .over: talk.waiting
            }
        finish(.failed("timed out after \(inWords(limit.timeout)) \(doing)"))
    }

    private func finish(_ outcome: Outcome) {
        guard stage != .over else { return }
        stage = .over
        alarm?.cancel()
        // A certificate that is not believed may be anybody's.
        if phases.tls != nil { phases.certificateEnd = tls?.peerCertificate.map { Int($0.notValidAfter) } }
        channel?.close(promise: nil)
        continuation?.resume(returning: Report(outcome: outcome, phases: phases, address: address))
        whenOver?()
        (alarm, channel, tls, continuation, whenOver) = (nil, nil, nil, nil, nil)
    }

    private func enter(_ stage: Stage) {
        self.stage = stage
        stageStart = .now()
    }

    /// The time since the stage began.
    private func lap() -> Duration { Duration(NIODeadline.now() - stageStart) }

    private func describe(securing error: any Error) -> String {
        guard let identity = endpoint.tls, let address else { return "TLS handshake failed" }
        return TLSFault(error, peer: tls?.peerCertificate, identity: identity, address: address).words
    }

    /// One address: its reason. Several: the reason of each, the first three at most.
    private func describe(_ failures: [(address: IPAddress, reason: String)]) -> String {
        guard let first = failures.first else { return "could not connect" }
        if failures.count == 1 { return first.reason }
        if failures.allSatisfy({ $0.reason == first.reason }) {
            return "\(first.reason) at all \(failures.count) addresses of \(endpoint.host)"
        }
        let told = failures.prefix(3).map { "\($0.reason) at \($0.address)" }.joined(separator: "; ")
        return failures.count > 3 ? "\(told); and \(failures.count - 3) more" : told
    }
}

extension SocketAddress {
    /// A socket address from one of ours.
    fileprivate init(_ address: IPAddress, port: Int) throws {
        try self.init(packedIPAddress: ByteBuffer(bytes: address.octets), port: port)
    }
}
