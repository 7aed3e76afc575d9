import Addresses
import Failover
import JSONTree
import Logging
import TestSupport

@testable import Forwarding

/// A router with one line and two servers behind it, each a host of its own, and a client beyond the line.
///
///     client 203.0.113.2 ──── 203.0.113.1 router 10.0.0.254 ──┬── 10.0.0.1 a
///            2001:db8:1::2    2001:db8:1::1      fd00::254    └── 10.0.0.2 b      fd00::1, fd00::2
struct Site {
    let network: VirtualNetwork
    let folder: TemporaryFolder

    var router: VirtualHost { network["router"] }
    var client: VirtualHost { network["client"] }

    /// What the router has beside ours, as a firewall may have it.
    static let foreign = """
        table ip filter {
            counter refused { packets 0 bytes 0 }
            chain forward {
                type filter hook forward priority filter; policy drop;
                ct state established,related accept
                ct status dnat accept
                iifname "lan" accept
            }
        }
        table inet ninelives_of_others {
            set people {
                type ipv4_addr
                elements = { 192.0.2.7 }
            }
        }
        """

    static func with(_ body: (Site) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try await VirtualNetwork.with(["client", "router", "a", "b"]) { network in
            let site = Site(network: network, folder: folder)
            try await site.build()
            try await body(site)
        }
    }

    private func build() async throws {
        try await network.link(
            .init("client", "eth0", "203.0.113.2/24", "2001:db8:1::2/64"),
            .init("router", "wan", "203.0.113.1/24", "2001:db8:1::1/64"))
        try await router.require("ip", "link", "add", "lan", "type", "bridge")
        for (number, server) in ["a", "b"].enumerated() {
            try await network.link(
                .init(server, "eth0", "10.0.0.\(number + 1)/24", "fd00::\(number + 1)/64"),
                .init("router", "to-\(server)"))
            try await router.require("ip", "link", "set", "to-\(server)", "master", "lan")
            try await network[server].require("ip", "route", "add", "default", "via", "10.0.0.254")
        }
        try await router.require("ip", "address", "add", "10.0.0.254/24", "dev", "lan")
        try await router.require("ip", "address", "add", "fd00::254/64", "dev", "lan", "nodad")
        try await router.require("ip", "link", "set", "lan", "up")
        for server in ["a", "b"] {
            try await network[server].require("ip", "-6", "route", "add", "default", "via", "fd00::254")
        }
        try await router.require("sysctl", "-q", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        try await filterBridge(false)
        for address in ["203.0.113.2", "2001:db8:1::2", "10.0.0.1", "fd00::1", "10.0.0.2", "fd00::2"] {
            try await eventually("\(address) is reached") {
                try await router.run("ping", ["-c", "1", "-W", "1", "-q", address]).code == 0
            }
        }
        try await router.nft(Self.foreign, in: folder)
    }

    /// Whether packets that are only bridged go through the router's rules, as they do where br_netfilter is loaded.
    func filterBridge(_ isOn: Bool) async throws {
        for name in ["iptables", "ip6tables"] {
            // A kernel without br_netfilter has no such switch, and is as if it were off.
            _ = try await router.run("sysctl", ["-q", "net.bridge.bridge-nf-call-\(name)=\(isOn ? 1 : 0)"])
        }
    }

    /// A forwarder that works on the router, with the programs that it has.
    func forwarder(hasConntrack: Bool = true) throws -> Forwarder {
        let programs = ForwardingPrograms(
            nft: try router.wrapper(for: "nft", in: folder),
            conntrack: hasConntrack ? try router.wrapper(for: "conntrack", in: folder) : nil)
        return Forwarder(
            programs: { programs }, machine: { Machine(interfaces: ["lan", "wan"]) },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Starts a web server that answers with its name and the address that it sees; at `/` of port 8080.
    func serve(_ host: String) async throws -> ChildProcess {
        let script = try folder.write(
            "server.py",
            """
            import http.server, socket, sys
            class Answer(http.server.BaseHTTPRequestHandler):
                protocol_version = "HTTP/1.1"
                def do_GET(self):
                    text = (sys.argv[1] + " " + self.client_address[0].replace("::ffff:", "")).encode()
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(text)))
                    self.end_headers()
                    self.wfile.write(text)
                def log_message(self, *arguments): pass
            class Server(http.server.ThreadingHTTPServer):
                address_family = socket.AF_INET6
            Server(("::", 8080), Answer).serve_forever()
            """)
        let process = try network[host].start("python3", ["-S", script, host])
        try await eventually("the server on \(host) answers") {
            try await network[host].run("curl", ["-s", "-m", "1", "http://127.0.0.1:8080/"]).code == 0
        }
        return process
    }

    /// What is answered at the line's port, asked `times` times from `host`; empty where nothing is.
    func ask(_ host: String = "client", at line: String = "203.0.113.1", times: Int = 1) async throws -> [String] {
        var answers: [String] = []
        for _ in 0..<times {
            answers.append(try await network[host].run("curl", ["-s", "-m", "2", "http://\(line)/"]).output)
        }
        return answers
    }

    /// The rules of everybody else, as nft lists them, byte for byte.
    func foreignRules() async throws -> String {
        var rules = ""
        for table in ["ip filter", "inet ninelives_of_others"] {
            rules += try await router.require(
                "nft", ["-j", "-a", "list", "table"] + table.split(separator: " ").map(String.init))
        }
        return rules
    }

    /// The number that the kernel gave our table when it was made; nil if there is none.
    func tableHandle() async throws -> Int? {
        let output = try await router.require("nft", "-j", "list", "tables")
        let tables = JSONValue(Array(output.utf8))?["nftables"]?.array ?? []
        return tables.compactMap { $0["table"] }.first { $0["name"] == "ninelives" }?["handle"]?.int
    }
}

extension Forwarder {
    /// Wants this, and has it put in force now.
    func enforce(_ services: ForwardedService...) async {
        want(ForwardingPlan(services: services))
        await turn()
    }
}
