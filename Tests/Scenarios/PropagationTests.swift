import Foundation
import TestSupport
import Testing

/// A name at a BIND that others ask through an Unbound: what `ninelives propagation` shows is what dig gets.
@Suite struct PropagationTests {
    @Test func `the view is what dig gets, a cache is seen running down, and who is silent holds nobody up`()
        async throws
    {
        let stage = try Stage()
        defer { stage.folder.remove() }
        let main = try ChildProcess("python3", ["-m", "http.server", "\(stage.mainPort)", "--bind", "127.0.0.1"])
        let backup = try ChildProcess("python3", ["-m", "http.server", "\(stage.backupPort)", "--bind", "127.0.0.1"])
        let bind = try ChildProcess("named", ["-g", "-c", stage.bindFile, "-n", "1", "-U", "1"])
        let unbound = try ChildProcess("unbound", ["-d", "-c", stage.unboundFile])
        // One that began with an error would have to wait for its failback.
        for port in [stage.mainPort, stage.backupPort] { try await waitForHTTP(port) }
        let server = try ChildProcess(binary, ["serve", "--config", stage.configuration])
        do {
            try await eventually("main is at BIND") {
                try await stage.dig(stage.bindPort) == ["192.0.2.1"]
            }
            // The resolver takes the old answer into its cache.
            try await eventually("Unbound answers") { try await stage.dig(stage.unboundPort) == ["192.0.2.1"] }
            await main.stop()
            try await eventually("backup is at BIND") {
                try await stage.dig(stage.bindPort) == ["192.0.2.2"]
            }
            try await eventually("it is known to be there") {
                try await stage.report().sync == "verified"
            }
            let start = ContinuousClock.now
            let report = try await stage.report()
            #expect(ContinuousClock.now - start < .seconds(20), "two seconds, and what a busy machine takes")

            let authority = try #require(report.authorities.first { $0.address == "127.0.0.1#\(stage.bindPort)" })
            #expect(authority.answers == ["192.0.2.2"] && authority.agrees == true && authority.ttl == 300)
            let serial = try await stage.dig(stage.bindPort, "example.org", "SOA").first?.split(separator: " ")[2]
            #expect(authority.serial.map(String.init) == serial.map(String.init))
            let ours = try #require(report.authorities.first { $0.name == "this server" })
            #expect(ours.answers == ["192.0.2.2"] && ours.agrees == true)

            let resolver = try #require(report.resolvers.first { $0.name == "Our Unbound" })
            #expect(resolver.answers == ["192.0.2.1"] && resolver.agrees == false)
            let left = try #require(resolver.ttl)
            #expect((1...300).contains(left))
            let fromDig = try await stage.ttl(stage.unboundPort)
            #expect(fromDig <= Int(left) && fromDig >= Int(left) - 60, "dig a moment later sees it run down")
            #expect(resolver.disagreesSince != nil)
            let clearAt = try #require(report.clearAt)
            #expect(clearAt >= report.at + Double(left) - 1)
            #expect(clearAt <= report.at + 301, "no later than the old TTL after the change was everywhere")

            let silent = try #require(report.resolvers.first { $0.name == "Nobody" })
            #expect(silent.agrees == nil && silent.trouble != nil)

            let (text, code) = try await ninelives("propagation", "www.example.org", "--url", stage.url)
            #expect(code == 1, "somebody answers otherwise")
            #expect(text.contains("the last cache lets go of the old answer at "), "\(text)")
            #expect(text.contains("bind: verified"), "\(text)")
            let page = try await run("curl", ["-sS", "-m", "30", stage.url + "/schemes/www.example.org"]).output
            #expect(page.contains("www.example.org"))
            try await eventually("the page shows it too") {
                try await run("curl", ["-sS", "-m", "30", stage.url + "/schemes/www.example.org"]).output
                    .contains("Our Unbound")
            }
            let none = try await ninelives("propagation", "nobody.example.org", "--url", stage.url)
            #expect(none.code == 1 && none.output.contains("There is no scheme"))
        } catch {
            FileHandle.standardError.write(Data((server.printed + bind.printed + unbound.printed).utf8))
            for process in [server, unbound, bind, main, backup] { await process.stop() }
            throw error
        }
        for process in [server, unbound, bind, main, backup] { await process.stop() }
    }

    /// What the API says, as far as it is looked at.
    private struct Report: Decodable {
        struct Server: Decodable {
            var name: String?
            var address: String
            var answers: [String]
            var ttl: UInt32?
            var serial: UInt32?
            var agrees: Bool?
            var disagreesSince: Double?
            var trouble: String?
        }

