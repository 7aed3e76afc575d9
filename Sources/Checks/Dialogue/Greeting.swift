import NIOCore

/// What `smtp`, `imap`, `pop3` and `ftp` have in common: a greeting, TLS from the start or by STARTTLS, and a goodbye.
struct Greeting: Sendable {
    private let server: Server
    private let steps: [Dialogue.Step]
    private let identity: TLSIdentity?
    private let demand: CertificateDemand

    /// Every argument but `ehlo`, which only SMTP has.
    static func parameters(_ kind: StartTLS, tlsPort: Int) -> [CheckParameter] {
        Server.parameters(port: kind.port) + [
            CheckParameter("banner", .text, "The greeting must have this text in it."),
            CheckParameter(
                "tls", .text, form: "no, starttls or implicit (port \(tlsPort))",
                "Whether the connection is secured; no if not given."),
            CheckParameter(
                "days", .integer(0...3650), "Days that the certificate must still be valid; 0 if not given."),
        ] + Server.options + TLSArguments.parameters
    }

    private enum Security: String, CaseIterable { case no, starttls, implicit }

    /// `hello`: what is said after the greeting, and again in TLS.
    init(
        _ reader: inout ArgumentReader, _ kind: StartTLS, tlsPort: Int, hello: [Dialogue.Step] = [],
        client: String? = nil,
        goodbye: String
    ) throws(CheckArgumentErrors) {
        let banner = reader.text("banner").map { TextSearch($0) }
        let security = reader.choice("tls", default: Security.no)
        let days = reader.integer("days")
        demand = CertificateDemand(days: days ?? 0)
        let roots = TLSArguments.readRoots(&reader)
        if security == .no {
            for key in ["days", "insecure", "ca"] where reader.has(key) {
                reader.refuse(key, "has no meaning without tls", expected: "tls: starttls or tls: implicit")
            }
        }
        server = try Server(&reader, port: security == .implicit ? tlsPort : kind.port)
        var identity: TLSIdentity?
        if security != .no {
            identity = try TLSArguments.trust(roots, offering: [], &reader).identity(of: server.destination.host)
        }
        var steps = kind.greeting(with: banner, isTold: true).map { [Dialogue.Step.hear($0)] } ?? []
        if security == .starttls, let identity {
            steps += kind.steps(identity, client: client ?? StartTLS.clientName) + hello
        } else {
            steps += hello
        }
        self.identity = security == .implicit ? identity : nil
        self.steps = steps + [.leave(goodbye)]
    }

    var target: String { server.description }

    func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult {
        await server.probe(timeout: timeout, on: group, tls: identity, Dialogue(steps, demanding: demand))
    }
}
