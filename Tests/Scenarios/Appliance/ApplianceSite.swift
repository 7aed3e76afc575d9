import Foundation
import TestSupport

/// A whole appliance: a router with two lines and two servers behind it, a third server elsewhere, and a client beyond.
///
///     client 192.0.2.2 ────── internet ──┬── wan1 198.51.100.10 ──┬── router 10.0.0.254 ──┬── a 10.0.0.2:8080
///     elsewhere 192.0.2.130 ──┘          └── wan2 203.0.113.10 ───┘   runs ninelives      └── b 10.0.0.3:8080
struct ApplianceSite {
    static let lines = ["wan1": "198.51.100.10", "wan2": "203.0.113.10"]
    static let elsewhere = "192.0.2.130"
    static let name = "www.shop.example"

    let network: VirtualNetwork
    let folder: TemporaryFolder

    var router: VirtualHost { network["router"] }
    var client: VirtualHost { network["client"] }

    static func with(_ body: (ApplianceSite) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let hosts = ["client", "internet", "elsewhere", "router", "a", "b"]
        try await VirtualNetwork.with(hosts) { network in
            let site = ApplianceSite(network: network, folder: folder)
            try await site.build()
            try await body(site)
        }
    }

    // MARK: - The network

    private func build() async throws {
        try await network.link(.init("client", "eth0", "192.0.2.2/26"), .init("internet", "client", "192.0.2.1/26"))
        try await network.link(
            .init("elsewhere", "eth0", "\(Self.elsewhere)/26"), .init("internet", "elsewhere", "192.0.2.129/26"))
        try await network.link(
            .init("internet", "to-wan1", "198.51.100.254/24"), .init("router", "wan1", "198.51.100.10/24"))
        try await network.link(
            .init("internet", "to-wan2", "203.0.113.254/24"), .init("router", "wan2", "203.0.113.10/24"))
        try await router.require("ip", "link", "add", "lan", "type", "bridge")
        for (server, address) in [("a", "10.0.0.2"), ("b", "10.0.0.3")] {
            try await network.link(.init(server, "eth0", "\(address)/24"), .init("router", "to-\(server)"))
            try await router.require("ip", "link", "set", "to-\(server)", "master", "lan")
            try await network[server].require("ip", "route", "add", "default", "via", "10.0.0.254")
        }
        try await router.require("ip", "address", "add", "10.0.0.254/24", "dev", "lan")
        try await router.require("ip", "link", "set", "lan", "up")
        try await network["client"].require("ip", "route", "add", "default", "via", "192.0.2.1")
        try await network["elsewhere"].require("ip", "route", "add", "default", "via", "192.0.2.129")
        for host in [router, network["internet"]] { try await host.require("sysctl", "-q", "net.ipv4.ip_forward=1") }
        try await routeByLine()
    }

    /// Answers leave by the line that the question came in by: the router's own business, as docs/forwarding.md has it.
    private func routeByLine() async throws {
        try await router.require("ip", "rule", "add", "pref", "100", "lookup", "main", "suppress_prefixlength", "0")
        for (number, gateway) in [("1", "198.51.100.254"), ("2", "203.0.113.254")] {
            let line = "wan\(number)"
            try await router.require(
                "ip", "route", "add", "default", "via", gateway, "dev", line, "table", "10\(number)")
            try await router.require("ip", "rule", "add", "fwmark", number, "lookup", "10\(number)")
            try await router.require("ip", "rule", "add", "from", Self.lines[line] ?? "", "lookup", "10\(number)")
            try await router.require("ip", "route", "add", "default", "via", gateway, "dev", line, "metric", number)
            try await router.require("sysctl", "-q", "net.ipv4.conf.\(line).rp_filter=2")
        }
        try await router.nft(
            """
            table inet lines {
                chain prerouting {
                    type filter hook prerouting priority mangle
                    iifname "wan1" ct state new ct mark set 1
                    iifname "wan2" ct state new ct mark set 2
                    iifname "lan" meta mark set ct mark
                }
            }
            table ip firewall {
                chain forward {
                    type filter hook forward priority filter
                    policy drop
                    ct state established,related accept
                    ct status dnat accept
                    iifname "lan" accept
                }
            }
            """, in: folder)
    }

    /// Cuts a line beyond the router, or mends it.
    func set(line: String, isUp: Bool) async throws {
        try await network["internet"].require("ip", "link", "set", "to-\(line)", isUp ? "up" : "down")
    }

    /// The rules of everybody else, as nft lists them, byte for byte.
    func foreignRules() async throws -> String {
        try await router.require("nft", "-j", "-a", "list", "table", "inet", "lines")
            + router.require("nft", "-j", "-a", "list", "table", "ip", "firewall")
    }

    func ourRules() async throws -> String {
        try await router.run("nft", ["-a", "list", "table", "inet", "ninelives"]).output
    }

    // MARK: - What runs

    /// - Parameter capability: one that it shall not have, as setpriv calls it.
    func startNinelives(without capability: String? = nil) throws -> ChildProcess {
        let file = try writeConfiguration()
        let command = ["serve", "--config", file]
        guard let capability else { return try router.start(binary, command) }
        let options = ["--bounding-set=-\(capability)", "--inh-caps=-\(capability)"]
        return try router.start("setpriv", options + [binary] + command)
    }

