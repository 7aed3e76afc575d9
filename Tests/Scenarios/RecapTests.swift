import Foundation
import TestSupport
import Testing

/// `Tests/run`: whoever sees only the end of a failed run's output learns what failed.
@Suite struct RecapTests {
    private static let run = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../run").standardizedFileURL.path

    /// What `Tests/run` prints after a run that prints `lines` and ends with `ending`, and its exit code.
    private func recap(of lines: [String], ending: String) async throws -> (lines: [Substring], code: Int32) {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let said = try folder.write("said", lines.joined(separator: "\n") + "\n")
        let script = "cd '\(folder.path)' && exec '\(Self.run)' sh -c 'cat \"\(said)\"; \(ending)'"
        let (output, code) = try await TestSupport.run("sh", ["-c", script])
        let kept = try String(contentsOfFile: "\(folder.path)/.build/tests.log", encoding: .utf8)
        #expect(output.hasPrefix(kept) && kept == lines.joined(separator: "\n") + "\n")
        let rest = output.dropFirst(kept.count).split(separator: "\n")
        return (rest, code)
    }

    @Test func `a run that passes is followed by nothing`() async throws {
        let (lines, code) = try await recap(
            of: ["◇ Test a() started.", "✔ Test a() passed after 0.1 seconds.", "✔ Test run with 1 test passed."],
            ending: "exit 0")
        #expect(lines == [] && code == 0)
    }

    @Test func `what failed, where and why stands at the end`() async throws {
        let issue = "✘ Test \"a cat\" recorded an issue at Cat.swift:3:5: Expectation failed: (lives → 8) == 9"
        let failed = "✘ Test \"a cat\" failed after 0.1 seconds with 1 issue."
        let summary = "✘ Test run with 2 tests failed after 0.2 seconds with 1 issue."
        let (lines, code) = try await recap(
            of: [
                "◇ Test \"a cat\" started.", issue, "↳ one is lost", failed, "◇ Test b() started.", "chatter",
                "✔ Test b() passed after 0.1 seconds.", summary,
            ], ending: "exit 1")
        #expect(lines.dropFirst().map(String.init) == [issue, "↳ one is lost", failed, summary])
        #expect(lines.first?.contains("exit status 1") == true && code == 1)
    }

    @Test func `a run that crashed names its signal and the test that was running`() async throws {
        let (lines, code) = try await recap(
            of: [
                "◇ Test a() started.", "✔ Test a() passed after 0.1 seconds.", "◇ Test b() started.",
                "Cat.swift:9: Fatal error: out of lives",
            ], ending: "kill -ILL $$")
        #expect(code == 128 + 4 && lines.first?.contains("signal 4") == true, "\(lines)")
        #expect(
            lines.dropFirst().map(String.init) == [
                "The run did not come to its end.", "Running then: b()", "Cat.swift:9: Fatal error: out of lives",
            ])
    }

    @Test func `a run that never got to a test shows what it said at last`() async throws {
        let (lines, code) = try await recap(of: ["error: no such module"], ending: "exit 3")
        #expect(code == 3 && lines.last == "error: no such module", "\(lines)")
    }

    @Test func `a recap of very much is short, and still counts all of it`() async throws {
        let names = (1...100).map { "t\($0)()" }
        let (lines, code) = try await recap(
            of: names.flatMap { name in
                [
                    "◇ Test \(name) started.", "✘ Test \(name) recorded an issue at T.swift:1:1: no", "↳ why",
                    "✘ Test \(name) failed after 0.1 seconds with 1 issue.",
                ]
            } + ["✘ Test run with 100 tests failed after 9 seconds with 100 issues."], ending: "exit 1")
        #expect(code == 1 && lines.count <= 60)
        #expect(lines.contains { $0.contains("other issues") } && lines.contains("and 80 others"), "\(lines)")
    }
}
