import Foundation
import TestSupport
import Testing

/// What happens when files change under a running server.
@Suite struct ReloadTests {
    @Test func `a changed zone file takes effect by itself, and its serial number goes forward only`() async throws {
        try await withSite { site in
            try site.writeZone(serial: 10, "www 60 IN A 192.0.2.1")
            try await site.expect("www.example.test", "192.0.2.1")
            #expect(try await site.serial() == 10)
            try site.writeZone(serial: 3, "www 60 IN A 192.0.2.2")
            try await site.expect("www.example.test", "192.0.2.2")
            #expect(try await site.serial() == 11)
            try site.writeZone(serial: 20, "www 60 IN A 192.0.2.3")
            try await site.expect("www.example.test", "192.0.2.3")
            #expect(try await site.serial() == 20)
        }
    }

    @Test func `a broken zone file is told with its place, and the old zone stays until it is mended`() async throws {
        try await withSite { site in
            try site.writeZone(serial: 10, "www 60 IN A 192.0.2.1")
            try await site.expect("www.example.test", "192.0.2.1")
            try site.writeZone(serial: 11, "www 60 IN A 192.0.2.999")
            try site.folder.write("other", SiteUnderChange.head(2) + "new 60 IN A 192.0.2.7\n")
            let place = "\(site.folder.path)/zone:4:13"
            try await eventually("healthz tells of \(place)") { try await site.get("healthz").contains(place) }
            #expect(site.process.printed.contains(place), "the log tells of it too")
            #expect(try await site.get("").contains(place), "and the page")
            try await site.expect("new.other.test", "192.0.2.7")  // the other zone's change is in force
            try await site.expect("www.example.test", "192.0.2.1")
            try site.writeZone(serial: 12, "www 60 IN A 192.0.2.9")
            try await site.expect("www.example.test", "192.0.2.9")
            #expect(try await site.get("healthz") == "ok\n")
        }
    }

    @Test func `SIGHUP puts new, removed and changed zones and schemes into force at once`() async throws {
        try await withSite { site in
            try await site.expect("two.example.test", "192.0.2.11 192.0.2.12")
            // A member goes and another comes.
            try site.writeConfiguration(members: ["192.0.2.12", "192.0.2.13"])
            site.process.signal(SIGHUP)
            try await site.expect("two.example.test", "192.0.2.12 192.0.2.13")
            // The scheme goes: the zone has an address for its name.
            try site.writeZone(serial: 10, "two 60 IN A 198.51.100.1")
            try site.writeConfiguration(members: nil)
            site.process.signal(SIGHUP)
            try await site.expect("two.example.test", "198.51.100.1")
            #expect(try await site.get("api/v1/schemes/two.example.test/explain").contains("There is no scheme"))
            // And comes back; another zone goes.
            try site.writeConfiguration(members: ["192.0.2.14"], other: false)
            site.process.signal(SIGHUP)
            try await site.expect("two.example.test", "192.0.2.14")
            let (output, _) = try await run(
                "dig", ["@127.0.0.1", "-p", "\(site.dnsPort)", "+tries=1", "other.test", "SOA"])
            #expect(output.contains("status: REFUSED"), "\(output)")
        }
    }

    @Test func `a broken configuration changes nothing, and mending a new zone's file mends it`() async throws {
        try await withSite { site in
            try await site.expect("two.example.test", "192.0.2.11 192.0.2.12")
            try site.folder.write("third", "nonsense\n")
            try site.writeConfiguration(members: ["192.0.2.13"], more: "  - { name: third.test, file: third }")
            try await eventually("healthz tells of it") { try await site.get("healthz").contains("third:1:9") }
            try await site.expect("two.example.test", "192.0.2.11 192.0.2.12")
            try site.folder.write("third", SiteUnderChange.head(1) + "www 60 IN A 192.0.2.3\n")
            try await site.expect("www.third.test", "192.0.2.3")
            try await site.expect("two.example.test", "192.0.2.13")
        }
    }

