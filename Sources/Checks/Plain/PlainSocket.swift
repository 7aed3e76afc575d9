import Addresses
import CSockets
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
        var isOpen: Int32 = 0
        let descriptor = peer.withOctets { ninelives_start_tcp($0.baseAddress, $0.count, peer.port, &isOpen) }
        guard descriptor >= 0 else { return .failed(errno: -descriptor) }
        let socket = PlainSocket(descriptor: descriptor)
        return isOpen == 0 ? .underWay(socket) : .open(socket)
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

/// An address and a port, small and without references.
struct PlainAddress {
    private var octets: (UInt64, UInt64) = (0, 0)
    let port: UInt16
    private let isV4: Bool

    /// - Parameter port: 1–65535.
    init(_ address: IPAddress, port: Int) {
        self.port = UInt16(truncatingIfNeeded: port)
        let bytes = address.octets
        isV4 = bytes.count == 4
        withUnsafeMutableBytes(of: &octets) { $0.copyBytes(from: bytes) }
    }

    fileprivate func withOctets<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        withUnsafeBytes(of: octets) { bytes in
            body(UnsafeRawBufferPointer(rebasing: bytes[..<(isV4 ? 4 : 16)]).assumingMemoryBound(to: UInt8.self))
        }
    }
}
