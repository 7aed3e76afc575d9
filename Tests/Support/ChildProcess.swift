import Foundation

/// A real program, started by a test and ended with it, by its own process id: at the latest when nobody holds it any
/// more, as after an error.
package final class ChildProcess: Sendable {
    private let process: Process
    private let output: FileHandle
    package let outputPath: String

    /// Starts `tool` (looked up in PATH and the sbin folders unless it has a slash); output goes to a file.
    package init(_ tool: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: try findTool(tool))
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        outputPath = NSTemporaryDirectory() + "ninelives-output-" + UUID().uuidString
        _ = FileManager.default.createFile(atPath: outputPath, contents: nil)
        output = try FileHandle(forWritingTo: URL(fileURLWithPath: outputPath))
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try withoutBlockedSignals { try process.run() }
    }

    deinit {
        if process.isRunning {
            kill(process.processIdentifier, SIGTERM)
            var rounds = 0
            while process.isRunning, rounds < 1000 {
                usleep(5000)
                rounds += 1
            }
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        }
        try? FileManager.default.removeItem(atPath: outputPath)
    }

    package var processIdentifier: Int32 { process.processIdentifier }
    package var isRunning: Bool { process.isRunning }

    /// Everything it has printed so far.
    package var printed: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }

    package func signal(_ number: Int32) { if process.isRunning { kill(process.processIdentifier, number) } }

    /// Waits for its end, at most `limit`; then it is killed. Returns its exit code.
    @discardableResult
    package func end(within limit: Duration = .seconds(10)) async -> Int32 {
        let clock = ContinuousClock()
        let end = clock.now + limit
        while process.isRunning, clock.now < end { try? await clock.sleep(for: .milliseconds(5)) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Asks it to stop (SIGTERM) and waits.
    @discardableResult
    package func stop() async -> Int32 {
        signal(SIGTERM)
        return await end()
    }
}

/// Runs `body` on a thread that blocks no signal: a child inherits the mask, and one that blocks SIGTERM cannot be
/// asked to stop.
private func withoutBlockedSignals<Result>(_ body: () throws -> Result) rethrows -> Result {
    var none = sigset_t()
    var before = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    return try body()
}

/// Runs a program to its end and returns what it printed and its exit code.
package func run(
    _ tool: String, _ arguments: [String], environment: [String: String] = [:], within limit: Duration = .seconds(30)
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