    @Test func `no question goes unanswered or gets half an answer while zones are reloaded`() async throws {
        try await withSite { site in
            try site.writeZone(serial: 1, "www 60 IN A 192.0.2.1\nwww 60 IN A 192.0.2.2")
            try await site.expect("www.example.test", "192.0.2.1 192.0.2.2")
            let rewriting = Task {
                for round in 0..<40 {
                    let first = round.isMultiple(of: 2) ? 3 : 1
                    try site.writeZone(
                        serial: round, "www 60 IN A 192.0.2.\(first)\nwww 60 IN A 192.0.2.\(first + 1)")
                    site.process.signal(SIGHUP)
                    _ = try await site.get("healthz")
                }
            }
            for _ in 0..<60 {
                let answer = try await site.ask("www.example.test")
                #expect(["192.0.2.1 192.0.2.2", "192.0.2.3 192.0.2.4"].contains(answer), "\(answer)")
            }
            try await rewriting.value
        }
    }

    private func withSite(_ body: (SiteUnderChange) async throws -> Void) async throws {
        let site = try SiteUnderChange()
        do {
            try await site.expect("ns1.example.test", "127.0.0.1")
            try await body(site)
        } catch {
            Issue.record("\(error): \(site.process.printed)")
        }
        await site.process.stop()
        site.folder.remove()
    }
}

/// A server whose files a test rewrites. Its members are checked at its own page: all are up.
struct SiteUnderChange {
    let folder: TemporaryFolder
    let process: ChildProcess
    let dnsPort: Int
    private let httpPort: Int

    init() throws {
        folder = try TemporaryFolder()
        dnsPort = try freePort()
        httpPort = try freePort()
        try folder.write("zone", Self.head(1))
        try folder.write("other", Self.head(1))
        try Self.configuration(folder, dnsPort, httpPort, ["192.0.2.11", "192.0.2.12"], true, "")
        process = try ChildProcess(binary, ["serve", "--config", "\(folder.path)/n.yaml"])
    }

    static func head(_ serial: Int) -> String {
        "@ 300 IN SOA ns1 host \(serial) 2 3 4 5\n@ 300 IN NS ns1\nns1 300 IN A 127.0.0.1\n"
    }

    func writeZone(serial: Int, _ records: String) throws {
        try folder.write("zone", Self.head(serial) + records + "\n")
    }

    func writeConfiguration(members: [String]?, other: Bool = true, more: String = "") throws {
        try Self.configuration(folder, dnsPort, httpPort, members, other, more)
    }

    private static func configuration(
        _ folder: TemporaryFolder, _ dnsPort: Int, _ httpPort: Int, _ members: [String]?, _ other: Bool, _ more: String
    ) throws {
        var text = """
            listen: { dns: ["127.0.0.1:\(dnsPort)"], http: "127.0.0.1:\(httpPort)" }
            data: ./data
            zones:
              - { name: example.test, file: zone }
            \(other ? "  - { name: other.test, file: other }" : "")
            \(more)

            """
        if let members {
            text += "indicators:\n"
            for member in members {
                text += "  \"\(member)\": { check: tcp, host: 127.0.0.1, port: \(httpPort), policy: fast }\n"
            }
            text += "schemes:\n  two.example.test:\n    members:\n"
            for member in members { text += "      - { indicator: \"\(member)\", value: \(member) }\n" }
        }
        try folder.write("n.yaml", text)
    }

    /// The addresses of a name, sorted.
    func ask(_ name: String) async throws -> String {
        let options = ["@127.0.0.1", "-p", "\(dnsPort)", "+short", "+tries=1", "+time=10", name]
        return try await run("dig", options).output.split(separator: "\n").sorted().joined(separator: " ")
    }

    func expect(_ name: String, _ addresses: String) async throws {
        try await eventually("\(name) has \(addresses)") { try await ask(name) == addresses }
    }

    func serial() async throws -> Int? {
        let options = ["@127.0.0.1", "-p", "\(dnsPort)", "+short", "example.test", "SOA"]
        let words = try await run("dig", options).output.split(separator: " ")
        return words.count > 2 ? Int(words[2]) : nil
    }

    func get(_ path: String) async throws -> String {
        try await run("curl", ["-s", "--max-time", "30", "http://127.0.0.1:\(httpPort)/\(path)"]).output
    }
}
