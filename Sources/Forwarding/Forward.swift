import Addresses
import Failover

/// One port of one line, and where its connections go.
struct Forward: Hashable, Sendable {
    typealias Server = ForwardedService.Server

    /// What tells it from every other.
    struct Place: Hashable, Comparable, Sendable, CustomStringConvertible {
        var line: IPAddress
        var transport: ForwardedService.Transport
        var port: UInt16

        static func < (left: Self, right: Self) -> Bool {
            (left.line, left.transport.rawValue, left.port) < (right.line, right.transport.rawValue, right.port)
        }

        var description: String {
            if case .v6 = line {
                "[\(line)]:\(port)/\(transport.rawValue)"
            } else {
                "\(line):\(port)/\(transport.rawValue)"
            }
        }
    }

    var place: Place
    /// The service's name.
    var service: String
    /// At least one, all of the line's family, in ascending order.
    var servers: [Server]
    var sharing: ForwardedService.Sharing
}

/// What is wanted and cannot be forwarded.
package enum ForwardingGap: Hashable, Sendable, CustomStringConvertible {
    /// It has no operational server, and no rule to hold either.
    case noServer(service: String, place: String)
    /// Its servers' addresses are of the other family only.
    case otherFamily(service: String, place: String)
    /// Another service has the same port of the same line.
    case taken(service: String, place: String, by: String)

    package var description: String {
        switch self {
        case .noServer(let service, let place):
            "\(place) of \(service) is not forwarded: no onsite server has been operational yet"
        case .otherFamily(let service, let place):
            "\(place) of \(service) is not forwarded: its servers' addresses are of the other IP family; "
                + "give them addresses of the line's"
        case .taken(let service, let place, let other):
            "\(place) of \(service) is not forwarded: \(other) has that port; give one of them another port"
        }
    }
}

/// All forwards that shall be in force, in a fixed order.
struct ForwardTable: Hashable, Sendable {
    private(set) var forwards: [Forward] = []
    private(set) var gaps: [ForwardingGap] = []

    /// What `plan` comes to. A service without an operational server keeps the servers it had in `held`: a check that
    /// errs must not stop what works, and before the first verdicts nothing is known yet.
    init(_ plan: ForwardingPlan, holding held: [Forward]) {
        let held = Dictionary(held.map { ($0.place, $0) }) { first, _ in first }
        var owners: [Forward.Place: String] = [:]
        for service in plan.services {
            for line in service.lineAddresses {
                let place = Forward.Place(line: line, transport: service.transport, port: service.port)
                if let owner = owners[place] {
                    if owner != service.name {
                        gaps.append(.taken(service: service.name, place: "\(place)", by: owner))
                    }
                    continue
                }
                owners[place] = service.name
                add(service, at: place, held[place])
            }
        }
        forwards.sort { $0.place < $1.place }
    }

    /// Those that a listing of the table in force has.
    init(inForce forwards: [Forward]) { self.forwards = forwards }

    private mutating func add(_ service: ForwardedService, at place: Forward.Place, _ held: Forward?) {
        var servers = Set(service.servers).filter { $0.address.isV6 == place.line.isV6 }.sorted()
        if servers.isEmpty {
            guard service.servers.isEmpty else {
                gaps.append(.otherFamily(service: service.name, place: "\(place)"))
                return
            }
            guard let held else {
                gaps.append(.noServer(service: service.name, place: "\(place)"))
                return
            }
            servers = held.servers
        }
        // One server shares nothing.
        let sharing = servers.count == 1 ? .connections : service.sharing
        forwards.append(Forward(place: place, service: service.name, servers: servers, sharing: sharing))
    }
}

extension IPAddress {
    var isV6: Bool { if case .v6 = self { true } else { false } }
    /// As nft calls its family.
    var family: String { isV6 ? "ip6" : "ip" }
}

extension ForwardedService.Server: Comparable {
    package static func < (left: Self, right: Self) -> Bool { (left.address, left.port) < (right.address, right.port) }
}
