import DNS

/// A request of ours, signed, and the judge of its reply (RFC 8945 §5.3, §5.4).
package struct SignedRequest: Sendable {
    /// The message with its TSIG record behind.
    package let wire: [UInt8]
    private let key: TSIGKey
    private let mac: [UInt8]

    /// - Parameter now: seconds since 1970.
    package init(_ message: [UInt8], with key: TSIGKey, now: UInt64) {
        var record = TSIGRecord(
            keyName: key.name, algorithmName: key.algorithm.name, timeSigned: now,
            originalID: UInt16(message[0]) << 8 | UInt16(message[1]))
        record.mac = key.mac(over: [message, record.variables])
        var signed = message
        let count = (UInt16(message[10]) << 8 | UInt16(message[11])) + 1
        signed[10] = UInt8(count >> 8)
        signed[11] = UInt8(count & 0xFF)
        wire = signed + record.wire
        mac = record.mac
        self.key = key
    }

    /// What is wrong with a reply's signature; nil if it is the server's, of now, and reports no error.
    ///
    /// - Parameter now: seconds since 1970.
    package func fault(of reply: [UInt8], now: UInt64) -> TSIGFault? {
        guard let signed = try? SignedMessage(reply) else {
            return .unsigned(ResponseCode(rawValue: reply.count > 3 ? UInt16(reply[3] & 15) : 0))
        }
        let record = signed.record
        // A key or MAC that the server does not know is told without a signature.
        switch record.error {
        case .badKey, .badSignature: return .refused(record.error)
        case .none, .badTime, .badTruncation: break
        }
        guard record.keyName == key.name, record.algorithmName == key.algorithm.name,
            record.mac.count >= key.leastMACLength
        else { return .notTheirs }
        let length = [UInt8(mac.count >> 8), UInt8(mac.count & 0xFF)]
        let expected = key.mac(over: [length + mac, signed.signedOctets]).prefix(record.mac.count)
        let difference = zip(record.mac, expected).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) }
        guard record.mac.count == expected.count, difference == 0 else { return .notTheirs }
        if record.error != .none { return .refused(record.error) }
        let distance = now > record.timeSigned ? now - record.timeSigned : record.timeSigned - now
        return distance > UInt64(record.fudgeSeconds) ? .stale : nil
    }
}

/// Why a signed exchange proves nothing.
package enum TSIGFault: Error, Hashable, Sendable {
    /// With the code that it has all the same: some servers refuse unsigned.
    case unsigned(ResponseCode)
    /// The MAC is not that of our key.
    case notTheirs
    /// The clocks are too far apart.
    case stale
    /// The server did not take our signature.
    case refused(TSIGError)
}

extension TSIGFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unsigned(let code): "the reply, \(code), is not signed"
        case .notTheirs: "the reply is not signed with this key"
        case .stale: "the reply is from another time: the clocks are apart"
        case .refused(.badKey): "BADKEY: the server does not know this key"
        case .refused(.badSignature): "BADSIG: the server has another secret under this key's name"
        case .refused(.badTime): "BADTIME: the clocks are apart"
        case .refused(.badTruncation): "BADTRUNC: the signature is too short for the server"
        case .refused(.none): "the signature is refused"
        }
    }
}
