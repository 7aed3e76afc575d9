import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@testable import Control
@testable import Web

@Suite struct SiteTests {
    private func ask(
        _ path: String, method: HTTPRequest.Method = .get, headers: HTTPFields = [:],
        control: FakeControl = FakeControl(),
        demo: (any DemoServers)? = nil
    ) async throws -> (status: Int, headers: HTTPFields, body: String) {
        let site = try Site(
            control: control, demo: demo, gate: Gate(accounts: nil, isReadingOpen: true),
            moreMetrics: { "extra 1\n" })
        return try await Application(router: site.router()).test(.router) { client in
            let response = try await client.execute(uri: path, method: method, headers: headers)
            return (response.status.code, response.headers, String(buffer: response.body))
        }
    }

    @Test func `the overview has every name with its answer, its members and who is active`() async throws {
        let (status, headers, body) = try await ask("/")
        #expect(status == 200)
        for word in [
            "cat.example.test", "<code>127.0.0.12</code>", "charlie:cat", "echo:cat", "TTL 30 s", "failed over",
        ] {
            #expect(body.contains(word), "\(word)")
        }
        #expect(body.components(separatedBy: "class=\"active\"").count == 2, "one member is active")
        #expect(headers[.contentType]?.hasPrefix("text/html") == true)
        let policy = try #require(HTTPField.Name("Content-Security-Policy").flatMap { headers[$0] })
        #expect(policy.contains("default-src 'self'") && !policy.contains("unsafe-inline"))
        #expect(!body.contains("<script>") && !body.contains("style="), "nothing inline")
    }

    @Test(arguments: [
        ("/schemes/cat.example.test", "connection refused"), ("/indicators/charlie:cat", "127.0.0.11"),
        ("/api/v1/status", "\"generation\":3"), ("/api/v1/schemes/cat.example.test/explain", "\"stage\":\"probe\""),
        ("/healthz", "ok"), ("/assets/tokens.css", "prefers-color-scheme"), ("/assets/live.js", "EventSource"),
        ("/schemes", "cat.example.test"), ("/indicators?show=err", "charlie:cat"), ("/events", "connection refused"),
    ])
    func `a page answers with what it is for`(path: String, word: String) async throws {
        let (status, _, body) = try await ask(path)
        #expect(status == 200)
        #expect(body.contains(word), "\(body)")
    }

    @Test(arguments: [
        "/nowhere", "/schemes/dog.example.test", "/indicators/none", "/assets/../x", "/api/v1/schemes/x/explain",
    ])
    func `what does not exist is not found`(path: String) async throws {
        #expect(try await ask(path).status == 404)
    }

    @Test func `whatever a server says is shown as text`() async throws {
        let control = FakeControl()
        let hostile = "<script>alert('x')</script>"
        control.change { report in
            report.indicators[0].lastProbe?.reason = hostile
            report.indicators[0].recent[0].reason = hostile
            report.events[0].text = hostile
        }
        for path in ["/", "/schemes/cat.example.test", "/indicators/charlie:cat"] {
            let body = try await ask(path, control: control).body
            #expect(!body.contains(hostile), "\(path)")
            #expect(body.contains("&lt;script&gt;alert"), "\(path)")
        }
    }

    @Test func `it is ready once everything is decided, and says why until then`() async throws {
        let control = FakeControl()
        control.setUnreadiness("no verdict yet for cat.example.test")
        let before = try await ask("/readyz", control: control)
        #expect(before.status == 503 && before.body.contains("no verdict yet for cat.example.test"))
        control.setUnreadiness(nil)
        #expect(try await ask("/readyz", control: control).status == 200)
    }

    @Test func `metrics are in Prometheus' format, with labels escaped`() async throws {
        let control = FakeControl()
        control.change { $0.indicators[0].name = "a\"b\\c\nd" }
        let (_, headers, body) = try await ask("/metrics", control: control)
        #expect(headers[.contentType]?.hasPrefix("text/plain; version=0.0.4") == true)
        #expect(body.contains(#"ninelives_indicator_state{indicator="a\"b\\c\nd",state="err"} 1.0"#), "\(body)")
        #expect(body.hasSuffix("extra 1\n"))
        var announced: Set<String> = []
        for line in body.split(separator: "\n") where line != "extra 1" {
            if line.hasPrefix("# TYPE ") {
                let name = String(line.split(separator: " ")[2])
                #expect(announced.insert(name).inserted, "\(name) is announced once")
            } else if !line.hasPrefix("#") {
                let name = String(line.prefix { $0 != "{" && $0 != " " })
                #expect(announced.contains(name), "\(name) is announced before its samples")
                #expect(line.split(separator: " ").last.flatMap { Double($0) } != nil, "\(line)")
            }
        }
        #expect(announced.count >= 8)
    }

    @Test func `breaking a kitten needs our own header, and a kitten that exists`() async throws {
        let demo = FakeDemo()
        let header = try #require(HTTPField.Name("X-Ninelives"))
        #expect(try await ask("/demo/servers/charlie/kill", method: .post, demo: demo).status == 403)
        #expect(await demo.killed.isEmpty)
        #expect(
            try await ask("/demo/servers/charlie/kill", method: .post, headers: [header: "1"], demo: demo).status == 204
        )
        #expect(await demo.killed == ["charlie"])
        #expect(
            try await ask("/demo/servers/tom/kill", method: .post, headers: [header: "1"], demo: demo).status == 404)
        #expect(try await ask("/demo/servers/charlie/kill", method: .post, headers: [header: "1"]).status == 404)
    }

    @Test func `an open page is sent what has changed, and nothing else`() async throws {
        let control = FakeControl()
        let site = try Site(
            control: control, demo: nil, gate: Gate(accounts: nil, isReadingOpen: true), moreMetrics: { "" })
        let visit = Visit(path: "/", query: [:], words: site.catalogues[.english], theme: .auto, identity: nil)
        let response = site.live(visit)
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        let writing = Task { try await response.body.write(StreamWriter(continuation: continuation)) }
        var iterator = stream.makeAsyncIterator()
        _ = await iterator.next()  // the time to wait before a reconnection
        let first = try #require(await iterator.next())
        #expect(first.contains("id: 7\n") && first.contains("\"page\":"), "the page as it stands comes first")
        control.change { $0.schemes[0].addresses = ["192.0.2.77"] }
        let update = try #require(await iterator.next())
        #expect(update.hasPrefix("event: page\nid: 8\ndata: {"))
        #expect(update.contains("192.0.2.77") && !update.contains("charlie:cat") && !update.contains("\"page\""))
        #expect(update.utf8.count < 500, "\(update)")
        #expect(update.hasSuffix("}\n\n") && update.split(separator: "\n").count == 3, "data is one line")
        writing.cancel()
    }
}

private struct StreamWriter: ResponseBodyWriter {
    let continuation: AsyncStream<String>.Continuation

    mutating func write(_ buffer: ByteBuffer) async throws { continuation.yield(String(buffer: buffer)) }
    consuming func finish(_ trailingHeaders: HTTPFields?) async throws { continuation.finish() }
}

private actor FakeDemo: DemoServers {
    private(set) var killed: [String] = []

    func servers() async -> [DemoServerReport] { [] }
    func kill(_ name: String) async -> Bool {
        guard name == "charlie" else { return false }
        killed.append(name)
        return true
    }
    func revive(_ name: String) async -> Bool { name == "charlie" }
    func setCalm(_ isCalm: Bool) async {}
}
