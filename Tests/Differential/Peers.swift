import DNS
import Foundation
import TestSupport

/// Another implementation that serves a world's zones on a loopback port.
struct Peer {
    enum Kind: String, CaseIterable {
        case knot
        case nsd
    }

    let kind: Kind
    let port: Int
    private let process: ChildProcess

    /// Starts it over the zone files `N.zone` in `folder`, N counting from 0.
    init(_ kind: Kind, zones: [Name], in folder: TemporaryFolder) throws {
        self.kind = kind
        port = try freePort()
        switch kind {
        case .knot:
            let storage = "\(folder.path)/knot"
            try FileManager.default.createDirectory(atPath: storage, withIntermediateDirectories: true)
            let file = try folder.write("knot.conf", Self.knotConfiguration(port, zones, folder.path))
            process = try ChildProcess("knotd", ["-c", file])
        case .nsd:
            let file = try folder.write("nsd.conf", Self.nsdConfiguration(port, zones, folder.path))
            process = try ChildProcess("nsd", ["-d", "-c", file])
        }
    }

    func stop() async { await process.stop() }
    /// NSD takes no DNAME that names of another zone are below.
    var hasRefusedZone: Bool { process.printed.contains("This is not allowed (rfc 2672)") }

    private static func knotConfiguration(_ port: Int, _ zones: [Name], _ folder: String) -> String {
        """
        server:
            rundir: \(folder)/knot
            listen: 127.0.0.1@\(port)
            udp-workers: 1
            tcp-workers: 1
            background-workers: 2
            udp-max-payload: 1232
            answer-rotation: off
        log:
          - target: stderr
            any: warning
        database:
            storage: \(folder)/knot
        template:
          - id: default
            storage: \(folder)
            zonefile-load: whole
            zonefile-sync: -1
            journal-content: none
        zone:

        """
            + zones.enumerated().map { "  - domain: \"\($1)\"\n    file: \($0).zone\n" }.joined()
    }

    private static func nsdConfiguration(_ port: Int, _ zones: [Name], _ folder: String) -> String {
        """
        server:
            ip-address: 127.0.0.1@\(port)
            server-count: 1
            username: ""
            zonesdir: "\(folder)"
            database: ""
            zonelistfile: "\(folder)/zone.list"
            xfrdfile: "\(folder)/xfrd.state"
            pidfile: "\(folder)/nsd.pid"
            verbosity: 1
            rrl-ratelimit: 0
            minimal-responses: no
            refuse-any: no
            ipv4-edns-size: 1232
        remote-control:
            control-enable: no

        """
            + zones.enumerated().map { "zone:\n    name: \"\($1)\"\n    zonefile: \"\($0).zone\"\n" }.joined()
    }
}
