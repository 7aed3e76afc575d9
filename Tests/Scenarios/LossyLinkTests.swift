import TestSupport
import Testing

/// The whole program on a link that loses packets, in a network namespace of its own.
@Suite struct LossyLinkTests {
    /// Processes are in a namespace too, so that all end with the first, and with a /proc of their own: libdispatch
    /// looks its threads up there, and ends the program that it does not find.
    private static let isolated = ["-rnpf", "--mount-proc", "--kill-child"]

    /// Whether this machine lets us have a network namespace and lose packets in it: containers often do not.
    static func canLosePackets() async -> Bool {
        let script =
            "ip link set lo up && nft add table ip loss && nft add chain ip loss in '{ type filter hook input "
            + "priority 0; }' && nft add rule ip loss in numgen random mod 1000 '<' 100 drop"
        return (try? await run("unshare", isolated + ["sh", "-c", script]).code) == 0
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
            daemon off; master_process off; pid \(folder.path)/pid; error_log /dev/null;
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
                for way in sport dport; do
                    [ $1 = 0 ] || nft add rule ip loss in tcp $way 8080 numgen random mod 1000 '<' $1 drop
                done
            }
            nginx -c "\(site)" >/dev/null 2>&1 & site=$!
            "\(binary)" serve --config "\(try configuration(folder))" --log-level error >"\(folder.path)/log" 2>&1 & server=$!
            api() { curl -s -m 5 "http://127.0.0.1:8053$1"; }
            in_state() {
                api /api/v1/status | python3 -c "import json, sys
            print(sum(i['state'] == '$2' and i['name'].startswith('$1-') for i in json.load(sys.stdin)['indicators']))"
            }
            until_all() {
                for i in $(seq 400); do
                    [ $(in_state $1 $2) -ge $3 ] && return
                    sleep 0.1
                done
                echo "not all $1 are $2: $(in_state $1 $2)"
            }
            now() { date +%s%3N; }
            until api /healthz | grep -q ok; do kill -0 $server || break; sleep 0.1; done
            until_all web ok \(Self.patient)
            lose 100
            started() { api /metrics | awk '/^ninelives_probe_lateness_seconds_count/ { print int($2) }'; }
            end=$(( $(now) + 25000 ))
            until [ $(now) -ge $end ]; do sleep 0.5; done
            echo "probes $(started)"
            echo "alarms $(api "/api/v1/events?limit=1000" | grep -o 'web-[0-9]* ok → err' | wc -l)"
            lose 0
            until_all quick ok \(Self.quick)
            until_all web ok \(Self.patient)
            begin=$(now)
            lose 999
            until_all quick err \(Self.quick)
            echo "quick $(( $(now) - begin ))"
            until_all web err \(Self.patient)
            echo "patient $(( $(now) - begin ))"
            kill $server $site; wait
            grep -v "belongs to no scheme" "\(folder.path)/log" | tail -n 5
            """)
        let (output, _) = try await run("unshare", Self.isolated + ["sh", script], within: .seconds(600))
        var found: [String: Int] = [:]
        for line in output.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, let number = Int(words[1]) { found[String(words[0])] = number }
        }
        // Each of the patient ones two or three times, each of the quick ones more than twenty times.
        #expect(found["probes"] ?? 0 > 2 * Self.patient + 20 * Self.quick, "\(output)")
        #expect(found["alarms"] == 0, "\(output)")
        // The slowest of all, at worst: an interval and a tenth, then three timeouts with a recheck's pause between
        // them: 4 s with `fast`, 30 s with the default. What was lost before has taught them patience. As much again
        // is for a busy machine, on which to ask and to read the answer takes seconds.
        #expect(found["quick"] ?? .max < 12_000, "\(output)")
        #expect(found["patient"] ?? .max < 60_000, "\(output)")
    }
}
