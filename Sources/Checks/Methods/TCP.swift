import NIOCore

/// `tcp`: a port accepts connections, and greets as expected.
package struct TCP: Check {
    package static let method = "tcp"
    package static let summary = "A TCP port accepts a connection and, if asked for, sends a text."
    package static let parameters = [
        CheckParameter(
            "host", .text, form: "an IPv4 address, an IPv6 address or a host name", required: true, "Where to connect."),
        CheckParameter("port", .integer(1...65535), required: true, "The TCP port."),
        CheckParameter("banner", .text, "The server must send this text by itself, within its first 64 KiB."),
        CheckParameter(
            "addr", .text, form: "an IPv4 address, an IPv6 address or a host name", option: true,
            "Connect there instead of the host, whatever the DNS says."),
    ]

    let host: Host
    let port: Int
    let banner: TextSearch?
    let reroute: Host?
    var resolver = NameResolver.system

    package init(_ arguments: CheckArguments) throws(CheckArgumentErrors) {
        var reader = ArgumentReader(arguments, of: Self.self)
        let host = reader.read("host", Host.init)
        let port = reader.integer("port")
        banner = reader.text("banner").map(TextSearch.init)
        reroute = reader.read("addr", Host.init)
        self.host = try reader.require(host)
        self.port = try reader.require(port)
    }

    /// `db.example.test:5432 at 192.0.2.1`.
    package var target: String { "\(host.inURL):\(port)" + (reroute.map { " at \($0)" } ?? "") }

    package func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult {
        let limit = TimeLimit(timeout)
        let endpoint = Endpoint(host: reroute ?? host, port: port)
        let report = await Exchange.run(
            BannerConversation(banner), with: endpoint, within: limit, on: group.next(), resolver: resolver)
        return ProbeResult(report, within: limit)
    }
}

extension TCP {
    package var plain: PlainProbe? {
        guard case .address(let address) = reroute ?? host else { return nil }
        return PlainProbe(address, port: port, BannerConversation(banner)) { $0 }
    }
}

/// Says nothing and listens for a text, if there is one to listen for.
struct BannerConversation: Conversation {
    private var banner: TextSearch?
    private var bytes = 0

    /// Bytes in which the text must come.
    static let longest = 65536

    init(_ banner: TextSearch?) { self.banner = banner }

    func opened() -> Move<Verdict> { banner == nil ? .finish(.ok("connected")) : .listen }

    mutating func received(_ piece: UnsafeRawBufferPointer) -> Move<Verdict> {
        let counted = UnsafeRawBufferPointer(rebasing: piece.prefix(Self.longest - bytes))
        bytes += counted.count
        banner?.feed(counted)
        guard let banner else { return .finish(.ok("connected")) }
        if banner.isFound { return .finish(.ok("connected, \(banner) found")) }
        guard bytes < Self.longest else {
            return .finish(.err("text \(banner) not found in the first \(inWords(bytes: bytes)), the rest was cut off"))
        }
        return .listen
    }

    func ended(_ ending: Ending) -> Verdict {
        guard let banner, bytes > 0 else { return .err(ending.words("before it sent anything")) }
        return .err("text \(banner) not found in \(inWords(bytes: bytes)), then it \(ending) the connection")
    }

    var waiting: String {
        bytes == 0
            ? "waiting for the first byte"
            : "waiting for \(banner?.description ?? "more") (\(inWords(bytes: bytes)) so far)"
    }
}
