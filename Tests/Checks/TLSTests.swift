import Glibc
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Checks

@Suite struct TLSTests {
    private static func sites(_ port: Int, _ certificates: Certificates) -> String {
        let names = ["good", "expired", "future", "wrong-name", "stranger", "self-signed"]
        let sites = names.enumerated().map { index, name in
            """
            server {
                listen 127.0.0.\(index + 1):\(port) ssl;
                server_name cat.example.test;
                ssl_protocols TLSv1.2 TLSv1.3;
                ssl_certificate \(certificates.certificate(name));
                ssl_certificate_key \(certificates.key(name));
                location / { return 200 "$ssl_server_name $ssl_protocol $ssl_alpn_protocol status=OK"; }
                location /down { return 302 http://cat.example.test/; }
            }
            """
        }
        let refusing = "server { listen 127.0.0.7:\(port) ssl; ssl_reject_handshake on; }"
        let plain = "server { listen 127.0.0.8:\(port); return 200 plain; }"
        return (sites + [refusing, plain]).joined(separator: "\n")
    }

    @Test func `certificates are verified and a fault is told in words`() async throws {
        try await withFolder { folder in
            let certificates = try await Certificates(in: folder)
            try await withNginx(in: folder, { Self.sites($0, certificates) }) { port in
                let ca = "ca=\(certificates.authority)"
                let ours =
                    "certificate signed by unknown authority, or its chain is broken (issued by Kitten Authority)"
                let rows: [(String, String, Bool, String)] =
                    [
                        ("127.0.0.1", ca, true, "status 200, \"status=OK\" found"),
                        ("127.0.0.1", "", false, ours),  // the system's roots do not know our authority
                        ("127.0.0.2", ca, false, "certificate expired on 2021-03-01"),
                        ("127.0.0.3", ca, false, "certificate is not valid before 2090-05-01"),
                        (
                            "127.0.0.4", ca, false,
                            "certificate is for example.org, www.example.org and 2 more, not cat.example.test"
                        ),
                        (
                            "127.0.0.5", ca, false,
                            "certificate signed by unknown authority, or its chain is broken (issued by Unknown Authority)"
                        ),
                        ("127.0.0.6", ca, false, "certificate signed by unknown authority (self-signed)"),
                        ("127.0.0.7", ca, false, "TLS refused by the server: unrecognized name"),
                        ("127.0.0.8", ca, false, "not TLS: the server answered with something else"),
                    ] + (2...6).map { ("127.0.0.\($0)", "insecure", true, "status 200, \"status=OK\" found") }
                for (address, options, isSuccess, reason) in rows {
                    let result = try await probe(
                        "http-grep",
                        [
                            "url": "https://cat.example.test:\(port)/", "must-have": "status=OK",
                            "options": "addr=\(address) \(options)",
                        ])
                    #expect(result.reason == reason, "\(address) \(options)")
                    #expect(result.isSuccess == isSuccess, "\(address) \(options)")
                    #expect((result.phases.tls != nil) == isSuccess, "\(address) \(options)")
                    // When it ends is known of each certificate that was taken; our authority's end in 2099.
                    #expect((result.phases.certificateEnd != nil) == isSuccess, "\(address) \(options)")
                    if options == ca, isSuccess { #expect(result.phases.certificateEnd == 4_102_444_799) }
                }
            }
        }
    }

    @Test func `the URL's name is what the server is asked for, and an address is verified as one`() async throws {
        try await withFolder { folder in
            let certificates = try await Certificates(in: folder)
            try await withNginx(in: folder, { Self.sites($0, certificates) }) { port in
                let ca = certificates.authority
                let named = try await probe(
                    "http-grep",
                    [
                        "url": "https://cat.example.test:\(port)/", "addr": "127.0.0.1", "ca": ca,
                        "must-have": "cat.example.test TLSv1.3 http/1.1 status=OK",
                    ])
                #expect(named.reason == "status 200, \"cat.example.test TLSv1.3 http/1.1 status=OK\" found")
                #expect(
                    try await probe("http-status", ["url": "https://127.0.0.1:\(port)/", "ca": ca]).reason
                        == "status 200"
                )
                #expect(
                    try await probe("http-status", ["url": "https://127.0.0.4:\(port)/", "ca": ca]).reason
                        == "certificate is for example.org, www.example.org and 2 more, not 127.0.0.4")
                let down = try await probe(
                    "http-status",
                    ["url": "https://cat.example.test:\(port)/down", "addr": "127.0.0.1", "ca": ca, "redirects": "yes"])
                #expect(down.reason == "redirected from https to plain http: http://cat.example.test/")
            }
        }
    }

    @Test(
        arguments: [
            ([.hang], "timed out after TIME in the TLS handshake"),
            ([.awaitAnything, .close], "closed the connection during the TLS handshake"),
            ([.awaitAnything, .reset], "reset the connection during the TLS handshake"),
            (
                [.sendBytes([0x15, 3, 3, 0, 2, 2, 40]), .hang], "TLS refused by the server: handshake failure"
            ),
            ([.send("HTTP/1.1 400 Bad Request\r\n\r\n"), .hang], "not TLS: the server answered with something else"),
            ([.dribble("\u{16}\u{3}\u{3}", every: .milliseconds(20))], "timed out after TIME in the TLS handshake"),
        ] as [([HostileServer.Act], String)])
    func `a handshake that goes wrong is told on time`(acts: [HostileServer.Act], reason: String) async throws {
        let server = try await HostileServer(acts)
        let arguments = ["url": "https://cat.example.test:\(server.port)/", "addr": "127.0.0.1"]
        let said = try await outcome(of: reason) { try await probe("http-status", arguments, timeout: $0) }.said
        #expect(said == reason)
        try await eventually("the connection is closed") { server.ended == server.connections }
        await server.stop()
    }

    @Test func `a server that wants a certificate of ours says so after the handshake`() async throws {
        try await withFolder { folder in
            let certificates = try await Certificates(in: folder)
            let port = try freePort()
            let server = try ChildProcess(
                "openssl",
                [
                    "s_server", "-accept", "127.0.0.1:\(port)", "-cert", certificates.certificate("good"), "-key",
                    certificates.key("good"), "-Verify", "1", "-verify_return_error", "-www", "-quiet",
                ])
            defer { server.signal(SIGKILL) }
            try await eventually("openssl listens") {
                try await probe("tcp", ["host": "127.0.0.1", "port": "\(port)"]).isSuccess
            }
            let result = try await probe(
                "http-status",
                ["url": "https://cat.example.test:\(port)/", "addr": "127.0.0.1", "ca": certificates.authority])
            #expect(result.reason == "TLS refused by the server: certificate required")
            server.signal(SIGKILL)
            await server.stop()
        }
    }

    @Test func `checks that believe the same authorities share one context`() throws {
        let first = try TLSTrust(.system)
        let second = try TLSTrust(.system)
        #expect(first.context === second.context)
        #expect(try TLSTrust(.anything).context !== first.context)
    }
}
