import Foundation
import TestSupport
import Testing

/// A router's answers while its lines and servers are cut off and come back: real servers, real tests from the lines' own
/// addresses, and dig from outside.
@Suite struct LineTests {
    private static let one = "198.51.100.10"
    private static let two = "203.0.113.10"
    private static let elsewhere = "192.0.2.9"

    @Test func `dig gets what can be reached, while lines and servers are lost and restored`() async throws {
        let site = try LineSite()
        defer { site.folder.remove() }
        var parts: [String: ChildProcess] = [:]
        for name in LineSite.names { parts[name] = try site.start(name) }
        let server = try ChildProcess(binary, ["serve", "--config", site.file])
        func lose(_ name: String) async { await parts.removeValue(forKey: name)?.stop() }
        func expect(_ what: String, _ answer: [String]) async throws {
            try await eventually("\(what): \(answer)") {
                try await site.dig("shop.example.test") == answer
            }
        }
        do {
            try await expect("all is well", [Self.one, Self.two])
            #expect(try await site.dig("mail.example.test") == [Self.one], "the first line in order")
            #expect(try await site.dig("www.example.test") == ["192.0.2.20", "198.51.100.20", "203.0.113.20"])
            #expect(try await site.forwarded() == [site.target("web1"), site.target("web1")])

            await lose("web1")
            try await eventually("the backup gets the traffic") {
                try await site.forwarded() == [site.target("web2"), site.target("web2")]
            }
            #expect(try await site.dig("shop.example.test") == [Self.one, Self.two], "the answer stays")

            await lose("wan1")
            try await expect("one line and one server are lost", [Self.two])
            #expect(try await site.dig("mail.example.test") == [Self.two])
            #expect(try await site.dig("www.example.test") == ["192.0.2.20", "203.0.113.20"])
            let lines = try await ninelives("lines", "--url", site.url)
            #expect(
                lines.output.contains("wan1 down  198.51.100.10") && lines.output.contains("wan2 up"), "\(lines.output)"
            )
            let why = try await ninelives("explain", "shop.example.test", "--url", site.url)
            #expect(why.output.contains("Of its lines line:wan1 is err."), "\(why.output)")

            parts["wan1"] = try site.start("wan1")
            try await eventually("it says that it waits") {
                try await ninelives("lines", "--url", site.url).output.contains("wan1 down, up for ")
            }
            #expect(try await site.dig("shop.example.test") == [Self.two])
            try await expect("it counts again", [Self.one, Self.two])

            await lose("web2")
            try await expect("nobody is left onsite", [Self.elsewhere])
            let services = try await ninelives("services", "--url", site.url)
            #expect(services.output.contains("shop.example.test 443/tcp → 192.0.2.9"), "\(services.output)")
            parts["web2"] = try site.start("web2")
            try await expect("the backup is back", [Self.one, Self.two])
            await lose("wan2")
            await lose("wan1")
            try await expect("no line is up", [Self.elsewhere])
            #expect(try await site.dig("mail.example.test") != [], "an answer is never empty")
            let cutOff = try await ninelives("services", "--url", site.url)
            #expect(cutOff.output.contains("no line to it is up"), "\(cutOff.output)")
        } catch {
            FileHandle.standardError.write(Data(server.printed.utf8))
            for process in [server] + parts.values { await process.stop() }
            throw error
        }
        for process in [server] + parts.values { await process.stop() }
    }
}

/// Two lines whose test points and two servers are processes of their own.
private struct LineSite {
    static let names = ["wan1", "wan2", "web1", "web2"]

    let folder: TemporaryFolder
    let file: String
    let url: String
    private let dnsPort: Int
    private let ports: [String: Int]

    init() throws {
        folder = try TemporaryFolder()
        let (dns, http) = (try freePort(), try freePort())
        var ports: [String: Int] = [:]
        for name in Self.names { ports[name] = try freePort() }
        func at(_ name: String) -> String { "127.0.0.1:\(ports[name] ?? 0)" }
        let servers = """
                servers:
                  - web1: { onsite: "\(at("web1"))", policy: quick }
                  - web2: { onsite: "\(at("web2"))", policy: quick, level: backup }
                  - dc: { offsite: 192.0.2.9, level: 2nd-backup, indicator: elsewhere }
            """
        file = try folder.write(
            "n.yaml",
            """
            listen: { dns: "127.0.0.1:\(dns)", http: "127.0.0.1:\(http)" }
            data: data
            forwarding: off
            zones: [{ name: example.test, records: "@ 900 IN SOA ns1 h 1 2 3 4 5\\n@ 900 IN NS ns1\\nns1 900 IN A 127.0.0.1" }]
            policies: { quick: { interval: 1s, timeout: 900ms, recheck: 50ms, fall: 2, rise: 2 } }
            indicators: { elsewhere: { check: logic, expression: "not during 00:00-00:01 UTC or during 00:00-00:01 UTC" } }
            lines:
              wan1: { addresses: 198.51.100.10, source: 127.0.0.51, policy: quick, recovery: 10s, test-points: ["tcp \(at("wan1"))"] }
              wan2: { addresses: 203.0.113.10, source: 127.0.0.52, policy: quick, recovery: 10s, test-points: ["tcp \(at("wan2"))"] }
            services:
              shop.example.test:
                port: 443
                failback: immediate
            \(servers)
              mail.example.test:
                port: 25
                redundancy: only
                failback: immediate
            \(servers)
            hosts:
              www.example.test: { addresses: { wan1: 198.51.100.20, wan2: 203.0.113.20 }, other: 192.0.2.20 }
            """)
        url = "http://127.0.0.1:\(http)"
        dnsPort = dns
        self.ports = ports
    }

    func target(_ name: String) -> String { "127.0.0.1:\(ports[name] ?? 0)" }

    func start(_ name: String) throws -> ChildProcess {
        try ChildProcess("python3", ["-m", "http.server", "\(ports[name] ?? 0)", "--bind", "127.0.0.1"])
    }

    func dig(_ name: String) async throws -> [String] {
        let options = ["@127.0.0.1", "-p", "\(dnsPort)", "+short", "+time=10", "+tries=1", name]
        let (output, code) = try await run("dig", options)
        return code == 0 ? output.split(separator: "\n").map(String.init).sorted() : []
    }

    /// Where the traffic of each service is to go.
    func forwarded() async throws -> [String] {
        struct Forwarding: Decodable {
            struct Item: Decodable { var servers: [String] }
            var items: [Item]
        }
        let body = try await run("curl", ["-sS", "-m", "30", url + "/api/v1/forwarding"]).output
        return try JSONDecoder().decode(Forwarding.self, from: Data(body.utf8)).items.flatMap(\.servers)
    }
}
