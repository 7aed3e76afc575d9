import DNS
import TSIG

/// One signed exchange on our side: what came was verified, what goes out is signed (RFC 8945 §5.3).
struct TSIGSession {
    let key: TSIGKey
    private let originalID: UInt16
    /// Our MACs are as long as the request's.
    private let macLength: Int
    private var previousMAC: [UInt8]
    private var isFirst = true

    private init(_ key: TSIGKey, _ request: TSIGRecord) {
        self.key = key
        originalID = request.originalID
        macLength = request.mac.count
        previousMAC = request.mac
    }

    enum Verdict {
        case accepted(TSIGSession)
        /// To be answered with NOTAUTH and this record, which is final: it is signed where it may be.
        case refused(TSIGRecord, signedBy: TSIGSession?)
        /// A MAC too long or too short to be one: FORMERR (RFC 8945 §5.2.2.1).
        case malformed
    }

    /// Verifies a request: key, MAC, time, truncation, in this order (RFC 8945 §5.2).
    ///
    /// - Parameter now: seconds since 1970.
    static func verify(_ message: SignedMessage, keys: TransferPolicy, now: UInt64) -> Verdict {
        let record = message.record
        func refusal(_ error: TSIGError, otherOctets: [UInt8] = []) -> TSIGRecord {
            TSIGRecord(
                keyName: record.keyName, algorithmName: record.algorithmName, timeSigned: record.timeSigned,
                fudgeSeconds: record.fudgeSeconds, originalID: record.originalID, error: error,
                otherOctets: otherOctets)
        }
        guard let key = keys.key(named: record.keyName), key.algorithm.name == record.algorithmName else {
            return .refused(refusal(.badKey), signedBy: nil)
        }
        let lengths = key.algorithm.shortestMACLength...key.algorithm.macLength
        guard lengths.contains(record.mac.count) else { return .malformed }
        let expected = key.mac(over: [message.signedOctets])
        guard isEqual(record.mac, expected.prefix(record.mac.count)) else {
            return .refused(refusal(.badSignature), signedBy: nil)
        }
        let session = TSIGSession(key, record)
        let distance = now > record.timeSigned ? now - record.timeSigned : record.timeSigned - now
        if distance > UInt64(record.fudgeSeconds) {
            let clock = (0..<6).map { UInt8(truncatingIfNeeded: now >> (40 - 8 * $0)) }
            return .refused(refusal(.badTime, otherOctets: clock), signedBy: session)
        }
        if record.mac.count < key.leastMACLength { return .refused(refusal(.badTruncation), signedBy: session) }
        return .accepted(session)
    }

    /// The octets that signing adds, at most.
    var room: Int { TSIGRecord.bound(keyName: key.name, algorithm: key.algorithm) }

    /// Signs the next message and appends the record; returns its new length.
    mutating func sign(_ message: UnsafeMutableRawBufferPointer, length: Int, now: UInt64) -> Int {
        let record = TSIGRecord(
            keyName: key.name, algorithmName: key.algorithm.name, timeSigned: now, originalID: originalID)
        return sign(message, length: length, with: record)
    }

    /// The same with a record whose MAC is still missing.
    mutating func sign(_ message: UnsafeMutableRawBufferPointer, length: Int, with unsigned: TSIGRecord) -> Int {
        var record = unsigned
        let previous = [UInt8(previousMAC.count >> 8), UInt8(previousMAC.count & 0xFF)] + previousMAC
        let octets = Array(UnsafeRawBufferPointer(rebasing: message[..<length]))
        let mac = key.mac(over: [previous, octets, isFirst ? record.variables : record.timers])
        record.mac = Array(mac.prefix(macLength))
        previousMAC = record.mac
        isFirst = false
        return record.append(to: message, length: length)
    }

    /// In a time that does not depend on where they differ.
    private static func isEqual(_ left: [UInt8], _ right: ArraySlice<UInt8>) -> Bool {
        left.count == right.count && zip(left, right).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

extension TSIGRecord {
    /// Appends itself to a message and counts itself in ARCOUNT; returns the message's new length.
    func append(to message: UnsafeMutableRawBufferPointer, length: Int) -> Int {
        let octets = wire
        guard length + octets.count <= message.count else { return length }
        UnsafeMutableRawBufferPointer(rebasing: message[length...]).copyBytes(from: octets)
        let count = (UInt16(message[10]) << 8 | UInt16(message[11])) + 1
        message[10] = UInt8(count >> 8)
        message[11] = UInt8(count & 0xFF)
        return length + octets.count
    }
}
