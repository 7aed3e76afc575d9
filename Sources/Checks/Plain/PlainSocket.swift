import Addresses
import Glibc

/// One non-blocking TCP socket: what the probe workers need of it and no more.
struct PlainSocket {
    enum Opening {
        case open(PlainSocket)
        case underWay(PlainSocket)
        case failed(errno: Int32)
    }

    enum Reading {
        case bytes(Int)
        case nothingYet
        case ended(Ending)
    }

    let descriptor: Int32

    /// Begins to connect. On loopback the connection is often open, or refused, at once.
    static func open(_ peer: PlainAddress) -> Opening {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = Glibc.socket(peer.family, kind, 0)
        guard descriptor >= 0 else { return .failed(errno: errno) }
        let socket = PlainSocket(descriptor: descriptor)
        if peer.connect(descriptor) == 0 { return .open(socket) }
        let error = errno
        if error == EINPROGRESS { return .underWay(socket) }
        socket.close()
        return .failed(errno: error)
    }

    /// Why the connection could not be made; 0 if it was.
    var connectError: Int32 {
        var error: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno
    }

    /// How many bytes the kernel took; nil if the connection is lost.
    func send(_ bytes: UnsafeRawBufferPointer) -> Int? {
        let sent = Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        if sent >= 0 { return sent }
        return errno == EAGAIN || errno == EINTR ? 0 : nil
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Reading {
        let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
        if count > 0 { return .bytes(count) }
        if count == 0 { return .ended(.closed) }
        return errno == EAGAIN || errno == EINTR ? .nothingYet : .ended(.reset)
    }

    func close() { _ = Glibc.close(descriptor) }
}

/// An address and a port as the kernel takes them.
struct PlainAddress {
    private enum Name {
        case v4(sockaddr_in)
        case v6(sockaddr_in6)
    }

    private let name: Name

    init(_ address: IPAddress, port: Int) {
        let octets = address.octets
        let port = UInt16(truncatingIfNeeded: port).bigEndian
        if octets.count == 4 {
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = port
            withUnsafeMutableBytes(of: &name.sin_addr) { $0.copyBytes(from: octets) }
            self.name = .v4(name)
        } else {
            var name = sockaddr_in6()
            name.sin6_family = sa_family_t(AF_INET6)
            name.sin6_port = port
            withUnsafeMutableBytes(of: &name.sin6_addr) { $0.copyBytes(from: octets) }
            self.name = .v6(name)
        }
    }

    var family: Int32 {
        switch name {
        case .v4: AF_INET
        case .v6: AF_INET6
        }
    }

    fileprivate func connect(_ descriptor: Int32) -> Int32 {
        switch name {
        case .v4(let name): Self.connect(descriptor, name)
        case .v6(let name): Self.connect(descriptor, name)
        }
    }

    private static func connect<Name>(_ descriptor: Int32, _ name: Name) -> Int32 {
        withUnsafePointer(to: name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<Name>.size))
            }
        }
    }
}
