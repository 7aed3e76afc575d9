import Foundation
import TestSupport
import Testing

@testable import Programs

/// Real programs, well and badly behaved.
@Suite struct ProgramTests {
    private let threads = ProgramThreads(32)

    private func shell(
        _ script: String, input: [UInt8] = [], environment: Program.Environment = .bare,
        output: Program.Part = .beginning(1 << 20), errors: Program.Part? = .beginning(64 << 10),
        within limit: Duration = .seconds(20)
    ) async -> ProgramOutcome {
        await threads.run(
            Program(
                "/bin/sh", ["-c", script], input: input, environment: environment, output: output, errors: errors),
            until: .now + limit)
    }

    @Test func `a thousand short runs at once all come to their end`() async {
        await withTaskGroup(of: (Int, ProgramOutcome).self) { group in
            for number in 0..<1000 {
                group.addTask {
                    let words = ["-c", "cat; echo \(number) >&2; exit \(number % 200)"]
                    let program = Program("/bin/sh", words, input: Array("purr \(number)".utf8))
                    return (number, await threads.run(program, until: .now + .seconds(60)))
                }
            }
            for await (number, outcome) in group {
                #expect(
                    outcome
                        == ProgramOutcome(
                            ending: .exited(Int32(number % 200)), output: Array("purr \(number)".utf8),
                            errors: Array("\(number)\n".utf8)))
            }
        }
    }

    @Test(
        arguments: [
            ("echo a; echo b >&2", .exited(0), "a\n", "b\n"),
            ("exit 77", .exited(77), "", ""),
            ("echo a; kill -SEGV $$", .killed(signal: 11), "a\n", ""),
            ("exec >&- 2>&-; sleep 0.2; exit 3", .exited(3), "", ""),  // both pipes closed long before its end
            ("cat", .exited(0), "", ""),  // nothing to read is an end at once
        ] as [(String, ProgramOutcome.Ending, String, String)])
    func `a program's end and what it printed are told`(
        script: String, ending: ProgramOutcome.Ending, output: String, errors: String
    ) async {
        #expect(
            await shell(script)
                == ProgramOutcome(ending: ending, output: Array(output.utf8), errors: Array(errors.utf8)))
    }

    @Test func `what it reads is given whole, and what it prints is taken whole`() async {
        let input = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0) }
        #expect(await shell("cat", input: input) == ProgramOutcome(ending: .exited(0), output: input))
    }

    @Test func `a program that does not read what it is given does no harm`() async {
        let input = [UInt8](repeating: 0x61, count: 1_000_000)
        #expect(await shell("exit 4", input: input).ending == .exited(4))
    }

    @Test func `of a flood only the part that was asked for is kept`() async {
        let flood = "head -c 20000000 /dev/zero; echo end; head -c 20000000 /dev/zero >&2; echo >&2"
        let first = await shell(flood, output: .beginning(1000), errors: .beginning(10))
        #expect(
            first
                == ProgramOutcome(
                    ending: .exited(0), output: Array(repeating: 0, count: 1000), errors: Array(repeating: 0, count: 10)
                ))
        let last = await shell(flood, output: .end(5), errors: .end(2))
        #expect(last == ProgramOutcome(ending: .exited(0), output: Array("\0end\n".utf8), errors: [0, 0x0A]))
    }

    @Test func `errors are kept among the output if nobody asks for them apart`() async {
        #expect(await shell("echo a; echo b >&2", errors: nil).output == Array("a\nb\n".utf8))
    }

    @Test func `our environment is there if it is asked for, and nothing of it otherwise`() async throws {
        // The last four are the shell's own.
        let shells: Set = ["PATH", "LANG", "PWD", "_", "OLDPWD", "SHLVL"]
        let (name, value) = try #require(
            ProcessInfo.processInfo.environment.first { !shells.contains($0.key) && $0.key.allSatisfy(\.isLetter) })
        #expect(await shell("printf %s \"$\(name)\"", environment: .ours).output == Array(value.utf8))
        let bare = String(decoding: await shell("/usr/bin/env").output, as: UTF8.self)
        let names = Set(bare.split(separator: "\n").compactMap { $0.split(separator: "=").first.map(String.init) })
        #expect(names.isSubset(of: shells), "\(bare)")
    }

    @Test func `no descriptor of ours is open in it`() async {
        // 0, 1, 2, and ls's own.
        #expect(await shell("ls /proc/self/fd | wc -l", input: [1]).output == Array("4\n".utf8))
    }

    @Test(
        arguments: [
            ("trap '' TERM INT HUP; sleep 1000 & echo $!; wait; sleep 1000", .timedOut),
            ("sleep 1000 & echo $!", .exited(0)),
            ("(sleep 1000 & echo $!; wait) & wait", .timedOut),  // a child's child
        ] as [(String, ProgramOutcome.Ending)])
    func `whatever it has started is killed when it is over`(script: String, ending: ProgramOutcome.Ending)
        async throws
    {
        let start = ContinuousClock.now
        let outcome = await shell(script, within: .milliseconds(700))
        #expect(outcome.ending == ending)
        #expect(ContinuousClock.now - start < .seconds(4))
        let text = String(decoding: outcome.output, as: UTF8.self)
        let child = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        try await eventually("the child is gone") { !isAlive(child) }
    }

    @Test func `a program that prints without end is ended in time`() async {
        let start = ContinuousClock.now
        let outcome = await shell("yes purr", output: .end(5), within: .milliseconds(300))
        #expect(outcome.ending == .timedOut && outcome.output.count == 5)
        #expect(ContinuousClock.now - start < .seconds(4))
    }

    @Test func `a cancelled program is killed, and one whose turn has not come is not started`() async throws {
        let one = ProgramThreads(1)
        let running = Task { await one.run(Program("/bin/sleep", ["1000"]), until: .now + .seconds(1000)) }
        let waiting = Task { await one.run(Program("/bin/echo", ["purr"]), until: .now + .seconds(1000)) }
        waiting.cancel()
        running.cancel()
        #expect(await running.value.ending == .cancelled)
        #expect(await waiting.value == ProgramOutcome(ending: .cancelled))
    }

    @Test func `a program whose time is up before its turn is not started`() async {
        #expect(await threads.run(Program("/bin/echo", ["purr"]), until: .now) == ProgramOutcome(ending: .neverStarted))
    }

    @Test func `what cannot be started is told with the system's reason`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let file = try folder.write("plain", "no program")
        #expect(
            await threads.run(Program("/nonexistent/program"), until: .now + .seconds(5)).ending
                == .cannotStart(errno: ENOENT))
        #expect(await threads.run(Program(file), until: .now + .seconds(5)).ending == .cannotStart(errno: EACCES))
    }

    @Test func `nothing is left open or unwaited for`() async throws {
        func count() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }
        _ = await shell("true")
        let before = try count()
        for _ in 0..<50 { _ = await shell("echo a", input: [1]) }
        for _ in 0..<50 { _ = await threads.run(Program("/nonexistent", input: [1]), until: .now + .seconds(5)) }
        // Other tests open and close something at the same time.
        try await eventually("no descriptor is left") { try count() < before + 25 }
    }
}

/// Whether it runs; one that was killed and that nobody has waited for yet does not.
private func isAlive(_ process: Int32) -> Bool {
    guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
    return !status.contains(") Z ")
}
