import NIOCore

/// `udp`: a datagram is answered.
package struct UDP: Check {
    package static let method = "udp"
    package static let summary = "A UDP port answers a datagram, with a text in it if asked for."
    package static let parameters =
        [
            CheckParameter(
                "host", .text, form: "an IPv4 address, an IPv6 address or a host name", required: true, "Where to send."
            ),
            CheckParameter("port", .integer(1...65535), required: true, "The UDP port."),
            CheckParameter("send", .text, form: WireText.form, required: true, "What to send, in one datagram."),
            CheckParameter("expect", .text, form: WireText.form, "One datagram of the answer must have this in it."),
        ] + Server.options

    private let server: Server
    private let message: ByteBuffer
    private let expected: TextSearch?

    /// What fits into one datagram everywhere (RFC 8200 §5, less the headers).
    private static let longest = 1232

    package init(_ arguments: CheckArguments) throws(CheckArgumentErrors) {
        var reader = ArgumentReader(arguments, of: Self.self)
        let bytes = reader.read("send", WireText.init)?.bytes ?? []
        if bytes.count > Self.longest {
            reader.refuse(
                "send", "is \(inWords(bytes: bytes.count)) long", expected: "\(inWords(bytes: Self.longest)) at most")
        }
        expected = reader.read("expect", WireText.init).map { TextSearch(bytes: $0.bytes) }
        message = ByteBuffer(bytes: bytes)
        server = try Server(&reader, port: nil)
    }

    package var target: String { server.description }

    package func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult {
        let (limit, loop) = (TimeLimit(timeout), group.next())
        let (message, expected, port) = (message, expected, server.port)
        let waiting = expected.map { "waiting for \($0)" } ?? "waiting for an answer"
        return await server.destination.probeAddresses(within: limit, on: loop) { address, limit in
            let outcome = await DatagramExchange.run(
                message, to: address, port: port, within: limit, on: loop, waiting: waiting
            ) { answer in
                guard var search = expected else { return .ok("answers with \(inWords(bytes: answer.readableBytes))") }
                answer.withUnsafeReadableBytes { search.feed($0) }
                return search.isFound
                    ? .ok("\(search) found")
                    : .err("text \(search) not found in \(inWords(bytes: answer.readableBytes))")
            }
            return switch outcome {
            case .found(let verdict): verdict
            case .failed(let reason): .err(reason)
            }
        }
    }
}
