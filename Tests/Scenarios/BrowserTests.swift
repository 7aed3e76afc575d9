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
        let (output, code) = try await run(python, [script, "flows", demo.url], within: .seconds(240))
        await demo.stop()
        #expect(code == 0, "\(output)")
        #expect(output.contains("hindrances: done"), "\(output)")
    }
}
