import Foundation

/// Who is compared: each serves `bench.test.` from the same zone file, except for the first two of ours.
enum Contestant: String, CaseIterable {
    /// Only flips the QR bit: what the kernel costs.
    case reflector
    /// `ninelives serve`, the whole product.
    case ninelives
    /// The same server, every name's answer from the dynamic table, as it is for names that depend on health.
    case health
    case gdnsd
    case nsd
    case knot
    case powerdns

    var title: String {
        switch self {
        case .reflector: "reflector"
        case .ninelives: "Ninelives"
        case .health: "Ninelives, names that depend on health"
        case .gdnsd: "gdnsd"
        case .nsd: "NSD"
        case .knot: "Knot DNS"
        case .powerdns: "PowerDNS"
        }
    }

    /// Null for those that are part of the bench.
    private var program: String? {
        switch self {
        case .gdnsd: "gdnsd"
        case .nsd: "nsd"
        case .knot: "knotd"
        case .powerdns: "pdns_server"
        default: nil
        }
    }

    var isInstalled: Bool {
        guard let program else { return self != .ninelives || access(Programs.ninelives, X_OK) == 0 }
        return Programs.folders.contains { access("\($0)/\(program)", X_OK) == 0 }
    }

    /// Writes what configuration it needs and returns the command that runs it in the foreground.
    func command(_ place: ServingPlace) throws -> [String] {
        switch self {
        case .reflector: [Programs.bench, "reflect", "\(place.port)", "--threads", "\(place.threads)"]
        case .health:
            [
                Programs.bench, "serve", "\(place.port)", "--names", "\(place.names)", "--workers", "\(place.threads)",
                "--dynamic",
            ]
        case .ninelives: try ninelives(place)
        case .gdnsd: try gdnsd(place)
        case .nsd: try nsd(place)
        case .knot: try knot(place)
        case .powerdns: try powerdns(place)
        }
    }

    private func ninelives(_ place: ServingPlace) throws -> [String] {
        let file = try place.write(
            "ninelives.yaml",
            """
            listen: { dns: "127.0.0.1:\(place.port)", http: "127.0.0.1:\(place.port + 1)" }
            data: data
            zones: [{ name: bench.test, file: "\(place.zoneFile)" }]
            """)
        return [Programs.ninelives, "serve", "--config", file]
    }

    private func gdnsd(_ place: ServingPlace) throws -> [String] {
        for folder in ["zones", "run", "state"] { try place.make(folder) }
        try FileManager.default.createSymbolicLink(
            atPath: "\(place.folder)/zones/bench.test", withDestinationPath: place.zoneFile)
        _ = try place.write(
            "config",
            """
            options => {
              listen => 127.0.0.1:\(place.port), udp_threads => \(place.threads), tcp_threads => \(place.threads),
              run_dir => \(place.folder)/run, state_dir => \(place.folder)/state,
            }
            """)
        return ["gdnsd", "-c", place.folder, "start"]
    }

    private func nsd(_ place: ServingPlace) throws -> [String] {
        let file = try place.write(
            "nsd.conf",
            """
            server:
                ip-address: 127.0.0.1@\(place.port)
                server-count: \(place.threads)
                reuseport: yes
                username: ""
                zonesdir: "\(place.folder)"
                zonelistfile: "\(place.folder)/zone.list"
                xfrdfile: "\(place.folder)/xfrd.state"
                pidfile: ""
                verbosity: 0
                rrl-ratelimit: 0
                tcp-count: 1000
            remote-control:
                control-enable: no
            zone:
                name: bench.test
                zonefile: \(place.zoneFile)
            """)
        return ["nsd", "-d", "-c", file]
    }

    private func knot(_ place: ServingPlace) throws -> [String] {
        let file = try place.write(
            "knot.conf",
            """
            server:
                rundir: \(place.folder)
                listen: 127.0.0.1@\(place.port)
                udp-workers: \(place.threads)
                tcp-workers: \(place.threads)
                background-workers: 1
            database:
                storage: \(place.folder)
            template:
              - id: default
                storage: \(place.folder)
                zonefile-load: whole
                journal-content: none
            zone:
              - domain: bench.test
                file: \(place.zoneFile)
            """)
        return ["knotd", "-c", file]
    }

    private func powerdns(_ place: ServingPlace) throws -> [String] {
        let zones = try place.write(
            "named.conf", "zone \"bench.test\" { type master; file \"\(place.zoneFile)\"; };\n")
        return [
            "pdns_server", "--config-dir=\(place.folder)", "--launch=bind", "--bind-config=\(zones)",
            "--local-address=127.0.0.1", "--local-port=\(place.port)", "--socket-dir=\(place.folder)",
            "--receiver-threads=\(place.threads)", "--distributor-threads=1", "--reuseport=yes", "--daemon=no",
            "--guardian=no", "--loglevel=3", "--zone-cache-refresh-interval=0",
        ]
    }
}

/// Where a contestant runs, and what it gets.
struct ServingPlace {
    let folder: String
    let port: UInt16
    let zoneFile: String
    let names: Int
    let threads: Int

    func make(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
    }

    func write(_ name: String, _ text: String) throws -> String {
        let path = "\(folder)/\(name)"
        try (text + "\n").write(toFile: path, atomically: false, encoding: .utf8)
        return path
    }
}

/// Where the programs are: ours beside this one.
enum Programs {
    static let folders = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"]
    static let bench = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "dnsbench"
    static let ninelives = (bench as NSString).deletingLastPathComponent + "/ninelives"
}
