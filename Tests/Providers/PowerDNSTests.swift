import Addresses
import DNS
import Foundation
import Providers
import TestSupport
import Testing

/// The driver against the real server from Debian, looked at with dig.
@Suite struct PowerDNSTests {
    @Test func `it passes the conformance suite, and dig sees the result`() async throws {
        try await withPowerDNS { server, provider in
            let findings = await ProviderConformance(
                provider, owner: try Name("www.example.org"), outside: try Name("www.example.test")
            ).run()
            #expect(findings == [])
            try await provider.make(["192.0.2.1", "192.0.2.2"].compactMap { IPAddress($0) }, owner: "dig.example.org")
            #expect(try await server.dig("dig.example.org") == ["192.0.2.1", "192.0.2.2"])
        }
    }

    @Test func `a disabled record is not answered, and comments stay`() async throws {
        try await withPowerDNS { server, provider in
            try await server.patch(
                """
                {"rrsets":[{"name":"www.example.org.","type":"A","ttl":300,"changetype":"REPLACE",
                 "records":[{"content":"192.0.2.1","disabled":false},{"content":"192.0.2.9","disabled":true}],
                 "comments":[{"content":"by hand","account":"ann"}]}]}
                """)
            let held = try await provider.read(try Name("www.example.org"), types: [.a], until: .after(.seconds(10)))
            #expect(held.map(\.rrset.valueTexts) == [["192.0.2.1"]], "the disabled one is not answered")
            try await provider.make([try #require(IPAddress("192.0.2.2"))])
            let text = try await server.zoneText()
            #expect(text.contains(#""content": "192.0.2.2", "disabled": false"#), "\(text)")
            #expect(text.contains("by hand"))
            #expect(!text.contains("192.0.2.1\""))
        }
    }

    @Test func `a CNAME in the way is refused in the server's words`() async throws {
        try await withPowerDNS { server, provider in
            try await server.patch(
                """
                {"rrsets":[{"name":"www.example.org.","type":"CNAME","ttl":300,"changetype":"REPLACE",
                 "records":[{"content":"web.example.net.","disabled":false}]}]}
                """)
            let said = await outcome(of: provider, setting: ["192.0.2.1"])
            #expect(said.hasPrefix("refused (another record is in the way): RRset www.example.org. IN A"), "\(said)")
        }
    }

    @Test func `a wrong key is refused, and never repeated`() async throws {
        try await withPowerDNS(key: "wrong-key") { _, provider in
            let said = await outcome(of: provider, setting: ["192.0.2.1"])
            #expect(said.hasPrefix("refused (credentials): "), "\(said)")
            #expect(!said.contains("wrong-key"))
        }
    }

    @Test func `the nearest zone is taken, and one that is gone is looked for anew`() async throws {
        try await withPowerDNS { server, provider in
            try await server.addZone("sub.example.org")
            try await provider.make([try #require(IPAddress("192.0.2.5"))], owner: "www.sub.example.org")
            #expect(try await server.zoneText("sub.example.org").contains("192.0.2.5"))
            _ = try await server.curl("-X", "DELETE", "/zones/sub.example.org.")
            let said = await outcome(of: provider, setting: ["192.0.2.6"], at: "www.sub.example.org")
            #expect(said.hasPrefix("changed by somebody else meanwhile"), "\(said)")
            try await provider.make([try #require(IPAddress("192.0.2.6"))], owner: "www.sub.example.org")
            #expect(try await server.zoneText().contains("192.0.2.6"), "it is in the parent zone now")
        }
    }
}

/// A PowerDNS with the zone example.org, started by the test.
private struct PowerDNSServer {
    let port: Int
    let webPort: Int

    var url: String { "http://127.0.0.1:\(webPort)" }

    /// The addresses that dig gets, sorted.
    func dig(_ name: String) async throws -> [String] {
        let (output, _) = try await run(
            "dig", ["+short", "+time=10", "+tries=3", "-p", "\(port)", "@127.0.0.1", name, "A"])
        return output.split(separator: "\n").map(String.init).sorted()
    }

    /// Asks the API as a person would; the last argument is the path.
    func curl(_ arguments: String...) async throws -> String {
        let path = "\(url)/api/v1/servers/localhost" + (arguments.last ?? "")
        let options = ["-sS", "--fail-with-body", "-m", "30", "-H", "X-API-Key: good-key"]
        let (output, code) = try await run("curl", options + arguments.dropLast() + [path])
        #expect(code == 0, "\(output)")
        return output
    }

    func patch(_ json: String) async throws { _ = try await curl("-X", "PATCH", "-d", json, "/zones/example.org.") }

    func zoneText(_ zone: String = "example.org") async throws -> String { try await curl("/zones/\(zone).") }

    func addZone(_ name: String) async throws {
        _ = try await curl(
            "-X", "POST", "-d", #"{"name":"\#(name).","kind":"Native","nameservers":["ns1.\#(name)."]}"#, "/zones")
    }
}

private func withPowerDNS(
    key: String = "good-key", _ body: (PowerDNSServer, PowerDNS) async throws -> Void
) async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try folder.write("key", key)
    let server = PowerDNSServer(port: try freePort(), webPort: try freePort())
    let schema = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql"
    let (output, code) = try await run("sqlite3", ["\(folder.path)/zones.db", ".read \(schema)"])
    try #require(code == 0, "\(output)")
    try folder.write(
        "pdns.conf",
        """
        launch=gsqlite3
        gsqlite3-database=\(folder.path)/zones.db
        local-address=127.0.0.1
        local-port=\(server.port)
        api=yes
        api-key=good-key
        webserver=yes
        webserver-address=127.0.0.1
        webserver-port=\(server.webPort)
        socket-dir=\(folder.path)
        cache-ttl=0
        negquery-cache-ttl=0
        query-cache-ttl=0
        zone-cache-refresh-interval=0

        """)
    let process = try ChildProcess(
        "pdns_server", ["--config-dir=\(folder.path)", "--daemon=no", "--guardian=no", "--disable-syslog=yes"])
    do {
        try await eventually("PowerDNS answers: \(process.printed)") {
            let options = ["-s", "-m", "2", "-H", "X-API-Key: good-key"]
            return try await run("curl", options + [server.url + "/api/v1/servers/localhost"]).code == 0
        }
        try await server.addZone("example.org")
        let provider = try PowerDNS(
            ProviderArguments(["url": server.url, "key": "file:key"], folder: folder.path))
        try await body(server, provider)
    } catch {
        await process.stop()
        throw error
    }
    await process.stop()
}
