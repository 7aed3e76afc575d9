import NIOCore

/// `imap`: a mail store greets (RFC 9051).
package struct IMAP: Check {
    package static let method = "imap"
    package static let summary = "An IMAP server greets, and begins TLS if asked for."
    package static let parameters = Greeting.parameters(.imap, tlsPort: 993)

    private let greeting: Greeting

    package init(_ arguments: CheckArguments) throws(CheckArgumentErrors) {
        var reader = ArgumentReader(arguments, of: Self.self)
        greeting = try Greeting(&reader, .imap, tlsPort: 993, goodbye: "n9 LOGOUT\r\n")
    }

    package var target: String { greeting.target }

    package func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult {
        await greeting.probe(timeout: timeout, on: group)
    }
}
