import NIOCore

/// `grpc`: the standard health service says that a service is serving (grpc.health.v1).
package struct GRPC: Check {
    package static let method = "grpc"
    package static let summary = "A gRPC server's health service says SERVING."
    package static let parameters =
        Server.parameters(port: nil) + [
            CheckParameter(
                "service", .text, form: "a service's full name", "The service; the server as a whole if not given."),
            CheckParameter("tls", .flag, "TLS from the first byte."),
            CheckParameter("name", .text, form: "a host name", "The name the certificate must be for, and :authority."),
        ] + Server.options + TLSArguments.parameters

    private let server: Server
    private let service: String
    private let authority: String
    private let identity: TLSIdentity?

    package init(_ arguments: CheckArguments) throws(CheckArgumentErrors) {
        var reader = ArgumentReader(arguments, of: Self.self)
        service = reader.text("service") ?? ""
        if service.utf8.count > 1024 { reader.refuse("service", "is too long", expected: "1,024 bytes at most") }
        let name = reader.read("name", Host.init)
        let isSecure = reader.flag("tls")
        let roots = TLSArguments.readRoots(&reader)
        if !isSecure {
            for key in ["insecure", "ca"] where reader.has(key) {
                reader.refuse(key, "has no meaning without tls", expected: "tls: true")
            }
        }
        server = try Server(&reader, port: nil)
        let host = name ?? server.destination.host
        authority = "\(host.inURL):\(server.port)"
        identity = isSecure ? try TLSArguments.trust(roots, offering: ["h2"], &reader).identity(of: host) : nil
    }

    package var target: String { server.description + (service.isEmpty ? "" : " \(service)") }

    package func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult {
        let talk = GRPCConversation(service: service, authority: authority, isSecure: identity != nil)
        return await server.probe(timeout: timeout, on: group, tls: identity, talk)
    }
}
