import Foundation
import NIOCore
import NIOPosix
import NIOSSL

/// Hands one mail to a mail server (RFC 5321, RFC 3207 for STARTTLS, RFC 4954 for AUTH).
///
///     connect ─► [TLS] ─► greeting ─► EHLO ─► [STARTTLS ─► TLS ─► EHLO] ─► [AUTH] ─► MAIL, RCPT, DATA ─► QUIT
struct SMTPClient: Sendable {
    let server: SMTPServer
    /// What we call ourselves.
    let name: String
    let group: any EventLoopGroup
    let timeout: Duration

    /// Returns what the server said when it took the mail over.
    func send(_ mail: Mail, login: (user: String, password: String)?) async throws(DeliveryError) -> String {
        do {
            let channel = try await connect()
            let amount = TimeAmount.nanoseconds(timeout.components.seconds * 1_000_000_000)
            let alarm = channel.channel.eventLoop.scheduleTask(in: amount) {
                channel.channel.close(promise: nil)
            }
            defer { alarm.cancel() }
            return try await channel.executeThenClose { inbound, outbound in
                var session = SMTPSession(
                    lines: SMTPLines(inbound.makeAsyncIterator()), outbound: outbound, channel: channel.channel)
                return try await session.run(mail, login: login, server: server, name: helloName)
            }
        } catch let error as DeliveryError {
            throw error
        } catch {
            throw .unavailable("\(server.host):\(server.port): \(oneLine(Self.words(error)))")
        }
    }

    private func connect() async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        let server = server
        return try await ClientBootstrap(group: group).connectTimeout(.seconds(10))
            .connect(host: server.host, port: server.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if server.security == .implicit {
                        try channel.pipeline.syncOperations.addHandler(try server.makeTLS())
                    }
                    return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                }
            }
    }

    /// A name with a dot is a domain; anything else is not, and then our address would be (RFC 5321 §4.1.3).
    private var helloName: String {
        let isDomain =
            name.contains(".") && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && !name.hasPrefix(".")
        return isDomain ? name : "[127.0.0.1]"
    }

    private static func words(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if error.connectionErrors.isEmpty { return "no connection: its name has no address" }
            let first = error.connectionErrors[0].error
            if let system = first as? IOError, system.errnoCode == ECONNREFUSED { return "connection refused" }
            return "no connection: \(first)"
        case let error as IOError where error.errnoCode == ECONNREFUSED: return "connection refused"
        case let error as NIOSSLError: return "TLS: \(error)"
        case is NIOSSLExtraError: return "TLS: \(error)"
        case is ChannelError: return "the connection was closed, or took too long"
        default: return "\(error)"
        }
    }
}

/// Takes the octets that come in apart into lines.
struct SMTPLines {
    private var iterator: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private var buffer = ByteBuffer()

    init(_ iterator: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator) { self.iterator = iterator }

    /// Whether anything has come in that nobody has read.
    var hasMore: Bool { buffer.readableBytes > 0 }

    /// The next line without its end.
    mutating func next() async throws -> String {
        while true {
            if let end = buffer.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
                let length = end - buffer.readerIndex
                var line = buffer.readString(length: length) ?? ""
                buffer.moveReaderIndex(forwardBy: 1)
                // CRLF is one Character.
                if line.utf8.last == UInt8(ascii: "\r") { line = String(decoding: line.utf8.dropLast(), as: UTF8.self) }
                return line
            }
            guard buffer.readableBytes <= SMTPReply.lineLimit else {
                throw DeliveryError.unavailable("the mail server's line has no end")
            }
            guard let more = try await iterator.next() else {
                throw DeliveryError.unavailable("the mail server closed the connection, or took too long")
            }
            buffer.discardReadBytes()
            buffer.writeImmutableBuffer(more)
        }
    }
}
