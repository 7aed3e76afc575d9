import Addresses
import Foundation

/// Asks the kernel whether an address can be listened on, before anything is started.
///
/// Between this and the real bind somebody else may come; then the real bind reports it.
enum ListenerTest {
    enum Transport {
        case udp
        case tcp
    }

    /// nil if it can be bound; otherwise why not, in words.
    static func obstacle(to transport: Transport, address: IPAddress, port: Int) -> String? {
        let family = if case .v4 = address { AF_INET } else { AF_INET6 }
        let kind = transport == .udp ? SOCK_DGRAM : SOCK_STREAM
        let descriptor = socket(family, Int32(kind.rawValue), 0)
        guard descriptor >= 0 else { return String(cString: strerror(errno)) }
        defer { close(descriptor) }
        // A connection of an earlier run that still lingers is no obstacle to a TCP listener.
        var yes: Int32 = 1
        if transport == .tcp {
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        }
        if family == AF_INET6 {
            setsockopt(
                descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &yes, socklen_t(MemoryLayout<Int32>.size))
        }
        guard bindSocket(descriptor, address, port) != 0 else { return nil }
        return switch errno {
        case EADDRINUSE: "is in use by another program"
        case EACCES: "needs the right to bind ports below 1024 (CAP_NET_BIND_SERVICE)"
        case EADDRNOTAVAIL: "is not an address of this machine"
        default: String(cString: strerror(errno))
        }
    }

    private static func bindSocket(_ descriptor: Int32, _ address: IPAddress, _ port: Int) -> Int32 {
        switch address {
        case .v4(let address):
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = UInt16(port).bigEndian
            name.sin_addr.s_addr = address.bits.bigEndian
            return withUnsafePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        case .v6(let address):
            var name = sockaddr_in6()
            name.sin6_family = sa_family_t(AF_INET6)
            name.sin6_port = UInt16(port).bigEndian
            withUnsafeMutableBytes(of: &name.sin6_addr) { $0.copyBytes(from: address.octets) }
            return withUnsafePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        }
    }
}
