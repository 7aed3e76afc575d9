import Foundation
import TestSupport
import Testing

/// `ninelives failover` as cron runs it: the built executable, web servers and an emulated provider.
@Suite struct FailoverCommandTests {
    @Test func `it moves the record from MAIN to BACKUP and back, and says why`() async throws {
        try await withStage { stage in
            try await stage.set("127.0.0.31")
            let main = try await stage.serve("127.0.0.31")
            var result = try await stage.run()
            #expect(result.code == 0, "\(result.output)")
            #expect(result.output.contains("3. it is MAIN: no change"), "\(result.output)")

            let backup = try await stage.serve("127.0.0.32")
            await main.stop()
            result = try await stage.run(["--dry-run"])
            #expect(result.code == 10 && result.output.contains("dry run"), "\(result.output)")
            #expect(try await stage.records() == ["www.example.org 60 A 127.0.0.31"], "a dry run changes nothing")
            result = try await stage.run()
            #expect(result.code == 10, "\(result.output)")
            #expect(result.output.contains("8. set BACKUP, 127.0.0.32"), "\(result.output)")
            #expect(try await stage.records() == ["www.example.org 60 A 127.0.0.32"])

            result = try await stage.run()
            #expect(result.code == 0 && result.output.contains("4. MAIN is not accessible"), "\(result.output)")
            let again = try await stage.serve("127.0.0.31")
            result = try await stage.run()
            #expect(result.code == 10 && result.output.contains("5. set MAIN"), "\(result.output)")
            #expect(try await stage.records() == ["www.example.org 60 A 127.0.0.31"])
            await again.stop()
            await backup.stop()

            result = try await stage.run()
            #expect(result.code == 1 && result.output.contains("nothing is accessible"), "\(result.output)")
            #expect(try await stage.records() == ["www.example.org 60 A 127.0.0.31"])
        }
    }

