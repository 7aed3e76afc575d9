import Foundation
import TestSupport
import Testing

/// Runs `body` beside a real server on a free port and ends it, whatever happens. It is ready when its port accepts.
func withServer(
    _ tool: String, _ arguments: (Int) throws -> [String], ready: String = "tcp", environment: [String: String] = [:],
    _ body: (_ port: Int) async throws -> Void
) async throws {
    let port = try freePort()
    let child = try ChildProcess(tool, try arguments(port), environment: environment)
    do {
        try await eventually("\(tool) listens (\(child.printed))") {
            guard child.isRunning else { throw ServerEnded(tool: tool, printed: child.printed) }
            return try await probe("tcp", ["host": "127.0.0.1", "port": "\(port)"]).isSuccess
        }
        try await body(port)
    } catch {
        await child.stop()
        throw error
    }
    await child.stop()
}

struct ServerEnded: Error {
    var tool: String
    var printed: String
}

/// Runs a command as an unprivileged user where the test itself runs as root, for servers that refuse to be root.
func unprivileged(_ tool: String, _ arguments: [String], as user: String) throws -> (tool: String, arguments: [String])
{
    guard geteuid() == 0 else { return (tool, arguments) }
    return ("setpriv", ["--reuid", user, "--regid", user, "--init-groups", try findTool(tool)] + arguments)
}
