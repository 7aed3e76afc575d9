import Addresses
import DNS
import DNSServer
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import TestSupport
import Testing

/// A certificate for 127.0.0.1 that is its own authority, and its key; made by the `openssl` tool.
func makeCertificate(in folder: TemporaryFolder, named name: String = "server") async throws -> CertificateFiles {
    let files = CertificateFiles(certificate: "\(folder.path)/\(name).pem", key: "\(folder.path)/\(name).key")
    let (output, code) = try await run(
        "openssl",
        [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
            "/CN=\(name).example.test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", files.key, "-out",
            files.certificate,
        ])
    try #require(code == 0, "\(output)")
    return files
}

/// A server that also answers over TLS and HTTPS, for as long as `body` needs it.
struct EncryptedServer {
    let server: DNSServer
    let tls: DNSListen
    let https: DNSListen
    let files: CertificateFiles
    let folder: TemporaryFolder
}

func withEncryptedServer(
    limits: DNSServerLimits = DNSServerLimits(), snapshot: ZoneSnapshot? = nil,
    transfers: TransferPolicy = TransferPolicy(),
    _ body: (EncryptedServer) async throws -> Void
) async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let files = try await makeCertificate(in: folder)
    let listen = DNSListen(address: .v4(IPv4Address(bits: 0x7F00_0001)), port: 0)
    let server = DNSServer(
        listen: [listen],
        encrypted: [
            EncryptedListen(listen: listen, service: .tls, files: files),
            EncryptedListen(listen: listen, service: .https(path: "/dns-query"), files: files),
        ], workers: 1, snapshot: try snapshot ?? kittenSnapshot(), limits: limits, transfers: transfers, logger: quiet)
    try await server.start()
    let encrypted = server.listeningEncrypted
    do {
        try await body(
            EncryptedServer(server: server, tls: encrypted[0], https: encrypted[1], files: files, folder: folder))
    } catch {
        await server.stop()
        throw error
    }
    await server.stop()
}

/// What a connection has received and not yet given out.
private final class ReceivedOctets: Sendable {
    struct State {
        var octets: [UInt8] = []
        var isClosed = false
    }

    let value = Mutex(State())
}

/// A connection over TLS that trusts whatever it is shown, and keeps all that it receives.
final class TLSClient: Sendable {
    private let channel: any Channel
    private let received: ReceivedOctets

    init(_ listen: DNSListen, protocols: [String] = ["dot"]) async throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        configuration.applicationProtocols = protocols
        let context = try NIOSSLContext(configuration: configuration)
        let received = ReceivedOctets()
        self.received = received
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        NIOSSLClientHandler(context: context, serverHostname: nil), Keeper(received))
                }
            }.connect(host: "127.0.0.1", port: listen.port).get()
    }

    func send(_ octets: [UInt8]) async throws {
        try await channel.writeAndFlush(channel.allocator.buffer(bytes: octets))
    }

    /// Stops and starts reading.
    func read(_ isOn: Bool) async throws {
        try await channel.setOption(.autoRead, value: isOn).get()
        if isOn { channel.read() }
    }

    func close() { channel.close(promise: nil) }

    var isClosed: Bool { received.value.withLock { $0.isClosed } }

    /// Waits for so many whole frames and takes them.
    func frames(_ count: Int) async throws -> [[UInt8]] {
        try await eventually("\(count) frames") {
            received.value.withLock { Self.frames($0.octets).count >= count }
        }
        return received.value.withLock { received in
            let all = Array(Self.frames(received.octets).prefix(count))
            received.octets.removeFirst(all.reduce(0) { $0 + 2 + $1.count })
            return all
        }
    }

    private static func frames(_ octets: [UInt8]) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        var position = 0
        while position + 2 <= octets.count {
            let end = position + 2 + Int(octets[position]) << 8 + Int(octets[position + 1])
            guard end <= octets.count else { break }
            frames.append(Array(octets[position + 2..<end]))
            position = end
        }
        return frames
    }

    private final class Keeper: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let received: ReceivedOctets

        init(_ received: ReceivedOctets) { self.received = received }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let octets = Array(unwrapInboundIn(data).readableBytesView)
            received.value.withLock { $0.octets += octets }
        }

        func channelInactive(context: ChannelHandlerContext) { received.value.withLock { $0.isClosed = true } }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

/// Counts the messages of a log, by level.
final class CountingLog: Sendable {
    private let counts = Mutex<[Logger.Level: Int]>([:])

    var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    func count(_ level: Logger.Level) -> Int { counts.withLock { $0[level, default: 0] } }

    private struct Handler: LogHandler {
        let log: CountingLog
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(
            level: Logger.Level, message: Logger.Message, metadata: Logger.Metadata?, source: String, file: String,
            function: String, line: UInt
        ) {
            log.counts.withLock { $0[level, default: 0] += 1 }
        }
    }
}
