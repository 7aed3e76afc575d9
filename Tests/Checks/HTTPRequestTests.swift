import Glibc
import Secrets
import TestSupport
import Testing

@testable import Checks

/// What is sent, and what is made of the answer, against a real nginx.
@Suite struct HTTPRequestTests {
    private static func site(_ port: Int, _ certificates: Certificates, _ folder: TemporaryFolder) -> String {
        """
        server {
            listen 127.0.0.1:\(port);
            location = /echo {
                add_header X-Kitten purr;
                return 200 '{"method":"$request_method","token":"$http_x_token","auth":"$http_authorization","count":3,"agent":"$http_user_agent","host":"$http_host"}';
            }
            location = /private { auth_basic "kittens"; auth_basic_user_file \(folder.path)/users; alias \(folder.path)/users; }
            location = /away { return 307 http://127.0.0.2:\(port)/echo; }
            location = /here { return 307 /echo; }
            location = /teapot { return 418; }
            location = /big { alias \(folder.path)/big; }
        }
        server {
            listen 127.0.0.2:\(port);
            location / { return 200 "token=$http_x_token auth=$http_authorization."; }
        }
        server {
            listen 127.0.0.1:\(port + 1) ssl http2;
            server_name cat.example.test;
            ssl_certificate \(certificates.certificate("good"));
            ssl_certificate_key \(certificates.key("good"));
            location = /echo { return 200 "$server_protocol $request_method token=$http_x_token"; }
            location = /big { alias \(folder.path)/big; }
        }
        server {
            listen 127.0.0.1:\(port + 2) http2;
            location / { return 200 "$server_protocol"; }
        }
        server {
            listen 127.0.0.1:\(port + 3) ssl;
            ssl_certificate \(certificates.certificate("good"));
            ssl_certificate_key \(certificates.key("good"));
            location / { return 200 "$server_protocol"; }
        }
        """
    }

