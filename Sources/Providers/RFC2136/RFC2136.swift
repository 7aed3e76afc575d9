import Addresses
import DNS
import DNSClient
import NIOPosix
import Secrets
import TSIG

/// A name server that takes UPDATE messages (RFC 2136), signed (RFC 8945): BIND, Knot, PowerDNS, Windows and others.
///
///     name ─► SOA query ─► zone ─► A, AAAA, CNAME queries ─► one UPDATE: prerequisites (what was read) and changes
///
/// All over TCP: a datagram that is sent again would find its own change as somebody else's.
package struct RFC2136: Provider {
    package static let driver = "rfc2136"
    package static let summary = "Any name server that takes UPDATE messages, signed with TSIG"
    package static let parameters = [
        ProviderParameter(
            "server", .text,
            form: "a name or an address, with a port if it is not 53: ns1.example.net, 192.0.2.53, [2001:db8::53]:5300",
            required: true, "The zone's primary server; a name is looked up anew for each change."),
        ProviderParameter(
            "key", .text, form: "a key's name",
            "The TSIG key's name, as the server knows it; without a secret it is one of the configuration's keys."),
        ProviderParameter("secret", .secret, "Its secret, in Base64."),
        ProviderParameter(
            "algorithm", .text, form: TSIGAlgorithm.allCases.map(\.rawValue).joined(separator: ", "),
            standard: TSIGAlgorithm.sha256.rawValue, "The key's algorithm."),
        ProviderParameter("zone", .text, form: "a zone's name", "The zone, if the server is not to be asked for it."),
    ]

    package let capabilities: Capabilities = {
        var capabilities = Capabilities()
        capabilities.types = [.a, .aaaa, .cname]
        capabilities.ttls = .range(0...2_147_483_647)
        capabilities.concurrency = 4
        return capabilities
    }()

    private let server: NameServerPlace
    private let keyName: Name?
    /// The key itself, if the configuration has it.
    private let knownKey: TSIGKey?
    private let algorithm: TSIGAlgorithm
    private let secret: SecretPlace?
    private let zone: Name?
    private let client = DNSClient(group: MultiThreadedEventLoopGroup.singleton)

    package init(_ arguments: ProviderArguments) throws(ProviderArgumentErrors) {
        var reader = ProviderArgumentReader(arguments, of: Self.self)
        let server = reader.text("server").flatMap { NameServerPlace($0) }
        let key = reader.text("key")
        let keyName = key.flatMap { try? Name($0) }
        self.keyName = keyName
        secret = reader.secret("secret")
        let algorithm = reader.text("algorithm").flatMap { TSIGAlgorithm(rawValue: $0.lowercased()) }
        let zone = reader.text("zone")
        self.zone = zone.flatMap { try? Name($0) }
        if reader.has("server"), server == nil { reader.refuse("server", "is not a name server's name or address") }
        if key != nil, keyName == nil { reader.refuse("key", "is not a name") }
        if zone != nil, self.zone == nil { reader.refuse("zone", "is not a name") }
        if algorithm == nil { reader.refuse("algorithm", "is no algorithm of TSIG") }
        knownKey = reader.has("secret") ? nil : arguments.keys.first { $0.name == keyName }
        if reader.has("secret"), !reader.has("key") {
            reader.refuse("key", "is missing: key and secret belong together")
        } else if let keyName, !reader.has("secret"), knownKey == nil {
            let known = arguments.keys.map(\.name.apiText)
            reader.refuse(
                "secret", "is missing: keys has no \(keyName.apiText) either",
                expected: known.isEmpty ? nil : "where its secret is, or as key one of \(known.joined(separator: ", "))"
            )
        }
        if knownKey != nil, reader.has("algorithm") {
            reader.refuse("algorithm", "stands beside a key of keys", expected: "the algorithm there")
        }
        self.server = try reader.require(server)
        self.algorithm = try reader.require(algorithm)
    }

    // MARK: Reading

    package func read(
        _ owner: Name, types: [RRType], until deadline: Deadline
    ) async throws(ProviderError) -> [HeldSet] {
        var held: [HeldSet] = []
        for type in types {
            let answer = try await query(owner, type, until: deadline)
            let own = answer.answers.filter { $0.owner == owner && $0.type == type }
            guard let first = own.first else { continue }
            held.append(
                HeldSet(RRset(owner: owner, type: type, ttlSeconds: first.ttlSeconds, rdata: own.map(\.rdata))))
        }
        return held
    }

    private func query(_ owner: Name, _ type: RRType, until deadline: Deadline) async throws(ProviderError) -> Message {
        let message = Message.query(owner, type, id: .random(in: .min ... .max), recursionDesired: false)
        let answer = try await ask(message, changes: false, until: deadline)
        switch answer.rcode {
        case .noError, .nxDomain:
            guard answer.header.flags.contains(.authoritative) else {
                throw .refused(.noSuchZone, words: "\(server) has no authority over \(owner.apiText)")
            }
            return answer
        case .refused, .notAuth:
            throw .refused(.noSuchZone, words: "\(server) answers \(answer.rcode) for \(owner.apiText)")
        default: throw .unavailable(.faulty, words: "\(server) answers \(answer.rcode) for \(owner.apiText)")
        }
    }

    // MARK: Changing

    package func write(_ change: Change, until deadline: Deadline) async throws(ProviderError) -> Acceptance {
        let update = UpdateMessage(change)
        guard !update.isEmpty else { return Acceptance("nothing to change") }
        let apex = try await apex(of: change.owner, until: deadline)
        let message = update.message(zone: apex, id: .random(in: .min ... .max))
        let reply = try await ask(message, changes: true, until: deadline)
        let words = "\(server): \(reply.rcode)"
        switch reply.rcode {
        case .noError: return Acceptance(words)
        case .yxDomain, .yxRRSet, .nxRRSet, .nxDomain: throw .conflict(words: words)
        case .refused:
            let who = keyName.map { "the key \($0.apiText)" } ?? "us"
            throw .refused(.credentials, words: "\(words): it lets \(who) not change \(change.owner.apiText)")
        case .notAuth, .notZone:
            throw .refused(.noSuchZone, words: "\(words): it is not the primary of \(apex.apiText)")
        case .notImp: throw .refused(.unsupported, words: "\(words): it takes no updates")
        case .formErr: throw .refused(.invalid, words: words)
        default: throw .unavailable(.faulty, words: words)
        }
    }

    /// The zone that the name is in: the owner of the SOA record that the server answers with.
    private func apex(of owner: Name, until deadline: Deadline) async throws(ProviderError) -> Name {
        if let zone { return zone }
        var candidate: Name? = owner
        while let name = candidate {
            let answer = try await query(name, .soa, until: deadline)
            let found = (answer.answers + answer.authority).first { $0.type == .soa && owner.isAtOrBelow($0.owner) }
            if let found { return found.owner }
            // A CNAME is answered for itself: the zone is told for the name above it.
            candidate = name.parent
        }
        throw .refused(.noSuchZone, words: "\(server) has no zone that \(owner.apiText) is in")
    }

    // MARK: One exchange

    private func ask(
        _ message: Message, changes: Bool, until deadline: Deadline
    ) async throws(ProviderError) -> Message {
        let key = try key()
        let server = try await server.resolved(until: deadline)
        guard deadline.remaining > .zero else {
            throw .unavailable(.timedOut, words: "no time was left to ask \(server)")
        }
        let result = await client.ask(
            message, server: server.address, port: server.port, transport: .tcp, timeout: deadline.remaining, key: key)
        switch result {
        case .success(let reply): return reply
        case .failure(let failure): throw error(for: failure, changes: changes)
        }
    }

    private func key() throws(ProviderError) -> TSIGKey? {
        if let knownKey { return knownKey }
        guard let keyName, let secret else { return nil }
        guard let octets = TSIGSecret(base64: try secret.read().reveal()) else {
            throw .refused(.credentials, words: "\(secret) is not Base64")
        }
        return TSIGKey(name: keyName, algorithm: algorithm, secret: octets)
    }

    private func error(for failure: DNSClientError, changes: Bool) -> ProviderError {
        let words = "\(server): \(failure)"
        switch failure {
        case .signature(.unsigned(.refused)), .signature(.unsigned(.notAuth)):
            return .refused(.noSuchZone, words: words)
        case .signature(.refused): return .refused(.credentials, words: words)
        case .refused, .unreachable, .badPort, .noWayOut: return .unavailable(.unreachable, words: words)
        case .timedOut where !changes: return .unavailable(.timedOut, words: words)
        case .signature, .malformed:
            return changes ? .outcomeUnknown(words: words) : .unavailable(.notUnderstood, words: words)
        case .timedOut, .closed, .cancelled:
            return changes ? .outcomeUnknown(words: words) : .unavailable(.unreachable, words: words)
        }
    }
}
