import Addresses
import DNS
import DNSClient
import NIOCore

/// What one server was seen to answer.
package struct Observation: Hashable, Sendable {
    package enum Role: Hashable, Sendable {
        /// It answers for the zone.
        case authority
        /// It asks others, and keeps what they say for as long as the TTL allows.
        case resolver
    }

    package var role: Role
    package var server: NameServer
    /// The sets of the asked types that are not empty, with the TTL that they have left.
    package var result: Result<[HeldSet], ServerTrouble>
    /// The zone's serial number there; nil from resolvers, and where it is not told.
    package var serial: UInt32?
    /// From the question to the last answer.
    package var latency: Duration

    package init(
        role: Role, server: NameServer, result: Result<[HeldSet], ServerTrouble>, serial: UInt32? = nil,
        latency: Duration = .zero
    ) {
        self.role = role
        self.server = server
        self.result = result
        self.serial = serial
        self.latency = latency
    }
}

/// Asks all servers that tell how far a change has got, at once: those of the zone, each at each of its addresses, and
/// resolvers. It takes less than two seconds whatever they do.
package struct PropagationSurvey: Sendable {
    private let client: DNSClient
    private let finder: AuthorityFinder
    private let resolvers: [NameServer]
    private let timeout: Duration
    /// How long the zone's servers may be looked for; looking goes on after that, for the next time.
    private let findingLimit: Duration

    /// - Parameters:
    ///   - servers: the zone's; empty: they are looked up in the DNS.
    ///   - timeout: for one server, repetitions included.
    package init(
        group: any EventLoopGroup, servers: [NameServer], resolvers: [NameServer],
        timeout: Duration = .milliseconds(1200), findingLimit: Duration = .milliseconds(600)
    ) {
        client = DNSClient(group: group)
        finder = AuthorityFinder(client: client, fixed: servers, resolvers: SystemResolvers.read())
        self.resolvers = resolvers
        self.timeout = timeout
        self.findingLimit = findingLimit
    }

    /// Authorities first, in the order in which they are known; then the resolvers.
    ///
    /// - Parameter own: servers that answer for the name beside those of the DNS: our own, and those that are
    ///   configured for a provider.
    package func ask(_ owner: Name, types: [RRType], own: [NameServer]) async -> [Observation] {
        async let resolved = ask(resolvers, as: .resolver, owner, types)
        async let early = ask(own, as: .authority, owner, types)
        let found = await servers(of: owner).filter { server in
            !own.contains { $0.address == server.address && $0.port == server.port }
        }
        let late = await ask(found, as: .authority, owner, types)
        return await early + late + resolved
    }

    private func servers(of owner: Name) async -> [NameServer] {
        let finder = finder
        let (stream, continuation) = AsyncStream.makeStream(of: [NameServer].self)
        let limit = findingLimit
        Task { continuation.yield(await finder.servers(of: owner)) }
        let alarm = Task {
            try? await ContinuousClock().sleep(for: limit)
            continuation.yield([])
        }
        defer {
            alarm.cancel()
            continuation.finish()
        }
        for await servers in stream { return servers }
        return []
    }

    private func ask(
        _ servers: [NameServer], as role: Observation.Role, _ owner: Name, _ types: [RRType]
    ) async -> [Observation] {
        let asker = ServerAsker(client: client, timeout: timeout, isRecursive: role == .resolver)
        return await withTaskGroup(of: (Int, Observation).self) { tasks in
            for (index, server) in servers.enumerated() {
                tasks.addTask {
                    async let serial = role == .authority ? asker.serial(of: server, owner) : nil
                    let answer = await asker.ask(server, owner, types)
                    return (
                        index,
                        Observation(
                            role: role, server: server, result: answer.result, serial: await serial,
                            latency: answer.latency)
                    )
                }
            }
            var seen: [(Int, Observation)] = []
            for await observation in tasks { seen.append(observation) }
            return seen.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }
}
