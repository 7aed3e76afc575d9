/// Composes one message of a transfer (RFC 5936 §2.2): header, question, and as many records as fit.
///
/// The question's name is the zone's apex, so that every owner ends in a pointer to it, and so do the names in RDATA
/// that RFC 1035 allows to compress.
package struct TransferWriter {
    private let message: UnsafeMutableRawPointer
    private let capacity: Int
    private let target: Int
    private let apexLength: Int
    package private(set) var length: Int
    package private(set) var recordCount = 0
    private var lastOwner: UnsafeRawPointer?
    private var lastOwnerOffset = 0

    /// Where a pointer can still point to; about the length of every message.
    package static let usualLength = 0x3FFF

    /// - Parameters:
    ///   - question: name, type and class as they were asked.
    ///   - capacity: octets that the whole message may have, for a single record that needs them.
    ///   - target: octets after which the message is full.
    package init(
        into message: UnsafeMutableRawPointer, id: UInt16, recursionDesired: Bool, question: [UInt8], capacity: Int,
        target: Int = TransferWriter.usualLength
    ) {
        self.message = message
        self.capacity = capacity
        self.target = min(target, capacity)
        apexLength = question.count - 4
        message.storeWire(id, at: 0)
        message.storeWire(recursionDesired ? 0x8500 as UInt16 : 0x8400, at: 2)
        message.storeWire(1 as UInt16, at: 4)
        for offset in [6, 8, 10] { message.storeWire(0 as UInt16, at: offset) }
        question.withUnsafeBytes { octets in
            if let start = octets.baseAddress {
                (message + headerLength).copyMemory(from: start, byteCount: octets.count)
            }
        }
        length = headerLength + question.count
    }

    /// Appends a record; false if the message is full, or the record too long for any.
    ///
    /// - Parameters:
    ///   - owner: a wire name at or below the apex, in memory that outlives this writer.
    ///   - record: the octets of the record, the first two of which stand for the owner.
    package mutating func append(owner: UnsafeRawBufferPointer, record: UnsafeRawBufferPointer) -> Bool {
        guard let name = owner.baseAddress, let start = record.baseAddress else { return true }
        let isSame = name == lastOwner
        let prefix = owner.count - apexLength
        let ownerLength = isSame || prefix <= 0 ? 2 : apexLength == 1 ? owner.count : prefix + 2
        let needed = ownerLength + record.count - 2
        guard length + needed <= (recordCount == 0 ? capacity : target) else { return false }
        if isSame {
            message.storeWire(0xC000 | UInt16(truncatingIfNeeded: lastOwnerOffset), at: length)
        } else {
            (lastOwner, lastOwnerOffset) = (name, prefix <= 0 ? headerLength : length)
            if prefix > 0 {
                (message + length).copyMemory(from: name, byteCount: apexLength == 1 ? owner.count : prefix)
            }
            if prefix <= 0 || apexLength > 1 {
                message.storeWire(0xC000 | UInt16(headerLength), at: length + max(prefix, 0))
            }
        }
        (message + (length + ownerLength)).copyMemory(from: start + 2, byteCount: record.count - 2)
        length += needed
        recordCount += 1
        return true
    }

    /// Makes two octets of the record that was appended last, so many before its end, a pointer to the apex.
    mutating func pointToApex(beforeEnd distance: Int) {
        message.storeWire(0xC000 | UInt16(headerLength), at: length - distance)
    }

    /// Appends records of the apex that stand in an array.
    package mutating func appendAtApex(_ record: [UInt8]) -> Bool {
        record.withUnsafeBytes { octets in
            lastOwner = nil
            let apex = UnsafeRawBufferPointer(start: message + headerLength, count: apexLength)
            return append(owner: apex, record: octets)
        }
    }

    /// Writes the counts; returns the length of the message.
    package mutating func finish() -> Int {
        message.storeWire(UInt16(recordCount), at: 6)
        return length
    }
}

/// Reads a zone from end to end, without its SOA record.
package struct ZoneCursor {
    private let image: ZoneImage
    private var nodes: ZoneNodes
    private var node: Node
    private var rrsetsLeft = 0
    private var nextRRset: UnsafeRawPointer
    private var run: Run?

    /// Records of one owner; `offset` and `patch` say how far they are written.
    private struct Run {
        let records: UnsafeRawPointer
        let length: Int
        let rrset: StoredRRset?
        var offset = 0
        var patch = 0
    }

    package init(_ image: ZoneImage) {
        self.image = image
        nodes = image.snapshot.nodes(ofZone: image.zone)
        guard let first = nodes.next() else { preconditionFailure("a zone without nodes") }
        node = first
        nextRRset = node.firstRRset
        enterNode()
    }

    /// Appends what fits. True when everything is written.
    package mutating func fill(_ writer: inout TransferWriter) -> Bool {
        while true {
            while var current = run {
                guard append(&current, to: &writer) else {
                    run = current
                    return false
                }
                run = nil
            }
            guard advance() else { return true }
        }
    }

    private func append(_ run: inout Run, to writer: inout TransferWriter) -> Bool {
        let owner = UnsafeRawBufferPointer(start: node.name, count: node.nameLength)
        while run.offset < run.length {
            let size = 12 + Int(run.records.loadWire(at: run.offset + 10))
            let record = UnsafeRawBufferPointer(start: run.records + run.offset, count: size)
            guard writer.append(owner: owner, record: record) else { return false }
            if let rrset = run.rrset {
                while run.patch < rrset.patchCount, rrset.patch(run.patch) < run.offset + size {
                    writer.pointToApex(beforeEnd: run.offset + size - rrset.patch(run.patch))
                    run.patch += 1
                }
            }
            run.offset += size
        }
        return true
    }

    /// Goes on to the next records; false at the end.
    private mutating func advance() -> Bool {
        while run == nil {
            if rrsetsLeft > 0 {
                let rrset = StoredRRset(base: nextRRset)
                nextRRset = rrset.next
                rrsetsLeft -= 1
                if rrset.type != TypeCode.soa {
                    run = Run(records: rrset.records, length: rrset.length, rrset: rrset)
                }
            } else {
                guard let next = nodes.next() else { return false }
                node = next
                enterNode()
            }
        }
        return true
    }

    private mutating func enterNode() {
        rrsetsLeft = node.rrsetCount
        nextRRset = node.firstRRset
        if node.flags.contains(.dynamic), let answer = image.answer(inSlot: node.slot) {
            run = Run(records: answer.v4Records, length: answer.v4Length + answer.v6Length, rrset: nil)
        }
    }
}
