import NIOCore

/// `ftp`: a file server greets (RFC 959).
package struct FTP: Check {
    package static let method = "ftp"
    package static let summary = "An FTP server greets, and begins TLS if asked for."
    package static let parameters = Greeting.parameters(.ftp, tlsPort: 990)

    private let greeting: Greeting

    package init(_ arguments: CheckArguments) throws(CheckArgumentErrors) {
        var reader = ArgumentReader(arguments, of: Self.self)
        greeting = try Greeting(&reader, .ftp, tlsPort: 990, goodbye: "QUIT\r\n")
    }

    package var target: String { greeting.target }

    package func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult {
        await greeting.probe(timeout: timeout, on: group)
    }
}
