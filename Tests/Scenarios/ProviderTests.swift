import Foundation
import TestSupport
import Testing

/// A name at a DNS provider, kept there by the built executable.
@Suite struct ProviderTests {
    @Test func `a failover arrives at the provider although its answer is lost, and is seen at the name server`()
        async throws
    {
        let emulatorPort = try freePort()
        let emulator = try ChildProcess(binary, ["emulate", "cloudflare", "--port", "\(emulatorPort)"])
        let stage = try Stage(emulator: "http://127.0.0.1:\(emulatorPort)")
        let main = try ChildProcess("python3", ["-m", "http.server", "\(stage.mainPort)", "--bind", "127.0.0.1"])
        let backup = try ChildProcess("python3", ["-m", "http.server", "\(stage.backupPort)", "--bind", "127.0.0.1"])
        try await eventually("the emulator answers") { try await stage.records() == [] }
        // One that began with an error would have to wait for its failback.
        for port in [stage.mainPort, stage.backupPort] { try await waitForHTTP(port) }
        let server = try ChildProcess(
            binary, ["serve", "--config", stage.configuration],
            environment: ["NINELIVES_TEST_TOKEN": "emulated-token"])
        do {
            try await eventually("main is at the provider") {
                try await stage.records() == ["www.example.org 60 A 192.0.2.1"]
            }
            let status = try await ninelives("status", "--url", stage.url).output
            #expect(status.contains("cloudflare: "), "\(status)")

            // The change takes effect and its answer is lost.
            try await stage.plan("fault=lost&only=changes")
            await main.stop()
            try await eventually("backup is at the provider") {
                try await stage.records() == ["www.example.org 60 A 192.0.2.2"]
            }
            let explained = try await ninelives("explain", "www.example.org", "--url", stage.url).output
            #expect(explained.contains("TTL 30 s is raised to 60 s"), "\(explained)")
            try await eventually("it is known to be there") {
                try await ninelives("status", "--url", stage.url).output.contains("cloudflare: verified")
            }

            // A push sends it again although nothing differs.
            let (output, code) = try await stage.push("www.example.org")
            #expect(code == 0, "\(output)")
            let missing = try await stage.push("nobody.example.org")
            #expect(missing.code == 1)
            #expect(try await stage.push("--allow", "cloudflare").code == 0)
            #expect(!server.printed.contains("emulated-token"), "a secret is never logged")
        } catch {
            FileHandle.standardError.write(Data((server.printed + emulator.printed).utf8))
            for process in [server, emulator, main, backup] { await process.stop() }
            throw error
        }
        for process in [server, emulator, main, backup] { await process.stop() }
        stage.folder.remove()
    }

    @Test func `a dry run says what it would send, and changes nothing at the provider`() async throws {
        let port = try freePort()
        let emulator = try ChildProcess(binary, ["emulate", "cloudflare", "--port", "\(port)"])
        let stage = try Stage(emulator: "http://127.0.0.1:\(port)")
        let main = try ChildProcess("python3", ["-m", "http.server", "\(stage.mainPort)", "--bind", "127.0.0.1"])
        try await eventually("the emulator answers") { try await stage.records() == [] }
        try await waitForHTTP(stage.mainPort)
        let token = ["NINELIVES_TEST_TOKEN": "emulated-token"]
        var server = try ChildProcess(
            binary, ["serve", "--config", stage.configuration, "--dry-run"], environment: token)
        do {
            let proposal = "nothing would become 192.0.2.1"
            try await eventually("it is shown") {
                try await ninelives("status", "--url", stage.url).output.contains("cloudflare: dry run: \(proposal)")
            }
            #expect(server.printed.contains("www.example.org at cloudflare: dry run: \(proposal)"), "it is logged")
            let (output, code) = try await stage.push("www.example.org", "--dry-run")
            #expect(code == 0 && output.contains("www.example.org at cloudflare: \(proposal)"), "\(output)")
            #expect(try await stage.push("www.example.org").code == 0)
            let missing = try await stage.push("www.example.org", "--provider", "other", "--dry-run")
            #expect(missing.code == 1, "\(missing.output)")
            #expect(try await stage.records() == [])

            await server.stop()
            server = try ChildProcess(binary, ["serve", "--config", stage.configuration], environment: token)
            try await eventually("without it, it is sent") {
                try await stage.records() == ["www.example.org 60 A 192.0.2.1"]
            }
            let again = try await stage.push("www.example.org", "--dry-run")
            #expect(again.output.contains("192.0.2.1 is there already and would be sent again"), "\(again.output)")
        } catch {
            FileHandle.standardError.write(Data((server.printed + emulator.printed).utf8))
            for process in [server, emulator, main] { await process.stop() }
            throw error
        }
        for process in [server, emulator, main] { await process.stop() }
        stage.folder.remove()
    }

