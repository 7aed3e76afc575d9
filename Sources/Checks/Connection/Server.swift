import Addresses
import NIOCore

/// A server that a method talks to over TCP: the arguments that all of these methods have, read once.
struct Server: Sendable {
    var destination: Destination
    /// 1–65535.
    let port: Int

    /// `host` and `port`; the latter is optional where the protocol has a port of its own.
    static func parameters(port: Int?) -> [CheckParameter] {
        let summary = port.map { "The TCP port; \($0) if not given." } ?? "The TCP port."
        return [
            CheckParameter(
                "host", .text, form: "an IPv4 address, an IPv6 address or a host name", required: true,
                "Where to connect."),
            CheckParameter("port", .integer(1...65535), required: port == nil, summary),
        ]
    }

    /// The options that stand at the end of each list.
    static let options = [Destination.addr, AddressChoice.parameter]

    /// Reads them; throws when all of the method's arguments have been read and any was wrong.
    init(_ reader: inout ArgumentReader, port standard: Int?) throws(CheckArgumentErrors) {
        let host = reader.read("host", Host.init)
        let port = reader.integer("port") ?? standard
        let reroute = reader.read("addr", Host.init)
        let choice = reader.choice("address", default: AddressChoice.any)
        let target = try reader.require(host)
        self.port = try reader.require(port)
        destination = Destination(
            host: target, reroute: reroute, choice: choice,
            resolver: .system.forbidding(reader.forbidden))
    }

    /// `db.example.test:5432 at 192.0.2.1`.
    var description: String {
        "\(destination.host.inURL):\(port)" + (destination.reroute.map { " at \($0)" } ?? "")
    }

    /// Where one plain connection goes; nil if a name has to be looked up, or the address is of the wrong family.
    var plain: PlainServer? {
        guard case .address(let address) = destination.reroute ?? destination.host, destination.choice.allows(address)
        else { return nil }
        return PlainServer(address: address, port: port)
    }

    /// Holds one conversation over a new connection, or one with each address. None of `secrets` is told.
    func probe<Talk: Conversation>(
        timeout: Duration, on group: any EventLoopGroup, tls: TLSIdentity? = nil, hiding secrets: [String] = [],
        _ talk: Talk
    ) async -> ProbeResult where Talk.Finding == Verdict {
        let (limit, loop, port) = (TimeLimit(timeout), group.next(), port)
        return await destination.probe(within: limit, on: loop) { host, resolver in
            let endpoint = Endpoint(host: host, port: port, tls: tls)
            let report = await Exchange.run(talk, with: endpoint, within: limit, on: loop, resolver: resolver)
            var result = ProbeResult(report, within: limit)
            if !secrets.isEmpty { result.reason = redact(result.reason, secrets) }
            return result
        }
    }
}
