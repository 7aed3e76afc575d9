import TestSupport

/// The servers that a soak looks at, and the configuration that looks at them.
final class SoakServers {
    let dns, http, refusing: Int
    let crashing: OddServer
    private let folder: TemporaryFolder
    private let hole: BlackHole
    private let well, hanging, resetting: OddServer
    private let safe: SafeServer

    init(in folder: TemporaryFolder) async throws {
        self.folder = folder
        hole = try BlackHole()
        well = try await OddServer(.answers, port: try freePort())
        hanging = try await OddServer(.hangs, port: try freePort())
        resetting = try await OddServer(.resets, port: try freePort())
        crashing = try await OddServer(.answers, port: try freePort())
        safe = try await SafeServer(in: folder)
        (dns, http, refusing) = (try freePort(), try freePort(), try freePort())
    }

    func stop() async {
        for server in [well, hanging, resetting, crashing] { await server.crash() }
        await safe.stop()
        hole.close()
    }

    /// The file as it is after so many changes: indicators come and go, and some are probed at another pace.
    func configuration(changes: Int) -> String {
        """
        listen: { dns: "127.0.0.1:\(dns)", http: "127.0.0.1:\(http)" }
        data: \(folder.path)/data
        zones:
          - name: example.test
            records: |
              @ 900 IN SOA ns1 hostmaster 1 3600 600 604800 60
              @ 900 IN NS ns1
              ns1 900 IN A 192.0.2.53
        policies:
          often: { interval: 100ms, timeout: 80ms, recheck: 50ms, fall: 3, rise: 3 }
          wired: { interval: 100ms, timeout: 80ms, recheck: 50ms, fall: 3, rise: 3, tripwire: on }
          slow: { interval: 1s, timeout: 800ms, recheck: 500ms, fall: 3, rise: 3 }
        indicators:
        \((plain(changes) + others).joined(separator: "\n"))
        schemes:
          www.example.test:
            failback: immediate
            members:
              - { indicator: wired-1, value: 192.0.2.1, priority: primary }
              - { indicator: well-1, value: 192.0.2.2, priority: backup }

        """
    }

    /// These are the probe workers'.
    private func plain(_ changes: Int) -> [String] {
        indicators("well", 80, "http-status", "url: \"http://127.0.0.1:\(well.port)/\"")
            + indicators("bare", 20, "tcp", "host: 127.0.0.1, port: \(well.port)")
            + indicators("wired", 40, "http-status", "url: \"http://127.0.0.1:\(crashing.port)/\"", "wired")
            + indicators("hanging", 20, "http-status", "url: \"http://127.0.0.1:\(hanging.port)/\"")
            + indicators("resetting", 10, "http-status", "url: \"http://127.0.0.1:\(resetting.port)/\"")
            + indicators("refusing", 10, "tcp", "host: 127.0.0.1, port: \(refusing)")
            + indicators("vanishing", 20, "tcp", "host: 127.0.0.1, port: \(hole.port)")
            + indicators(
                "visiting-\(changes % 3)", 30, "http-status", "url: \"http://127.0.0.1:\(well.port)/\"",
                changes % 2 == 0 ? "often" : "slow")
    }

    /// A name to look up, TLS, HTTP/2, an answer of DNS, a program.
    private var others: [String] {
        let page = "url: \"https://127.0.0.1:\(safe.port)/\", insecure: true"
        return indicators("general", 15, "http-status", "url: \"http://localhost:\(well.port)/\"")
            + indicators("lost", 5, "http-status", "url: \"http://localhost:\(hanging.port)/\"")
            + indicators("safe", 3, "http-status", page, "slow")
            + indicators("second", 3, "http-grep", page + ", http: 2, must-have: OK", "slow")
            + indicators("distrusted", 3, "tls", "host: 127.0.0.1, port: \(safe.port)", "slow")
            + indicators("dns", 5, "dns", "server: 127.0.0.1, port: \(dns), name: example.test, type: SOA")
            + indicators("program", 2, "exec", "program: /bin/true", "slow")
    }

    private func indicators(
        _ name: String, _ count: Int, _ method: String, _ arguments: String, _ policy: String = "often"
    ) -> [String] {
        (1...count).map { "  \(name)-\($0): { check: \(method), \(arguments), policy: \(policy) }" }
    }
}
