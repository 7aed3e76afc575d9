import Foundation
import TestSupport
import Testing

/// A command on the same machine finds the server without being told where it is.
@Suite struct ServerAddressTests {
    @Test func `a server is found by its data folder while it runs, whatever it listens on`() async throws {
        let place = try TemporaryFolder()
        defer { place.remove() }
        let data = "\(place.path)/ninelives-data"
        try await withQuietSite(data: data) { site in
            let file = "\(data)/address.json"
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let named = try await ninelives("status", "--data", data)
            #expect(named.code == 0 && named.output.contains("two.example.test"), "\(named.output)")
            // An order needs its token, too.
            let order = try await ninelives("maintenance", "steady:a", "--data", data)
            #expect(order.code == 0 && order.output.contains("indicator:steady:a"), "\(order.output)")
            // From where its data folder lies, nothing needs to be said.
            let beside = try await run("bash", ["-c", "cd '\(place.path)' && '\(binary)' overrides"])
            #expect(beside.code == 0 && beside.output.contains("indicator:steady:a"), "\(beside.output)")
            // What a killed server has left leads nowhere, and a new one writes its own.
            site.process.signal(SIGKILL)
            await site.process.end()
            #expect(FileManager.default.fileExists(atPath: file))
            let gone = try await ninelives("status", "--data", data)
            #expect(gone.code == 3 && gone.output.contains(site.web), "\(gone)")
            try await site.start()
            #expect(try await ninelives("status", "--data", data).code == 0)
            await site.process.stop()
            #expect(!FileManager.default.fileExists(atPath: file))
            let ended = try await ninelives("status", "--data", data)
            #expect(ended.code == 3 && ended.output.contains("No server runs with the data folder"), "\(ended)")
        }
    }

    @Test func `with TLS it is found at its certificate's other name, and on every address at one of this machine`()
        async throws
    {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let (dns, http) = (try freePort(), try freePort())
        try await makeCertificate("ninelives.example.test", in: folder)
        try folder.write(
            "n.yaml",
            """
            listen:
              dns: "127.0.0.1:\(dns)"
              http: { address: "0.0.0.0:\(http)", certificate: page.pem, key: page.key }
            data: ./data

            """)
        let process = try ChildProcess(binary, ["serve", "--config", "\(folder.path)/n.yaml"])
        try await eventually("it is found", within: .seconds(20)) {
            try await ninelives("status", "--data", "\(folder.path)/data").code == 0
        }
        let text = try String(contentsOfFile: "\(folder.path)/data/address.json", encoding: .utf8)
        #expect(text.contains("127.0.0.1:\(http)"), "\(text)")
        // Another certificate than the server's is not taken.
        try await makeCertificate("ninelives.example.test", in: folder, named: "other")
        try folder.write("data/address.json", text.replacing("page.pem", with: "other.pem"))
        let refused = try await ninelives("status", "--data", "\(folder.path)/data")
        #expect(refused.code == 3, "\(refused)")
        await process.stop()
    }
}
