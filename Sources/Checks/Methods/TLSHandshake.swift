import NIOCore

/// `tls`: a handshake succeeds, with a certificate that is believed and will be for a while.
package struct TLSHandshake: Check {
    package static let method = "tls"
    package static let summary = "A TLS handshake succeeds; name, chain, version and days to expiry are right."
    package static let parameters =
        [
            CheckParameter(
                "host", .text, form: "an IPv4 address, an IPv6 address or a host name", required: true,
                "Where to connect."),
            CheckParameter("port", .integer(1...65535), "The TCP port; 443, or that of starttls, if not given."),
            CheckParameter(
                "starttls", .text, form: StartTLS.allCases.map(\.rawValue).joined(separator: ", "),
                "Begin in the clear with this protocol and go on in TLS."),
            CheckParameter(
                "name", .text, form: "a host name or an address",
                "The name the certificate must be for; the host if not given."),
            CheckParameter(
                "days", .integer(0...3650), "Days that the certificate must still be valid; 0 if not given."),
            CheckParameter(
                "min-version", .text, form: TLSMinimum.form, "The oldest version of TLS to accept; 1.2 if not given."),
        ] + Server.options + TLSArguments.parameters

    private let server: Server
    private let steps: [Dialogue.Step]
    private let identity: TLSIdentity
    private let startsInTheClear: Bool
    private let demand: CertificateDemand

    package init(_ arguments: CheckArguments) throws(CheckArgumentErrors) {
        var reader = ArgumentReader(arguments, of: Self.self)
        let start: StartTLS? = reader.has("starttls") ? reader.choice("starttls", default: .smtp) : nil
        let name = reader.read("name", Host.init)
        demand = CertificateDemand(days: reader.integer("days") ?? 0)
        let minimum = reader.choice("min-version", default: TLSMinimum.tls12)
        let roots = TLSArguments.readRoots(&reader)
        server = try Server(&reader, port: start?.port ?? 443)
        let trust = try TLSArguments.trust(roots, offering: [], minimum: minimum, &reader)
        identity = trust.identity(of: name ?? server.destination.host)
        startsInTheClear = start != nil
        steps = (start?.greeting().map { [.hear($0)] } ?? []) + (start?.steps(identity) ?? [])
    }

    package var target: String { server.description }

    package func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult {
        await server.probe(
            timeout: timeout, on: group, tls: startsInTheClear ? nil : identity, Dialogue(steps, demanding: demand))
    }
}
