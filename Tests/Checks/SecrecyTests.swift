import Synchronization
import TestSupport
import Testing

@testable import Checks

/// Whatever a server makes of the secrets that it is sent, none of them is told.
@Suite struct SecrecyTests {
    private static let secret = "hunter2-Purr/ä+9=="
    private static let pair = base64("tom:\(secret)".utf8)

    /// A method, its arguments beside the server and the secret, and how the server gives the secret back.
    private static let rows: [(String, [String: String], String, [HostileServer.Act])] = [
        ("http-status", [:], "bearer", [.send("HTTP/1.1 302 Found\r\nLocation: /\(secret)\r\n\r\n")]),
        ("http-status", [:], "bearer", [.send("\(secret) is what you sent\r\n")]),
        ("http-status", [:], "bearer", [.send(String(repeating: "x", count: 52) + secret)]),
        (
            "http-status", ["conditions": "header.x-echo == 'y'"], "bearer",
            [
                .send("HTTP/1.1 200 OK\r\nX-Echo: \(secret)\r\n\r\n")
            ]
        ),
        (
            "http-status", ["conditions": "json.a == 1"], "bearer",
            [
                .send("HTTP/1.1 200 OK\r\nContent-Length: \(secret.utf8.count + 8)\r\n\r\n{\"a\":\"\(secret)\"}")
            ]
        ),
        ("http-status", ["user": "tom"], "password", [.send("HTTP/1.1 302 Found\r\nLocation: /\(pair)\r\n\r\n")]),
        ("http-grep", ["must-have": "x", "user": "tom"], "password", [.send("you: \(secret)\r\n")]),
        ("http-grep", ["must-have": "x"], "headers", [.send("HTTP/1.1 200 OK\r\n\(secret)\r\n\r\n")]),
        ("http-digest", [:], "headers", [.send("HTTP/1.1 404 \(secret)\r\nLocation: \(secret)\r\n\r\n")]),
        ("websocket", [:], "headers", [.send("\(secret)\r\n\r\n")]),
        ("redis", [:], "password", [.send("-ERR wrong password '\(secret)'\r\n")]),
        ("postgresql", ["user": "tom"], "password", [.send("\(secret)")]),
        ("mysql", ["user": "tom"], "password", [.send("\(secret)")]),
    ]

    @Test(arguments: 0..<rows.count)
    func `a secret that comes back is not told`(row: Int) async throws {
        let (method, more, key, acts) = Self.rows[row]
        try await withFolder { folder in
            let file = try folder.write("secret", Self.secret)
            let server = try await HostileServer([.awaitAnything] + acts + [.hang])
            let unasked = try await HostileServer(acts + [.hang])
            for port in method == "mysql" ? [unasked.port] : [server.port] {
                var arguments = ["host": "127.0.0.1", "port": "\(port)"]
                if method.hasPrefix("http") { arguments = ["url": "http://127.0.0.1:\(port)/"] }
                if method == "websocket" { arguments = ["url": "ws://127.0.0.1:\(port)/"] }
                arguments[key] = key == "headers" ? "X-Api-Key: file:\(file)" : "file:\(file)"
                let check = try check(method, arguments.merging(more) { $1 })
                // Some say it only when their time is up; a busy machine needs more of it.
                var result = try await probe(method, arguments.merging(more) { $1 }, timeout: .milliseconds(300))
                if !result.reason.contains("(secret)") {
                    result = try await probe(method, arguments.merging(more) { $1 }, timeout: .seconds(10))
                }
                expectSilence(result.reason, "\(method): \(result.reason)")
                #expect(!result.isSuccess && result.reason.contains("(secret)"), "\(method): \(result.reason)")
                if let plain = check.plain { try await expectPlainSilence(check, plain) }
                var dumped = ""
                dump(check, to: &dumped)
                for text in [check.target, "\(check)", String(reflecting: check)] where !text.isEmpty {
                    expectSilence(text, method)
                }
            }
            await server.stop()
            await unasked.stop()
        }
    }

    /// The same over the sockets of the probe workers.
    private func expectPlainSilence(_ check: any Check, _ plain: PlainServer) async throws {
        let results = Results()
        var workers = ProbeWorkers(threads: 1, limits: ProbeWorkers.Limits()) { results.take($0) }
        _ = workers.startAnew()
        workers.add(0, check, at: plain, every: .seconds(1), timeout: .milliseconds(300), holdsWire: false)
        workers.turn(0, in: .zero, afterStart: false, patience: nil)
        workers.commit()
        try await eventually("the result is in") { results.reason != nil }
        expectSilence(results.reason ?? "", "plain")
        workers.stop()
    }

    private func expectSilence(_ text: String, _ because: String) {
        #expect(!text.contains("hunter2"), "\(because)")
        #expect(!text.contains(Self.pair.prefix(8)), "\(because)")
    }

    @Test(
        arguments: [
            ("a 0123456789 b", "a (secret) b"), ("a 01234567…", "a (secret)…"), ("a 012…", "a 012…"),
            ("0123456789…", "(secret)…"), ("nothing", "nothing"),
        ])
    func `what is left of a secret that was cut off is taken out too`(text: String, redacted: String) {
        #expect(redact(text, ["0123456789"]) == redacted)
        #expect(redact("x\\x01yyyy", ["x\u{1}yyyy"]) == "(secret)", "as it is printed")
    }
}

/// The last result that a probe worker has told.
private final class Results: Sendable {
    private let last = Mutex<String?>(nil)
    var reason: String? { last.withLock { $0 } }
    func take(_ news: [ProbeNews]) {
        for case .ended(let result) in news.map(\.kind) { last.withLock { $0 = result.reason } }
    }
}
