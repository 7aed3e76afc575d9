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
            let (output, code) = try await run(
                python, [script, "newcomer", url, String(link), "\(port)"], within: .seconds(600))
            #expect(code == 0 && output.contains("clicks"), "\(output)")
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }
}
