import Glibc
import NIOCore
import TestSupport

/// A listening socket of which nobody accepts and whose queue is full, so that the kernel drops further
/// connections in silence: a black hole without a firewall.
struct FullListener {
    let port: Int
    private let descriptors: [Int32]

    init() throws {
        port = try freePort()
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var descriptors = [listener]
        try withLoopback(port) { name, length in
            guard bind(listener, name, length) == 0, listen(listener, 0) == 0 else {
                throw IOError(errnoCode: errno, reason: "listen")
            }
            for _ in 0..<4 {
                let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
                _ = connect(client, name, length)
                descriptors.append(client)
            }
        }
        self.descriptors = descriptors
    }

    func close() { for descriptor in descriptors { Glibc.close(descriptor) } }
}

private func withLoopback(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Void) throws {
    let address = try SocketAddress(ipAddress: "127.0.0.1", port: port)
    try address.withSockAddr { name, size in try body(name, socklen_t(size)) }
}
