import Addresses
import DNS
import DNSServer
import TestSupport
import Testing

/// Servers of one anycast set that share a secret (RFC 9018 §5): BIND, Knot and we.
@Suite struct CookiePeerTests {
    private static let half = "0123456789abcdef"

    /// What a server's COOKIE option holds, in hexadecimal, and the status of its reply.
    private func ask(port: Int, cookie: String) async throws -> (cookie: String, status: String) {
        let (output, _) = try await run(
            "dig",
            [
                "@127.0.0.1", "-p", "\(port)", "+tries=1", "+time=2", "+nobadcookie", "+cookie=\(cookie)",
                "ns1.example.test",
            ])
        func word(after mark: String) -> String {
            output.components(after: mark).first.map { String($0.prefix { $0.isLetter || $0.isNumber }) } ?? ""
        }
        return (word(after: "COOKIE: "), word(after: "status: "))
    }

    /// Both directions: a cookie from either server is accepted by the other.
    private func exchange(with peer: Int) async throws {
        var options = AnswerOptions()
        options.cookieSecrets = [sharedSecret].compactMap { $0 }
        try await withServer(options: options) { _, listening in
            let port = listening[0].port
            // Refused without a server cookie, so that accepting one means something.
            let first = try await ask(port: peer, cookie: Self.half)
            #expect(first.status == "BADCOOKIE")
            #expect(first.cookie.hasPrefix(Self.half + "01000000") && first.cookie.count == 48)
            // We give a good cookie back as it was, and another for one that is not good.
            #expect(try await ask(port: port, cookie: first.cookie) == (first.cookie, "NOERROR"))
            let bad = first.cookie.dropLast() + (first.cookie.hasSuffix("0") ? "1" : "0")
            #expect(try await ask(port: port, cookie: String(bad)).cookie != String(bad))

            let ours = try await ask(port: port, cookie: Self.half)
            #expect(ours.status == "NOERROR" && ours.cookie.count == 48)
            #expect(try await ask(port: peer, cookie: ours.cookie).status == "NOERROR")
            let worse = ours.cookie.dropLast() + (ours.cookie.hasSuffix("0") ? "1" : "0")
            #expect(try await ask(port: peer, cookie: String(worse)).status == "BADCOOKIE")
        }
    }

    private static let zone = "$TTL 300\n@ SOA ns1 host 7 3600 900 604800 60\n@ NS ns1\nns1 A 192.0.2.1\n"

    @Test func `BIND and we accept each other's cookies`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let port = try freePort()
        try folder.write("zone", Self.zone)
        let configuration = try folder.write(
            "named.conf",
            """
            options {
                directory "\(folder.path)"; pid-file none; session-keyfile "\(folder.path)/key";
                listen-on port \(port) { 127.0.0.1; }; listen-on-v6 { none; };
                recursion no; dnssec-validation no; notify no; require-server-cookie yes;
                cookie-algorithm siphash24; cookie-secret "e5e973e5a6b2a43f48e7dc849e37bfcf";
            };
            controls {};
            zone "example.test" { type primary; file "zone"; };
            """)
        let named = try ChildProcess("named", ["-g", "-c", configuration])
        try await eventually("BIND answers") { try await ask(port: port, cookie: Self.half).status == "BADCOOKIE" }
        try await exchange(with: port)
        await named.stop()
    }

    @Test func `Knot and we accept each other's cookies`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let port = try freePort()
        try folder.write("zone", Self.zone)
        let configuration = try folder.write(
            "knot.conf",
            """
            server:
                listen: 127.0.0.1@\(port)
                rundir: \(folder.path)
            database:
                storage: \(folder.path)
            mod-cookies:
              - id: shared
                secret: 0xe5e973e5a6b2a43f48e7dc849e37bfcf
                badcookie-slip: 1
            template:
              - id: default
                global-module: mod-cookies/shared
            zone:
              - domain: example.test
                file: \(folder.path)/zone
            """)
        let knot = try ChildProcess("knotd", ["-c", configuration])
        try await eventually("Knot answers") { try await ask(port: port, cookie: Self.half).status == "BADCOOKIE" }
        try await exchange(with: port)
        await knot.stop()
    }
}

extension String {
    /// What stands behind each occurrence of `mark`.
    fileprivate func components(after mark: String) -> [Substring] {
        var found: [Substring] = []
        var rest = self[...]
        while let index = rest.indices.first(where: { rest[$0...].hasPrefix(mark) }) {
            rest = rest[index...].dropFirst(mark.count)
            found.append(rest)
        }
        return found
    }
}
