import Addresses
import DNS
import Emulators
import Foundation
import Providers
import TestSupport
import Testing

/// An API over TLS: an nginx with a certificate of an authority of the test's own, in front of an emulator.
@Suite struct EncryptedAPITests {
    @Test func `the authorities of ca-file are trusted, and nobody else`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("token", "good-token\n")
        for (name, subject) in [("ours", "127.0.0.1"), ("theirs", "127.0.0.1")] {
            let (output, code) = try await run(
                "openssl",
                [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=\(name)", "-addext", "subjectAltName=IP:\(subject)", "-keyout",
                    "\(folder.path)/\(name).key", "-out", "\(folder.path)/\(name).pem",
                ])
            try #require(code == 0, "\(output)")
        }
        let emulator = CloudflareEmulator()
        await emulator.addZone("example.org")
        await emulator.addToken("good-token")
        let running = try await RunningEmulator.start(emulator)
        let port = try freePort()
        let file = try folder.write(
            "nginx.conf",
            """
            daemon off;
            pid \(folder.path)/nginx.pid;
            error_log stderr;
            events { }
            http {
              access_log off;
              client_body_temp_path \(folder.path); proxy_temp_path \(folder.path);
              fastcgi_temp_path \(folder.path); uwsgi_temp_path \(folder.path); scgi_temp_path \(folder.path);
              server {
                listen 127.0.0.1:\(port) ssl;
                ssl_certificate \(folder.path)/ours.pem;
                ssl_certificate_key \(folder.path)/ours.key;
                location / { proxy_pass \(running.url); }
              }
            }

            """)
        let nginx = try ChildProcess("nginx", ["-c", file, "-p", folder.path])
        do {
            try await eventually("nginx answers: \(nginx.printed)") {
                let options = ["-sS", "-m", "2", "--cacert", folder.path + "/ours.pem"]
                return try await run("curl", options + ["https://127.0.0.1:\(port)/_emulator"]).code == 0
            }
            func provider(_ authority: String?) throws -> Cloudflare {
                var values = ["token": "file:token", "url": "https://127.0.0.1:\(port)/client/v4"]
                values["ca-file"] = authority
                return try Cloudflare(ProviderArguments(values, folder: folder.path))
            }
            #expect(await outcome(of: try provider("ours.pem"), setting: ["192.0.2.1"]).hasPrefix("accepted"))
            for authority in ["theirs.pem", nil] {
                let said = await outcome(of: try provider(authority), setting: ["192.0.2.2"])
                #expect(said.hasPrefix("unreachable: 127.0.0.1: "), "\(said)")
            }
            let said = await outcome(of: try provider("token"), setting: ["192.0.2.2"])
            #expect(said.hasPrefix("refused (credentials): the CA file "), "\(said)")
            #expect(await emulator.listing() == ["www.example.org 300 A 192.0.2.1"])
        } catch {
            await nginx.stop()
            await running.stop()
            throw error
        }
        await nginx.stop()
        await running.stop()
    }
}
