import Addresses
import Checks
import DNSClient
import NIOCore
import NIOConcurrencyHelpers
import NIOPosix
import TestSupport
import Testing

/// From which address, and through which interface, each kind of probe leaves.
@Suite struct EgressTests {
    private static let group = MultiThreadedEventLoopGroup.singleton
    private static let line = Egress(sources: [.v4(IPv4Address(bits: 0x7F00_0023))])  // 127.0.0.35

    private func leaving<Result: Sendable>(_ egress: Egress?, _ body: () async throws -> Result) async throws -> Result
    {
        try await Egress.$current.withValue(egress, operation: body)
    }

    @Test func `a TCP, an HTTP and a DNS check over TCP come from the line's address`() async throws {
        let peers = Peers()
        let server = try await ServerBootstrap(group: Self.group)
            .childChannelInitializer { channel in
                peers.note(channel.remoteAddress)
                return channel.close()
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = "\(try #require(server.localAddress?.port))"
        let methods: [(String, [String: String])] = [
            ("tcp", ["host": "127.0.0.1", "port": port]),
            ("http-status", ["url": "http://www.example.test:\(port)/", "addr": "127.0.0.1", "status": "200"]),
            ("dns", ["server": "127.0.0.1", "port": port, "name": "example.test", "transport": "tcp"]),
        ]
        for (index, (method, arguments)) in methods.enumerated() {
            _ = try await leaving(Self.line) { try await probe(method, arguments) }
            try await eventually("\(method) has come") { peers.all.count > index }
            #expect(peers.all.last == "127.0.0.35", "\(method)")
        }
        _ = try await leaving(nil) { try await probe("tcp", methods[0].1) }
        try await eventually("it has come") { peers.all.count == 4 }
        #expect(peers.all.last == "127.0.0.1", "without a line, as the routes say")
        try await server.close()
    }

    @Test func `a UDP check and a DNS check come from the line's address, and hear the answer`() async throws {
        let peers = Peers()
        let socket = try await DatagramBootstrap(group: Self.group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Echo(peers))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = "\(try #require(socket.localAddress?.port))"
        let heard = try await leaving(Self.line) {
            try await probe("udp", ["host": "127.0.0.1", "port": port, "send": "hello", "expect": "hello"])
        }
        #expect(heard.isSuccess, "\(heard.reason)")
        #expect(peers.all == ["127.0.0.35"])
        // Its own question is no answer, so that nothing comes of it; but it has come from there.
        _ = try await leaving(Self.line) {
            try await probe(
                "dns", ["server": "127.0.0.1", "port": port, "name": "example.test"], timeout: .seconds(1))
        }
        #expect(peers.all.allSatisfy { $0 == "127.0.0.35" } && peers.all.count >= 2)
        try await socket.close()
    }

    @Test func `a closed UDP port is known at once by a line, too`() async throws {
        let port = "\(try freePort())"
        let result = try await leaving(Self.line) {
            try await probe("udp", ["host": "127.0.0.1", "port": port, "send": "hello"])
        }
        #expect(result.reason == "connection refused")
    }

    @Test(arguments: ["tcp", "udp", "dns", "ping"])
    func `an address that is not this machine's is told, and nothing leaves by another`(method: String) async throws {
        let foreign = Egress(sources: [.v4(IPv4Address(bits: 0xC000_0201))])
        var arguments = ["host": "127.0.0.1"]
        if method != "ping" { arguments["port"] = "9" }
        if method == "udp" { arguments["send"] = "hello" }
        if method == "dns" { arguments = ["server": "127.0.0.1", "name": "example.test"] }
        let result = try await leaving(foreign) { try await probe(method, arguments) }
        #expect(!result.isSuccess)
        #expect(result.reason.contains("192.0.2.1 is no address of this machine"), "\(result.reason)")
    }

    @Test(arguments: ["tcp", "udp", "ping"])
    func `an interface that does not exist is told`(method: String) async throws {
        var arguments = ["host": "127.0.0.1"]
        if method != "ping" { arguments["port"] = "9" }
        if method == "udp" { arguments["send"] = "hello" }
        let result = try await leaving(Egress(sources: [], interface: "absent0")) {
            try await probe(method, arguments)
        }
        #expect(result.reason == "cannot leave by its line: there is no interface absent0")
    }

    @Test func `through the loopback interface loopback is reached`() async throws {
        let egress = Egress(sources: Self.line.sources, interface: "lo")
        #expect(egress.obstacle == nil)
        let peers = Peers()
        let server = try await ServerBootstrap(group: Self.group)
            .childChannelInitializer { channel in
                peers.note(channel.remoteAddress)
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = "\(try #require(server.localAddress?.port))"
        let result = try await leaving(egress) { try await probe("tcp", ["host": "127.0.0.1", "port": port]) }
        #expect(result.isSuccess, "\(result.reason)")
        try await eventually("it has come") { peers.all == ["127.0.0.35"] }
        try await server.close()
    }

    /// Who has come, in order.
    private final class Peers: Sendable {
        private let addresses = NIOLockedValueBox<[String]>([])
        var all: [String] { addresses.withLockedValue { $0 } }
        func note(_ address: SocketAddress?) { addresses.withLockedValue { $0.append(address?.ipAddress ?? "?") } }
    }

    private final class Echo: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>
        typealias OutboundOut = AddressedEnvelope<ByteBuffer>

        private let peers: Peers
        init(_ peers: Peers) { self.peers = peers }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let envelope = unwrapInboundIn(data)
            peers.note(envelope.remoteAddress)
            context.writeAndFlush(wrapOutboundOut(envelope), promise: nil)
        }
    }
}
