import NIOCore

/// `ssh`: a server sends its identification string (RFC 4253 §4.2).
package struct SSH: Check {
    package static let method = "ssh"
    package static let summary = "An SSH server identifies itself."
    package static let parameters =
        Server.parameters(port: 22) + [
            CheckParameter("banner", .text, "The identification must have this text in it.")
        ] + Server.options

    private let server: Server
    private let steps: [Dialogue.Step]

    package init(_ arguments: CheckArguments) throws(CheckArgumentErrors) {
        var reader = ArgumentReader(arguments, of: Self.self)
        let banner = reader.text("banner").map { TextSearch($0) }
        server = try Server(&reader, port: 22)
        steps = [
            .hear(
                Reply(
                    form: .eventually, accepted: ["SSH-2.0-", "SSH-1.99-"], name: "the identification", text: banner,
                    isTold: true))
        ]
    }

    package var target: String { server.description }

    package func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult {
        await server.probe(timeout: timeout, on: group, Dialogue(steps))
    }
}
