import Foundation
import HTTPTypes
import JSONTree
import Logging
import TestSupport
import Testing

@testable import Control
@testable import Web

/// What whoever asks can count on, whatever is asked.
@Suite struct HardeningTests {
    private static let demanded = [
        "content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy",
        "cross-origin-opener-policy", "cross-origin-resource-policy",
    ]

    @Test func `every route answers with the security headers, whether it works or not`() async throws {
        let house = try await Installation()
        let paths =
            [
                "/", "/api", "/api/openapi.json", "/healthz", "/readyz", "/metrics", "/login", "/welcome/x",
                "/assets/ninelives.css", "/schemes/cat.example.test", "/indicators/charlie:cat", "/nowhere",
                "/schemes/none", "/assets/none",
            ] + house.site.operations.filter { $0.type == "application/json" }.map(\.path)
        for path in Set(paths).sorted() {
            for method in [HTTPRequest.Method.get, .head, .post, .put, .delete] {
                let path = path.replacing("{", with: "").replacing("}", with: "")
                let answer = try await house.ask(method, path, json: method == .post ? "{}" : nil)
                let names = Set(answer.headers.map { $0.name.canonicalName })
                #expect(names.isSuperset(of: Self.demanded), "\(method) \(path): \(answer.status)")
                let policy = answer.headers.first { $0.name.canonicalName == "content-security-policy" }?.value ?? ""
                #expect(policy.contains("default-src 'self'") && !policy.contains("unsafe"), "\(method) \(path)")
                #expect(answer.status < 500 || answer.status == 503, "\(method) \(path): \(answer.text)")
                #expect(!answer.text.contains("<script>") && !answer.text.contains(" style="), "\(path): inline")
            }
        }
    }

