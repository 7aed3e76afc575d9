import Addresses
import DNS
import DNSClient

/// Asks one server what it answers for a name.
struct ServerAsker: Sendable {
    let client: DNSClient
    /// For all of it, repetitions included.
    let timeout: Duration
    /// A resolver is asked, whose answers have no authority.
    var isRecursive = false

    /// Asks for all types at once.
    func ask(_ server: NameServer, _ owner: Name, _ types: [RRType]) async -> ServerAnswer {
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
            owner, type, server: server.address, port: server.port, timeout: timeout, recursionDesired: isRecursive)
        switch result {
        case .failure(let error): return .failure(.silent("\(error)"))
        case .success(let message):
            guard message.rcode == .noError || message.rcode == .nxDomain else {
                return .failure(.code(message.rcode))
            }
            guard isRecursive || message.header.flags.contains(.authoritative) else { return .failure(.lame) }
            let own = message.answers.filter { $0.owner == owner && $0.type == type }
            guard let first = own.first else { return .success(nil) }
            return .success(
                HeldSet(
                    RRset(owner: owner, type: type, ttlSeconds: first.ttlSeconds, rdata: own.map(\.rdata))))
        }
    }

    /// The serial number of the zone that the server has the name in; nil if it does not tell.
    func serial(of server: NameServer, _ owner: Name) async -> UInt32? {
        let result = await client.query(
            owner, .soa, server: server.address, port: server.port, timeout: timeout, recursionDesired: isRecursive)
        guard case .success(let message) = result,
            let soa = (message.answers + message.authority).first(where: { $0.type == .soa })
        else { return nil }
        // Two names and five numbers, the serial first (RFC 1035 §3.3.13).
        return soa.rdata.count < 20 ? nil : soa.rdata.suffix(20).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }
}
