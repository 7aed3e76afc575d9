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
    /// For each TCP thread, one socket for each address.
    private var tcp: [[Int32]]
    /// For TLS and HTTPS, one for each of their addresses.
    private var encrypted: [Int32] = []
    /// Where those listen.
    private(set) var listeningEncrypted: [DNSListen] = []
    /// Where they listen, with the ports that the system chose.
    private(set) var listening: [DNSListen] = []

    /// Binds every address, with `workers` sockets each for UDP and `tcpThreads` for TCP; all or nothing.
    ///
    /// `encrypted` are bound for TCP only, with one socket each.
    init(
        _ listens: [DNSListen], workers: Int, tcpThreads: Int, encrypted: [DNSListen]
    ) throws(DNSServerError) {
        tcp = Array(repeating: [], count: tcpThreads)
        guard !listens.isEmpty || !encrypted.isEmpty else { throw .nothingToListenOn }
        for listen in listens { try bind(listen, workers: workers) }
        for listen in encrypted {
            let bound = try findPort(listen)
            self.encrypted += try openShared(bound, count: 1) { ninelives_open_tcp($0, $1, $2, 1) }
            listeningEncrypted.append(bound)
        }
    }

    deinit {
        for socket in udp { close(socket.descriptor) }
        for descriptor in tcp.joined() { close(descriptor) }
        for descriptor in encrypted { close(descriptor) }
    }

    mutating func takeUDP() -> Socket? { udp.isEmpty ? nil : udp.removeFirst() }
    mutating func takeTCP() -> [[Int32]] {
        defer { tcp = [] }
        return tcp
    }

    mutating func takeEncrypted() -> Int32? { encrypted.isEmpty ? nil : encrypted.removeFirst() }

    private mutating func bind(_ listen: DNSListen, workers: Int) throws(DNSServerError) {
        // With port 0 the system chooses a port for TCP, which may be taken for UDP: then it chooses again.
        var attempts = listen.port == 0 ? 20 : 1
        while true {
            attempts -= 1
            do throws(DNSServerError) {
                let bound = try findPort(listen)
                let streams = try openShared(bound, count: tcp.count) { ninelives_open_tcp($0, $1, $2, 1) }
                do throws(DNSServerError) {
                    try bindUDP(bound, workers: workers)
                } catch {
                    for descriptor in streams { close(descriptor) }
                    throw error
                }
                for (thread, descriptor) in streams.enumerated() { tcp[thread].append(descriptor) }
                listening.append(bound)
                return
            } catch {
                if case .addressInUse = error, attempts > 0 { continue }
                throw error
            }
        }
    }

    /// One that does not share its port finds out whether another server has it, and shows the port.
    private func findPort(_ listen: DNSListen) throws(DNSServerError) -> DNSListen {
        let probe = try check(open(listen) { ninelives_open_tcp($0, $1, $2, 0) }, listen)
        defer { close(probe) }
        return DNSListen(address: listen.address, port: Int(ninelives_local_port(probe)))
    }

    private mutating func bindUDP(_ listen: DNSListen, workers: Int) throws(DNSServerError) {
        // Sockets that share a port would also share it with another server of the same user, which would get half
        // of the queries. One that does not share finds out.
        close(try check(open(listen) { ninelives_open_udp($0, $1, $2, 0) }, listen))
        udp += try openShared(listen, count: workers) { ninelives_open_udp($0, $1, $2, 1) }
            .map { Socket(descriptor: $0, listen: listen) }
    }

    private func openShared(
        _ listen: DNSListen, count: Int, _ body: (UnsafePointer<UInt8>, Int, UInt16) -> Int32
    ) throws(DNSServerError) -> [Int32] {
        var descriptors: [Int32] = []
        for _ in 0..<count {
            do throws(DNSServerError) {
                descriptors.append(try check(open(listen, body), listen))
            } catch {
                for descriptor in descriptors { close(descriptor) }
                throw error
            }
        }
        return descriptors
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
