import Addresses
import DNS
import Foundation
import Providers
import TestSupport
import Testing

/// The driver against real servers from Debian: BIND and Knot.
@Suite struct RFC2136Tests {
    @Test(arguments: PrimaryServer.Kind.allCases, ["hmac-sha256", "hmac-sha512"])
    func `it passes the conformance suite, and dig sees the result`(
        kind: PrimaryServer.Kind, algorithm: String
    ) async throws {
        try await withPrimary(kind, algorithm: algorithm) { server, provider in
            let findings = await ProviderConformance(
                provider, owner: try Name("www.example.org"), outside: try Name("www.example.test")
            ).run()
            #expect(findings == [])
            try await provider.make(
                ["192.0.2.1", "192.0.2.2", "2001:db8::1"].compactMap { IPAddress($0) }, owner: "dig.example.org")
            #expect(try await server.dig("dig.example.org", "A") == ["192.0.2.1", "192.0.2.2"])
            #expect(try await server.dig("dig.example.org", "AAAA") == ["2001:db8::1"])
        }
    }

    @Test(arguments: PrimaryServer.Kind.allCases)
    func `somebody else's change since the reading is noticed, and left alone`(
        kind: PrimaryServer.Kind
    ) async throws {
        try await withPrimary(kind) { server, provider in
            let owner = try Name("www.example.org")
            try await provider.make([try #require(IPAddress("192.0.2.1"))])
            let read = try await provider.read(owner, types: [.a, .aaaa], until: .after(.seconds(10)))
            try await server.nsupdate("update add www.example.org 300 A 192.0.2.66")
            let wish = RRset.sets(owner: owner, addresses: [try #require(IPAddress("192.0.2.2"))], ttlSeconds: 300)
            for after in [wish, []] {
                do {
                    _ = try await provider.write(
                        Change(owner: owner, before: read, after: after, types: [.a, .aaaa]),
                        until: .after(.seconds(10)))
                    Issue.record("it was accepted")
                } catch let error as ProviderError {
                    #expect(error.isConflict, "\(error)")
                    #expect(error.words.hasSuffix("NXRRSET"), "\(error)")
                }
            }
            #expect(try await server.dig("www.example.org", "A") == ["192.0.2.1", "192.0.2.66"])
        }
    }

    @Test(arguments: PrimaryServer.Kind.allCases)
    func `an RRset that somebody else has made meanwhile is noticed`(kind: PrimaryServer.Kind) async throws {
        try await withPrimary(kind) { server, provider in
            try await server.nsupdate("update add www.example.org 300 A 192.0.2.66")
            #expect(await outcome(of: provider, setting: ["192.0.2.1"]).hasSuffix("YXRRSET"))
            try await server.nsupdate("update add alias.example.org 300 CNAME web.example.net")
            let said = await outcome(of: provider, setting: ["192.0.2.1"], at: "alias.example.org")
            #expect(said.hasSuffix("YXRRSET"), "a server drops an address beside a CNAME without a word: \(said)")
        }
    }

    @Test(arguments: PrimaryServer.Kind.allCases)
    func `what else is at the name stays`(kind: PrimaryServer.Kind) async throws {
        try await withPrimary(kind) { server, provider in
            try await server.nsupdate("update add www.example.org 300 TXT kept")
            try await provider.make([try #require(IPAddress("192.0.2.1"))])
            try await provider.make([])
            #expect(try await server.dig("www.example.org", "TXT") == ["\"kept\""])
        }
    }

    @Test(
        arguments: PrimaryServer.Kind.allCases,
        [
            ("key-b", "hmac-sha256", "Zm9yZWlnbiBzZWNyZXQgb2Ygbm9ib2R5IGF0IGFsbA==", "BADKEY"),
            ("key-a", "hmac-sha256", "Zm9yZWlnbiBzZWNyZXQgb2Ygbm9ib2R5IGF0IGFsbA==", "BADSIG"),
            ("key-a", "hmac-sha256", "no base64!", "is not Base64"),
        ])
    func `a wrong key is refused, in the protocol's words`(
        kind: PrimaryServer.Kind, wrong: (name: String, algorithm: String, secret: String, words: String)
    ) async throws {
        try await withPrimary(kind) { server, _ in
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            try folder.write("secret", wrong.secret)
            let provider = try RFC2136(
                ProviderArguments(
                    [
                        "server": "127.0.0.1:\(server.port)", "key": wrong.name, "algorithm": wrong.algorithm,
                        "secret": "file:secret",
                    ], folder: folder.path))
            let said = await outcome(of: provider, setting: ["192.0.2.1"])
            #expect(said.hasPrefix("refused (credentials): "), "\(said)")
            #expect(said.contains(wrong.words), "\(said)")
            #expect(!said.contains(wrong.secret))
        }
    }

    @Test func `the server may be a name, and the key one that the configuration has`() async throws {
        try await withPrimary(.bind) { server, _ in
            let secret = try #require(TSIGSecret(base64: PrimaryServer.secret))
            let key = TSIGKey(name: try Name("key-a"), algorithm: .sha256, secret: secret)
            let provider = try RFC2136(
                ProviderArguments(["server": "localhost:\(server.port)", "key": "KEY-A."], keys: [key]))
            #expect(await outcome(of: provider, setting: ["192.0.2.1"]).contains("NOERROR"))
            #expect(try await server.dig("www.example.org", "A") == ["192.0.2.1"])
        }
    }

    @Test(
        arguments: [
            (["server": "ns_1..example"], "server"),  // an empty label
            (["server": "192.0.2.300"], "server"),  // an address gone wrong
            (["server": "ns1:0"], "server"),  // no port
            (["server": "ns1", "key": "other"], "secret"),  // not among the keys
            (["server": "ns1", "secret": "env:S"], "key"),  // whose secret?
            (["server": "ns1", "key": "key-a", "algorithm": "hmac-sha512"], "algorithm"),  // the key has its own
        ] as [([String: String], String)])
    func `a server that is none, and a key without a secret, are refused`(
        values: [String: String], wrong: String
    ) throws {
        let secret = try #require(TSIGSecret(base64: PrimaryServer.secret))
        let key = TSIGKey(name: try Name("key-a"), algorithm: .sha256, secret: secret)
        do {
            _ = try RFC2136(ProviderArguments(values, keys: [key]))
            Issue.record("it was taken")
        } catch {
            #expect(error.errors.map(\.key) == [wrong])
        }
    }

    @Test(arguments: PrimaryServer.Kind.allCases)
    func `without a key it may read and not change`(kind: PrimaryServer.Kind) async throws {
        try await withPrimary(kind) { server, _ in
            let provider = try RFC2136(ProviderArguments(["server": "127.0.0.1:\(server.port)"]))
            let said = await outcome(of: provider, setting: ["192.0.2.1"])
            #expect(said.hasPrefix("refused ("), "\(said)")
            let held = try await provider.read(try Name("ns1.example.org"), types: [.a], until: .after(.seconds(10)))
            #expect(held.map(\.rrset.valueTexts) == [["127.0.0.1"]])
        }
    }

    @Test func `a server that is not there can be tried again`() async throws {
        let provider = try RFC2136(ProviderArguments(["server": "127.0.0.1:\(try freePort())"]))
        let said = await outcome(of: provider, setting: ["192.0.2.1"])
        #expect(said.hasPrefix("unreachable: 127.0.0.1#"), "\(said)")
    }
}

/// A primary server with the zone example.org, which a key may change.
struct PrimaryServer {
    enum Kind: String, CaseIterable, Sendable { case bind, knot }

    static let secret = "c2VjcmV0IG9mIHRoZSB0ZXN0cyBvZiBuaW5lbGl2ZXM="

    let kind: Kind
    let port: Int
    let algorithm: String
    let folder: TemporaryFolder
    var keyName = "key-a"

    /// What dig gets, sorted.
    func dig(_ name: String, _ type: String) async throws -> [String] {
        let (output, _) = try await run(
            "dig", ["+short", "+time=10", "+tries=3", "-p", "\(port)", "@127.0.0.1", name, type])
        return output.split(separator: "\n").map(String.init).sorted()
    }

    /// Changes something as somebody else would, with BIND's own tool.
    func nsupdate(_ line: String) async throws {
        let file = try folder.write(
            "update", "server 127.0.0.1 \(port)\nzone example.org\n\(line)\nsend\n")
        let (output, code) = try await run("nsupdate", ["-y", "\(algorithm):\(keyName):\(Self.secret)", file])
        #expect(code == 0, "\(output)")
    }

    func start() throws -> ChildProcess {
        try folder.write(
            "example.org.zone",
            """
            $ORIGIN example.org.
            $TTL 300
            @ SOA ns1 hostmaster 1 3600 600 86400 60
            @ NS ns1
            ns1 A 127.0.0.1

            """)
        switch kind {
        case .bind:
            let file = try folder.write(
                "named.conf",
                """
                key "\(keyName)" { algorithm \(algorithm); secret "\(Self.secret)"; };
                options {
                  directory "\(folder.path)"; pid-file none; session-keyfile none;
                  listen-on port \(port) { 127.0.0.1; }; listen-on-v6 { none; };
                  recursion no; dnssec-validation no; notify no;
                };
                controls { };
                zone "example.org" { type primary; file "example.org.zone"; allow-update { key "\(keyName)"; }; };

                """)
            return try ChildProcess("named", ["-g", "-c", file, "-n", "1", "-U", "1"])
        case .knot:
            let file = try folder.write(
                "knot.conf",
                """
                server:
                  listen: 127.0.0.1@\(port)
                  rundir: \(folder.path)
                database:
                  storage: \(folder.path)
                key:
                  - id: \(keyName)
                    algorithm: \(algorithm)
                    secret: \(Self.secret)
                acl:
                  - id: update
                    key: \(keyName)
                    action: update
                template:
                  - id: default
                    storage: \(folder.path)
                    zonefile-sync: -1
                zone:
                  - domain: example.org
                    file: example.org.zone
                    acl: update

                """)
            return try ChildProcess("knotd", ["-c", file])
        }
    }
}

private func withPrimary(
    _ kind: PrimaryServer.Kind, algorithm: String = "hmac-sha256",
    _ body: (PrimaryServer, RFC2136) async throws -> Void
) async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try folder.write("secret", PrimaryServer.secret + "\n")
    let server = PrimaryServer(kind: kind, port: try freePort(), algorithm: algorithm, folder: folder)
    let process = try server.start()
    do {
        try await eventually("\(kind) answers: \(process.printed)") {
            try await run(
                "dig", ["+short", "+time=1", "+tries=1", "-p", "\(server.port)", "@127.0.0.1", "example.org", "SOA"]
            )
            .output.contains("hostmaster")
        }
        let provider = try RFC2136(
            ProviderArguments(
                [
                    "server": "127.0.0.1:\(server.port)", "key": "key-a", "algorithm": algorithm,
                    "secret": "file:secret",
                ], folder: folder.path))
        try await body(server, provider)
    } catch {
        await process.stop()
        throw error
    }
    await process.stop()
}
