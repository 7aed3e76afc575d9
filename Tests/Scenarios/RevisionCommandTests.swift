import Foundation
import TestSupport
import Testing

/// The configuration from the command line: the real server, the real commands.
@Suite struct RevisionCommandTests {
    @Test func `apply says what it will do, does it, and rollback goes back, over a restart too`() async throws {
        try await withServer { server in
            try await server.expect("192.0.2.1")
            let other = try server.write("other.yaml", first: 99, second: 100)
            let trial = try await server.command("apply", other, "--dry-run")
            #expect(trial.code == 0)
            #expect(
                trial.output.contains("cat.example.test moves from a:web (192.0.2.1) to b:web (192.0.2.2)"),
                "\(trial.output)")
            #expect(trial.output.contains("Nothing was changed: revision 1 is in force."))
            try await server.expect("192.0.2.1")
            let applied = try await server.command("apply", other, "--comment", "b is better")
            #expect(applied.output.contains("Revision 2 is in force."), "\(applied.output)")
            try await server.expect("192.0.2.2")
            let diff = try await server.command("diff")
            #expect(diff.output.contains("-      - { indicator: a:web, value: 192.0.2.1, priority: 100 }"))
            let late = try await server.command("apply", "\(server.folder.path)/n.yaml", "--base", "1")
            #expect(late.code == 1 && late.output.contains("made revision 2"), "\(late.output)")
            // The file has not changed since the first start, so revision 2 stays in force.
            try await server.restart()
            try await server.expect("192.0.2.2")
            let back = try await server.command("rollback", "1")
            #expect(back.output.contains("Revision 3 is in force."), "\(back.output)")
            try await server.expect("192.0.2.1")
            let history = try await server.command("history")
            #expect(history.output.contains("rollback") && history.output.contains("b is better"))
        }
    }

    @Test func `what is wrong with a file is told with its place, and nothing is changed`() async throws {
        try await withServer { server in
            let broken = try server.folder.write("broken.yaml", "schemes:\n  a.example.test: { ttl: 0 }\n")
            let answer = try await server.command("apply", broken)
            #expect(
                answer.code == 1 && answer.output.contains("n.yaml:2:26: schemes.a.example.test.ttl"),
                "\(answer.output)")
            let missing = try await server.command("apply", "\(server.folder.path)/nothing.yaml")
            #expect(missing.code == 2)
            #expect(try await server.command("rollback", "9").code == 1)
        }
    }

    @Test func `started with a broken file, the last right revision is served, and everybody is told`() async throws {
        try await withServer { server in
            try await server.expect("192.0.2.1")
            let good = try String(contentsOfFile: "\(server.folder.path)/n.yaml", encoding: .utf8)
            try server.folder.write("n.yaml", good + "broken: [\n")
            try await server.restart()
            try await server.expect("192.0.2.1")
            #expect(server.process.printed.contains("revision 1, the last that was right, is served"))
            #expect(try await server.get("healthz").contains("is not valid YAML"))
            try server.folder.write("n.yaml", good.replacing("priority: 99", with: "priority: 200"))
            try await server.expect("192.0.2.2")
            #expect(try await server.get("healthz") == "ok\n")
            #expect(try await server.command("history").output.contains("2 "))
        }
    }

    @Test func `a first start with a broken file starts nothing`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let file = try folder.write("n.yaml", "data: ./data\nbroken: [\n")
        let (_, code) = try await ninelives("serve", "--config", file)
        #expect(code == 2)
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/data"))
    }

    @Test func `options of the DNS server take effect with the file, listeners say that they wait`() async throws {
        try await withServer { server in
            try await server.expect("192.0.2.1")
            let version = ["@127.0.0.1", "-p", "\(server.dnsPort)", "+short", "+tries=1", "version.bind", "CH", "TXT"]
            #expect(try await run("dig", version).output.isEmpty)
            let good = try String(contentsOfFile: "\(server.folder.path)/n.yaml", encoding: .utf8)
            try server.folder.write("n.yaml", good + "dns: { version: \"nine\" }\n")
            try await eventually("it says its version") { try await run("dig", version).output == "\"nine\"\n" }
            let elsewhere = good.replacing("127.0.0.1:\(server.dnsPort)", with: "127.0.0.1:\(try freePort())")
            try server.folder.write("n.yaml", elsewhere)
            try await eventually("the listener waits for the next start") {
                try await server.get("healthz").contains("takes effect at the next start")
            }
            try await eventually("the version is gone") { try await run("dig", version).output.isEmpty }
            #expect(try await server.command("diff").output.contains("-dns: { version: \"nine\" }"))
        }
    }

    @Test func `who may transfer a zone changes with the file`() async throws {
        try await withServer { server in
            try await server.expect("192.0.2.1")
            let transfer = ["@127.0.0.1", "-p", "\(server.dnsPort)", "+tries=1", "example.test", "AXFR"]
            #expect(try await run("dig", transfer).output.contains("Transfer failed"))
            let good = try String(contentsOfFile: "\(server.folder.path)/n.yaml", encoding: .utf8)
            try server.folder.write("n.yaml", good + "transfer: [127.0.0.1]\n")
            try await eventually("the transfer is allowed") {
                try await run("dig", transfer).output.contains("ns1.example.test.")
            }
            try server.folder.write("n.yaml", good)
            try await eventually("and refused again") {
                try await run("dig", transfer).output.contains("Transfer failed")
            }
        }
    }

    @Test func `a drained server gives way, a paused name stays, and both are listed and ended`() async throws {
        try await withServer { server in
            try await server.expect("192.0.2.1")
            #expect(try await server.command("drain", "a:*", "--reason", "moving").code == 0)
            try await server.expect("192.0.2.2")
            #expect(try await server.command("explain", "cat.example.test").output.contains("a:web is drained"))
            #expect(try await server.command("pause", "cat.example.test").code == 0)
            #expect(try await server.command("end", "indicator:a:web").code == 0)
            #expect(try await server.command("silence", "*").code == 0)
            let list = try await server.command("overrides").output
            #expect(list.contains("scheme:cat.example.test") && list.contains("silence:indicator:b:web"), "\(list)")
            #expect(try await server.command("explain", "cat.example.test").output.contains("It is frozen"))
            try await server.restart()
            try await server.expect("192.0.2.2")
            #expect(try await server.command("end", "scheme:cat.example.test").code == 0)
            try await server.expect("192.0.2.1")
        }
    }

    private func withServer(_ body: (RevisedServer) async throws -> Void) async throws {
        let server = try await RevisedServer()
        do {
            try await body(server)
        } catch {
            Issue.record("\(error): \(server.process.printed)")
        }
        await server.process.stop()
        server.folder.remove()
    }
}