    @Test(
        arguments: [
            (.get, "/api/v1/nowhere", [:], nil, 404), (.get, "/api/v2/status", [:], nil, 404),
            (.post, "/api/v1/status", [:], nil, 405), (.put, "/api/openapi.json", [:], nil, 405),
            (.get, "/api/v1/status", ["accept": "image/png"], nil, 406),
            (.post, "/api/v1/what-if", ["content-type": "text/plain"], "{}", 415),
            (.post, "/api/v1/what-if", [:], "{", 400), (.post, "/api/v1/what-if", [:], "", 400),
            (.post, "/api/v1/what-if", [:], String(repeating: " ", count: 1 << 21), 413),
            (.get, "/api/v1/events?limit=many", [:], nil, 400), (.get, "/api/v1/events?limit=%FF", [:], nil, 400),
            (.get, "/api/v1/events/stream", ["last-event-id": "x"], nil, 400),
            (.get, "/api/v1/schemes/none", [:], nil, 404), (.get, "/api/v1/schemes/x/explain?at=9e9", [:], nil, 404),
            (.get, "/api/v1/schemes/x/explain?at=1e12", [:], nil, 400), (.get, "/api/v1/users", [:], nil, 401),
            (.get, "/api/v1/users", ["authorization": "Bearer x"], nil, 401),
        ] as [(HTTPRequest.Method, String, [String: String], String?, Int)])
    func `every refusal is a problem that says what is wrong`(
        method: HTTPRequest.Method, path: String, headers: [String: String], body: String?, status: Int
    ) async throws {
        let house = try await Installation()
        var fields: HTTPFields = [:]
        for (name, value) in headers { fields[try #require(HTTPField.Name(name))] = value }
        let answer = try await house.ask(method, path, headers: fields, json: body)
        #expect(answer.status == status, "\(answer.text)")
        #expect(answer.headers[.contentType] == "application/problem+json")
        guard case .object(let problem) = answer.json else {
            Issue.record("no object: \(answer.text)")
            return
        }
        #expect(problem["status"] == .number(Double(status)))
        guard case .string(let detail)? = problem["detail"] else {
            Issue.record("no detail: \(answer.text)")
            return
        }
        #expect(detail.count > 8, "it says what is wrong")
        if status == 405 { #expect(answer.headers[.allow]?.isEmpty == false) }
    }

    @Test func `a request that is sent again with its key is carried out once`() async throws {
        let house = try await Installation()
        try await house.makeAdmin()
        let token = try await house.token(.operator)
        let order = #"{"action": "maintenance", "target": "charlie:cat", "reason": "once"}"#
        let key: HTTPFields = [try #require(Replies.header): "a-1"]
        let first = try await house.ask(.post, "/api/v1/overrides", token: token, headers: key, json: order)
        #expect(first.status == 201)
        let events = await house.control.report().events.count
        let again = try await house.ask(.post, "/api/v1/overrides", token: token, headers: key, json: order)
        #expect(again.status == 201 && again.text == first.text)
        #expect(await house.control.report().events.count == events, "nothing was done again")
        let other = try await house.ask(
            .post, "/api/v1/overrides", token: token, headers: key, json: order.replacing("once", with: "twice"))
        #expect(other.status == 422, "\(other.text)")
        let viewer = try await house.ask(.post, "/api/v1/overrides", headers: key, json: order)
        #expect(viewer.status == 401, "a key opens nothing")
    }

    @Test func `lists come in pages that fit together`() async throws {
        let house = try await Installation()
        try await house.makeAdmin()
        let token = try await house.token(.admin)
        for number in 0..<5 {
            let made = try await house.ask(
                .post, "/api/v1/users", token: token,
                json: #"{"name": "user\#(number)", "password": "correct horse battery", "roles": {"*": "viewer"}}"#)
            #expect(made.status == 201, "\(made.text)")
        }
        let indicators = await house.control.report().indicators.count
        for (path, count) in [("/api/v1/users", 6), ("/api/v1/indicators", indicators), ("/api/v1/tokens", 1)] {
            var seen: [JSONValue] = []
            var after: String?
            repeat {
                let query = after.map { "&after=\($0)" } ?? ""
                let page = try await house.ask(.get, "\(path)?limit=2\(query)", token: token)
                guard case .object(let object) = page.json, case .array(let items)? = object["items"] else {
                    Issue.record("\(path): \(page.text)")
                    return
                }
                #expect(items.count <= 2)
                seen += items
                after = if case .string(let next)? = object["next"] { next } else { nil }
            } while after != nil
            #expect(seen.count == count && Set(seen).count == count, "\(path): \(seen)")
        }
    }

    @Test func `the API's page has every operation and loads nothing from elsewhere`() async throws {
        let house = try await Installation()
        let page = try await house.ask(.get, "/api", headers: [.accept: "text/html"])
        #expect(page.status == 200)
        // Long paths may break behind each part.
        let text = page.text.replacing("<wbr>", with: "")
        for operation in house.site.operations {
            #expect(text.contains("\(operation.method.rawValue) \(operation.path)"), "\(operation.id)")
        }
        #expect(!page.text.contains("src=\"http") && !page.text.contains("//cdn"))
    }

    @Test(arguments: ["", "GET /healthz HT", "POST /api/v1/what-if HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"])
    func `whoever does not finish a request in time is hung up on, and others are served`(begun: String) async throws {
        let port = try freePort()
        var limits = WebLimits()
        limits.firstHead = .seconds(2)
        limits.body = .seconds(2)
        let server = try WebServer(
            host: "127.0.0.1", port: port, subject: .init(control: FakeControl(), metrics: { "" }), limits: limits,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let serving = Task { try await server.run() }
        try await eventually("it serves") {
            try await run("curl", ["-sf", "http://127.0.0.1:\(port)/healthz"]).code == 0
        }
        // bash's own sockets: the connection stays open for as long as the server lets it.
        let octets = begun.replacing("\r", with: "\\r").replacing("\n", with: "\\n")
        let slow = try ChildProcess(
            "bash", ["-c", "exec 3<>/dev/tcp/127.0.0.1/\(port); printf '\(octets)' >&3; cat <&3 >/dev/null"])
        #expect(await slow.end() == 0, "the server closed it")
        #expect(try await run("curl", ["-sf", "http://127.0.0.1:\(port)/healthz"]).output.contains("ok"))
        serving.cancel()
        _ = await serving.result
    }
}