        var at: Double
        var sync: String
        var authorities: [Server]
        var resolvers: [Server]
        var clearAt: Double?
    }

    private struct Stage {
        static let secret = "c2VjcmV0IG9mIHRoZSB0ZXN0cyBvZiBuaW5lbGl2ZXM="

        let folder: TemporaryFolder
        let configuration: String
        let bindFile: String
        let unboundFile: String
        let bindPort: Int
        let unboundPort: Int
        let mainPort: Int
        let backupPort: Int
        let url: String

        init() throws {
            folder = try TemporaryFolder()
            (bindPort, unboundPort) = (try freePort(), try freePort())
            (mainPort, backupPort) = (try freePort(), try freePort())
            let (http, dns, silent) = (try freePort(), try freePort(), try freePort())
            url = "http://127.0.0.1:\(http)"
            try folder.write("secret", Self.secret)
            try folder.write(
                "example.org.zone",
                """
                $ORIGIN example.org.
                $TTL 60
                @ SOA ns1 hostmaster 1 3600 600 86400 60
                @ NS ns1
                ns1 A 127.0.0.1

                """)
            bindFile = try folder.write(
                "named.conf",
                """
                key "ninelives" { algorithm hmac-sha256; secret "\(Self.secret)"; };
                options {
                  directory "\(folder.path)"; pid-file none; session-keyfile none;
                  listen-on port \(bindPort) { 127.0.0.1; }; listen-on-v6 { none; };
                  recursion no; dnssec-validation no; notify no;
                };
                controls { };
                zone "example.org" { type primary; file "example.org.zone"; allow-update { key "ninelives"; }; };

                """)
            unboundFile = try folder.write(
                "unbound.conf",
                """
                server:
                  interface: 127.0.0.1@\(unboundPort)
                  directory: "\(folder.path)"
                  chroot: ""
                  username: ""
                  pidfile: ""
                  use-syslog: no
                  do-daemonize: no
                  do-not-query-localhost: no
                  module-config: "iterator"
                remote-control:
                  control-enable: no
                stub-zone:
                  name: "example.org"
                  stub-addr: 127.0.0.1@\(bindPort)

                """)
            configuration = try folder.write(
                "home.yaml",
                """
                listen: { dns: "127.0.0.1:\(dns)", http: "127.0.0.1:\(http)" }
                data: ./data
                zones:
                  - name: example.org
                    records: |
                      @    900  IN SOA  ns1 hostmaster 1 3600 600 604800 60
                      @    900  IN NS   ns1
                      ns1  900  IN A    192.0.2.53
                policies:
                  quick: { interval: 1s, timeout: 900ms, recheck: 50ms, fall: 2, rise: 2 }
                indicators:
                  main: { check: tcp, host: 127.0.0.1, port: \(mainPort), policy: quick }
                  backup: { check: tcp, host: 127.0.0.1, port: \(backupPort), policy: quick }
                providers:
                  bind:
                    driver: rfc2136
                    server: 127.0.0.1:\(bindPort)
                    key: ninelives
                    secret: file:secret
                    servers: 127.0.0.1:\(bindPort)
                propagation:
                  servers: 127.0.0.1:\(bindPort)
                  resolvers: ["Our Unbound 127.0.0.1:\(unboundPort)", "Nobody 127.0.0.1:\(silent)"]
                schemes:
                  www.example.org:
                    ttl: 300
                    providers: [local, bind]
                    members:
                      - { indicator: main, value: 192.0.2.1, priority: primary }
                      - { indicator: backup, value: 192.0.2.2, priority: backup }
                """)
        }

        func dig(_ port: Int, _ name: String = "www.example.org", _ type: String = "A") async throws -> [String] {
            let (output, code) = try await run(
                "dig", ["+short", "+time=10", "+tries=2", "-p", "\(port)", "@127.0.0.1", name, type])
            return code == 0 ? output.split(separator: "\n").map(String.init) : []
        }

        func ttl(_ port: Int) async throws -> Int {
            let (output, _) = try await run(
                "dig", ["+noall", "+answer", "+time=10", "-p", "\(port)", "@127.0.0.1", "www.example.org", "A"])
            return Int(output.split { $0 == " " || $0 == "\t" }.dropFirst().first ?? "") ?? -1
        }

        func report() async throws -> Report {
            let (output, code) = try await ninelives("propagation", "www.example.org", "--json", "--url", url)
            #expect(code == 0 || code == 1, "\(output)")
            return try JSONDecoder().decode(Report.self, from: Data(output.utf8))
        }
    }
}
