import Foundation
import NIOPosix
import TestSupport
import Testing

@testable import Checks

/// `exec`: real programs, well and badly behaved.
@Suite struct ProgramTests {
    private func run(_ script: String, _ more: [String: String] = [:], timeout: Duration = .seconds(60)) async throws
        -> ProbeResult
    {
        try await withFolderValue { folder in
            let file = try folder.write("script", "#!/bin/sh\n\(script)\n")
            chmod(file, 0o755)
            return try await probe("exec", more.merging(["program": file]) { $1 }, timeout: timeout)
        }
    }

    private func withFolderValue(_ body: (TemporaryFolder) async throws -> ProbeResult) async throws -> ProbeResult {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        return try await body(folder)
    }

    @Test(
        arguments: [
            ("echo all well", [:], true, "exit code 0: all well"),
            ("echo first; echo last; echo", [:], true, "exit code 0: last"),  // empty lines do not count
            ("exit 0", [:], true, "exit code 0"),
            ("echo oh no >&2; exit 2", [:], false, "exit code 2, expected 0: oh no"),
            ("exit 2", ["exit": "2"], true, "exit code 2"),
            ("kill -SEGV $$", [:], false, "ended by signal 11"),
            ("echo purr", ["expect": "meow"], false, "text \"meow\" not found in the last line: purr"),
            ("true", ["expect": "meow"], false, "text \"meow\" not found in the last line, as it printed nothing"),
            // Words as they were written, and no shell that would read them.
            ("echo \"$#:$1:$2:$3\"", ["arguments": "a 'b  c' '$(id);*'"], true, "exit code 0: 3:a:b  c:$(id);*"),
            // Nothing of our environment, nothing to read, no descriptor of ours.
            ("echo \"${HOME:-none}\"", [:], true, "exit code 0: none"),
            ("cat; echo end", [:], true, "exit code 0: end"),
            ("ls /proc/self/fd | wc -l", [:], true, "exit code 0: 4"),  // 0, 1, 2 and ls's own
            ("printf '\\377\\033[31m'", [:], true, "exit code 0: \\xFF\\x1B[31m"),
        ] as [(String, [String: String], Bool, String)])
    func `a program's end is the result`(script: String, more: [String: String], isSuccess: Bool, reason: String)
        async throws
    {
        let result = try await run(script, more)
        #expect(result.reason == reason)
        #expect(result.isSuccess == isSuccess)
    }

    @Test func `a program that hangs is killed with its children when its time is up`() async throws {
        try await withFolder { folder in
            let file = try folder.write(
                "script",
                "#!/bin/sh\ntrap '' TERM INT HUP\necho started\nsleep 1000 & echo $! > \(folder.path)/child\nwait\nsleep 1000\n"
            )
            chmod(file, 0o755)
            let reason = "timed out after TIME, killed with its children: started"
            let said = try await outcome(of: reason) { try await probe("exec", ["program": file], timeout: $0) }.said
            #expect(said == reason)
            let child = try #require(
                Int32(String(contentsOfFile: folder.path + "/child", encoding: .utf8).trimmingCharacters(in: .newlines))
            )
            try await eventually("the child is gone") { kill(child, 0) != 0 || isZombie(child) }
        }
    }

    /// Killed, and not yet waited for by whoever inherited it.
    private func isZombie(_ process: Int32) -> Bool {
        let status = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
        return status.isEmpty || status.contains(") Z ")
    }

    @Test func `a child that is left behind neither delays the result nor survives it`() async throws {
        let result = try await run("sleep 1000 &\necho $!")
        #expect(result.isSuccess)
        let child = try #require(Int32(result.reason.split(separator: " ").last ?? ""))
        try await eventually("the child is gone") { kill(child, 0) != 0 || isZombie(child) }
    }

    @Test func `a program that prints without end is read to its time and no further`() async throws {
        let result = try await run("yes kitten", timeout: .milliseconds(300))
        #expect(result.reason.hasPrefix("timed out after 300 ms, killed with its children"), "\(result.reason)")
    }

    @Test func `a cancelled program is killed`() async throws {
        let check = try check("exec", ["program": "/bin/sleep", "arguments": "1000"])
        let task = Task { await check.probe(timeout: .seconds(60), on: MultiThreadedEventLoopGroup.singleton) }
        task.cancel()
        #expect(await task.value.reason == "cancelled")
    }

    @Test(
        arguments: [
            (["program": "true"], "program \"true\" is not an absolute path; right is: the absolute path of a program"),
            (
                ["program": "/nonexistent"],
                "program \"/nonexistent\" is not there, or may not be run by this process; right is: the absolute path of a program"
            ),
            (
                ["program": "/bin/true", "arguments": "'a"],
                "arguments \"'a\" has a ' that is never closed; right is: words, quoted where they have blanks in them"
            ),
            (
                ["program": "/bin/true", "exit": "256"],
                "exit \"256\" is out of range; right is: a whole number from 0 to 255"
            ),
        ] as [([String: String], String)])
    func `a program that cannot be run is refused when the configuration is read`(
        arguments: [String: String], error: String
    ) {
        #expect(errors("exec", arguments) == [error])
    }
}
