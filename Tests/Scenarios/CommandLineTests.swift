import Foundation
import TestSupport
import Testing

/// The commands as a person types them.
@Suite struct CommandLineTests {
    @Test(arguments: [
        "serve", "demo", "check", "validate", "status", "explain", "push", "failover", "emulate", "propagation",
        "conformance", "secret", "version",
    ])
    func `every command has help with an example`(command: String) async throws {
        let (output, code) = try await ninelives(command, "--help")
        #expect(code == 0)
        #expect(output.contains("EXAMPLE"), "\(output)")
        #expect(output.contains("ninelives \(command)"), "\(output)")
    }

    @Test func `a check that succeeds exits with 0 and one that fails with 1 and its reason`() async throws {
        let port = try freePort()
        let refused = try await ninelives("check", "tcp", "host=127.0.0.1", "port=\(port)")
        #expect(refused.code == 1)
        #expect(refused.output.contains("connection refused"), "\(refused.output)")

        let server = try ChildProcess("python3", ["-m", "http.server", "\(port)", "--bind", "127.0.0.1"])
        try await eventually("the web server listens") {
            try await ninelives("check", "tcp", "host=127.0.0.1", "port=\(port)").code == 0
        }
        let found = try await ninelives("check", "http-status", "url=http://127.0.0.1:\(port)/")
        #expect(found.code == 0)
        #expect(found.output.contains("200"), "\(found.output)")
        await server.stop()
    }

    @Test func `wrong arguments of a check are all named and exit with 2`() async throws {
        let (output, code) = try await ninelives("check", "http-grp", "url=http://127.0.0.1/")
        #expect(code == 2)
        #expect(output.contains("http-grep"), "the nearest method is suggested: \(output)")
        let missing = try await ninelives("check", "tcp", "prot=1")
        #expect(missing.code == 2)
        #expect(missing.output.contains("host") && missing.output.contains("prot"), "\(missing.output)")
    }

    @Test func `a limit of open files that is too low for the checks is explained at the start`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let (dns, http) = (try freePort(), try freePort())
        let indicators = (0..<40).map { "  i\($0): { check: tcp, host: 127.0.0.1, port: \(dns) }" }
        let file = try folder.write(
            "many.yaml",
            """
            listen: { dns: ["127.0.0.1:\(dns)"], http: "127.0.0.1:\(http)" }
            data: \(folder.path)/data
            indicators:
            \(indicators.joined(separator: "\n"))
            """)
        let server = try ChildProcess(
            "sh", ["-c", "ulimit -Sn 600; ulimit -Hn 600; exec \"$0\" serve --config \"$1\"", binary, file])
        // 512 are kept for all else; each of 40 indicators may have three probes under way.
        try await eventually("it says so", within: .seconds(20)) {
            ["The limit of open files is 600: 88 connections for checks, and 120 could be", "Raise the limit to 632:"]
                .allSatisfy { server.printed.contains($0) }
        }
        try await waitForHTTP(http)
        await server.stop()
    }

    @Test func `a wrong configuration starts nothing, names every error and exits with 2`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let file = try folder.write(
            "wrong.yaml",
            """
            listen: { dns: ["127.0.0.1:5300"], http: "127.0.0.1:8053" }
            data: ./data
            polices: {}
            indicators:
              a: { check: tpc, host: 127.0.0.1, port: 80 }
            """)
        for arguments in [["validate", file], ["serve", "--config", file]] {
            let (output, code) = try await run(binary, arguments)
            #expect(code == 2)
            #expect(output.contains("wrong.yaml:3:") && output.contains("policies"), "\(output)")
            #expect(output.contains("wrong.yaml:5:") && output.contains("tcp"), "\(output)")
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/data"))
    }

    @Test func `what there is one of is counted as one`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let file = try folder.write(
            "one.yaml",
            """
            data: ./data
            indicators:
              a: { check: tcp, host: 127.0.0.1, port: 80 }
            providers:
              ours: { driver: webhook, url: "http://127.0.0.1:1/" }
            schemes:
              www.example.org: { providers: ours, members: [{ indicator: a, value: 192.0.2.1 }] }
            """)
        let (output, code) = try await ninelives("validate", file)
        #expect(code == 0 && output.hasSuffix("one.yaml is right: 0 zones, 1 indicator, 1 scheme.\n"), "\(output)")
        let zone = try folder.write("zone", "@ 60 SOA ns1 h 1 2 3 4 5\n@ 60 NS ns1\nns1 60 A 192.0.2.1\n")
        let checked = try await ninelives("zone", "check", zone, "example.org").output
        #expect(checked == "example.org. is right: 3 records in 3 sets.\n")
    }

    @Test func `a program that a test has started ends with it, even if it throws`() async throws {
        struct Failure: Error { var child: Int32 }
        func fail() throws(Failure) {
            guard let child = try? ChildProcess("sleep", ["60"]) else { return }
            throw Failure(child: child.processIdentifier)
        }
        let failure = try #require(#expect(throws: Failure.self) { try fail() })
        #expect(kill(failure.child, 0) == -1 && errno == ESRCH)
    }

    @Test func `a port in use is named with its line, and nothing is started`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let port = try freePort()
        let server = try ChildProcess("python3", ["-m", "http.server", "\(port)", "--bind", "127.0.0.1"])
        try await eventually("the port is taken") {
            try await ninelives("check", "tcp", "host=127.0.0.1", "port=\(port)").code == 0
        }
        let file = try folder.write(
            "busy.yaml",
            """
            listen:
              dns: ["127.0.0.1:\(port)"]
              http: "127.0.0.1:\(try freePort())"
            data: ./data
            """)
        let (output, code) = try await ninelives("serve", "--config", file)
        #expect(code == 2)
        #expect(output.contains("busy.yaml:2:") && output.contains("127.0.0.1:\(port)"), "\(output)")
        #expect(output.contains("in use"), "\(output)")
        await server.stop()
    }

    @Test func `asking a server that is not there says so and exits with 3`() async throws {
        let (output, code) = try await ninelives("status", "--url", "http://127.0.0.1:\(try freePort())")
        #expect(code == 3)
        #expect(output.contains("Is `ninelives serve`"), "\(output)")
    }
}
