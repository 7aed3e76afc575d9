import Addresses
import Crypto
import DNS
import DNSServer
import Testing

/// A key of each algorithm, all with one secret.
let transferSecret: [UInt8] = Array("nine lives are better than one".utf8)

func transferKey(_ algorithm: TSIGAlgorithm = .sha256, least: Int? = nil) throws -> TSIGKey {
    TSIGKey(
        name: try Name("\(algorithm.rawValue).key."), algorithm: algorithm, secret: TSIGSecret(octets: transferSecret),
        leastMACLength: least)
}

/// What is done wrong to a signed query.
struct Signing: Sendable {
    var keyName: Name = "hmac-sha256.key."
    var secondsOff: Int64 = 0
    var cutTo: Int?
    var breaksMAC = false
}

/// A query, signed with HMAC-SHA256.
func signed(_ message: [UInt8], _ signing: Signing = Signing(), now: UInt64) -> (octets: [UInt8], mac: [UInt8]) {
    var record = TSIGRecord(
        keyName: signing.keyName, algorithmName: TSIGAlgorithm.sha256.name,
        timeSigned: UInt64(Int64(now) + signing.secondsOff), originalID: UInt16(message[0]) << 8 | UInt16(message[1]))
    var mac = HMAC<SHA256>(key: SymmetricKey(data: transferSecret))
    mac.update(data: message)
    mac.update(data: record.variables)
    record.mac = Array(mac.finalize())
    if signing.breaksMAC { record.mac[7] ^= 1 }
    if let length = signing.cutTo { record.mac = Array((record.mac + record.mac).prefix(length)) }
    var octets = message
    octets[11] += 1
    return (octets + record.wire, record.mac)
}

/// Whether a reply's MAC is right for a request's.
func verifies(_ reply: [UInt8], after requestMAC: [UInt8]) throws -> Bool {
    let message = try #require(try SignedMessage(reply))
    var mac = HMAC<SHA256>(key: SymmetricKey(data: transferSecret))
    mac.update(data: [UInt8(requestMAC.count >> 8), UInt8(requestMAC.count & 0xFF)] + requestMAC)
    mac.update(data: message.signedOctets)
    return Array(mac.finalize().prefix(message.record.mac.count)) == message.record.mac && !message.record.mac.isEmpty
}

/// All that comes in reply to an AXFR query over TCP, until the second SOA record, or a reply without records.
func transfer(_ query: [UInt8], from listen: DNSListen) throws -> [Message] {
    let client = try Client(tcp: listen)
    try client.send(framed(query))
    var messages: [Message] = []
    var soaCount = 0
    while let frame = client.frame() {
        let message = try Message(wire: frame)
        messages.append(message)
        soaCount += message.answers.count { $0.type == .soa }
        if soaCount >= 2 || message.answers.isEmpty { break }
    }
    return messages
}

/// Anybody on loopback may transfer, with or without a key.
func loopbackPolicy(keys: [TSIGKey] = []) throws -> TransferPolicy {
    TransferPolicy(keys: keys, transfer: [TransferRule(prefix: try #require(AddressPrefix("127.0.0.0/8")))])
}

/// Runs a server with a policy.
func withServer(
    _ policy: TransferPolicy, snapshot: ZoneSnapshot? = nil, _ body: (DNSServer, DNSListen) async throws -> Void
) async throws {
    try await withServer(workers: 1, snapshot: snapshot, transfers: policy) { try await body($0, $1[0]) }
}
