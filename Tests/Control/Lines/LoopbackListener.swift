import NIOCore
import NIOPosix
import Synchronization
import TestSupport

/// A TCP server on 127.0.0.1 that takes connections, closes them, and remembers from where they came.
final class LoopbackListener: Sendable {
    let port: Int
    private let channel: any Channel
    private let seen = Shared()

    private final class Shared: Sendable {
        let addresses = Mutex<[String]>([])
    }

    init() throws {
        port = try freePort()
        let seen = seen
        channel = try ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                let address = channel.remoteAddress?.ipAddress ?? "?"
                seen.addresses.withLock { $0.append(address) }
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .bind(host: "127.0.0.1", port: port).wait()
    }

    var peers: [String] { seen.addresses.withLock { $0 } }

    /// Connections are refused from now on.
    func stop() { channel.close(promise: nil) }
}