    @Test func `methods, headers, authorization and conditions do what they say`() async throws {
        try await withFolder { folder in
            let certificates = try await Certificates(in: folder)
            let (hash, _) = try await run("openssl", ["passwd", "-apr1", "purr-s3cret"])
            try folder.write("users", "tom:\(hash)")
            let secret = try folder.write("secret", "purr-s3cret\n")
            try folder.write("big", String(repeating: "kitten", count: 50_000) + "end")
            try await withNginx(in: folder, { Self.site($0, certificates, folder) }) { port in
                let base = "http://127.0.0.1:\(port)"
                let tls = "https://cat.example.test:\(port + 1)"
                let ca = ["addr": "127.0.0.1", "ca": certificates.authority]
                let rows: [(String, [String: String], Bool, String)] = [
                    (
                        "http-status",
                        ["url": base + "/echo", "conditions": "json.method == \"GET\" and json.count >= 3"],
                        true, "status 200, conditions hold"
                    ),
                    (
                        "http-status", ["url": base + "/echo", "body": "x", "conditions": "json.method == \"GET\""],
                        false, "json.method is \"POST\", expected \"GET\""
                    ),
                    (
                        "http-status",
                        ["url": base + "/echo", "method": "PURR", "conditions": "json.method == \"PURR\""],
                        true, "status 200, conditions hold"
                    ),
                    (
                        "http-grep",
                        ["url": base + "/echo", "headers": "X-Token: meow\nUser-Agent: cat/1", "must-have": "cat/1"],
                        true, "status 200, \"cat/1\" found"
                    ),
                    (
                        "http-status",
                        [
                            "url": base + "/echo", "headers": "Host: tom.example.test",
                            "conditions": "json.host == \"tom.example.test\" and header.x-kitten == \"purr\"",
                        ],
                        true, "status 200, conditions hold"
                    ),
                    ("http-status", ["url": base + "/private"], false, "status 401, expected 200"),
                    (
                        "http-status", ["url": base + "/private", "user": "tom", "password": "file:\(secret)"], true,
                        "status 200"
                    ),
                    (
                        "http-status", ["url": base + "/private", "user": "jerry", "password": "file:\(secret)"], false,
                        "status 401, expected 200"
                    ),
                    // What the server sends back of a secret is not told.
                    (
                        "http-status",
                        ["url": base + "/echo", "bearer": "file:\(secret)", "conditions": "json.auth == \"x\""], false,
                        "json.auth is \"Bearer (secret)\", expected \"x\""
                    ),
                    ("http-status", ["url": base + "/teapot", "status": "200-399,418"], true, "status 418"),
                    (
                        "http-status", ["url": base + "/teapot", "conditions": "status == 418"], true,
                        "status 418, conditions hold"
                    ),
                    (
                        "http-status", ["url": base + "/teapot", "conditions": "time < 5s"], false,
                        "status 418, expected 200"
                    ),
                    // Redirects: headers stay with the server they were meant for.
                    (
                        "http-grep",
                        ["url": base + "/here", "headers": "X-Token: meow", "redirects": "yes", "must-have": "meow"],
                        true,
                        "status 200, \"(secret)\" found (redirected to \(base)/echo)"
                    ),
                    (
                        "http-grep",
                        [
                            "url": base + "/away", "headers": "X-Token: meow", "bearer": "file:\(secret)",
                            "redirects": "yes", "must-have": "token= auth=.",
                        ], true, "status 200, \"token= auth=.\" found (redirected to http://127.0.0.2:\(port)/echo)"
                    ),
                    (
                        "http-status", ["url": base + "/big", "conditions": "body contains \"end\""], false,
                        "body (its first 65,536 bytes) is not as expected: contains \"end\""
                    ),
                    // HTTP/2 with TLS, without, and where the server does not speak it.
                    (
                        "http-grep",
                        [
                            "url": tls + "/echo", "http": "2", "headers": "X-Token: meow",
                            "must-have": "HTTP/2.0 GET token=meow",
                        ]
                        .merging(ca) { $1 }, true, "status 200, \"HTTP/2.0 GET token=(secret)\" found"
                    ),
                    (
                        "http-grep",
                        ["url": tls + "/echo", "http": "2", "body": "purr", "must-have": "HTTP/2.0 POST"].merging(ca) {
                            $1
                        },
                        true, "status 200, \"HTTP/2.0 POST\" found"
                    ),
                    (
                        "http-status",
                        [
                            "url": tls + "/echo", "http": "2", "method": "HEAD",
                            "conditions": "cert.days > 14 and header.server contains \"nginx\"",
                        ].merging(ca) { $1 },
                        true, "status 200, conditions hold"
                    ),
                    (
                        "http-grep", ["url": tls + "/big", "http": "2", "must-have": "end"].merging(ca) { $1 }, false,
                        "text \"end\" not found in the first 65,536 bytes, the rest was cut off"
                    ),
                    (
                        "http-grep", ["url": tls + "/echo", "must-have": "HTTP/1.1"].merging(ca) { $1 }, true,
                        "status 200, \"HTTP/1.1\" found"
                    ),
                    (
                        "http-grep", ["url": "http://127.0.0.1:\(port + 2)/", "http": "2", "must-have": "HTTP/2.0"],
                        true,
                        "status 200, \"HTTP/2.0\" found"
                    ),
                    (
                        "http-status",
                        ["url": "https://cat.example.test:\(port + 3)/", "http": "2"].merging(ca) { $1 },
                        false, "TLS refused by the server: no application protocol"
                    ),
                    (
                        "http-status", ["url": base + "/echo", "http": "2"], false,
                        "not HTTP/2: \"HTTP/1.1 400 Bad Request\\r\\nServer: nginx/1.22.1\\r\\nDate: …\""
                    ),
                ]
                for (method, arguments, isSuccess, reason) in rows {
                    let result = try await probe(method, arguments)
                    if reason.hasPrefix("not HTTP/2") {
                        #expect(result.reason.hasPrefix("not HTTP/2: \"HTTP/1.1 400 Bad Request"))
                    } else {
                        #expect(result.reason == reason, "\(arguments)")
                    }
                    #expect(result.isSuccess == isSuccess, "\(arguments)")
                }
            }
        }
    }

    @Test func `an answer that is right and too slow is an error`() async throws {
        let server = try await HostileServer([
            .awaitRequest, .dribble("HTTP/1.1 200 OK\r\n\r\n", every: .milliseconds(5)),
        ])
        let result = try await probe(
            "http-status", ["url": "http://127.0.0.1:\(server.port)/", "max-time": "20ms"])
        #expect(!result.isSuccess)
        #expect(result.reason.hasSuffix(", longer than 20 ms (status 200)"), "\(result.reason)")
        await server.stop()
    }

