import Addresses
import DNS
import DNSClient
import Foundation
import NIOCore

/// Asks every authoritative server of a name's zone, each at each of its addresses, all at once.
package struct AuthoritySurvey: Sendable {
    private let client: DNSClient
    private let finder: AuthorityFinder
    private let timeout: Duration

    /// - Parameters:
    ///   - servers: those to ask; empty: they are looked up in the DNS, through `resolvers`.
    ///   - resolvers: empty: the system's.
    ///   - timeout: for one server, both questions and their repetitions.
    package init(
        group: any EventLoopGroup, servers: [NameServer] = [], resolvers: [NameServer] = [],
        timeout: Duration = .milliseconds(1500)
    ) {
        client = DNSClient(group: group)
        finder = AuthorityFinder(
            client: client, fixed: servers, resolvers: resolvers.isEmpty ? SystemResolvers.read() : resolvers)
        self.timeout = timeout
    }

    /// In the order of the servers; empty if no server is known.
    package func ask(_ owner: Name, types: [RRType]) async -> [ServerAnswer] {
        let servers = await finder.servers(of: owner)
        return await withTaskGroup(of: (Int, ServerAnswer).self) { tasks in
            for (index, server) in servers.enumerated() {
                tasks.addTask { (index, await ask(server, owner, types)) }
            }
            var answers: [(Int, ServerAnswer)] = []
            for await answer in tasks { answers.append(answer) }
            return answers.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func ask(_ server: NameServer, _ owner: Name, _ types: [RRType]) async -> ServerAnswer {
        let start = ContinuousClock.now
        let results = await withTaskGroup(of: (Int, Result<HeldSet?, ServerTrouble>).self) { tasks in
            for (index, type) in types.enumerated() {
                tasks.addTask { (index, await ask(server, owner, type)) }
            }
            var results: [(Int, Result<HeldSet?, ServerTrouble>)] = []
            for await result in tasks { results.append(result) }
            return results.sorted { $0.0 < $1.0 }.map(\.1)
        }
        var sets: [HeldSet] = []
        for result in results {
            switch result {
            case .success(let set): if let set { sets.append(set) }
            case .failure(let trouble):
                return ServerAnswer(
                    server: "\(server)", result: .failure(trouble), latency: ContinuousClock.now - start)
            }
        }
        return ServerAnswer(server: "\(server)", result: .success(sets), latency: ContinuousClock.now - start)
    }

    private func ask(_ server: NameServer, _ owner: Name, _ type: RRType) async -> Result<HeldSet?, ServerTrouble> {
        let result = await client.query(
            owner, type, server: server.address, port: server.port, timeout: timeout)
        switch result {
        case .failure(let error): return .failure(.silent("\(error)"))
        case .success(let message):
            guard message.rcode == .noError || message.rcode == .nxDomain else {
                return .failure(.code(message.rcode))
            }
            guard message.header.flags.contains(.authoritative) else { return .failure(.lame) }
            let own = message.answers.filter { $0.owner == owner && $0.type == type }
            guard let first = own.first else { return .success(nil) }
            return .success(
                HeldSet(
                    RRset(owner: owner, type: type, ttlSeconds: first.ttlSeconds, rdata: own.map(\.rdata))))
        }
    }
}

/// Finds a zone's authoritative servers, and remembers them for five minutes.
package actor AuthorityFinder {
    private struct Found {
        var servers: [NameServer]
        var until: ContinuousClock.Instant
    }

    private let client: DNSClient
    private let fixed: [NameServer]
    private let resolvers: [NameServer]
    private var found: [Name: Found] = [:]
    private static let limit = 64

    package init(client: DNSClient, fixed: [NameServer], resolvers: [NameServer]) {
        self.client = client
        self.fixed = fixed
        self.resolvers = resolvers
    }

    /// Those of the nearest zone at or above the name; empty if they cannot be found.
    package func servers(of owner: Name) async -> [NameServer] {
        guard fixed.isEmpty else { return fixed }
        if let known = found[owner], ContinuousClock.now < known.until { return known.servers }
        var candidate: Name? = owner
        while let name = candidate, name.labelCount >= 1 {
            let names = await ask(name, .ns).compactMap { record in
                record.owner == name && record.type == .ns ? Name(validWire: record.rdata) : nil
            }
            if !names.isEmpty {
                let servers = await addresses(of: names)
                if found.count > 10_000 { found = [:] }
                found[owner] = Found(servers: servers, until: .now + .seconds(servers.isEmpty ? 10 : 300))
                return servers
            }
            candidate = name.parent
        }
        return []
    }

    private func addresses(of names: [Name]) async -> [NameServer] {
        var servers: [NameServer] = []
        for name in names.sorted() {
            for type in [RRType.a, .aaaa] {
                for record in await ask(name, type) where record.type == type {
                    let set = RRset(owner: name, type: type, ttlSeconds: 0, rdata: [record.rdata])
                    servers += set.addresses.map { NameServer(name: name.apiText, address: $0) }
                }
            }
        }
        return Array(servers.prefix(Self.limit))
    }

    /// The answer of the first resolver that has one.
    private func ask(_ name: Name, _ type: RRType) async -> [MessageRecord] {
        for resolver in resolvers.prefix(3) {
            let result = await client.query(
                name, type, server: resolver.address, port: resolver.port, timeout: .seconds(2),
                recursionDesired: true)
            if case .success(let message) = result, message.rcode == .noError || message.rcode == .nxDomain {
                return message.answers
            }
        }
        return []
    }
}

/// The resolvers of this machine.
package enum SystemResolvers {
    /// Those of `/etc/resolv.conf`; none if it cannot be read.
    package static func read(_ path: String = "/etc/resolv.conf") -> [NameServer] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").compactMap { line in
            let words = line.split { $0 == " " || $0 == "\t" }
            guard words.count >= 2, words[0] == "nameserver" else { return nil }
            return NameServer(String(words[1]))
        }
    }
}
