import Foundation
import TestSupport
import Testing

/// The page as people use it, in a real browser: Tests/Browser/pages.py says what they do.
@Suite(.serialized) struct BrowserTests {
    @Test func `people watch a failover, impose maintenance, make a name, pass the course, and nothing hinders them`()
        async throws
    {
        let python = try testTool("python3")
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Browser/pages.py").standardizedFileURL.path
        // The real hour; the course sees to it that nothing fails but what is broken.
        let demo = try await RunningDemo(speed: 1)
        let (output, code) = try await run(python, [script, "flows", demo.url], within: .seconds(900))
        await demo.stop()
        #expect(code == 0, "\(output)")
        #expect(output.contains("hindrances: done"), "\(output)")
    }

    @Test func `somebody who has never been here makes a name in a few steps, breaks it, and reads why it moved`()
        async throws
    {
        let output = try await asNewcomer { python, arguments in
            try await run(python, Self.order("newcomer", arguments), within: .seconds(600))
        }
        #expect(output.contains("clicks"), "\(output)")
    }

    @Test func `an account at a provider is added on the page, tried, and a name is made with it`() async throws {
        let port = try freePort()
        let emulator = try ChildProcess(binary, ["emulate", "cloudflare", "--port", "\(port)"])
        do {
            try await eventually("the provider is emulated") { emulator.printed.contains("Ctrl-C") }
            _ = try await asNewcomer { python, arguments in
                try await run(
                    python, Self.order("accounts", arguments) + ["http://127.0.0.1:\(port)"], within: .seconds(600))
            }
        } catch {
            await emulator.stop()
            throw error
        }
        await emulator.stop()
    }

    /// What the script is to do stands behind its name.
    private static func order(_ what: String, _ arguments: [String]) -> [String] {
        Array(arguments.prefix(1)) + [what] + Array(arguments.dropFirst())
    }

    /// Lets somebody come to a server that has been started for the first time.
    ///
    /// - Parameter body: runs Python with these arguments: the script, the page, the link that the server has printed,
    ///   and a port for servers of one's own.
    private func asNewcomer(
        _ body: (String, [String]) async throws -> (output: String, code: Int32)
    ) async throws -> String {
        let python = try testTool("python3")
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Browser/pages.py").standardizedFileURL.path
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let (dns, http) = (try freePort(), try freePort())
        let file = try folder.write(
            "first.yaml",
            """
            listen: { dns: "127.0.0.1:\(dns)", http: "127.0.0.1:\(http)" }
            data: \(folder.path)/data
            zones:
              - name: example.test
                records: |
                  @ 300 IN SOA ns1 host 1 2 3 4 5
                  @ 300 IN NS ns1
                  ns1 300 IN A 127.0.0.1

            """)
        let server = try ChildProcess(binary, ["serve", "--config", file])
        do {
            try await eventually("the link is printed") { server.printed.contains("/welcome/") }
            let link = try #require(server.printed.firstMatch(of: /http:\S+\/welcome\/\S+/)).0
            let url = "http://127.0.0.1:\(http)"
            try await eventually("its page is there") {
                try await run("curl", ["-s", "-m", "30", "-o", "/dev/null", "\(url)/healthz"]).code == 0
            }
            let port = try freePort(on: "127.0.0.21")
            let (output, code) = try await body(python, [script, url, String(link), "\(port)"])
            #expect(code == 0, "\(output)")
            await server.stop()
            return output
        } catch {
            await server.stop()
            throw error
        }
    }
}