/// A server whose two members are checked at its own page, so that both are up.
private final class RevisedServer {
    let folder: TemporaryFolder
    private(set) var process: ChildProcess
    let dnsPort: Int
    private let httpPort: Int

    init() async throws {
        folder = try TemporaryFolder()
        dnsPort = try freePort()
        httpPort = try freePort()
        let file = "\(folder.path)/n.yaml"
        try folder.write("n.yaml", Self.document(dnsPort, httpPort, 100, 99))
        process = try ChildProcess(binary, ["serve", "--config", file])
        try await eventually("it runs") { try await self.get("healthz").hasPrefix("ok") }
    }

    func restart() async throws {
        await process.stop()
        process = try ChildProcess(binary, ["serve", "--config", "\(folder.path)/n.yaml"])
        try await eventually("it runs again") { try await self.get("healthz").hasPrefix("ok") }
    }

    func write(_ name: String, first: Int, second: Int) throws -> String {
        try folder.write(name, Self.document(dnsPort, httpPort, first, second))
    }

    private static func document(_ dnsPort: Int, _ httpPort: Int, _ first: Int, _ second: Int) -> String {
        """
        listen: { dns: ["127.0.0.1:\(dnsPort)"], http: "127.0.0.1:\(httpPort)" }
        data: ./data
        zones:
          - name: example.test
            records: |
              @ 300 IN SOA ns1 host 1 2 3 4 5
              @ 300 IN NS ns1
              ns1 300 IN A 127.0.0.1
        indicators:
          a:web: { check: tcp, host: 127.0.0.1, port: \(httpPort), policy: fast }
          b:web: { check: tcp, host: 127.0.0.1, port: \(httpPort), policy: fast }
        schemes:
          cat.example.test:
            failback: immediate
            members:
              - { indicator: a:web, value: 192.0.2.1, priority: \(first) }
              - { indicator: b:web, value: 192.0.2.2, priority: \(second) }

        """
    }

    /// Runs a command against this server; its output is that of both streams.
    func command(_ arguments: String...) async throws -> (output: String, code: Int32) {
        let token = "\(folder.path)/data/local.token"
        let options = ["--url", "http://127.0.0.1:\(httpPort)", "--token-file", token]
        return try await run("sh", ["-c", "exec \"$@\" 2>&1", "sh", binary] + arguments + options)
    }

    func expect(_ address: String) async throws {
        let options = ["@127.0.0.1", "-p", "\(dnsPort)", "+short", "+tries=1", "+time=10", "cat.example.test"]
        try await eventually("the name has \(address)") { try await run("dig", options).output == address + "\n" }
    }

    func get(_ path: String) async throws -> String {
        try await run("curl", ["-s", "--max-time", "30", "http://127.0.0.1:\(httpPort)/\(path)"]).output
    }
}
