import Addresses
import DNS
import DNSClient
import Foundation
import NIOCore

/// Asks every authoritative server of a name's zone, each at each of its addresses, all at once.
package struct AuthoritySurvey: Sendable {
    private let asker: ServerAsker
    private let finder: AuthorityFinder

    /// - Parameters:
    ///   - servers: those to ask; empty: they are looked up in the DNS, through `resolvers`.
    ///   - resolvers: empty: the system's.
    ///   - timeout: for one server, both questions and their repetitions.
    package init(
        group: any EventLoopGroup, servers: [NameServer] = [], resolvers: [NameServer] = [],
        timeout: Duration = .milliseconds(1500)
    ) {
        let client = DNSClient(group: group)
        asker = ServerAsker(client: client, timeout: timeout)
        finder = AuthorityFinder(
            client: client, fixed: servers, resolvers: resolvers.isEmpty ? SystemResolvers.read() : resolvers)
    }

    /// In the order of the servers; empty if no server is known.
    package func ask(_ owner: Name, types: [RRType]) async -> [ServerAnswer] {
        let servers = await finder.servers(of: owner)
        return await withTaskGroup(of: (Int, ServerAnswer).self) { tasks in
            for (index, server) in servers.enumerated() {
                tasks.addTask { (index, await asker.ask(server, owner, types)) }
            }
            var answers: [(Int, ServerAnswer)] = []
            for await answer in tasks { answers.append(answer) }
            return answers.sorted { $0.0 < $1.0 }.map(\.1)
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
