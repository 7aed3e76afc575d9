import Addresses
import DNS
import Glibc
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import NIOSSL
import NIOTLS

/// DNS over TLS and over HTTPS: event loops that accept on sockets that are bound already.
///
///     TLS ─► frames (EncryptedQueries)                                  ─┐
///     TLS ─► ALPN ─► HTTP/2, streams ─┬─► requests (HTTPSQueries)       ─┴─► answer
///                 └► HTTP/1.1 ────────┘
final class EncryptedService: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let loops: [ObjectIdentifier: EncryptedLoop]
    private let shared: StreamSharing
    private let certificates: [ServerCertificate]
    private let services: [EncryptedListen.Service]
    private let reloading: Task<Void, Never>

    /// Reads the certificates. Uses the readers (and counters) from `firstReader` on, one for each thread.
    init(
        _ listens: [EncryptedListen], firstReader: Int, shared: StreamSharing, logger: Logger
    ) throws(CertificateError) {
        var certificates: [ServerCertificate] = []
        for listen in listens {
            let protocols = listen.service == .tls ? ["dot"] : ["h2", "http/1.1"]
            certificates.append(
                try ServerCertificate(listen.files, applicationProtocols: protocols, logger: logger))
        }
        let threads = shared.limits.encryptedThreads
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        var loops: [ObjectIdentifier: EncryptedLoop] = [:]
        for (index, loop) in group.makeIterator().enumerated() {
            loops[ObjectIdentifier(loop)] = EncryptedLoop(
                shared: shared, reader: firstReader + index,
                capacity: (shared.limits.encryptedConnections + threads - 1) / threads)
        }
        (self.group, self.loops, self.shared, self.certificates) = (group, loops, shared, certificates)
        services = listens.map(\.service)
        reloading = Task { [certificates, interval = shared.limits.certificateCheck] in
            while (try? await Task.sleep(for: interval)) != nil {
                for certificate in certificates { certificate.reloadIfChanged() }
            }
        }
    }

    /// Accepts on a listening socket for the listener with this index; takes the descriptor over, whatever happens.
    func serve(_ descriptor: Int32, listener: Int) async throws {
        let (certificate, service) = (certificates[listener], services[listener])
        _ = try await ServerBootstrap(group: group)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // What lies between the client and `ReadGate` is bounded by this.
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 16 << 10))
            .childChannelInitializer { [self] channel in accept(channel, certificate, service) }
            .withBoundSocket(descriptor).get()
    }

    /// Closes everything.
    func stop() async {
        reloading.cancel()
        try? await group.shutdownGracefully()
    }

    // MARK: -

    private func accept(
        _ channel: any Channel, _ certificate: ServerCertificate, _ service: EncryptedListen.Service
    ) -> EventLoopFuture<Void> {
        guard let loop = loops[ObjectIdentifier(channel.eventLoop)], let text = channel.remoteAddress?.ipAddress,
            let address = IPAddress(text.prefix { $0 != "%" }), shared.clients.open(from: ClientPrefix(address))
        else {
            loops[ObjectIdentifier(channel.eventLoop)]?.counters.add(1, to: .tcpConnectionsRefused)
            return channel.eventLoop.makeFailedFuture(ChannelError.refusedByLimit)
        }
        let connection = NIOLoopBound(
            EncryptedConnection(loop: loop, address: address, channel: channel), eventLoop: channel.eventLoop)
        channel.closeFuture.whenComplete { [shared] _ in
            shared.clients.close(from: ClientPrefix(address))
            connection.value.ended()
        }
        loop.insert(connection.value)
        connection.value.watch()
        return channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(NIOSSLServerHandler(context: certificate.context))
            switch service {
            case .tls: try pipeline.addHandler(EncryptedQueries(connection.value))
            case .https(let path):
                try pipeline.addHandler(ReadGate())
                try pipeline.addHandler(Self.negotiation(connection, path: path))
            }
        }
    }

    /// HTTP/2 for clients that offer it, HTTP/1.1 for the others.
    private static func negotiation(
        _ connection: NIOLoopBound<EncryptedConnection>, path: String
    ) -> ApplicationProtocolNegotiationHandler {
        ApplicationProtocolNegotiationHandler { result, channel in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                if case .negotiated("h2") = result {
                    var streams = NIOHTTP2Handler.ConnectionConfiguration()
                    streams.initialSettings = [
                        HTTP2Setting(parameter: .maxConcurrentStreams, value: 100),
                        HTTP2Setting(parameter: .maxHeaderListSize, value: HTTPSLimits.headerOctets),
                    ]
                    // Some clients send a PRIORITY frame with each request.
                    streams.controlFrameRateLimit.maximumCount = HTTPSLimits.frames
                    var each = NIOHTTP2Handler.StreamConfiguration()
                    each.streamResetFrameRateLimit.maximumCount = HTTPSLimits.frames
                    _ = try pipeline.configureHTTP2Pipeline(
                        mode: .server, connectionConfiguration: streams, streamConfiguration: each
                    ) { stream in
                        stream.eventLoop.makeCompletedFuture {
                            try stream.pipeline.syncOperations.addHandlers(
                                StreamEnd(), HTTP2FramePayloadToHTTP1ServerCodec(),
                                HTTPSQueries(connection.value, path: path))
                        }
                    }
                } else {
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                    try pipeline.addHandler(HTTPSQueries(connection.value, path: path))
                }
            }
        }
    }
}

/// How much a request may take before it is one.
enum HTTPSLimits {
    /// A message of 65,535 octets is 87,380 characters of base64url; requests by GET that need more than this are
    /// better made by POST.
    static let headerOctets = 16 << 10
    /// Of frames that ask for nothing, in 30 seconds of one connection. A query is answered at once, so that resetting
    /// its stream saves the client nothing (CVE-2023-44487), and other frames cost less.
    static let frames = 30_000
}

extension ChannelError {
    /// What a connection over a limit is closed with.
    fileprivate static var refusedByLimit: ChannelError { .ioOnClosedChannel }
}
