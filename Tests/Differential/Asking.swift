import DNS
import Glibc

/// A blocking client that asks one server of 127.0.0.1 and gives up after two seconds.
final class Asking: Sendable {
    private let port: Int
    private let datagrams: Int32

    init(port: Int) {
        self.port = port
        datagrams = Self.connected(port, Int32(SOCK_DGRAM.rawValue))
    }

    deinit { close(datagrams) }

    /// The reply over UDP; nil if there is none in time.
    func overUDP(_ query: [UInt8]) -> [UInt8]? {
        guard send(datagrams, query, query.count, 0) == query.count else { return nil }
        var buffer = [UInt8](repeating: 0, count: 65_535)
        while true {
            let count = recv(datagrams, &buffer, buffer.count, 0)
            guard count >= 2 else { return nil }
            // A reply that came too late for an earlier question is passed over.
            if buffer[0] == query[0], buffer[1] == query[1] { return Array(buffer[..<count]) }
        }
    }

    /// The reply over a TCP connection of its own.
    func overTCP(_ query: [UInt8]) -> [UInt8]? {
        let stream = Self.connected(port, Int32(SOCK_STREAM.rawValue))
        defer { close(stream) }
        let frame = [UInt8(query.count >> 8), UInt8(query.count & 0xFF)] + query
        guard send(stream, frame, frame.count, Int32(MSG_NOSIGNAL)) == frame.count,
            let head = Self.exactly(2, from: stream)
        else { return nil }
        return Self.exactly(Int(head[0]) << 8 | Int(head[1]), from: stream)
    }

    private static func exactly(_ count: Int, from stream: Int32) -> [UInt8]? {
        var octets: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: count)
        while octets.count < count {
            let received = recv(stream, &buffer, count - octets.count, 0)
            guard received > 0 else { return nil }
            octets += buffer[..<received]
        }
        return octets
    }

    private static func connected(_ port: Int, _ kind: Int32) -> Int32 {
        let descriptor = socket(AF_INET, kind, 0)
        var limit = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = UInt16(port).bigEndian
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        _ = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return descriptor
    }
}
