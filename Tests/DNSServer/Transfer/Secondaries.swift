import DNS
import DNSServer
import Foundation
import TestSupport

/// A name server of somebody else that follows us, as its manual says to set it up.
struct Secondary: Sendable {
    enum Kind: String, CaseIterable {
        case bind = "BIND"
        case knot = "Knot"
        case nsd = "NSD"
    }

    let kind: Kind
    let port: Int
    private let process: ChildProcess
    private let folder: TemporaryFolder

    /// Starts one for `example.test`, with its primary at a port of 127.0.0.1.
    ///
    /// - Parameter secret: of the key `transfer.example.test`, HMAC-SHA256; nil does without.
    init(_ kind: Kind, of primary: Int, port: Int, secret: String?) throws {
        self.kind = kind
        self.port = port
        folder = try TemporaryFolder()
        switch kind {
        case .bind:
            let key = secret == nil ? "" : #"key "transfer.example.test""#
            let file = try folder.write(
                "named.conf",
                """
                \(secret.map { "\(key) { algorithm hmac-sha256; secret \"\($0)\"; };" } ?? "")
                options {
                    directory "\(folder.path)"; listen-on port \(port) { 127.0.0.1; }; listen-on-v6 { none; };
                    pid-file none; session-keyfile none; recursion no; dnssec-validation no; notify no;
                };
                controls { };
                zone "example.test" {
                    type secondary; file "example.test"; primaries { 127.0.0.1 port \(primary) \(key); };
                };
                """)
            process = try ChildProcess("named", ["-g", "-c", file])
        case .knot:
            let key = secret == nil ? "" : "key: transfer.example.test"
            let file = try folder.write(
                "knot.conf",
                """
                server:
                  rundir: "\(folder.path)"
                  listen: 127.0.0.1@\(port)
                database:
                  storage: "\(folder.path)"
                \(secret.map {
                    "key:\n  - id: transfer.example.test\n    algorithm: hmac-sha256\n    secret: \($0)" } ?? "")
                remote:
                  - id: primary
                    address: 127.0.0.1@\(primary)
                    \(key)
                acl:
                  - id: notices
                    address: 127.0.0.1
                    \(key)
                    action: notify
                zone:
                  - domain: example.test
                    storage: "\(folder.path)"
                    master: primary
                    acl: notices
                """)
            process = try ChildProcess("knotd", ["-c", file])
        case .nsd:
            let key = secret == nil ? "NOKEY" : "transfer.example.test"
            let file = try folder.write(
                "nsd.conf",
                """
                server:
                  ip-address: 127.0.0.1@\(port)
                  username: ""
                  server-count: 1
                  zonesdir: "\(folder.path)"
                  xfrdir: "\(folder.path)"
                  database: ""
                  pidfile: "\(folder.path)/nsd.pid"
                  xfrdfile: "\(folder.path)/xfrd.state"
                  zonelistfile: "\(folder.path)/zone.list"
                remote-control:
                  control-enable: no
                \(secret.map {
                    "key:\n  name: transfer.example.test\n  algorithm: hmac-sha256\n  secret: \"\($0)\"" } ?? "")
                zone:
                  name: example.test
                  zonefile: example.test.zone
                  allow-notify: 127.0.0.1 \(key)
                  request-xfr: 127.0.0.1@\(primary) \(key)
                """)
            process = try ChildProcess("nsd", ["-d", "-c", file])
        }
    }

    /// What it has printed.
    var printed: String { process.printed }

    func stop() async {
        await process.stop()
        folder.remove()
    }
}
