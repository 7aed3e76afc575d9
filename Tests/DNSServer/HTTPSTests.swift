import DNS
import Foundation
import TestSupport
import Testing

@testable import DNSServer

/// DNS over HTTPS (RFC 8484), as `curl` and `kdig` see it.
@Suite struct HTTPSTests {
    private struct Response {
        /// Status, HTTP version, Content-Type, Cache-Control.
        var head: String
        var body: [UInt8]
    }

    private func curl(_ encrypted: EncryptedServer, _ path: String, _ arguments: [String]) async throws -> Response {
        let file = encrypted.folder.path + "/body"
        try? FileManager.default.removeItem(atPath: file)
        let (output, code) = try await run(
            "curl",
            [
                "--silent", "--show-error", "--cacert", encrypted.files.certificate, "--output", file, "--write-out",
                "%{http_code} %{http_version} %header{content-type} %header{cache-control}",
                "https://127.0.0.1:\(encrypted.https.port)\(path)",
            ] + arguments)
        #expect(code == 0, "\(output)")
        return Response(head: output, body: (try? Array(Data(contentsOf: URL(fileURLWithPath: file)))) ?? [])
    }

    private func base64url(_ octets: [UInt8]) -> String {
        Data(octets).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private func write(_ octets: [UInt8], _ encrypted: EncryptedServer) throws -> String {
        let file = encrypted.folder.path + "/query"
        try Data(octets).write(to: URL(fileURLWithPath: file))
        return file
    }

    @Test(arguments: ["--http2", "--http1.1"])
    func `curl asks by GET and by POST`(version: String) async throws {
        try await withEncryptedServer { encrypted in
            let number = version == "--http2" ? "2" : "1.1"
            let message = query("ns1.example.test.", id: 0)
            let get = try await curl(encrypted, "/dns-query?dns=\(base64url(message))", [version])
            #expect(get.head == "200 \(number) application/dns-message max-age=900")
            #expect(Header(get.body)?.answers == 1)
            let file = try write(message, encrypted)
            let post = try await curl(
                encrypted, "/dns-query",
                [version, "--data-binary", "@\(file)", "--header", "Content-Type: application/dns-message"])
            #expect(post.head == get.head && post.body == get.body)
            let head = try await curl(encrypted, "/dns-query?dns=\(base64url(message))", [version, "--head"])
            #expect(head.head == get.head)
            #expect(encrypted.server.counters.httpsQueries == 3)
        }
    }

    @Test(
        arguments: [
            ("ns1.example.test.", RRType.a, "max-age=900"),
            ("www.example.test.", .a, "max-age=30"),  // a CNAME of 300 s and the address of 30 s
            ("nowhere.example.test.", .a, "max-age=60"),  // the SOA's MINIMUM
            ("ns1.example.test.", .txt, "max-age=60"),
            ("example.org.", .a, "max-age=0"),  // REFUSED
        ] as [(Name, RRType, String)])
    func `caches are told for how long`(name: Name, type: RRType, expected: String) async throws {
        try await withEncryptedServer { encrypted in
            encrypted.server.publish("cat.example.test.", kittens(0x7F00_000B))
            let response = try await curl(encrypted, "/dns-query?dns=\(base64url(query(name, type, id: 0)))", [])
            #expect(response.head == "200 2 application/dns-message \(expected)")
        }
    }

    @Test(arguments: ["--http2", "--http1.1"])
    func `each wrong request has its status`(version: String) async throws {
        try await withEncryptedServer { encrypted in
            let message = base64url(query("ns1.example.test.", id: 0))
            let long = try write([UInt8](repeating: 0, count: 65_536), encrypted)
            let dns = ["--header", "Content-Type: application/dns-message"]
            let requests: [(path: String, arguments: [String], status: String)] = [
                ("/dns-query", [], "400"),  // GET without a query
                ("/dns-query?dns=", [], "400"),
                ("/dns-query?dns=\(message)=", [], "400"),  // padding
                ("/dns-query?dns=a+b/", [], "400"),  // not the alphabet for URLs
                ("/dns-query?dns=AAAA", [], "400"),  // no whole header
                ("/?dns=\(message)", [], "404"),
                ("/dns-query/?dns=\(message)", [], "404"),
                ("/dns-query?dns=\(message)", ["--request", "DELETE"], "405"),
                ("/dns-query", ["--upload-file", long], "405"),
                ("/dns-query", ["--data-binary", "x", "--header", "Content-Type: text/plain"], "415"),
                ("/dns-query", ["--data-binary", "x"], "415"),  // a form
                ("/dns-query", ["--data-binary", "x"] + dns, "400"),
                ("/dns-query", ["--data-binary", "@\(long)"] + dns, "413"),
            ]
            for request in requests {
                let response = try await curl(encrypted, request.path, [version] + request.arguments)
                #expect(response.head.hasPrefix(request.status + " "), "\(request): \(response.head)")
                #expect(response.head.hasSuffix("no-store") || request.status == "405", "\(response.head)")
            }
            let fine = try await curl(encrypted, "/dns-query?x=1&dns=\(message)", [version])
            #expect(fine.head.hasPrefix("200 "))
        }
    }

    @Test(arguments: [["+https"], ["+https", "+https-get"], ["+https=/dns-query", "+keepopen"]])
    func `kdig asks over HTTPS`(options: [String]) async throws {
        try await withEncryptedServer { encrypted in
            let (output, code) = try await run(
                "kdig",
                ["@127.0.0.1", "-p", "\(encrypted.https.port)", "+tls-ca=\(encrypted.files.certificate)"] + options
                    + ["big.example.test", "ns1.example.test"])
            #expect(code == 0)
            #expect(output.contains("ANSWER: 200") && output.contains("192.0.2.1"), "\(output)")
            #expect(!output.uppercased().contains("WARNING"), "\(output)")
        }
    }

    @Test func `many requests run on one connection at once`() async throws {
        try await withEncryptedServer { encrypted in
            let message = base64url(query("big.example.test.", id: 0))
            let (output, code) = try await run(
                "curl",
                [
                    "--silent", "--no-progress-meter", "--http2", "--parallel", "--parallel-max", "50", "--cacert",
                    encrypted.files.certificate,
                    "--output", "/dev/null", "--write-out", "%{http_code}\n",
                    "https://127.0.0.1:\(encrypted.https.port)/dns-query?dns=\(message)&n=[1-500]",
                ])
            #expect(code == 0)
            #expect(output == String(repeating: "200\n", count: 500))
            #expect(encrypted.server.counters.httpsQueries == 500)
            #expect(encrypted.server.counters.encryptedConnections < 50)
        }
    }
}

@Suite struct HTTPSQueryTests {
    @Test(
        arguments: [
            ("AAAA", [0, 0, 0]), ("AA", [0]), ("AAA", [0, 0]), ("_-8", [0xFF, 0xEF]),
            ("A", nil),  // six bits are no octet
            ("AB", nil),  // bits behind the last octet
            ("AAA=", nil), ("A A", nil), ("+/8", nil), ("", nil), ("é8", nil),
        ] as [(String, [UInt8]?)])
    func `base64url is read strictly`(text: String, expected: [UInt8]?) {
        #expect(HTTPSQuery.decode(text[...]) == expected)
    }

    @Test(arguments: [
        ("application/dns-message", true), ("Application/DNS-Message; charset=utf-8", true),
        (" application/dns-message ", true), ("application/dns", false), ("", false),
    ])
    func `media types are compared without case and parameters`(text: String, isOurs: Bool) {
        #expect((HTTPSQuery.mediaType(text) == "application/dns-message") == isOurs)
    }

    @Test func `no reply, whole or cut off, is read beyond its end`() {
        var random = Random(7)
        for length in 0..<400 {
            var reply = random.octets(length)
            if length >= 12 {
                reply[3] &= 0xF0
                reply[4...5] = [0, 1]
            }
            _ = reply.withUnsafeBytes { HTTPSQuery.freshSeconds($0) }
        }
    }
}