    @discardableResult
    func writeConfiguration(isForwarding: Bool = true) throws -> String {
        try folder.write("appliance.yaml", "forwarding: \(isForwarding ? "on" : "off")\n" + configuration)
    }

    private var configuration: String {
        """
        listen:
          dns: ["127.0.0.1:5300", "198.51.100.10:53", "203.0.113.10:53"]
          http: "127.0.0.1:8053"
        data: \(folder.path)/data
        zones:
          - name: shop.example
            records: |
              @     900  IN SOA  ns1 hostmaster 1 3600 600 604800 60
              @     900  IN NS   ns1
              @     900  IN NS   ns2
              ns1   900  IN A    198.51.100.10
              ns2   900  IN A    203.0.113.10
        lines:
          wan1: { addresses: 198.51.100.10, interface: wan1, test-points: [ping 198.51.100.254], recovery: 1s }
          wan2: { addresses: 203.0.113.10, interface: wan2, test-points: [ping 203.0.113.254], recovery: 1s }
        services:
          \(Self.name):
            port: 80
            failback: immediate
            servers:
              - a: { onsite: "10.0.0.2:8080" }
              - b: { onsite: "10.0.0.3:8080" }
              - elsewhere: { offsite: \(Self.elsewhere), level: backup }
        """
    }

    /// Starts a web server that answers with its name and the address that it sees.
    func serve(_ host: String, port: Int = 8080) async throws -> ChildProcess {
        let script = try folder.write(
            "server.py",
            """
            import http.server, sys
            class Answer(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    text = (sys.argv[1] + " " + self.client_address[0]).encode()
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(text)))
                    self.end_headers()
                    self.wfile.write(text)
                def log_message(self, *arguments): pass
            http.server.ThreadingHTTPServer(("", int(sys.argv[2])), Answer).serve_forever()
            """)
        let process = try network[host].start("python3", ["-S", script, host, "\(port)"])
        try await eventually("the server on \(host) answers") {
            try await network[host].run("curl", ["-s", "-m", "1", "http://127.0.0.1:\(port)/"]).code == 0
        }
        return process
    }

    // MARK: - Looking from outside

    /// A client that visits an address again and again, each time anew, and prints a letter for each visit: the
    /// server's, or a question mark if it got nothing.
    func visit(_ address: String) throws -> ChildProcess {
        let script = try folder.write(
            "visit.py",
            """
            import sys, time, urllib.request
            while True:
                try:
                    with urllib.request.urlopen("http://\(address)/", timeout=20) as answer:
                        letter = answer.read(1).decode()
                except OSError:
                    letter = "?"
                print(letter, end="", flush=True)
                time.sleep(0.01)
            """)
        return try client.start("python3", ["-S", script])
    }

    /// What the client gets at an address.
    func fetch(_ address: String) async throws -> String {
        try await client.run("curl", ["-s", "-m", "10", "http://\(address)/"]).output
    }

    /// Asks for the service's addresses from beyond a line.
    func dig(through line: String) async throws -> DigReply {
        let options = ["@\(Self.lines[line] ?? "")", "+norec", "+time=1", "+tries=1", Self.name, "A"]
        return DigReply(try await client.run("dig", options).output)
    }

    /// What a command says on the router.
    func ninelives(_ arguments: String...) async throws -> String {
        try await router.require(binary, arguments + ["--token-file", "\(folder.path)/data/local.token"])
    }
}

/// What dig prints, in parts.
struct DigReply: CustomStringConvertible {
    let description: String
    /// Of the header: ANSWER, AUTHORITY, ADDITIONAL; empty without a reply.
    let counts: [Int]
    /// Records by section, as `NAME TTL CLASS TYPE RDATA`, sorted.
    let sections: [String: [String]]
    var hasOPT: Bool { description.contains(";; OPT PSEUDOSECTION:") }

    init(_ printed: String) {
        description = printed
        let counts = printed.firstMatch(of: /ANSWER: (\d+), AUTHORITY: (\d+), ADDITIONAL: (\d+)/)
        self.counts = counts.map { [$0.1, $0.2, $0.3].compactMap { Int($0) } } ?? []
        var (sections, current) = ([String: [String]](), "")
        for line in printed.split(separator: "\n") {
            if let match = line.firstMatch(of: /^;; (\w+) SECTION:/) {
                current = String(match.1)
            } else if !line.hasPrefix(";") {
                sections[current, default: []].append(line.split(whereSeparator: \.isWhitespace).joined(separator: " "))
            }
        }
        self.sections = sections.mapValues { $0.sorted() }
    }

    /// Of ANSWER, each once.
    var ttls: Set<String> {
        Set((sections["ANSWER"] ?? []).compactMap { $0.split(separator: " ").dropFirst().first.map(String.init) })
    }

    /// The addresses of ANSWER.
    var addresses: [String] {
        (sections["ANSWER"] ?? []).compactMap { $0.split(separator: " ").last.map(String.init) }
    }
}
