import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Storage
import TestSupport
import Testing

/// Runs a test with a site of its own.
///
/// - Parameter data: where it keeps its data; in a folder that goes with it if it is not said.
func withQuietSite(data: String? = nil, _ body: (QuietSite) async throws -> Void) async throws {
    let site = try await QuietSite(data: data)
    do {
        try await body(site)
    } catch {
        Issue.record("\(error): \(site.process.printed)")
    }
    await site.process.stop()
    site.folder.remove()
}

/// A server whose members are all well until an operator says otherwise.
final class QuietSite {
    let folder: TemporaryFolder
    let dns: LoopbackQuestion
    private(set) var process: ChildProcess
    let web: String
    let data: String

    init(data: String? = nil) async throws {
        folder = try TemporaryFolder()
        self.data = data ?? "\(folder.path)/data"
        let (dnsPort, httpPort) = (try freePort(), try freePort())
        dns = LoopbackQuestion(port: dnsPort)
        web = "http://127.0.0.1:\(httpPort)"
        let members = ["a", "b", "c"]
        let indicators = members.map {
            "  \"steady:\($0)\": { check: tcp, host: 127.0.0.1, port: \(httpPort), policy: prompt }\n"
        }
        let list = members.enumerated().map {
            "      - { indicator: \"steady:\($1)\", value: 192.0.2.\($0 + 1), priority: \(100 - $0) }\n"
        }
        try folder.write(
            "n.yaml",
            """
            listen: { dns: ["127.0.0.1:\(dnsPort)"], http: "127.0.0.1:\(httpPort)" }
            data: \(self.data)
            zones:
              - name: example.test
                records: |
                  @   900 IN SOA ns1 host 1 3600 600 604800 60
                  @   900 IN NS  ns1
                  ns1 900 IN A   127.0.0.1
            policies:
              prompt: { interval: 1s, timeout: 500ms, recheck: 100ms, fall: 3, rise: 1 }
            indicators:
            \(indicators.joined())
            schemes:
              two.example.test:
                failback: immediate
                members:
            \(list.joined())
            """)
        process = try ChildProcess(binary, ["serve", "--config", "\(folder.path)/n.yaml"])
        try await awaitAnswer()
    }

    func start() async throws {
        try launch()
        try await awaitAnswer()
    }

    /// Starts it without waiting for anything.
    func launch() throws { process = try ChildProcess(binary, ["serve", "--config", "\(folder.path)/n.yaml"]) }

    func awaitAnswer() async throws {
        try await eventually("the page answers") {
            (try? await get("/readyz")) == "ready\n"
        }
    }

    /// The state that is left in the store after the server was killed.
    func killed() async throws -> StoredState {
        process.signal(SIGKILL)
        await process.end()
        let store = try Store(folder: data)
        defer { Task { await store.close() } }
        #expect(store.repair == nil)
        return try store.state()
    }

    /// Sets how long files may become, octets; the server may grow none beyond it.
    func limitFiles(to limit: String) async throws {
        let (output, code) = try await run(
            "prlimit", ["--pid", "\(process.processIdentifier)", "--fsize=\(limit):unlimited"])
        #expect(code == 0, "\(output)")
    }

    /// Puts an indicator into maintenance.
    func order(_ target: String, _ reason: String) async throws -> (status: UInt, body: String) {
        let order = try JSONEncoder().encode(["action": "maintenance", "target": target, "reason": reason])
        return try await ask(.POST, "/api/v1/overrides", String(decoding: order, as: UTF8.self))
    }

    /// Asks as whoever may read the data folder, or with another token.
    func ask(
        _ method: HTTPMethod, _ path: String, _ json: String? = nil, token other: String? = nil
    ) async throws -> (status: UInt, body: String) {
        try await Self.ask(web, method, path, json, token: try other ?? token())
    }

    static func ask(
        _ web: String, _ method: HTTPMethod, _ path: String, _ json: String? = nil, token: String
    ) async throws -> (status: UInt, body: String) {
        var request = HTTPClientRequest(url: web + path)
        request.method = method
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        if let json {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: json))
        }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        return (response.status.code, String(buffer: try await response.body.collect(upTo: 1 << 22)))
    }

    func get(_ path: String) async throws -> String { try await ask(.GET, path).body }

    /// Its configuration.
    var file: String { "\(folder.path)/n.yaml" }

    /// Runs a command that asks this server.
    func command(_ arguments: String...) async throws -> (output: String, code: Int32) {
        try await run(
            binary, arguments + ["--url", web, "--token-file", "\(data)/local.token"], within: .seconds(60))
    }

    func token() throws -> String {
        try String(contentsOfFile: "\(data)/local.token", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
