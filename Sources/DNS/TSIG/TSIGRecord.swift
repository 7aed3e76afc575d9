/// What a TSIG record says is wrong (RFC 8945 §3, RFC 6895 §2.3).
package enum TSIGError: UInt16, Hashable, Sendable {
    case none = 0
    case badSignature = 16
    case badKey = 17
    case badTime = 18
    case badTruncation = 22
}

/// A TSIG record, which signs the message before it (RFC 8945 §4.2).
package struct TSIGRecord: Hashable, Sendable {
    package var keyName: Name
    package var algorithmName: Name
    /// Seconds since 1970, 48 bits.
    package var timeSigned: UInt64
    /// How far the clocks may be apart.
    package var fudgeSeconds: UInt16
    package var mac: [UInt8]
    /// The message's id before anybody forwarded it.
    package var originalID: UInt16
    /// An unknown number is kept as `none` would be; only replies have one.
    package var error: TSIGError
    package var otherOctets: [UInt8]

    package init(
        keyName: Name, algorithmName: Name, timeSigned: UInt64, fudgeSeconds: UInt16 = 300, mac: [UInt8] = [],
        originalID: UInt16, error: TSIGError = .none, otherOctets: [UInt8] = []
    ) {
        self.keyName = keyName
        self.algorithmName = algorithmName
        self.timeSigned = timeSigned
        self.fudgeSeconds = fudgeSeconds
        self.mac = mac
        self.originalID = originalID
        self.error = error
        self.otherOctets = otherOctets
    }

    /// The most octets a record with this key's names and MAC takes, with the time in "other data".
    package static func bound(keyName: Name, algorithm: TSIGAlgorithm) -> Int {
        keyName.wire.count + 10 + algorithm.name.wire.count + 16 + algorithm.macLength + 6
    }

    /// In wire form, names not compressed.
    package var wire: [UInt8] {
        var rdata = algorithmName.wire
        appendTimers(to: &rdata)
        appendBigEndian(UInt16(mac.count), to: &rdata)
        rdata += mac
        appendBigEndian(originalID, to: &rdata)
        appendBigEndian(error.rawValue, to: &rdata)
        appendBigEndian(UInt16(otherOctets.count), to: &rdata)
        rdata += otherOctets
        var octets = keyName.wire
        appendBigEndian(RRType.tsig.rawValue, to: &octets)
        appendBigEndian(RecordClass.any.rawValue, to: &octets)
        appendBigEndian(0 as UInt32, to: &octets)
        appendBigEndian(UInt16(rdata.count), to: &octets)
        return octets + rdata
    }

    /// What is signed beside the message (RFC 8945 §4.3.3): all of the record but its MAC, names in canonical form.
    package var variables: [UInt8] {
        var octets = keyName.inLowerCase.wire
        appendBigEndian(RecordClass.any.rawValue, to: &octets)
        appendBigEndian(0 as UInt32, to: &octets)
        octets += algorithmName.inLowerCase.wire
        appendTimers(to: &octets)
        appendBigEndian(error.rawValue, to: &octets)
        appendBigEndian(UInt16(otherOctets.count), to: &octets)
        return octets + otherOctets
    }

    /// What is signed beside the second and later messages of a row (RFC 8945 §5.3.1).
    package var timers: [UInt8] {
        var octets: [UInt8] = []
        appendTimers(to: &octets)
        return octets
    }

    private func appendTimers(to octets: inout [UInt8]) {
        appendBigEndian(UInt16(timeSigned >> 32 & 0xFFFF), to: &octets)
        appendBigEndian(UInt32(timeSigned & 0xFFFF_FFFF), to: &octets)
        appendBigEndian(fudgeSeconds, to: &octets)
    }
}

/// A message with its TSIG record taken off.
package struct SignedMessage: Sendable {
    package var record: TSIGRecord
    /// The message as it was before it was signed (RFC 8945 §4.3.2): ARCOUNT one less; the id that it came with.
    package var unsigned: [UInt8]

    /// What its MAC is made over, for a request.
    package var signedOctets: [UInt8] {
        var octets = unsigned
        octets[0] = UInt8(record.originalID >> 8)
        octets[1] = UInt8(record.originalID & 0xFF)
        return octets + record.variables
    }

    /// Takes the TSIG record off a message; nil if it has none.
    ///
    /// - Throws: what makes it FORMERR: a TSIG record that is not the last, or not one; a message that does not hold
    ///   together (RFC 8945 §5.1).
    package init?(_ message: [UInt8]) throws(MessageError) {
        var reader = MessageReader(wire: message)
        _ = try reader.octets(4)
        var counts: [UInt16] = []
        for _ in 0..<4 { counts.append(try reader.number16()) }
        for _ in 0..<counts[0] {
            _ = try reader.name()
            _ = try reader.octets(4)
        }
        let last = Int(counts[1]) + Int(counts[2]) + Int(counts[3]) - 1
        var found: (record: TSIGRecord, start: Int)?
        for index in 0..<(last + 1) {
            let start = message.count - reader.remaining
            let owner = try reader.name()
            let type = RRType(rawValue: try reader.number16())
            let recordClass = RecordClass(rawValue: try reader.number16())
            let ttl = try reader.number32()
            let length = Int(try reader.number16())
            guard type == .tsig else {
                _ = try reader.octets(length)
                continue
            }
            guard index == last, counts[3] > 0, recordClass == .any, ttl == 0, length == reader.remaining else {
                throw .badData(.tsig, at: start)
            }
            found = (try TSIGRecord(keyName: owner, &reader, at: start), start)
        }
        guard reader.remaining == 0 else { throw .surplus(octets: reader.remaining) }
        guard let found else { return nil }
        record = found.record
        unsigned = Array(message[..<found.start])
        let count = counts[3] - 1
        unsigned[10] = UInt8(count >> 8)
        unsigned[11] = UInt8(count & 0xFF)
    }
}

extension TSIGRecord {
    /// Reads the data at the cursor, which must end where the message does.
    fileprivate init(keyName: Name, _ reader: inout MessageReader, at start: Int) throws(MessageError) {
        self.keyName = keyName
        algorithmName = try reader.name()
        timeSigned = UInt64(try reader.number16()) << 32
        timeSigned |= UInt64(try reader.number32())
        fudgeSeconds = try reader.number16()
        mac = Array(try reader.octets(Int(try reader.number16())))
        originalID = try reader.number16()
        error = TSIGError(rawValue: try reader.number16()) ?? .none
        otherOctets = Array(try reader.octets(Int(try reader.number16())))
        guard reader.remaining == 0 else { throw .badData(.tsig, at: start) }
    }
}
