import Foundation
import TestSupport
import Testing

/// The page with a certificate, and the event stream, as tools see them.
@Suite struct PageTLSTests {
    @Test func `the page speaks HTTPS with its certificate, tells browsers so, and takes a renewed one`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try await makeCertificate("first.example.test", in: folder)
        let (dns, http) = (try freePort(), try freePort())
        try folder.write(
            "n.yaml",
            """
            listen:
              dns: "127.0.0.1:\(dns)"
              http: { address: "127.0.0.1:\(http)", certificate: page.pem, key: page.key }
            data: ./data

            """)
        let process = try ChildProcess(binary, ["serve", "--config", "\(folder.path)/n.yaml"])
        do {
            try await eventually("it serves") { try await get(http, "first", folder).code == 0 }
            let (head, _) = try await get(http, "first", folder)
            #expect(head.lowercased().contains("strict-transport-security: max-age="))
            #expect(head.contains("200"))
            #expect(process.printed.contains("https://127.0.0.1:\(http)/welcome/"))
            let clear = try await run("curl", ["-s", "--max-time", "3", "http://127.0.0.1:\(http)/healthz"])
            #expect(clear.code != 0, "nothing is served in the clear")
            try await makeCertificate("second.example.test", in: folder)
            try await eventually("the renewed certificate is shown") {
                try await get(http, "second", folder).code == 0
            }
        } catch {
            Issue.record("\(error): \(process.printed)")
        }
        await process.stop()
    }

    @Test func `without TLS on an address that others can reach, it says so loudly`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let (dns, http) = (try freePort(), try freePort())
        try folder.write("n.yaml", "listen: { dns: \"127.0.0.1:\(dns)\", http: \"0.0.0.0:\(http)\" }\ndata: ./data\n")
        let process = try ChildProcess(binary, ["serve", "--config", "\(folder.path)/n.yaml"])
        try await eventually("it warns") {
            process.printed.contains("warning") && process.printed.contains("without TLS")
        }
        await process.stop()
    }

    @Test func `a certificate that cannot be used is told with its line`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("page.pem", "nonsense")
        try folder.write("page.key", "nonsense")
        let file = try folder.write(
            "n.yaml",
            "listen:\n  http: { address: \"127.0.0.1:8053\", certificate: page.pem, key: page.key }\n")
        let (output, code) = try await ninelives("validate", file)
        #expect(code == 2 && output.contains("n.yaml:2:") && output.contains("has no certificate in PEM"), "\(output)")
    }

    @Test func `the event stream tells what happens, and goes on where a reader stopped`() async throws {
        let demo = try await RunningDemo(speed: 10)
        let url = "\(demo.url)/api/v1/events/stream"
        let reader = try ChildProcess("curl", ["-sN", "--max-time", "120", url])
        try await eventually("the stream has begun") { reader.printed.contains("retry:") }
        let names = try await run("curl", ["-s", "\(demo.url)/api/v1/demo/servers"]).output
        #expect(names.contains("charlie"))
        _ = try await run(
            "curl", ["-s", "-X", "POST", "-H", "X-Ninelives: 1", "\(demo.url)/demo/servers/charlie/kill"])
        try await eventually("it tells of the decision") {
            reader.printed.contains("event: decision")
        }
        let ids = eventNumbers(of: reader)
        #expect(ids == ids.sorted() && Set(ids).count == ids.count && !ids.isEmpty)
        let first = try #require(ids.first)
        let again = try ChildProcess(
            "curl", ["-sN", "--max-time", "120", "-H", "Last-Event-ID: \(first - 1)", url])
        try await eventually("as many are told again") { eventNumbers(of: again).count >= ids.count }
        let seen = eventNumbers(of: again)
        #expect(seen.starts(with: ids), "\(seen) goes on where \(ids) began")
        for child in [reader, again] {
            child.signal(SIGKILL)
            await child.end()
        }
        await demo.stop()
    }

    /// The numbers of the events in what has come so far, as far as it is whole lines.
    private func eventNumbers(of reader: ChildProcess) -> [Int] {
        reader.printed.split(separator: "\n", omittingEmptySubsequences: false).dropLast().compactMap {
            $0.hasPrefix("id: ") ? Int($0.dropFirst(4)) : nil
        }
    }

    private func get(_ port: Int, _ name: String, _ folder: TemporaryFolder) async throws -> (
        output: String, code: Int32
    ) {
        try await run(
            "curl",
            [
                "-si", "--max-time", "30", "--cacert", "\(folder.path)/page.pem", "--resolve",
                "\(name).example.test:\(port):127.0.0.1", "https://\(name).example.test:\(port)/healthz",
            ])
    }
}

/// Makes a self-signed certificate, `page.pem` and `page.key` unless another name is said.
func makeCertificate(_ name: String, in folder: TemporaryFolder, named file: String = "page") async throws {
    let (output, code) = try await run(
        "openssl",
        [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:\(name)", "-keyout", "\(folder.path)/\(file).key",
            "-out", "\(folder.path)/\(file).pem",
        ])
    #expect(code == 0, "\(output)")
}
