import Foundation
import Logging
import NIOCore
import TestSupport
import Testing

@testable import Web

/// Many connections by one client, and clients that do not read: real sockets against the real server.
@Suite struct ConnectionLimitTests {
    @Test func `one client has no more connections than it may, and others are served`() async throws {
        try await withServer { limits in
            limits.perClient = 5
            limits.exemptsLoopback = false
        } body: { port in
            let greedy = (0..<5).map { _ in Caller(from: "127.0.0.2", to: port) }
            for caller in greedy { #expect(caller.asks("/healthz")?.hasPrefix("HTTP/1.1 200") == true) }
            let sixth = Caller(from: "127.0.0.2", to: port)
            #expect(sixth.asks("/healthz") == nil, "closed without an answer")
            let other = Caller(from: "127.0.0.3", to: port)
            #expect(other.asks("/healthz")?.hasPrefix("HTTP/1.1 200") == true)
            #expect(other.asks("/metrics")?.contains("ninelives_http_connections_refused_total 1\n") == true)
            greedy[0].hangUp()
            try await eventually("there is room again") {
                let caller = Caller(from: "127.0.0.2", to: port)
                defer { caller.hangUp() }
                return caller.asks("/healthz") != nil
            }
        }
    }

    @Test func `five hundred connections that say nothing keep nobody out, and are closed in time`() async throws {
        try await withServer { limits in
            limits.connections = 300
            limits.perClient = 50
            limits.exemptsLoopback = false
            limits.firstHead = .seconds(2)
        } body: { port in
            let silent = (0..<500).map { _ in Caller(from: "127.0.0.2", to: port) }
            let other = Caller(from: "127.0.0.3", to: port)
            #expect(other.asks("/healthz")?.hasPrefix("HTTP/1.1 200") == true)
            try await eventually("all of them are hung up on") {
                silent.allSatisfy(\.isClosed)
            }
        }
    }

    @Test func `whoever asks and does not read is hung up on`() async throws {
        try await withServer { limits in
            limits.stall = .milliseconds(500)
        } body: { port in
            let caller = Caller(from: "127.0.0.1", to: port, receiveBuffer: 4096)
            // More than the buffers between us hold.
            let question = "GET /api/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
            caller.say(String(repeating: question, count: 200))
            try await eventually("the server hangs up") { caller.isReset }
            #expect(Caller(from: "127.0.0.1", to: port).asks("/healthz") != nil)
        }
    }

    @Test func `a client on this machine may have any number, as a proxy does`() async throws {
        try await withServer { limits in
            limits.perClient = 2
        } body: { port in
            let callers = (0..<20).map { _ in Caller(from: "127.0.0.1", to: port) }
            for caller in callers { #expect(caller.asks("/healthz") != nil) }
        }
    }

    @Test(arguments: [
        // An IPv6 network is one client, whichever of its addresses it comes from.
        ("2001:db8::1", "2001:db8::ffff", true), ("2001:db8::1", "2001:db8:0:1::1", false),
        // IPv4 at a socket for both is told apart by its own octets.
        ("::ffff:192.0.2.1", "192.0.2.1", true), ("::ffff:192.0.2.1", "::ffff:192.0.2.2", false),
    ])
    func `a client is an IPv4 address or an IPv6 network`(one: String, other: String, isSame: Bool) throws {
        let guests = Guests(limit: 1, exemptsLoopback: true)
        #expect(guests.enter(try SocketAddress(ipAddress: one, port: 1)) != nil)
        #expect((guests.enter(try SocketAddress(ipAddress: other, port: 2)) == nil) == isSame)
    }

    private func withServer(
        _ change: (inout WebLimits) -> Void, body: (Int) async throws -> Void
    ) async throws {
        let port = try freePort()
        var limits = WebLimits()
        change(&limits)
        let server = try WebServer(
            host: "127.0.0.1", port: port, subject: .init(control: FakeControl(), metrics: { "" }), limits: limits,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let serving = Task { try await server.run() }
        try await eventually("it serves") {
            try await run("curl", ["-sf", "http://127.0.0.1:\(port)/healthz"]).code == 0
        }
        try await body(port)
        serving.cancel()
        _ = await serving.result
    }
}

/// A connection of somebody to the server on 127.0.0.1.
private final class Caller {
    private var socket: Int32

    init(from address: String, to port: Int, receiveBuffer: Int32? = nil) {
        socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var size = receiveBuffer {
            setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        _ = Self.with(address, 0) { Foundation.bind(socket, $0, $1) }
        _ = Self.with("127.0.0.1", port) { Foundation.connect(socket, $0, $1) }
    }

    deinit { hangUp() }

    func hangUp() {
        if socket >= 0 { close(socket) }
        socket = -1
    }

    func say(_ text: String) { _ = text.withCString { send(socket, $0, strlen($0), Int32(MSG_NOSIGNAL)) } }

    /// The beginning of the answer, or all of a short one; nil if the connection was closed.
    func asks(_ path: String) -> String? {
        say("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        var answer = ""
        var buffer = [UInt8](repeating: 0, count: 65_536)
        repeat {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { return answer.isEmpty ? nil : answer }
            answer += String(decoding: buffer[..<count], as: UTF8.self)
        } while !isWhole(answer)
        return answer
    }

    private func isWhole(_ answer: String) -> Bool {
        guard let end = answer.range(of: "\r\n\r\n") else { return false }
        if answer[..<end.lowerBound].lowercased().contains("transfer-encoding: chunked") {
            return answer.hasSuffix("\r\n0\r\n\r\n")
        }
        let length = answer[..<end.lowerBound].split(separator: "\r\n").first {
            $0.lowercased().hasPrefix("content-length:")
        }
        let wanted = length.flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) } ?? 0
        return answer[end.upperBound...].utf8.count >= wanted
    }

    /// Whether the server has ended it.
    var isClosed: Bool {
        var octet: UInt8 = 0
        let count = recv(socket, &octet, 1, Int32(MSG_DONTWAIT | MSG_PEEK))
        return count == 0 || count < 0 && errno != EAGAIN
    }

    /// The same though there is more to be read.
    var isReset: Bool {
        // POLLRDHUP, which Swift does not see.
        var state = pollfd(fd: socket, events: 0x2000, revents: 0)
        return poll(&state, 1, 0) > 0
    }

    private static func with(
        _ address: String, _ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = UInt16(port).bigEndian
        inet_pton(AF_INET, address, &name.sin_addr)
        return withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
