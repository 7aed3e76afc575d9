import Addresses
import DNS
import DNSServer
import Foundation
import Logging
import TestSupport
import Testing

/// One world served by our real server and by its peers, side by side.
struct Stage {
    let world: World
    private let folder: TemporaryFolder
    private let server: DNSServer
    private let port: Int
    let peers: [Peer]

    init(_ world: World) async throws {
        self.world = world
        folder = try TemporaryFolder()
        for (index, zone) in world.zones.enumerated() {
            try folder.write("\(index).zone", zone.text)
        }
        server = DNSServer(
            listen: [DNSListen(address: .v4(IPv4Address(bits: 0x7F00_0001)), port: 0)], workers: 1,
            snapshot: try ZoneSnapshot(zones: world.contents, dynamicNames: []),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        port = try #require(try await server.start().first).port
        let (apexes, folder) = (world.zones.map(\.apex), folder)
        peers = try Peer.Kind.allCases.map { try Peer($0, zones: apexes, in: folder) }
        do {
            for peer in peers { try await waitFor(peer) }
        } catch {
            await stop()
            throw error
        }
    }

    func stop() async {
        for peer in peers { await peer.stop() }
        await server.stop()
        folder.remove()
    }

    /// Asks all; each comparison is of ours with one peer's.
    func ask(_ query: World.Query) throws -> [(peer: Peer.Kind, comparison: Comparison)] {
        let octets = Message(
            header: Header(id: UInt16.random(in: 0...UInt16.max), flags: query.flags),
            questions: [Question(name: query.name, type: query.type)], edns: query.edns
        ).wire
        let ports = [port] + peers.map(\.port)
        var replies = try ports.map { try reply(Asking(port: $0).overUDP(octets), from: $0, to: query) }
        if replies.contains(where: \.isTruncated) {
            replies = try ports.map { try reply(Asking(port: $0).overTCP(octets), from: $0, to: query) }
        }
        return zip(peers, replies.dropFirst()).map {
            ($0.kind, Comparison(query: query, ours: replies[0], theirs: $1))
        }
    }

    private func reply(_ octets: [UInt8]?, from port: Int, to query: World.Query) throws -> Reply {
        let server = peers.first { $0.port == port }?.kind.rawValue ?? "we"
        let octets = try #require(octets, "\(server): no reply to \(query)")
        do {
            return try Reply(octets)
        } catch {
            Issue.record("NINELIVES_SEED=\(world.seed), \(server) to \(query): \(error)\n\(octets)")
            throw error
        }
    }

    /// Until it answers for every zone.
    private func waitFor(_ peer: Peer) async throws {
        for zone in world.zones {
            let query = Message.query(zone.apex, .soa, id: 1, recursionDesired: false).wire
            try await eventually("\(peer.kind) serves \(zone.apex), seed \(world.seed)") {
                if peer.hasRefusedZone { throw Refusal.zone }
                guard let octets = Asking(port: peer.port).overUDP(query) else { return false }
                return try Reply(octets).isAuthoritative
            }
        }
    }

    /// A peer does not take a zone of the world.
    enum Refusal: Error {
        case zone
    }
}
