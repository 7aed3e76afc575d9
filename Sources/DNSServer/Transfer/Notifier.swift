import Addresses
import DNS
import Logging
import NIOCore
import NIOPosix
import Synchronization
import TSIG

/// Tells secondaries that a zone has changed (RFC 1996), over UDP, until they acknowledge it.
///
///     publish ─► changed(zone) ─► [event loop] due tracks ─► datagrams ─► replies ─► acknowledged
final class Notifier: Sendable {
    private let transfers: ZoneTransfers
    private let state: ServingState
    private let logger: Logger
    private let loop: any EventLoop
    private let tracks: NIOLoopBoundBox<Tracks>
    /// Zones that have changed and are not yet looked at; the loop is woken when the first comes in.
    private let changes = Mutex(Set<Name>())

    private struct Key: Hashable {
        let zone: Name
        let target: NotifyTarget
    }

    private struct Tracks {
        /// What is not acknowledged yet, or was within the last moment.
        var open: [Key: NotifyTrack] = [:]
        /// By the address that they send from.
        var sockets: [IPAddress: any Channel] = [:]
        var sources: [IPAddress] = []
        var timer: Scheduled<Void>?
        var isStopped = false
    }

    /// Notices sent in one go; more wait for a moment.
    private static let burst = 200

    private var policy: TransferPolicy { transfers.policy }

    init(transfers: ZoneTransfers, state: ServingState, logger: Logger) {
        self.transfers = transfers
        self.state = state
        self.logger = logger
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        self.loop = loop
        tracks = NIOLoopBoundBox.makeBoxSendingValue(Tracks(), eventLoop: loop)
    }

    /// Opens the sockets and tells of every zone.
    ///
    /// - Parameter listening: notices leave from these addresses where they can, because secondaries know us by them.
    func start(listening: [IPAddress]) async {
        try? await loop.submit { [tracks] in tracks.value.sources = listening }.get()
        await openSockets(listening)
        for zone in state.serialOrigins { changed(zone.apex) }
    }

    /// After another policy has come into force: whom it no longer has is told no more, the others are told of every
    /// zone.
    func policyChanged() async {
        let policy = policy
        let listening = try? await loop.submit { [tracks] in
            tracks.value.open = tracks.value.open.filter { policy.targets(ofZone: $0.key.zone).contains($0.key.target) }
            return tracks.value.isStopped ? nil : tracks.value.sources
        }.get()
        guard let sources = listening ?? nil else { return }
        await openSockets(sources)
        for zone in state.serialOrigins { changed(zone.apex) }
    }

