import DNS
import Failover
import Providers

/// How far a scheme's answer has got in the world, as the page, the API and `ninelives propagation` show it.
package struct PropagationReport: Codable, Hashable, Sendable {
    /// One server's answer.
    package struct Server: Codable, Hashable, Sendable {
        /// `ns1.example.org`, `Quad9`; nil if only its address is known.
        package var name: String?
        /// With its port if that is not 53.
        package var address: String
        /// The addresses (or the other name) that it answers, sorted; empty for no record.
        package var answers: [String]
        /// Seconds; of a resolver what it has left. nil without a record.
        package var ttl: UInt32?
        /// The zone's serial number.
        package var serial: UInt32?
        package var milliseconds: Double
        /// nil if it gave no answer that counts.
        package var agrees: Bool?
        /// Since when it was seen to answer otherwise, seconds since 1970.
        package var disagreesSince: Double?
        /// Why it gave no answer that counts: `no answer within 1.2 seconds`.
        package var trouble: String?
    }

    package var scheme: String
    /// When the servers were asked, seconds since 1970.
    package var at: Double
    /// What the name is to answer.
    package var addresses: [String]
    package var ttl: UInt32
    package var generation: UInt64
    package var since: Double?
    package var sync: String
    /// Each provider's part, with its last reply.
    package var providers: [ProviderReport]
    /// The zone's servers, each at each of its addresses.
    package var authorities: [Server]
    package var resolvers: [Server]
    /// One sentence: `2 of 2 name servers and 5 of 6 resolvers answer so`.
    package var summary: String
    /// When the last cache lets go of the old answer; nil if that is not known, or if it has.
    package var clearAt: Double?
    /// The forecast in words.
    package var forecast: String
}

extension PropagationReport {
    init(_ seen: Propagation, _ scheme: SchemeReport) {
        func servers(_ role: Observation.Role) -> [Server] {
            seen.lines.filter { $0.observation.role == role }.map(Server.init)
        }
        let authorities = servers(.authority)
        let resolvers = servers(.resolver)
        self.init(
            scheme: scheme.name, at: seen.askedAt.seconds, addresses: scheme.addresses, ttl: scheme.ttl,
            generation: scheme.generation, since: scheme.since, sync: scheme.sync, providers: scheme.providers,
            authorities: authorities, resolvers: resolvers,
            summary: [
                Self.count(authorities, "name server"), resolvers.isEmpty ? nil : Self.count(resolvers, "resolver"),
            ].compactMap { $0 }.joined(separator: "; "),
            clearAt: nil, forecast: "")
        switch seen.forecast {
        case .unknown: forecast = "it cannot be told when caches let go of the old answer"
        case .notYet: forecast = "the old answer can still be had, so that no end can be told yet"
        case .isClear: forecast = "no cache holds the old answer any more"
        case .clear(let instant):
            clearAt = instant.seconds
            forecast = "the last cache lets go of the old answer at \(Self.clock(instant.seconds)) UTC"
        }
    }

    /// `2 of 3 name servers answer so, 1 gives no answer`
    private static func count(_ servers: [Server], _ noun: String) -> String {
        guard !servers.isEmpty else { return "no \(noun) is known" }
        let right = servers.filter { $0.agrees == true }.count
        let silent = servers.filter { $0.agrees == nil }.count
        let plural = servers.count == 1 ? noun : noun + "s"
        return "\(right) of \(servers.count) \(plural) answer\(right == 1 ? "s" : "") so"
            + (silent == 0 ? "" : ", \(silent) cannot be judged")
    }

    /// `14:03:20`
    private static func clock(_ seconds: Double) -> String {
        let second = Int(seconds.rounded(.up)) % 86_400
        return [second / 3600, second / 60 % 60, second % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
            .joined(separator: ":")
    }
}

extension PropagationReport.Server {
    init(_ line: Propagation.Line) {
        let seen = line.observation
        var unnamed = seen.server
        unnamed.name = nil
        let sets = (try? seen.result.get()) ?? []
        self.init(
            name: seen.server.name, address: unnamed.description, answers: sets.flatMap(\.rrset.valueTexts).sorted(),
            ttl: sets.map(\.rrset.ttlSeconds).max(), serial: seen.serial,
            milliseconds: Double(seen.latency.components.seconds) * 1000
                + Double(seen.latency.components.attoseconds) / 1e15,
            agrees: line.agrees, disagreesSince: line.dissentsSince?.seconds, trouble: nil)
        if case .failure(let trouble) = seen.result { self.trouble = trouble.description }
    }
}
