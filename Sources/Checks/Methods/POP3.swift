import NIOCore

/// `pop3`: a mailbox greets (RFC 1939).
package struct POP3: Check {
    package static let method = "pop3"
    package static let summary = "A POP3 server greets, and begins TLS if asked for."
    package static let parameters = Greeting.parameters(.pop3, tlsPort: 995)

    private let greeting: Greeting

    package init(_ arguments: CheckArguments) throws(CheckArgumentErrors) {
        var reader = ArgumentReader(arguments, of: Self.self)
        greeting = try Greeting(&reader, .pop3, tlsPort: 995, goodbye: "QUIT\r\n")
    }

    package var target: String { greeting.target }

    package func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult {
        await greeting.probe(timeout: timeout, on: group)
    }
}