    private func openSockets(_ listening: [IPAddress]) async {
        let targets = policy.notify + policy.zones.values.flatMap { $0.notify ?? [] }
        guard !targets.isEmpty else { return }
        let known = (try? await loop.submit { [tracks] in Set(tracks.value.sockets.keys) }.get()) ?? []
        let sources = Set(targets.map { Self.source(for: $0.address, among: listening) })
        for source in sources.subtracting(known) {
            do {
                let socket = try await DatagramBootstrap(group: loop)
                    .channelInitializer { [self] channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(NotifyReplies(notifier: self))
                        }
                    }.bind(host: source.description, port: 0).get()
                try? await loop.submit { [tracks] in tracks.value.sockets[source] = socket }.get()
            } catch {
                logger.error(
                    "notices cannot be sent", metadata: ["from": "\(source)", "error": "\(error)"])
            }
        }
    }

    /// To be called after a zone's serial number has moved; returns at once.
    func changed(_ zone: Name) {
        guard !policy.targets(ofZone: zone).isEmpty else { return }
        let isFirst = changes.withLock { changes in
            changes.insert(zone)
            return changes.count == 1
        }
        if isFirst { loop.execute { [self] in takeChanges() } }
    }

    func stop() async {
        let sockets = try? await loop.submit { [tracks] in
            tracks.value.isStopped = true
            tracks.value.timer?.cancel()
            return Array(tracks.value.sockets.values)
        }.get()
        for socket in sockets ?? [] { try? await socket.close() }
    }

    // MARK: - On the loop

    private func takeChanges() {
        let zones = changes.withLock { changes in
            defer { changes = [] }
            return changes
        }
        let now = NIODeadline.now()
        for zone in zones {
            for target in policy.targets(ofZone: zone) {
                tracks.value.open[Key(zone: zone, target: target), default: NotifyTrack(now: now)].changed(now: now)
            }
        }
        sendDue()
    }

    private func sendDue() {
        guard !tracks.value.isStopped else { return }
        let now = NIODeadline.now()
        var sent = 0
        var next: NIODeadline?
        for (key, track) in tracks.value.open {
            if track.isAcknowledged {
                // Kept for the gap, so that the next change is not sent at once after this one.
                if track.due < now { tracks.value.open[key] = nil }
                continue
            }
            var due = track.due
            if due <= now {
                if sent < Self.burst {
                    due = send(key, track, now)
                    sent += 1
                } else {
                    due = now + .milliseconds(10)
                }
            }
            next = min(next ?? due, due)
        }
        tracks.value.timer?.cancel()
        guard let next else { return }
        tracks.value.timer = loop.scheduleTask(deadline: next) { [self] in sendDue() }
    }

    /// Sends one notice; returns when the track is due again.
    private func send(_ key: Key, _ track: NotifyTrack, _ now: NIODeadline) -> NIODeadline {
        var track = track
        defer { tracks.value.open[key] = track }
        guard transfers.isReady(zone: key.zone) else {
            track.postpone(now: now)
            return track.due
        }
        let id = UInt16.random(in: 0...UInt16.max)
        track.sent(id: id, now: now)
        if track.attempts == 4 {
            logger.warning(
                "a secondary does not acknowledge notices; going on",
                metadata: ["zone": "\(key.zone)", "secondary": "\(key.target)"])
        }
        guard let message = message(key, id: id) else { return track.due }
        let source = Self.source(for: key.target.address, among: tracks.value.sources)
        guard let socket = tracks.value.sockets[source],
            let address = try? SocketAddress(ipAddress: key.target.address.description, port: key.target.port)
        else { return track.due }
        socket.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: message)), promise: nil)
        return track.due
    }

    /// QUERY with opcode NOTIFY, AA, and the SOA record of now as a hint (RFC 1996 §3).
    private func message(_ key: Key, id: UInt16) -> [UInt8]? {
        guard let soa = state.soa(ofZone: key.zone) else { return nil }
        let question: [UInt8] = key.zone.wire + [0, 6, 0, 1]
        let header: [UInt8] = [UInt8(id >> 8), UInt8(id & 0xFF), 0x24, 0, 0, 1, 0, 1, 0, 0, 0, 0]
        let message = header + question + [0xC0, 0x0C] + soa.dropFirst(2)
        guard let key = key.target.key.flatMap({ policy.key(named: $0) }) else { return message }
        return SignedRequest(message, with: key, now: transfers.now()).wire
    }

    /// What came back on one of the sockets.
    fileprivate func received(_ reply: [UInt8], from sender: SocketAddress) {
        guard reply.count >= 12, reply[2] & 0xF8 == 0xA0, let port = sender.port,
            let address = sender.ipAddress.flatMap({ IPAddress(String($0.prefix { $0 != "%" })) })
        else { return }
        let id = UInt16(reply[0]) << 8 | UInt16(reply[1])
        for (key, track) in tracks.value.open
        where track.id == id && key.target.address == address && key.target.port == port {
            guard reply[3] & 0xF == 0 else {
                if track.attempts == 1 {
                    logger.warning(
                        "a secondary refuses notices",
                        metadata: [
                            "zone": "\(key.zone)", "secondary": "\(key.target)",
                            "code": "\(ResponseCode(rawValue: UInt16(reply[3] & 0xF)))",
                        ])
                }
                continue
            }
            tracks.value.open[key]?.acknowledge(id: id)
        }
    }

    // MARK: - Where notices come from

    /// The address that notices to a target leave from: one that is listened on, or whichever the system takes.
    private static func source(for target: IPAddress, among listening: [IPAddress]) -> IPAddress {
        let any: IPAddress =
            switch target {
            case .v4: .v4(IPv4Address(bits: 0))
            case .v6: .v6(IPv6Address(bits: 0))
            }
        return listening.first {
            $0.octets.count == target.octets.count && $0.isLoopback == target.isLoopback && $0 != any
        } ?? any
    }
}

extension IPAddress {
    fileprivate var isLoopback: Bool {
        switch self {
        case .v4(let address): address.bits >> 24 == 127
        case .v6(let address): address.bits == 1
        }
    }
}

extension NotifyTarget: CustomStringConvertible {
    package var description: String { "\(DNSListen(address: address, port: port))" }
}

/// Hands the replies on a socket to its notifier.
private final class NotifyReplies: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let notifier: Notifier

    init(notifier: Notifier) { self.notifier = notifier }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        notifier.received(Array(envelope.data.readableBytesView), from: envelope.remoteAddress)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A target that is unreachable for now: it is tried again.
    }
}