    @Test(
        arguments: [
            (
                ["headers": "X-Token"],
                "headers \"…\" has no colon in line 1; right is: one NAME: VALUE a line, where VALUE may be env:NAME or file:PATH"
            ),
            (
                ["headers": "X A: s3cret"],
                "headers \"…\" has no header name before the colon in line 1; right is: one NAME: VALUE a line, where VALUE may be env:NAME or file:PATH"
            ),
            (
                ["headers": "Content-Length: 5"],
                "headers \"…\" has Content-Length, which the check sets itself; right is: one NAME: VALUE a line, where VALUE may be env:NAME or file:PATH"
            ),
            (
                ["headers": "X-Key: env:NINELIVES_NO_SUCH"],
                "headers \"…\" has a secret for X-Key that names an environment variable that is not set; right is: one NAME: VALUE a line, where VALUE may be env:NAME or file:PATH"
            ),
            (
                ["bearer": "s3cret"],
                "bearer \"…\" must not stand in the configuration itself; right is: env:NAME or file:PATH"
            ),
            (
                ["bearer": "file:/nonexistent"],
                "bearer \"file:/nonexistent\" names a file that cannot be read; right is: env:NAME or file:PATH"
            ),
            (["user": "tom"], "user \"…\" needs password beside it; right is: both, or neither"),
            (
                ["method": "CONNECT"],
                "method \"CONNECT\" is not a method that a check can send; right is: one of GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE"
            ),
            (["http": "3"], "http \"3\" is not one of them; right is: 1.1 or 2"),
            (["address": "v5"], "address \"v5\" is not one of them: did you mean \"v4\"?"),
            (
                ["max-time": "300"],
                "max-time \"300\" has no unit (ms, s or m); right is: a duration such as 300ms or 1.5s"
            ),
            (
                ["conditions": "status = 200"],
                "conditions \"status = 200\" is wrong at column 8: \"=\" is no comparison: use ==, !=, <, <=, >, >=, contains, starts-with, ends-with or exists; right is: conditions such as status == 200 and json.items[0].count >= 3 and time < 300ms"
            ),
            (
                ["conditions": "cert.days > 3"],
                "conditions \"cert.days > 3\" asks for cert.days of an http:// URL; right is: an https:// URL"
            ),
        ] as [([String: String], String)])
    func `a wrong argument is refused with the right form, and no secret in it`(
        arguments: [String: String], error: String
    ) {
        let found = errors("http-status", arguments.merging(["url": "http://cat.example.test/"]) { $1 })
        #expect(found == [error])
    }

    @Test func `a secret cannot be printed by accident`() throws {
        setenv("NINELIVES_TEST_SECRET", "purr-s3cret", 1)
        let secret = try SecretArgument.read("env:NINELIVES_TEST_SECRET")
        var dumped = ""
        dump(secret, to: &dumped)
        #expect("\(secret) \(String(reflecting: secret)) \(dumped)".contains("purr-s3cret") == false)
        #expect(secret.reveal() == "purr-s3cret")
    }

    @Test(
        arguments: [
            ([.hang], "timed out after TIME waiting for the first byte"),
            ([.awaitAnything, .close], "closed the connection before answering"),
            (
                [.send("HTTP/1.1 400 Bad Request\r\n\r\n"), .hang],
                "not HTTP/2: \"HTTP/1.1 400 Bad Request\\r\\n\\r\\n\""
            ),
            (
                [.sendBytes([0, 0, 0, 4, 0, 0, 0, 0, 0]), .hang],
                "timed out after TIME waiting for the headers of the answer"
            ),
            (
                [.awaitAnything, .sendBytes([0, 0, 0, 4, 0, 0, 0, 0, 0]), .awaitMore, .reset],
                "reset the connection before the headers of the answer"
            ),
            // A frame longer than we allow, broken header compression, GOAWAY, RST_STREAM.
            (
                [.sendBytes([0, 0, 0, 4, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 1])],
                "not HTTP/2: a frame of 16,777,215 bytes"
            ),
            (
                [.sendBytes([0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 1, 5, 0, 0, 0, 1, 0xFF])],
                "not HTTP/2: its headers cannot be read"
            ),
            (
                [.sendBytes([0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11])],
                "ended the HTTP/2 connection: enhance your calm"
            ),
            (
                [.sendBytes([0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 7])],
                "reset the HTTP/2 stream: refused stream"
            ),
            // :status 200 (index 8 of the static table), END_HEADERS, and no body ever.
            (
                [.sendBytes([0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88]), .hang],
                "timed out after TIME while reading the body (0 bytes)"
            ),
            (
                [.dribble("\0\0\0\u{4}\0\0\0\0\0", every: .milliseconds(10))],
                "timed out after TIME waiting for the headers of the answer"
            ),
        ] as [([HostileServer.Act], String)])
    func `whatever a server of HTTP/2 does is a result in words`(acts: [HostileServer.Act], reason: String) async throws
    {
        let server = try await HostileServer(acts)
        let arguments = ["url": "http://127.0.0.1:\(server.port)/", "http": "2", "must-have": "x"]
        let said = try await outcome(of: reason) { try await probe("http-grep", arguments, timeout: $0) }.said
        #expect(said == reason)
        try await eventually("the connection is closed") { server.ended == server.connections }
        await server.stop()
    }
}
