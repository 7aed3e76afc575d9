import CProcess
import Foundation
import Synchronization

/// A real program, started by a test and ended with it, by its own process id: at the latest when nobody holds it any
/// more, as after an error.
package final class ChildProcess: Sendable {
    package let processIdentifier: Int32
    package let outputPath: String
    /// The system gives it once.
    private let ending = Mutex<Int32?>(nil)

    /// Starts `tool` (looked up in PATH and the sbin folders unless it has a slash); output goes to a file.
    package init(_ tool: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        let program = try findTool(tool)
        outputPath = NSTemporaryDirectory() + "ninelives-output-" + UUID().uuidString
        let output = open(outputPath, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw SupportError.notStarted(tool, String(cString: strerror(errno))) }
        defer { close(output) }
        let everything = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        var process: pid_t = 0
        let failure = withWords([program] + arguments) { arguments in
            withWords(everything.map { "\($0)=\($1)" }) { environment in
                cprocess_start_beside(&process, program, arguments, environment, output)
            }
        }
        guard failure == 0 else { throw SupportError.notStarted(tool, String(cString: strerror(failure))) }
        processIdentifier = process
    }

    deinit {
        signal(SIGTERM)
        var rounds = 0
        while isRunning, rounds < 1000 {
            usleep(5000)
            rounds += 1
        }
        signal(SIGKILL)
        while isRunning { usleep(5000) }
        try? FileManager.default.removeItem(atPath: outputPath)
    }

    package var isRunning: Bool { exitCode == nil }

    /// Its exit code, or the signal that ended it; nil while it runs.
    package var exitCode: Int32? {
        ending.withLock { ending in
            if ending != nil { return ending }
            var status: Int32 = 0
            guard waitpid(processIdentifier, &status, WNOHANG) == processIdentifier else { return nil }
            ending = status & 0x7f == 0 ? (status >> 8) & 0xff : status & 0x7f
            return ending
        }
    }

    /// Everything it has printed so far.
    package var printed: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }

    package func signal(_ number: Int32) { if isRunning { kill(processIdentifier, number) } }

    /// Waits for its end, at most `limit`; then it is killed. Returns its exit code.
    @discardableResult
    package func end(within limit: Duration = .seconds(60)) async -> Int32 {
        let clock = ContinuousClock()
        let end = clock.now + limit
        while isRunning, clock.now < end { try? await clock.sleep(for: .milliseconds(5)) }
        signal(SIGKILL)
        while true {
            if let exitCode { return exitCode }
            try? await clock.sleep(for: .milliseconds(5))
        }
    }

    /// Asks it to stop (SIGTERM) and waits.
    @discardableResult
    package func stop() async -> Int32 {
        signal(SIGTERM)
        return await end()
    }
}

/// Words as C has them: with a nil behind the last one.
private func withWords<Result>(
    _ words: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers = words.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { preconditionFailure("there is a nil at least") }
        return body(base)
    }
}

/// Runs a program to its end and returns what it printed and its exit code.
package func run(
    _ tool: String, _ arguments: [String], environment: [String: String] = [:], within limit: Duration = .seconds(60)
) async throws -> (output: String, code: Int32) {
    let child = try ChildProcess(tool, arguments, environment: environment)
    let code = await child.end(within: limit)
    return (child.printed, code)
}

/// The path of a tool; throws if it is not installed (`make test` installs what the tests need).
package func findTool(_ tool: String) throws -> String {
    if tool.contains("/") { return tool }
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    for folder in (path + ":/usr/sbin:/sbin").split(separator: ":") {
        let file = "\(folder)/\(tool)"
        if FileManager.default.isExecutableFile(atPath: file) { return file }
    }
    throw SupportError.noSuchTool(tool)
}
