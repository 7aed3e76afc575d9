import Addresses
import DNS
import DNSClient
import NIOCore

/// `dns`: a name server gives the answer it should.
package struct DNSQuery: Check {
    package static let method = "dns"
    package static let summary = "A name server answers a question as it should."
    package static let parameters =
        [
            CheckParameter(
                "server", .text, form: "an IPv4 address, an IPv6 address or a host name", required: true, "Whom to ask."
            ),
            CheckParameter("port", .integer(1...65535), "The port; 53 if not given."),
            CheckParameter("name", .text, form: "a domain name", required: true, "The name to ask for."),
            CheckParameter("type", .text, form: "A, AAAA, MX, TXT, SOA, …", "The type to ask for; A if not given."),
            CheckParameter(
                "expect", .text, form: "values as in a zone file, separated by |",
                "Each of these must be among the answers."),
            CheckParameter("only", .flag, "There must be no other answers than those in expect."),
            CheckParameter(
                "rcode", .text, form: "NOERROR, NXDOMAIN, SERVFAIL, REFUSED or another",
                "The code the answer must have; NOERROR if not given."),
            CheckParameter("authoritative", .flag, "The answer must be authoritative (AA)."),
            CheckParameter("recursion", .flag, "Ask for recursion (RD), as one does of a resolver."),
            CheckParameter("transport", .text, form: "udp or tcp", "How to ask; udp if not given."),
            CheckParameter(
                "not-behind", .text, form: "an address, or ADDRESS:PORT, of another server",
                "The SOA serial must not be behind the one that this server has."),
        ] + Server.options

    private enum Transport: String, CaseIterable { case udp, tcp }

    /// The codes by name (RFC 6895 §2.3).
    private static let rcodes = [
        "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH",
        "NOTZONE",
    ]

    private let destination: Destination
    private let port: Int
    private let name: Name
    private let type: RRType
    private let expected: [[UInt8]]
    private let isExact: Bool
    private let rcode: Int
    private let mustBeAuthoritative: Bool
    private let wantsRecursion: Bool
    private let transport: DNSClient.Transport
    private let leader: (address: IPAddress, port: Int)?

    package init(_ arguments: CheckArguments) throws(CheckArgumentErrors) {
        var reader = ArgumentReader(arguments, of: Self.self)
        let host = reader.read("server", Host.init)
        port = reader.integer("port") ?? 53
        let name = Self.readName(&reader)
        let type = Self.readType(&reader)
        let expected = Self.readExpected(&reader, type)
        isExact = reader.flag("only")
        if isExact, !reader.has("expect") { reader.refuse("only", "needs expect beside it", expected: "expect too") }
        let code = reader.text("rcode")?.uppercased() ?? "NOERROR"
        rcode = Self.rcodes.firstIndex(of: code) ?? 0
        if !Self.rcodes.contains(code) {
            reader.refuse("rcode", "is no response code", expected: "one of " + Self.rcodes.joined(separator: ", "))
        }
        if rcode != 0, reader.has("expect") {
            reader.refuse("expect", "cannot come with \(code)", expected: "rcode: NOERROR")
        }
        mustBeAuthoritative = reader.flag("authoritative")
        wantsRecursion = reader.flag("recursion")
        transport = reader.choice("transport", default: Transport.udp) == .udp ? .udp : .tcp
        leader = reader.serverAddress("not-behind", port: 53)
        if reader.has("not-behind"), type != .soa {
            reader.refuse("not-behind", "compares SOA serials", expected: "type: SOA")
        }
        let reroute = reader.read("addr", Host.init)
        let choice = reader.choice("address", default: AddressChoice.any)
        destination = Destination(
            host: try reader.require(host), reroute: reroute, choice: choice,
            resolver: .system.forbidding(reader.forbidden))
        self.name = try reader.require(name)
        self.type = try reader.require(type)
        self.expected = expected
    }

    private static func readName(_ reader: inout ArgumentReader) -> Name? {
        guard let text = reader.text("name") else { return nil }
        do {
            return try Name(text)
        } catch {
            reader.refuse("name", "is not a domain name (\(error))")
            return nil
        }
    }

    private static func readType(_ reader: inout ArgumentReader) -> RRType? {
        let text = reader.text("type") ?? "A"
        if let type = RRType(text), type.rawValue != 0 { return type }
        reader.refuse("type", "is not a record type")
        return nil
    }

    private static func readExpected(_ reader: inout ArgumentReader, _ type: RRType?) -> [[UInt8]] {
        guard let text = reader.text("expect"), let type else { return [] }
        return text.split(separator: "|").compactMap { part in
            let value = String(part.drop(while: \.isWhitespace))
            do {
                return RData.canonical(type, try RData.parse(type, value, origin: .root))
            } catch {
                reader.refuse("expect", "has \"\(printable(value))\", which is no \(type) value (\(error))")
                return nil
            }
        }
    }

    package var target: String {
        "\(name) \(type) at \(destination.host.inURL):\(port)" + (destination.reroute.map { " (\($0))" } ?? "")
    }

    package func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult {
        let (limit, loop) = (TimeLimit(timeout), group.next())
        return await destination.probeAddresses(within: limit, on: loop) { address, limit in
            async let ours = ask(address, port, within: limit, on: loop)
            guard let leader else { return judge(await ours, within: limit) }
            async let theirs = ask(leader.address, leader.port, within: limit, on: loop)
            return await compare(ours, theirs, within: limit)
        }
    }

    private func ask(
        _ server: IPAddress, _ port: Int, within limit: TimeLimit, on loop: any EventLoop
    ) async -> Result<Message, DNSClientError> {
        let left = Duration(limit.end - .now())
        return await DNSClient(group: loop).query(
            name, type, server: server, port: port, transport: transport, timeout: max(left, .milliseconds(1)),
            recursionDesired: wantsRecursion)
    }

    private func judge(_ result: Result<Message, DNSClientError>, within limit: TimeLimit) -> Verdict {
        let message: Message
        switch result {
        case .success(let found): message = found
        case .failure(.timedOut): return .err("timed out after \(inWords(limit.timeout)) waiting for an answer")
        case .failure(let error): return .err("\(error)")
        }
        let code = Int(message.rcode.rawValue)
        guard code == rcode else { return .err("answers \(Self.words(code)), expected \(Self.words(rcode))") }
        if mustBeAuthoritative, !message.header.flags.contains(.authoritative) {
            return .err("the answer is not authoritative")
        }
        let found = message.answers.filter { $0.type == type }.map { RData.canonical(type, $0.rdata) }
        let told = found.isEmpty ? "no \(type) record" : list(found)
        if let missing = expected.first(where: { !found.contains($0) }) {
            return .err("\(RData.text(type, missing)) is not among the answers: \(told)")
        }
        if isExact, let surplus = found.first(where: { !expected.contains($0) }) {
            return .err("\(RData.text(type, surplus)) is among the answers, and not expected")
        }
        if rcode == 0, expected.isEmpty, found.isEmpty { return .err("answers NOERROR without a \(type) record") }
        return .ok(rcode == 0 ? "\(type) \(told)" : "answers \(Self.words(rcode))")
    }

    private func list(_ values: [[UInt8]]) -> String {
        let shown = values.prefix(4).map { printable(RData.text(type, $0), limit: 80) }.joined(separator: ", ")
        return values.count > 4 ? "\(shown) and \(values.count - 4) more" : shown
    }

    private func compare(
        _ ours: Result<Message, DNSClientError>, _ theirs: Result<Message, DNSClientError>, within limit: TimeLimit
    ) -> Verdict {
        let verdict = judge(ours, within: limit)
        guard verdict.isSuccess, let mine = serial(ours) else {
            return verdict.isSuccess ? .err("answers without an SOA record") : verdict
        }
        guard let other = serial(theirs) else {
            // Its own fault is for its own indicator; it says nothing against this server.
            return .ok("serial \(mine); the other server has none to compare with")
        }
        // RFC 1982 §3.2: behind is half the circle or less.
        let distance = other &- mine
        if distance != 0, distance < 1 << 31 { return .err("serial \(mine) is behind \(other) of the other server") }
        return .ok("serial \(mine), the other server has \(other)")
    }

    private func serial(_ result: Result<Message, DNSClientError>) -> UInt32? {
        guard case .success(let message) = result, let soa = message.answers.first(where: { $0.type == .soa }),
            soa.rdata.count >= 20
        else { return nil }
        return soa.rdata.dropLast(16).suffix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }

    private static func words(_ code: Int) -> String { code < rcodes.count ? rcodes[code] : "rcode \(code)" }
}
