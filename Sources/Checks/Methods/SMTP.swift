import Addresses
import NIOCore

/// `smtp`: a mail server greets and takes an EHLO (RFC 5321).
package struct SMTP: Check {
    package static let method = "smtp"
    package static let summary = "An SMTP server greets, answers EHLO and begins TLS if asked for."
    package static let parameters: [CheckParameter] = {
        var parameters = Greeting.parameters(.smtp, tlsPort: 465)
        parameters.insert(
            CheckParameter(
                "ehlo", .text, form: "a host name", "Say EHLO with this name; the answer must begin with 250."), at: 3)
        return parameters
    }()

    private let greeting: Greeting

    package init(_ arguments: CheckArguments) throws(CheckArgumentErrors) {
        var reader = ArgumentReader(arguments, of: Self.self)
        let client = reader.read("ehlo", Host.init)?.inEHLO
        let hello: [Dialogue.Step] =
            client.map {
                [
                    .say("EHLO \($0)\r\n"),
                    .hear(Reply(form: .code, accepted: ["250"], name: "the answer to EHLO")),
                ]
            } ?? []
        greeting = try Greeting(&reader, .smtp, tlsPort: 465, hello: hello, client: client, goodbye: "QUIT\r\n")
    }

    package var target: String { greeting.target }

    package func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult {
        await greeting.probe(timeout: timeout, on: group)
    }
}

extension Host {
    /// RFC 5321 §4.1.3: an address stands in brackets.
    fileprivate var inEHLO: String {
        switch self {
        case .name(let name): return name
        case .address(.v4(let address)): return "[\(address)]"
        case .address(.v6(let address)): return "[IPv6:\(address)]"
        }
    }
}
