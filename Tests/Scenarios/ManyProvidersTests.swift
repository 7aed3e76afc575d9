import Foundation
import TestSupport
import Testing

/// One name at six providers, kept there by the built executable as the emulators themselves tell to configure it.
@Suite struct ManyProvidersTests {
    private static let names = ["desec", "digitalocean", "hetzner", "gandi", "google-cloud-dns", "azure-dns"]

    @Test func `a failover arrives at six providers at once, though two of them fail at first`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        var started: [ChildProcess] = []
        do {
            try await run(in: folder, &started)
        } catch {
            FileHandle.standardError.write(Data(started.map(\.printed).joined(separator: "\n").utf8))
            for process in started { await process.stop() }
            throw error
        }
        for process in started { await process.stop() }
    }

    private func run(in folder: TemporaryFolder, _ started: inout [ChildProcess]) async throws {
        let dnsPort = try freePort()
        var origins: [String: String] = [:]
        var configuration = ""
        var environment: [String: String] = [:]
        for name in Self.names {
            let port = try freePort()
            let emulator = try ChildProcess(binary, ["emulate", name, "--port", "\(port)"])
            started.append(emulator)
            try await eventually("\(name) is emulated") { emulator.printed.contains("Ctrl-C") }
            origins[name] = "http://127.0.0.1:\(port)"
            // From "providers:" up to the empty line, as a person would copy it.
            let lines = emulator.printed.split(separator: "\n", omittingEmptySubsequences: false)
            let block = lines.drop { $0 != "providers:" }.prefix { !$0.isEmpty }
            // Nobody outside is asked whether it can be seen.
            configuration += block.dropFirst().joined(separator: "\n") + "\n    servers: 127.0.0.1:\(dnsPort)\n"
            for match in emulator.printed.matches(of: /# ([A-Z_]+)=(\S+)/) {
                environment[String(match.1)] = String(match.2)
            }
            if let match = emulator.printed.firstMatch(of: /# curl -o key.json (\S+)/) {
                let (output, code) = try await TestSupport.run(
                    "curl", ["-sS", "-m", "30", "-o", folder.path + "/key.json", String(match.1)])
                #expect(code == 0, "\(output)")
            }
        }
        #expect(environment.count == 5)
        let mainPort = try freePort()
        let backupPort = try freePort()
        let main = try ChildProcess("python3", ["-m", "http.server", "\(mainPort)", "--bind", "127.0.0.1"])
        let backup = try ChildProcess("python3", ["-m", "http.server", "\(backupPort)", "--bind", "127.0.0.1"])
        started += [main, backup]
        // One that began with an error would have to wait for its failback.
        for port in [mainPort, backupPort] { try await waitForHTTP(port) }
        let path = try folder.write(
            "n.yaml",
            """
            listen: { dns: "127.0.0.1:\(dnsPort)", http: "127.0.0.1:\(try freePort())" }
            data: ./data
            policies:
              quick: { interval: 1s, timeout: 900ms, recheck: 50ms, fall: 2, rise: 2 }
            providers:
            \(configuration)
            indicators:
              main: { check: tcp, host: 127.0.0.1, port: \(mainPort), policy: quick }
              backup: { check: tcp, host: 127.0.0.1, port: \(backupPort), policy: quick }
            schemes:
              www.example.org:
                providers: [\(Self.names.joined(separator: ", "))]
                members:
                  - { indicator: main, value: 192.0.2.1, priority: primary }
                  - { indicator: backup, value: 192.0.2.2, priority: backup }
            """)
        started.append(try ChildProcess(binary, ["serve", "--config", path], environment: environment))
        try await eventually("main is at all of them") {
            try await everywhere(origins, has: "192.0.2.1")
        }
        // One loses its answer after the change, the other fails before it.
        for (name, fault) in [("gandi", "lost"), ("azure-dns", "bad-gateway")] {
            let url = "\(origins[name] ?? "")/_emulator/faults?fault=\(fault)&only=changes"
            _ = try await TestSupport.run("curl", ["-sS", "-m", "30", "-X", "POST", url])
        }
        await main.stop()
        try await eventually("backup is at all of them") {
            try await everywhere(origins, has: "192.0.2.2")
        }
    }

    /// Whether this is the only address that the name has at every provider.
    private func everywhere(_ origins: [String: String], has address: String) async throws -> Bool {
        for origin in origins.values {
            let (output, _) = try await TestSupport.run("curl", ["-sS", "-m", "30", origin + "/_emulator"])
            let lines = output.split(separator: "\n")
            guard lines.count == 1, lines[0].hasPrefix("www.example.org "), lines[0].hasSuffix(" A \(address)") else {
                return false
            }
        }
        return true
    }
}
