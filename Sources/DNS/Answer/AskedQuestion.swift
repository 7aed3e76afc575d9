/// The one question of a query (RFC 1035 §4.1.2), checked and not yet copied.
struct AskedQuestion: BitwiseCopyable {
    /// Of the wire name, the root's octet included: 1–255.
    let nameLength: Int
    let type: UInt16
    let `class`: UInt16

    /// Where the question ends in the message.
    @inline(__always) var end: Int { headerLength &+ nameLength &+ 4 }

    /// Reads the counts and the question of a message that has a whole header.
    /// Nil for whatever is FORMERR: no question or several, records before the question's answer, a name that is
    /// compressed, too long or cut off.
    @inline(__always)
    init?(_ query: UnsafeRawBufferPointer) {
        guard let message = query.baseAddress else { return nil }
        // One question, nothing in ANSWER; AUTHORITY is IXFR's (RFC 1995 §3).
        guard message.loadWire(at: 4) == 1, message.loadWire(at: 6) == 0 else { return nil }
        var position = headerLength
        while true {
            guard position < query.count else { return nil }
            let label = Int(message.load(fromByteOffset: position, as: UInt8.self))
            if label == 0 { break }
            guard label <= 63 else { return nil }
            position &+= 1 &+ label
        }
        nameLength = position &+ 1 &- headerLength
        guard nameLength <= 255, position &+ 5 <= query.count else { return nil }
        type = message.loadWire(at: position &+ 1)
        `class` = message.loadWire(at: position &+ 3)
        guard message.loadWire(at: 8) == 0 || type == TypeCode.ixfr else { return nil }
    }
}

/// What a query says of its sender's abilities (RFC 6891 §6.1.3).
struct AskedEDNS: BitwiseCopyable {
    private(set) var isPresent = false
    /// There is a TSIG record; whether it is in its place is not looked at.
    private(set) var isSigned = false
    /// Whether the records behind the question hold together, and have at most one OPT.
    private(set) var isValid = true
    private(set) var payloadSize = 512
    private(set) var version: UInt8 = 0
    private(set) var dnssecOK = false
    private(set) var options = AskedOptions()

    /// Reads the records behind the question of a checked message.
    @inline(__always)
    init(_ query: UnsafeRawBufferPointer, after question: AskedQuestion) { self.init(query, from: question.end) }

    /// Reads the records of AUTHORITY and ADDITIONAL, which begin at `start`.
    @inline(__always)
    init(_ query: UnsafeRawBufferPointer, from start: Int) {
        guard let message = query.baseAddress else { return }
        let records = Int(message.loadWire(at: 8)) &+ Int(message.loadWire(at: 10))
        if records == 0 { return }
        var position = start
        for _ in 0..<records {
            guard let next = readRecord(query, at: position) else {
                isValid = false
                return
            }
            position = next
        }
    }

    /// Reads one record; returns where the next one begins, or nil if this one is malformed.
    @inline(__always)
    private mutating func readRecord(_ query: UnsafeRawBufferPointer, at start: Int) -> Int? {
        guard let message = query.baseAddress, let fixed = endOfName(query, at: start), fixed &+ 10 <= query.count
        else { return nil }
        let end = fixed &+ 10 &+ Int(message.loadWire(at: fixed &+ 8))
        guard end <= query.count else { return nil }
        guard message.loadWire(at: fixed) == TypeCode.opt else {
            if message.loadWire(at: fixed) == TypeCode.tsig { isSigned = true }
            return end
        }
        guard !isPresent, fixed == start &+ 1 else { return nil }
        if end != fixed &+ 10, !options.read(message, from: fixed &+ 10, to: end) { return nil }
        isPresent = true
        payloadSize = Int(message.loadWire(at: fixed &+ 2))
        version = message.load(fromByteOffset: fixed &+ 5, as: UInt8.self)
        dnssecOK = message.load(fromByteOffset: fixed &+ 6, as: UInt8.self) & 0x80 != 0
        return end
    }
}

/// Where a possibly compressed name ends; nil if it is malformed or cut off.
@inline(__always)
private func endOfName(_ query: UnsafeRawBufferPointer, at start: Int) -> Int? {
    guard let message = query.baseAddress else { return nil }
    var position = start
    while position < query.count {
        let label = Int(message.load(fromByteOffset: position, as: UInt8.self))
        if label == 0 { return position &+ 1 }
        if label >= 0xC0 { return position &+ 2 }
        guard label <= 63, position &- start < 255 else { return nil }
        position &+= 1 &+ label
    }
    return nil
}

extension UnsafeRawPointer {
    /// Two octets in network order.
    @inline(__always)
    func loadWire(at offset: Int) -> UInt16 {
        UInt16(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }
}

extension UnsafeMutableRawPointer {
    /// Two octets in network order.
    @inline(__always)
    func storeWire(_ number: UInt16, at offset: Int) {
        storeBytes(of: number.bigEndian, toByteOffset: offset, as: UInt16.self)
    }

    @inline(__always)
    func storeWire(_ number: UInt32, at offset: Int) {
        storeBytes(of: number.bigEndian, toByteOffset: offset, as: UInt32.self)
    }
}
