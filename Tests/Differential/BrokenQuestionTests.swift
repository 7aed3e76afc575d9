import Addresses
import DNS
import DNSServer
import Logging
import TestSupport
import Testing

/// Messages without a question that can be read. FORMERR says so (RFC 1035 §4.1.1), and without an OPT in the query
/// there is none in the reply (RFC 6891 §6.1.1). NSD does the same, but does not always copy RD; Knot says nothing to
/// most of them.
@Suite struct BrokenQuestionTests {
    private static let name = Array("\u{7}example\u{4}test\u{0}".utf8)
    private static let rest: [UInt8] = [0, 6, 0, 1]
    private static let label64 = [64] + [UInt8](repeating: 0x61, count: 64) + [0] + rest

    private static func message(_ questions: UInt8, _ octets: [UInt8] = [], additional: UInt8 = 0) -> [UInt8] {
        [0x12, 0x34, 1, 0, 0, questions, 0, 0, 0, 0, 0, additional] + octets
    }

    static let rows: [(String, [UInt8])] = [
        ("no question where one is counted", message(1)),
        ("a name that is cut off", message(1, Array(name.prefix(6)))),
        ("no type", message(1, name)),
        ("half a class", message(1, name + [0, 6, 0])),
        ("a label of 64", message(1, label64)),
        ("a name that points at itself", message(1, [0xC0, 0x0C] + rest)),
        (
            "a name of 257 octets",
            message(1, (0..<4).flatMap { _ in [63] + [UInt8](repeating: 0x61, count: 63) } + [0] + rest)
        ),
        ("no question", message(0)),
        ("two questions", message(2, name + rest + name + rest)),
        ("an OPT that is counted and not there", message(1, Array(name.prefix(6)), additional: 1)),
        (
            "an OPT behind what cannot be read",
            message(1, label64 + [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0], additional: 1)
        ),
    ]

    @Test func `a broken question gets FORMERR and nothing more, as from NSD`() async throws {
        let zone = try World(seed: 1, queries: 0).zones[0]
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("0.zone", "@ 60 SOA ns1 h 1 2 3 4 5\n@ 60 NS ns1\nns1 60 A 192.0.2.1\n")
        let server = DNSServer(
            listen: [DNSListen(address: .v4(IPv4Address(bits: 0x7F00_0001)), port: 0)], workers: 1,
            snapshot: try ZoneSnapshot(zones: [], dynamicNames: []),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let ours = Asking(port: try #require(try await server.start().first).port)
        let peer = try Peer(.nsd, zones: [zone.apex], in: folder)
        let theirs = Asking(port: peer.port)
        let question = Message.query(zone.apex, .soa, id: 1, recursionDesired: false).wire
        try await eventually("NSD answers") { theirs.overUDP(question) != nil }
        for (reason, octets) in Self.rows {
            let reply: [UInt8] = [0x12, 0x34, 0x81, 1, 0, 0, 0, 0, 0, 0, 0, 0]
            #expect(ours.overUDP(octets) == reply, "\(reason)")
            #expect(ours.overTCP(octets) == reply, "\(reason), over TCP")
            var other = try #require(theirs.overUDP(octets))
            other[2] |= 1
            #expect(other == reply, "\(reason), NSD")
        }
        await peer.stop()
        await server.stop()
    }
}
