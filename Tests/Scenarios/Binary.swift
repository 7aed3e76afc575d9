import Foundation
import TestSupport

/// The executable that was built beside these tests.
let binary: String = {
    let tests =
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("ninelives").path
}()

/// Runs a command to its end.
func ninelives(_ arguments: String..., within limit: Duration = .seconds(30)) async throws -> (
    output: String, code: Int32
) {
    try await run(binary, arguments, within: limit)
}

/// Waits until a web server on 127.0.0.1 answers.
func waitForHTTP(_ port: Int) async throws {
    try await eventually("port \(port) answers") {
        try await run("curl", ["-s", "-m", "30", "-o", "/dev/null", "http://127.0.0.1:\(port)/"]).code == 0
    }
}

/// A running `ninelives demo` with ports of its own.
struct RunningDemo {
    let process: ChildProcess
    let folder: TemporaryFolder
    let dnsPort: Int
    let url: String

    /// Runs a command as whoever started the demo would: without saying who they are.
    func ninelives(_ arguments: String...) async throws -> (output: String, code: Int32) {
        try await run(binary, arguments + ["--url", url], environment: ["TMPDIR": folder.path])
    }

    init(speed: Int) async throws {
        folder = try TemporaryFolder()
        dnsPort = try freePort()
        let httpPort = try freePort()
        url = "http://127.0.0.1:\(httpPort)"
        let kittens = try freePort(on: "127.0.0.11")
        process = try ChildProcess(
            binary,
            [
                "demo", "--speed", "\(speed)", "--dns", "127.0.0.1:\(dnsPort)", "--http", "127.0.0.1:\(httpPort)",
                "--kitten-port", "\(kittens)",
            ], environment: ["TMPDIR": folder.path])
        do {
            try await eventually("the demo answers") {
                try await !digShort("cat.example.test").isEmpty
            }
            try await eventually("its page is there") {
                try await run("curl", ["-s", "-m", "30", "-o", "/dev/null", "\(url)/healthz"]).code == 0
            }
        } catch {
            FileHandle.standardError.write(Data(process.printed.utf8))
            await stop()
            throw error
        }
    }

    func stop() async {
        await process.stop()
        folder.remove()
    }

    /// What `dig +short` prints, line by line.
    func digShort(_ name: String, _ options: String...) async throws -> [String] {
        let arguments = ["@127.0.0.1", "-p", "\(dnsPort)", "+short", "+time=10", "+tries=2", name] + options
        let (output, code) = try await run("dig", arguments)
        guard code == 0 else { return [] }
        return output.split(separator: "\n").map(String.init)
    }
}
