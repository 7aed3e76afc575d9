import Addresses
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Checks

@Suite struct NginxTests {
    private static func pages(_ port: Int) -> String {
        """
        server {
            listen 127.0.0.1:\(port); listen [::1]:\(port); listen 127.0.0.11:\(port);
            server_name cat.example.test;
            location = / { return 200 "kitten status=OK at $http_host\\n"; }
            location = /query { return 200 "args=$args"; }
            location = /method { return 200 "method=$request_method length=$http_content_length"; }
            location = /coding { return 200 "coding=$http_accept_encoding connection=$http_connection"; }
            location = /gone { return 503 "sorry"; }
            location = /moved { return 301 /; }
            location = /loop { return 302 /loop; }
            location = /elsewhere { return 302 http://dog.example.test:\(port)/; }
            location = /nonsense { return 302 "gopher://example.org/"; }
            location = /see-other { return 303 /method; }
        }
        server {
            listen 127.0.0.1:\(port); listen [::1]:\(port); listen 127.0.0.11:\(port);
            server_name dog.example.test 127.0.0.1;
            location = / { return 200 "dog at $server_addr"; }
        }
        """
    }

    @Test func `a real web server is checked in every way`() async throws {
        try await withFolder { folder in
            try await withNginx(in: folder, Self.pages) { port in
                let site = "http://cat.example.test:\(port)"
                let rows: [(String, [String: String], Bool, String)] = [
                    // The public URL, sent to one server whatever the DNS says; the Host header stays.
                    (
                        "http-grep", ["url": "\(site)/", "must-have": "status=OK", "options": "addr=127.0.0.11"], true,
                        "status 200, \"status=OK\" found"
                    ),
                    (
                        "http-grep", ["url": "\(site)/", "must-have": "at cat.example.test:\(port)", "addr": "::1"],
                        true,
                        "status 200, \"at cat.example.test:\(port)\" found"
                    ),
                    (
                        "http-grep", ["url": "\(site)/", "must-have": "status=OK", "addr": "localhost"], true,
                        "status 200, \"status=OK\" found"
                    ),
                    (
                        "http-grep", ["url": "\(site)/", "must-have": "status=ERR", "addr": "127.0.0.1"], false,
                        "text \"status=ERR\" not found in \(("kitten status=OK at cat.example.test:\(port)\n").utf8.count) bytes"
                    ),
                    (
                        "http-grep", ["url": "http://[::1]:\(port)/", "must-have": "at [::1]:\(port)"], true,
                        "status 200, \"at [::1]:\(port)\" found"
                    ),
                    (
                        "http-grep", ["url": "\(site)/query?a=b&c", "must-have": "args=a=b&c", "addr": "127.0.0.1"],
                        true,
                        "status 200, \"args=a=b&c\" found"
                    ),
                    (
                        "http-grep",
                        [
                            "url": "\(site)/method", "must-have": "method=POST length=0", "method": "POST",
                            "addr": "127.0.0.1",
                        ],
                        true, "status 200, \"method=POST length=0\" found"
                    ),
                    (
                        "http-grep",
                        [
                            "url": "\(site)/coding", "must-have": "coding=identity connection=close",
                            "addr": "127.0.0.1",
                        ], true,
                        "status 200, \"coding=identity connection=close\" found"
                    ),
                    // Statuses.
                    ("http-status", ["url": "\(site)/gone", "addr": "127.0.0.1"], false, "status 503, expected 200"),
                    (
                        "http-status", ["url": "\(site)/gone", "status": "200, 500-599", "addr": "127.0.0.1"], true,
                        "status 503"
                    ),
                    ("http-status", ["url": "\(site)/", "method": "HEAD", "addr": "127.0.0.1"], true, "status 200"),
                    (
                        "http-status", ["url": "\(site)/nothing", "status": "200-399", "addr": "127.0.0.1"], false,
                        "status 404, expected 200-399"
                    ),
                    // Redirects.
                    (
                        "http-status", ["url": "\(site)/moved", "options": "addr=127.0.0.1"], false,
                        "status 301, expected 200 (it redirects to \(site)/)"
                    ),
                    (
                        "http-grep",
                        ["url": "\(site)/moved", "must-have": "status=OK", "options": "redirects addr=127.0.0.11"],
                        true,
                        "status 200, \"status=OK\" found (redirected to \(site)/)"
                    ),
                    (
                        "http-grep",
                        [
                            "url": "\(site)/see-other", "must-have": "method=GET", "method": "POST",
                            "options": "redirects addr=::1",
                        ],
                        true, "status 200, \"method=GET\" found (redirected to \(site)/method)"
                    ),
                    (
                        "http-status", ["url": "\(site)/loop", "options": "redirects addr=127.0.0.1"], false,
                        "more than 5 redirects (redirected to \(site)/loop)"
                    ),
                    (
                        "http-status", ["url": "\(site)/nonsense", "options": "redirects addr=127.0.0.1"], false,
                        "redirected to what is not an HTTP URL: \"gopher://example.org/\""
                    ),
                ]
                for (method, arguments, isSuccess, reason) in rows {
                    let result = try await probe(method, arguments)
                    #expect(result.reason == reason, "\(arguments)")
                    #expect(result.isSuccess == isSuccess, "\(arguments)")
                }
            }
        }
    }

    @Test func `addr holds for the host it was given for and not for where a redirect leads`() async throws {
        try await withFolder { folder in
            try await withNginx(in: folder, Self.pages) { port in
                let arguments = [
                    "url": "http://cat.example.test:\(port)/elsewhere", "must-have": "dog at 127.0.0.1",
                    "options": "redirects addr=127.0.0.11",
                ]
                var check = try HTTPGrep(try CheckMethodTests.merged(arguments))
                let address = try #require(IPAddress("127.0.0.1"))
                check.probe.resolver = NameResolver { name, loop in
                    name == "dog.example.test"
                        ? loop.makeSucceededFuture([address]) : loop.makeFailedFuture(LookupFailure.noSuchName)
                }
                let result = await check.probe(timeout: .seconds(5), on: MultiThreadedEventLoopGroup.singleton)
                #expect(
                    result.reason
                        == "status 200, \"dog at 127.0.0.1\" found (redirected to http://dog.example.test:\(port)/)")
                #expect(result.address == "127.0.0.1")
                #expect(result.phases.resolve != nil)
            }
        }
    }
}

enum CheckMethodTests {
    /// The arguments with their options taken apart, as a method's initializer wants them.
    static func merged(_ arguments: [String: String]) throws -> CheckArguments {
        let options = try CheckOptions.parse(arguments["options"] ?? "")
        return CheckArguments(arguments.merging(options) { $1 }.filter { $0.key != "options" })
    }
}