    @Test func `a secret in the encrypted store is used, and seen nowhere`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let port = try freePort()
        let emulator = try ChildProcess(binary, ["emulate", "webhook", "--port", "\(port)"])
        let (http, dns) = (try freePort(), try freePort())
        let file = try folder.write(
            "home.yaml",
            """
            listen: { dns: "127.0.0.1:\(dns)", http: "127.0.0.1:\(http)" }
            data: ./data
            policies:
              quick: { interval: 1s, timeout: 900ms, recheck: 50ms }
            indicators:
              main: { check: tcp, host: 127.0.0.1, port: \(http), policy: quick }
            providers:
              ours: { driver: webhook, url: "http://127.0.0.1:\(port)/records", token: store:ours, reads: yes }
            schemes:
              www.example.org: { providers: ours, members: [{ indicator: main, value: 192.0.2.1 }] }
            """)
        let server = try ChildProcess(binary, ["serve", "--config", file])
        func status() async throws -> String {
            try await ninelives("status", "--url", "http://127.0.0.1:\(http)").output
        }
        do {
            try await eventually("it is refused without the secret") {
                try await status().contains("refused: store:ours is not kept: `ninelives secret set ours` keeps it")
            }
            let command = "echo emulated-token | '\(binary)' secret set ours --config '\(file)'"
            let (output, code) = try await run("sh", ["-c", command])
            #expect(code == 0 && output == "store:ours is kept.\n", "\(output)")
            #expect(try await ninelives("secret", "list", "--config", file).output == "store:ours\n")
            let sealed = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/data/secrets/ours"))
            #expect(sealed.range(of: Data("emulated-token".utf8)) == nil)
            // A push tries again what was refused.
            let token = ["--url", "http://127.0.0.1:\(http)", "--token-file", folder.path + "/data/local.token"]
            #expect(try await run(binary, ["push", "www.example.org"] + token).code == 0)
            try await eventually("it is there") {
                try await run("curl", ["-sS", "-m", "30", "http://127.0.0.1:\(port)/_emulator"]).output
                    == "www.example.org 30 A 192.0.2.1\n"
            }
            #expect(!server.printed.contains("emulated-token"))
            #expect(!(try await status()).contains("emulated-token"))
        } catch {
            FileHandle.standardError.write(Data((server.printed + emulator.printed).utf8))
            for process in [server, emulator] { await process.stop() }
            throw error
        }
        for process in [server, emulator] { await process.stop() }
    }

    private struct Stage {
        let folder: TemporaryFolder
        let configuration: String
        let emulator: String
        let url: String
        let mainPort: Int
        let backupPort: Int

        init(emulator: String) throws {
            self.emulator = emulator
            folder = try TemporaryFolder()
            mainPort = try freePort()
            backupPort = try freePort()
            let http = try freePort()
            let dns = try freePort()
            url = "http://127.0.0.1:\(http)"
            configuration = try folder.write(
                "home.yaml",
                """
                listen: { dns: "127.0.0.1:\(dns)", http: "127.0.0.1:\(http)" }
                data: ./data
                zones:
                  - name: example.org
                    records: |
                      @    900  IN SOA  ns1 hostmaster 1 3600 600 604800 60
                      @    900  IN NS   ns1
                      ns1  900  IN A    192.0.2.53
                policies:
                  quick: { interval: 1s, timeout: 900ms, recheck: 50ms, fall: 2, rise: 2 }
                indicators:
                  main: { check: tcp, host: 127.0.0.1, port: \(mainPort), policy: quick }
                  backup: { check: tcp, host: 127.0.0.1, port: \(backupPort), policy: quick }
                providers:
                  cloudflare:
                    driver: cloudflare
                    url: \(emulator)/client/v4
                    token: env:NINELIVES_TEST_TOKEN
                    servers: 127.0.0.1:\(dns)
                schemes:
                  www.example.org:
                    providers: [local, cloudflare]
                    members:
                      - { indicator: main, value: 192.0.2.1, priority: primary }
                      - { indicator: backup, value: 192.0.2.2, priority: backup }
                """)
        }

        /// What the emulated provider holds.
        func records() async throws -> [String] {
            let (output, code) = try await run("curl", ["-sS", "-m", "30", emulator + "/_emulator"])
            guard code == 0 else { return ["no answer"] }
            return output.split(separator: "\n").map(String.init)
        }

        func push(_ arguments: String...) async throws -> (output: String, code: Int32) {
            let options = ["--url", url, "--token-file", folder.path + "/data/local.token"]
            return try await run(binary, ["push"] + arguments + options)
        }

        func plan(_ query: String) async throws {
            let (output, code) = try await run(
                "curl", ["-sS", "-m", "30", "--fail", "-X", "POST", "\(emulator)/_emulator/faults?\(query)"])
            #expect(code == 0, "\(output)")
        }
    }
}
