import AsyncHTTPClient
import Foundation
import NIOCore
import Storage
import TestSupport
import Testing

/// What happens when nothing can be written any more, and when what was written is broken.
@Suite struct FullDiskTests {
    @Test func `on a full disk answers go on, nothing is acknowledged, and all is written when there is room again`()
        async throws
    {
        try await withSite { site in
            #expect(try await site.order("steady:a", "before").status == 201)
            // No file may grow beyond this: the store's log is longer already.
            try await site.limitFiles(to: "65536")
            try await eventually("an order is not acknowledged", within: .seconds(20)) {
                try await site.order("steady:b", "full").status == 503
            }
            let refusal = try await site.order("steady:b", "full")
            #expect(refusal.status == 503 && refusal.body.contains("would be forgotten at a restart"), "\(refusal)")
            #expect(try await site.get("/healthz").contains("would be forgotten at a restart"))
            #expect(try await site.get("/api/v1/status").contains("\"problems\""))
            #expect(site.process.printed.contains("Nothing can be written; answers go on"))
            try await eventually("it is in force all the same") {
                try site.dns.addresses("two.example.test") == ["192.0.2.3"]
            }
            try await site.limitFiles(to: "unlimited")
            try await eventually("the trouble is over", within: .seconds(20)) {
                try await site.get("/healthz") == "ok\n"
            }
            #expect(try await site.order("steady:c", "after").status == 201)
            let reasons = try await site.killed().overrides.map(\.reason)
            #expect(reasons == ["before", "full", "after"], "what could not be written then was written later")
        }
    }

    enum Damage: String, CaseIterable {
        case truncated, overwritten, foreign

        func done(to file: Data) -> Data {
            switch self {
            case .truncated: file.prefix(file.count / 2)
            case .overwritten: file.prefix(4096) + Data(repeating: 0xA5, count: file.count - 4096)
            case .foreign: Data("#!/bin/sh\necho hello\n".utf8)
            }
        }
    }

    @Test(arguments: Damage.allCases)
    func `with a broken store it starts, keeps the broken one, and says what is forgotten`(
        damage: Damage
    ) async throws {
        try await withSite { site in
            #expect(try await site.order("steady:a", "before").status == 201)
            let serial = try site.dns.serial("example.test")
            await site.process.stop()
            let store = "\(site.folder.path)/data/\(Store.fileName)"
            let whole = try Data(contentsOf: URL(fileURLWithPath: store))
            try damage.done(to: whole).write(to: URL(fileURLWithPath: store))
            try await site.start()
            try await eventually("it answers") { try site.dns.addresses("two.example.test") == ["192.0.2.1"] }
            #expect(try await site.get("/healthz").contains("what was before is forgotten"), "\(damage)")
            #expect(try site.dns.serial("example.test") >= serial, "serial numbers are kept apart")
            let names = try FileManager.default.contentsOfDirectory(atPath: "\(site.folder.path)/data")
            #expect(names.contains { $0.contains(".broken-") })
            #expect(try await site.order("steady:a", "after").status == 201)
        }
    }

    @Test func `a store that is taken away from a running server stops no answer, and is told of`() async throws {
        try await withSite { site in
            #expect(try await site.order("steady:a", "before").status == 201)
            let store = "\(site.folder.path)/data/\(Store.fileName)"
            try FileManager.default.moveItem(atPath: store, toPath: store + ".elsewhere")
            #expect(try await site.order("steady:b", "gone").status == 503, "the next start would not find it")
            #expect(try await site.get("/healthz").contains("moved or deleted"))
            try await eventually("it is in force all the same") {
                try site.dns.addresses("two.example.test") == ["192.0.2.3"]
            }
            try FileManager.default.moveItem(atPath: store + ".elsewhere", toPath: store)
            try await eventually("the trouble is over") { try await site.get("/healthz") == "ok\n" }
            #expect(try await site.killed().overrides.map(\.reason) == ["before", "gone"])
        }
    }

    @Test func `a backup of a server under load is whole, and can be restored`() async throws {
        try await withSite { site in
            #expect(try await site.order("steady:a", "first").status == 201)
            let busy = Operator(
                url: site.web, token: try site.token(), subject: "indicator:steady:b", orders: [("maintenance", nil)])
            let writing = Task { await busy.work() }
            let data = "\(site.folder.path)/data"
            for number in 0..<5 {
                let file = "\(site.folder.path)/backup-\(number)"
                let (output, code) = try await ninelives("backup", file, "--data", data)
                #expect(code == 0, "\(output)")
                let (refusal, again) = try await ninelives("restore", file, "--data", data)
                #expect(again != 0 && refusal.contains("a server is using it"), "\(refusal)")
            }
            writing.cancel()
            let outcome = await writing.value
            #expect(outcome.refusal == nil && outcome.count > 20, "\(outcome)")
            await site.process.stop()
            let (output, code) = try await ninelives(
                "restore", "\(site.folder.path)/backup-4", "--data", data)
            #expect(code == 0 && output.contains("Restored"), "\(output)")
            try await site.start()
            #expect(try await site.get("/api/v1/overrides").contains("\"reason\":\"first\""))
        }
    }

    private func withSite(_ body: (QuietSite) async throws -> Void) async throws {
        let site = try await QuietSite()
        do {
            try await body(site)
        } catch {
            Issue.record("\(error): \(site.process.printed)")
        }
        await site.process.stop()
        site.folder.remove()
    }
}

/// A server whose members are all well until an operator says otherwise.
private final class QuietSite {
    let folder: TemporaryFolder
    let dns: LoopbackQuestion
    private(set) var process: ChildProcess
    let web: String

    init() async throws {
        folder = try TemporaryFolder()
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
            data: ./data
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
        process = try ChildProcess(binary, ["serve", "--config", "\(folder.path)/n.yaml"])
        try await awaitAnswer()
    }

    private func awaitAnswer() async throws {
        try await eventually("the page answers", within: .seconds(20)) {
            (try? await get("/readyz")) == "ready\n"
        }
    }

    /// The state that is left in the store after the server was killed.
    func killed() async throws -> StoredState {
        process.signal(SIGKILL)
        await process.end()
        let store = try Store(folder: "\(folder.path)/data")
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
        var request = HTTPClientRequest(url: web + "/api/v1/overrides")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "Authorization", value: "Bearer \(try token())")
        request.body = .bytes(
            ByteBuffer(
                bytes: try JSONEncoder().encode(["action": "maintenance", "target": target, "reason": reason])))
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        return (response.status.code, String(buffer: try await response.body.collect(upTo: 1 << 20)))
    }

    func get(_ path: String) async throws -> String {
        let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: web + path), timeout: .seconds(10))
        return String(buffer: try await response.body.collect(upTo: 1 << 22))
    }

    func token() throws -> String {
        try String(contentsOfFile: "\(folder.path)/data/local.token", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
