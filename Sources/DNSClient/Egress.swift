import Addresses
import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// The way by which connections leave this machine: from which of its addresses, and through which interface.
///
///     Egress.$current.withValue(egress) { … }   every connection made in there leaves so: TCP, UDP and ICMP alike
///
/// It is bound to the task and not handed from one argument list to the next, so that no kind of probe can forget it.
package struct Egress: Hashable, Sendable {
    /// At most one of each family; none: the kernel chooses.
    package var sources: [IPAddress]
    /// `eth0`; nil: the one that the routes say.
    package var interface: String?

    package init(sources: [IPAddress], interface: String? = nil) {
        self.sources = sources
        self.interface = interface
    }

    /// How connections of this task leave; nil: as the kernel chooses.
    @TaskLocal package static var current: Egress?

    /// Where a connection to `target` begins, with port 0.
    package func source(for target: SocketAddress) -> SocketAddress? {
        for source in sources {
            switch (source, target) {
            case (.v4, .v4), (.v6, .v6): return try? SocketAddress(ipAddress: source.description, port: 0)
            default: continue
            }
        }
        return nil
    }

    // MARK: Sockets

    /// Makes a datagram socket that leaves so and is connected to `target`.
    func datagramSocket(to target: SocketAddress) throws -> NIOBSDSocket.Handle {
        let family = target.protocol == .inet6 ? AF_INET6 : AF_INET
        let flags = Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(family, Int32(SOCK_DGRAM.rawValue) | flags, 0)
        guard descriptor >= 0 else { throw IOError(errnoCode: errno, reason: "socket") }
        do {
            try prepare(descriptor, for: target)
            let outcome = target.withSockAddr { connect(descriptor, $0, socklen_t($1)) }
            guard outcome == 0 else { throw IOError(errnoCode: errno, reason: "connect") }
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// Binds a socket of any kind that has not been bound yet.
    package func prepare(_ descriptor: Int32, for target: SocketAddress) throws {
        if let interface {
            guard let name = InterfaceName(interface) else { throw EgressFault.noSuchInterface(interface) }
            var octets = name.octets
            let outcome = setsockopt(
                descriptor, SOL_SOCKET, SO_BINDTODEVICE, &octets, socklen_t(MemoryLayout.size(ofValue: octets)))
            if outcome != 0 { try complain(errno) }
        }
        guard let source = source(for: target) else { return }
        let outcome = source.withSockAddr { bind(descriptor, $0, socklen_t($1)) }
        guard outcome == 0 else { throw fault(binding: errno, source) }
    }

    /// Says what keeps connections from leaving by the interface although there is one; nil if nothing does.
    package var obstacle: EgressFault? {
        guard let interface else { return nil }
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0, let name = InterfaceName(interface) else { return .noSuchInterface(interface) }
        defer { close(descriptor) }
        var octets = name.octets
        let outcome = setsockopt(
            descriptor, SOL_SOCKET, SO_BINDTODEVICE, &octets, socklen_t(MemoryLayout.size(ofValue: octets)))
        if outcome == 0 { return nil }
        return errno == EPERM ? .notPermitted(interface) : .noSuchInterface(interface)
    }

    /// Without the privilege the source address has to do, where there is one.
    private func complain(_ errno: Int32) throws {
        guard let interface else { return }
        if errno == EPERM, !sources.isEmpty { return }
        throw errno == EPERM ? EgressFault.notPermitted(interface) : .noSuchInterface(interface)
    }

    private func fault(binding errno: Int32, _ source: SocketAddress) -> any Error {
        errno == EADDRNOTAVAIL
            ? EgressFault.notOurAddress(source.ipAddress ?? "") : IOError(errnoCode: errno, reason: "bind")
    }
}

/// Why nothing can leave that way.
package enum EgressFault: Error, Hashable, Sendable, CustomStringConvertible {
    case notPermitted(String)
    case noSuchInterface(String)
    case notOurAddress(String)

    package var description: String {
        switch self {
        case .notPermitted(let interface):
            "this process may not bind to the interface \(interface): give it CAP_NET_RAW"
        case .noSuchInterface(let interface): "there is no interface \(interface)"
        case .notOurAddress(let address): "\(address) is no address of this machine"
        }
    }
}

/// The name of an interface as the kernel takes it: 1…15 octets and a zero (`IFNAMSIZ`).
struct InterfaceName {
    typealias Octets = (UInt64, UInt64)
    private(set) var octets: Octets = (0, 0)

    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard (1...15).contains(bytes.count) else { return nil }
        withUnsafeMutableBytes(of: &octets) { $0.copyBytes(from: bytes) }
    }
}

extension ClientBootstrap {
    /// Connects to `target`, leaving by `egress` if there is one.
    ///
    /// - Parameter initializer: what the channel gets before it connects.
    package func connect(
        to target: SocketAddress, leavingBy egress: Egress?,
        initializer: @escaping @Sendable (any Channel) throws -> Void
    ) -> EventLoopFuture<any Channel> {
        channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try initializer(channel)
            }.flatMap { egress?.prepare(channel, for: target) ?? channel.eventLoop.makeSucceededVoidFuture() }
        }.connect(to: target)
    }
}

extension DatagramBootstrap {
    /// Connects to `target`, leaving by `egress` if there is one.
    package func connect(
        to target: SocketAddress, leavingBy egress: Egress?, on loop: any EventLoop
    ) -> EventLoopFuture<any Channel> {
        guard let egress else { return connect(to: target) }
        do {
            return withBoundSocket(try egress.datagramSocket(to: target))
        } catch {
            return loop.makeFailedFuture(error)
        }
    }
}

extension Egress {
    /// Binds a channel that has not been connected yet: first to the interface, then to the address.
    fileprivate func prepare(_ channel: any Channel, for target: SocketAddress) -> EventLoopFuture<Void> {
        bindToInterface(channel).flatMap {
            guard let source = source(for: target) else { return channel.eventLoop.makeSucceededVoidFuture() }
            return channel.bind(to: source).flatMapErrorThrowing { error in
                guard let error = error as? IOError else { throw error }
                throw fault(binding: error.errnoCode, source)
            }
        }
    }

    private func bindToInterface(_ channel: any Channel) -> EventLoopFuture<Void> {
        guard let interface else { return channel.eventLoop.makeSucceededVoidFuture() }
        guard let name = InterfaceName(interface), let socket = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(EgressFault.noSuchInterface(interface))
        }
        return socket.unsafeSetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_BINDTODEVICE), value: name.octets
        ).flatMapErrorThrowing { error in
            guard let error = error as? IOError else { throw error }
            try complain(error.errnoCode)
        }
    }
}