    struct Branch: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// What the record holds: M is MAIN, B and C are the backups in their order, X is a stranger; empty: no record.
        let current: String
        let alive: String
        let code: Int32
        let after: String
        /// The steps that are said, in order.
        let steps: [Int]
        var options: [String] = []
    }

    private static let places = ["M": "127.0.0.31", "B": "127.0.0.32", "C": "127.0.0.33", "X": "127.0.0.34"]

    @Test(arguments: [
        Branch(testDescription: "MAIN works", current: "M", alive: "MB", code: 0, after: "M", steps: [1, 2, 3]),
        Branch(
            testDescription: "BACKUP serves while MAIN is dead", current: "B", alive: "B", code: 0, after: "B",
            steps: [1, 2, 3, 4]),
        Branch(
            testDescription: "MAIN is back", current: "B", alive: "MB", code: 10, after: "M", steps: [1, 2, 3, 4, 5]),
        Branch(
            testDescription: "a stranger that works stays while MAIN is dead", current: "X", alive: "XB", code: 0,
            after: "X", steps: [1, 2, 3, 4]),
        Branch(
            testDescription: "MAIN takes the place of a stranger that works", current: "X", alive: "XM", code: 10,
            after: "M", steps: [1, 2, 3, 4, 5]),
        Branch(testDescription: "MAIN died", current: "M", alive: "B", code: 10, after: "B", steps: [1, 2, 6, 7, 8]),
        Branch(testDescription: "BACKUP died", current: "B", alive: "M", code: 10, after: "M", steps: [1, 2, 6, 7, 8]),
        Branch(
            testDescription: "a dead stranger gives way to BACKUP", current: "X", alive: "MB", code: 10, after: "B",
            steps: [1, 2, 6, 7, 8]),
        Branch(
            testDescription: "a dead stranger and a dead BACKUP: MAIN is tried too", current: "X", alive: "M", code: 10,
            after: "M", steps: [1, 2, 6, 7, 6, 7, 8]),
        Branch(
            testDescription: "but not if it is strict", current: "X", alive: "M", code: 1, after: "X",
            steps: [1, 2, 6, 7, 7], options: ["--strict"]),
        Branch(
            testDescription: "nothing is accessible", current: "M", alive: "", code: 1, after: "M",
            steps: [1, 2, 6, 7, 7]),
        Branch(
            testDescription: "the second BACKUP if the first is dead", current: "M", alive: "C", code: 10, after: "C",
            steps: [1, 2, 6, 7, 6, 7, 8], options: ["--backup", "127.0.0.33"]),
        Branch(
            testDescription: "no record counts as a dead stranger", current: "", alive: "MB", code: 10, after: "B",
            steps: [1, 2, 6, 7, 8]),
        Branch(
            testDescription: "a dry run says what it would do", current: "M", alive: "B", code: 10, after: "M",
            steps: [1, 2, 6, 7, 8], options: ["--dry-run"]),
    ])
    func `each branch of its steps is walked`(branch: Branch) async throws {
        try await withStage { stage in
            if let address = Self.places[branch.current] { try await stage.set(address) }
            var servers: [ChildProcess] = []
            for place in branch.alive { servers.append(try await stage.serve(Self.places[String(place)] ?? "")) }
            let (output, code) = try await stage.run(branch.options)
            for server in servers { await server.stop() }
            #expect(code == branch.code, "\(output)")
            let steps = output.split(separator: "\n").compactMap { line in
                line.dropFirst().hasPrefix(". ") ? line.first?.wholeNumberValue : nil
            }
            #expect(steps == branch.steps, "\(output)")
            let records = try await stage.records()
            #expect(records == (Self.places[branch.after].map { ["www.example.org 60 A \($0)"] } ?? []))
        }
    }

    @Test(arguments: ["lost", "bad-gateway-afterwards", "bad-gateway", "reset", "truncated", "html", "rate-limited"])
    func `after a fault of the provider the record is right, once, without a storm`(fault: String) async throws {
        try await withStage { stage in
            try await stage.set("127.0.0.31")
            let backup = try await stage.serve("127.0.0.32")
            try await stage.plan("fault=\(fault)&only=changes")
            let (output, code) = try await stage.run()
            #expect(code == 10, "\(output)")
            #expect(try await stage.records() == ["www.example.org 60 A 127.0.0.32"])
            await backup.stop()
        }
    }

    @Test func `a provider that fails ends it with 3, in the provider's words and without the secret`() async throws {
        try await withStage { stage in
            try stage.folder.write("token", "wrong-token")
            let (output, code) = try await stage.run()
            #expect(code == 3, "\(output)")
            #expect(output.contains("Invalid access token (9109)"), "\(output)")
            #expect(!output.contains("wrong-token"), "\(output)")
        }
    }

    @Test func `two runs for one record do not meet`() async throws {
        try await withStage { stage in
            try await stage.set("127.0.0.31")
            try await stage.plan("fault=slow")
            let first = try ChildProcess(binary, stage.arguments)
            let lock = stage.folder.path + "/lock"
            try await eventually("the first run has begun") { FileManager.default.fileExists(atPath: lock) }
            try await eventually("the first run holds its lock") {
                try await run("flock", ["--nonblock", lock, "true"]).code != 0
            }
            let (output, code) = try await stage.run()
            #expect(code == 0 && output.contains("Another run for www.example.org is under way"), "\(output)")
            await first.stop()
        }
    }

    @Test func `a wrong command line ends with 2 and says all that is wrong`() async throws {
        let (output, code) = try await ninelives(
            "failover", "--provider", "cloudflair", "--main", "300.1.1.1", "--attempts", "0", "--check", "http-grep")
        #expect(code == 2)
        for part in ["cloudflair", "300.1.1.1", "--attempts 0", "--record", "--backup"] {
            #expect(output.contains(part), "\(part) in: \(output)")
        }
        #expect(try await ninelives("failover", "--no-such-option").code == 2)
        let plain = try await ninelives(
            "failover", "--provider", "cloudflare", "--with", "token=hunter2", "--record", "www.example.org", "--main",
            "192.0.2.1", "--backup", "192.0.2.2", "--check", "tcp", "port=1")
        #expect(plain.code == 2 && plain.output.contains("env:NAME"), "\(plain.output)")
        #expect(!plain.output.contains("hunter2"), "what may be a secret is not repeated: \(plain.output)")
    }

    /// An emulated provider with the zone example.org, and a port for web servers.
    private struct Stage {
        let folder: TemporaryFolder
        let emulator: String
        let port: Int

        var arguments: [String] {
            [
                "failover", "--provider", "cloudflare", "--with", "url=\(emulator)/client/v4", "--with",
                "token=file:\(folder.path)/token", "--record", "www.example.org", "--main", "127.0.0.31", "--backup",
                "127.0.0.32", "--check", "http-status", "--attempts", "1", "--timeout", "10000", "--lock",
                "\(folder.path)/lock", "url=http://www.example.org:\(port)/",
            ]
        }

        func run(_ more: [String] = []) async throws -> (output: String, code: Int32) {
            try await TestSupport.run(binary, arguments + more)
        }

        func serve(_ address: String) async throws -> ChildProcess {
            let server = try ChildProcess("python3", ["-m", "http.server", "\(port)", "--bind", address])
            try await eventually("\(address) serves") {
                try await TestSupport.run("curl", ["-sS", "-m", "2", "http://\(address):\(port)/"]).code == 0
            }
            return server
        }

        func records() async throws -> [String] {
            try await TestSupport.run("curl", ["-sS", "-m", "30", emulator + "/_emulator"]).output
                .split(separator: "\n").map(String.init)
        }

        func plan(_ query: String) async throws {
            _ = try await TestSupport.run(
                "curl", ["-sS", "-m", "30", "-X", "POST", "\(emulator)/_emulator/faults?\(query)"])
        }

        /// Makes the record, as its owner would.
        func set(_ address: String) async throws {
            let authorization = ["-sS", "-m", "30", "-H", "Authorization: Bearer emulated-token"]
            let zones = try await TestSupport.run("curl", authorization + [emulator + "/client/v4/zones"]).output
            let zone = try #require(zones.firstMatch(of: /"development_mode":0,"id":"([0-9a-f]{32})"/)?.1)
            let body = #"{"name":"www.example.org","type":"A","content":"\#(address)","ttl":60}"#
            let (output, code) = try await TestSupport.run(
                "curl",
                authorization + [
                    "--fail-with-body", "-H", "Content-Type: application/json", "-d", body,
                    "\(emulator)/client/v4/zones/\(zone)/dns_records",
                ])
            #expect(code == 0, "\(output)")
        }
    }

    private func withStage(_ body: (Stage) async throws -> Void) async throws {
        let port = try freePort()
        let emulator = try ChildProcess(binary, ["emulate", "cloudflare", "--port", "\(port)"])
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("token", "emulated-token\n")
        let stage = Stage(folder: folder, emulator: "http://127.0.0.1:\(port)", port: try freePort(on: "127.0.0.31"))
        do {
            try await eventually("the emulator answers") {
                try await run("curl", ["-sS", "-m", "2", stage.emulator + "/_emulator"]).code == 0
            }
            try await body(stage)
        } catch {
            await emulator.stop()
            throw error
        }
        await emulator.stop()
    }
}
