import Addresses
import CSockets
import Glibc

/// The sockets of a server that is about to start: bound, not yet served. Closes what was not taken.
struct BoundSockets: ~Copyable {
    struct Socket {
        let descriptor: Int32
        let listen: DNSListen
        var isWildcard: Bool { listen.address.octets.allSatisfy { $0 == 0 } }
    }

    private var udp: [Socket] = []
    private var tcp: [Socket] = []
    /// Where they listen, with the ports that the system chose.
    private(set) var listening: [DNSListen] = []

    /// Binds every address for TCP and, with `workers` sockets each, for UDP; all or nothing.
    init(_ listens: [DNSListen], workers: Int) throws(DNSServerError) {
        guard !listens.isEmpty else { throw .nothingToListenOn }
        for listen in listens { try bind(listen, workers: workers) }
    }

    deinit { for socket in udp + tcp { close(socket.descriptor) } }

    mutating func takeUDP() -> Socket? { udp.isEmpty ? nil : udp.removeFirst() }
    mutating func takeTCP() -> Socket? { tcp.isEmpty ? nil : tcp.removeFirst() }

    private mutating func bind(_ listen: DNSListen, workers: Int) throws(DNSServerError) {
        // With port 0 the system chooses a port for TCP, which may be taken for UDP: then it chooses again.
        var attempts = listen.port == 0 ? 20 : 1
        while true {
            attempts -= 1
            do throws(DNSServerError) {
                let stream = try check(open(listen, ninelives_open_tcp), listen)
                let bound = DNSListen(address: listen.address, port: Int(ninelives_local_port(stream)))
                do throws(DNSServerError) {
                    try bindUDP(bound, workers: workers)
                } catch {
                    close(stream)
                    throw error
                }
                tcp.append(Socket(descriptor: stream, listen: bound))
                listening.append(bound)
                return
            } catch {
                if case .addressInUse = error, attempts > 0 { continue }
                throw error
            }
        }
    }

    private mutating func bindUDP(_ listen: DNSListen, workers: Int) throws(DNSServerError) {
        // Sockets that share a port would also share it with another server of the same user, which would get half
        // of the queries. One that does not share finds out.
        close(try check(open(listen) { ninelives_open_udp($0, $1, $2, 0) }, listen))
        var sockets: [Socket] = []
        for _ in 0..<workers {
            do throws(DNSServerError) {
                let descriptor = try check(open(listen) { ninelives_open_udp($0, $1, $2, 1) }, listen)
                sockets.append(Socket(descriptor: descriptor, listen: listen))
            } catch {
                for socket in sockets { close(socket.descriptor) }
                throw error
            }
        }
        udp += sockets
    }

    private func open(_ listen: DNSListen, _ body: (UnsafePointer<UInt8>, Int, UInt16) -> Int32) -> Int32 {
        guard let port = UInt16(exactly: listen.port) else { return -EINVAL }
        return listen.address.octets.withUnsafeBufferPointer { octets in
            octets.baseAddress.map { body($0, octets.count, port) } ?? -EINVAL
        }
    }

    private func check(_ descriptor: Int32, _ listen: DNSListen) throws(DNSServerError) -> Int32 {
        switch -descriptor {
        case EADDRINUSE: throw .addressInUse(listen)
        case EADDRNOTAVAIL: throw .noSuchAddress(listen)
        case EACCES, EPERM: throw .notPermitted(listen)
        case let number where number > 0: throw .refusedBySystem(listen, errorNumber: number)
        default: return descriptor
        }
    }
}
