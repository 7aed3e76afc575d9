import TestSupport
import Testing

/// The whole program on a link that loses packets, in a network namespace of its own.
@Suite struct LossyLinkTests {
    /// Whether this machine lets us have a network namespace and lose packets in it: containers often do not.
    static func canLosePackets() async -> Bool {
        let script = "ip link set lo up && nft add table ip loss && nft add chain ip loss in '{ type filter hook input "
            + "priority 0; }' && nft add rule ip loss in numgen random mod 100 '<' 10 drop"
        return (try? await run("unshare", ["-rn", "sh", "-c", script]).code) == 0
    }

    /// Checks with the default policy, and fewer that are quick, all of the same server.
    private static let patient = 100
    private static let quick = 10

    private func configuration(_ folder: TemporaryFolder) throws -> String {
        let patient = (1...Self.patient).map { "  web-\($0): { check: http-status, url: \"http://127.0.0.1:8080/\" }" }
        let quick = (1...Self.quick).map {
            "  quick-\($0): { check: http-status, url: \"http://127.0.0.1:8080/\", policy: fast }"
        }
        return try folder.write(
            "n.yaml",
            """
            listen: { dns: "127.0.0.1:5300", http: "127.0.0.1:8053" }
            data: \(folder.path)/data
            indicators:
            \((patient + quick).joined(separator: "\n"))

            """)
    }

    @Test(.enabled("needs network namespaces (unshare -rn), ip and nft") { await canLosePackets() })
    func `a link that loses 10 % raises no false alarm, and a black hole is known in time`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let site = try folder.write(
            "nginx.conf",
            """
            daemon off; pid \(folder.path)/pid; error_log /dev/null;
            events { }
            http { access_log off; server { listen 127.0.0.1:8080; location / { return 200 "ok"; } } }

            """)
        // Each packet of the server's port passes once: 10 % of those from it and 10 % of those to it are lost.
        let script = try folder.write(
            "script",
            """
            ip link set lo up
            nft add table ip loss
            nft add chain ip loss in '{ type filter hook input priority 0; }'
            lose() {
                nft flush chain ip loss in
                for way in sport dport; do [ $1 = 0 ] || nft add rule ip loss in tcp $way 8080 numgen random mod 100 '<' $1 drop; done
            }
            nginx -c "\(site)" -g 'user root;' 2>/dev/null & site=$!
            "\(binary)" serve --config "\(try configuration(folder))" --log-level error >/dev/null 2>&1 & server=$!
            api() { curl -s -m 5 "http://127.0.0.1:8053$1"; }
            in_state() { api "/api/v1/status" | grep -o "\\"name\\":\\"$1-[0-9]*\\"[^{}]*\\"state\\":\\"$2\\"" | wc -l; }
            until_all() { for i in $(seq 400); do [ $(in_state $1 $2) -ge $3 ] && return; sleep 0.1; done; echo "not all $1 are $2: $(in_state $1 $2)"; }
            now() { date +%s%3N; }
            until_all web ok \(Self.patient)
            lose 10
            started() { api /metrics | awk '/^ninelives_probes_started_total/ { print int($2) }'; }
            end=$(( $(now) + 25000 ))
            until [ $(now) -ge $end ]; do sleep 0.5; done
            echo "probes $(started)"
            echo "alarms $(api "/api/v1/events?limit=1000" | grep -o 'web-[0-9]* ok → err' | wc -l)"
            lose 0
            until_all quick ok \(Self.quick)
            until_all web ok \(Self.patient)
            begin=$(now)
            lose 100
            until_all quick err \(Self.quick)
            echo "quick $(( $(now) - begin ))"
            until_all web err \(Self.patient)
            echo "patient $(( $(now) - begin ))"
            kill $server $site; wait
            """)
        let (output, _) = try await run("unshare", ["-rn", "sh", script], within: .seconds(150))
        var found: [String: Int] = [:]
        for line in output.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, let number = Int(words[1]) { found[String(words[0])] = number }
        }
        // Each of the patient ones two or three times, each of the quick ones more than twenty times.
        #expect(found["probes"] ?? 0 > 2 * Self.patient + 20 * Self.quick, "\(output)")
        #expect(found["alarms"] == 0, "\(output)")
        // Interval and timeout of `fast` are 1 s and 0.8 s, of the default 10 s (and a tenth) and 5 s.
        #expect(found["quick"] ?? .max < 5000, "\(output)")
        #expect(found["patient"] ?? .max < 25_000, "\(output)")
    }
}
