import Foundation
import TestSupport
import Testing

/// okerr's own client, from PyPI, whose URL was changed to ours.
@Suite struct OkerrClientTests {
    private static let secret = "a-secret-of-24-characters"

    @Test func `okerr's client reports a heartbeat, a number and a text, and is told what is wrong`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let (dns, http) = (try freePort(), try freePort())
        try folder.write("token", Self.secret)
        try folder.write(
            "n.yaml",
            """
            listen: { dns: "127.0.0.1:\(dns)", http: "127.0.0.1:\(http)" }
            data: ./data
            access: { read: users }
            indicators:
              "charlie:alive": { check: heartbeat, period: 1h, token: "file:\(folder.path)/token" }
              "charlie:disk": { check: number, max: "90", period: 1h, token: "file:\(folder.path)/token" }
              "charlie:kernel": { check: text, contains: Linux, period: 1h, token: "file:\(folder.path)/token" }

            """)
        let process = try ChildProcess(binary, ["serve", "--config", "\(folder.path)/n.yaml"])
        do {
            try await eventually("it serves") {
                try await run("curl", ["-sf", "http://127.0.0.1:\(http)/healthz"]).code == 0
            }
            for (name, status, state) in [
                ("charlie:alive", "OK", "ok"), ("alive", "ERR", "err"), ("disk", "42", "ok"), ("disk", "95", "err"),
                ("kernel", "Linux 6.1", "ok"),
            ] {
                let (output, code) = try await report(http, name, status)
                #expect(code == 0 && output.contains("okerr updated (200 OK)"), "\(name) \(status): \(output)")
                let full = name.hasPrefix("charlie:") ? name : "charlie:\(name)"
                try await eventually("\(full) is \(state)") { try await isLast(full, state, http, folder) }
            }
            let wrongSecret = try await report(http, "alive", "OK", secret: "another-secret-altogether")
            #expect(wrongSecret.code != 0 && wrongSecret.output.contains("ERROR:NOT_ALLOWED"), "\(wrongSecret)")
            let wrongName = try await report(http, "nothing", "OK")
            #expect(wrongName.code != 0 && wrongName.output.contains("ERROR:NOT_ALLOWED"), "\(wrongName)")
            let wrongStatus = try await report(http, "disk", "much")
            #expect(wrongStatus.code != 0 && wrongStatus.output.contains("ERROR:WRONG_STATUS"), "\(wrongStatus)")
        } catch {
            Issue.record("\(error): \(process.printed)")
        }
        await process.stop()
    }

    private func report(
        _ port: Int, _ name: String, _ status: String, secret: String = OkerrClientTests.secret
    ) async throws -> (output: String, code: Int32) {
        let script = """
            import sys, okerrupdate
            url, name, status, secret = sys.argv[1:]
            project = okerrupdate.OkerrProject("charlie", secret=secret, url=url)
            project.indicator(name).update(status, "by a test")
            """
        return try await run(testTool("python"), ["-c", script, "http://127.0.0.1:\(port)/", name, status, secret])
    }

    private func isLast(_ name: String, _ state: String, _ port: Int, _ folder: TemporaryFolder) async throws -> Bool {
        let token = try String(contentsOfFile: "\(folder.path)/data/local.token", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let url = "http://127.0.0.1:\(port)/api/v1/indicators/\(name)"
        let (output, _) = try await run("curl", ["-s", "-H", "Authorization: Bearer \(token)", url])
        return output.contains("\"isSuccess\":\(state == "ok")") && output.contains("by a test")
    }
}
