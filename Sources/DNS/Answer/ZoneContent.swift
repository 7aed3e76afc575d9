import Synchronization

/// The records of one zone in flat memory: a node for each owner, as answers are made from it.
///
/// A snapshot does not copy it but claims it: it writes the zone's number and the links between nodes into places that
/// were kept free for them and that nobody else reads. Content that is claimed already is copied.
final class ZoneContent: @unchecked Sendable {  // see `claimed`: its records never change
    let memory: FlatMemory
    let nodeCount: Int
    let rrsetCount: Int
    /// What keeps the records from being answered with.
    let faults: [ZoneSnapshotError]
    private let isClaimed = Atomic(false)

    init(memory: consuming FlatMemory, nodeCount: Int, rrsetCount: Int, faults: [ZoneSnapshotError]) {
        self.memory = memory
        self.nodeCount = nodeCount
        self.rrsetCount = rrsetCount
        self.faults = faults
    }

    /// This content, or if a snapshot has it already, a copy of it.
    func claimed() -> ZoneContent {
        if !isClaimed.exchange(true, ordering: .acquiringAndReleasing) { return self }
        var copy = FlatMemory(expected: memory.count)
        forEachNode { copyNode($0, into: &copy) }
        let content = ZoneContent(memory: copy, nodeCount: nodeCount, rrsetCount: rrsetCount, faults: faults)
        content.isClaimed.store(true, ordering: .relaxed)
        return content
    }

    /// Every node, in the order in which they were completed.
    @inline(__always)
    func forEachNode<Failure: Error>(_ body: (Node) throws(Failure) -> Void) throws(Failure) {
        for segment in memory.segments { try eachNode(of: segment, body) }
    }
}

/// Every node of a segment that is in use.
@inline(__always)
func eachNode<Failure: Error>(
    of segment: FlatMemory.Segment, _ body: (Node) throws(Failure) -> Void
) throws(Failure) {
    var position = UnsafeRawPointer(segment.base)
    while position < UnsafeRawPointer(segment.end) {
        let node = Node(base: position)
        position = node.next
        if !node.isGarbage { try body(node) }
    }
}

/// Copies a node as it was read from the zone: without a number of a zone and without links.
@discardableResult
func copyNode(_ node: Node, into memory: inout FlatMemory) -> UnsafeMutableRawPointer {
    let size = node.next - node.base
    let copy = memory.allocate(size)
    copy.copyMemory(from: node.base, byteCount: 4)
    let content = node.name - node.base
    (copy + 4).initializeMemory(as: UInt8.self, repeating: 0, count: content - 4)
    (copy + content).copyMemory(from: node.name, byteCount: size - content)
    return copy
}

extension Zone {
    /// Its RRsets, those of one owner together, owners in lower case; made anew each time.
    package var rrsets: [RRset] {
        var rrsets: [RRset] = []
        rrsets.reserveCapacity(content.rrsetCount)
        forEachRRset { rrsets.append($0) }
        return rrsets
    }

    /// How many RRsets there are.
    package var rrsetCount: Int { content.rrsetCount }

    /// The RRsets of a name and of all names above it, found by looking at each node once.
    package func forEachRRset(atOrAbove name: Name, _ body: (RRset) -> Void) {
        let octets = name.wire.map(lowercased)
        let apexWire = apex.wire.map(lowercased)
        octets.withUnsafeBytes { octets in
            guard let start = octets.baseAddress else { return }
            content.forEachNode { node in
                let rest = octets.count - node.nameLength
                guard rest >= 0, sameOctets(start + rest, node.name, count: node.nameLength) else { return }
                if name.isAtOrBelow(Name(validWire: node.nameOctets)) {
                    node.forEachRRset(apex: apexWire, body)
                }
            }
        }
    }

    /// The RRsets one after the other, so that never all of them exist at once.
    package func forEachRRset(_ body: (RRset) -> Void) {
        let apexWire = apex.wire.map(lowercased)
        content.forEachNode { $0.forEachRRset(apex: apexWire, body) }
    }
}

extension Node {
    var nameOctets: [UInt8] { Array(UnsafeRawBufferPointer(start: name, count: nameLength)) }

    /// Its RRsets as the model has them, signatures with differing TTLs as several; `apex` is that of their zone, in lower case.
    func forEachRRset(apex: [UInt8], _ body: (RRset) -> Void) {
        let owner = Name(validWire: nameOctets)
        var rrset = StoredRRset(base: firstRRset)
        for _ in 0..<rrsetCount {
            if rrset.type == TypeCode.rrsig {
                rrset.forEachSignatures(of: owner, apex: apex, body)
            } else {
                let type = RRType(rawValue: rrset.type)
                let rdata = rrset.rdata(apex: apex)
                body(RRset(owner: owner, type: type, ttlSeconds: rrset.ttlSeconds, rdata: rdata))
            }
            rrset = StoredRRset(base: rrset.next)
        }
    }

    /// The RRset of one type.
    func rrset(_ type: UInt16) -> StoredRRset? {
        var rrset = StoredRRset(base: firstRRset)
        for _ in 0..<rrsetCount {
            if rrset.type == type { return rrset }
            rrset = StoredRRset(base: rrset.next)
        }
        return nil
    }
}

extension StoredRRset {
    var ttlSeconds: UInt32 { UInt32(bigEndian: records.loadUnaligned(fromByteOffset: 6, as: UInt32.self)) }

    /// Each RDATA without compression.
    func forEachRDATA(apex: [UInt8], _ body: ([UInt8]) -> Void) {
        var position = 0
        var patchIndex = 0
        while position < length {
            let start = position + 12
            let end = start + Int(records.loadWire(at: position + 10))
            var rdata: [UInt8] = []
            var copied = start
            while patchIndex < patchCount, patch(patchIndex) < end {
                rdata += UnsafeRawBufferPointer(start: records + copied, count: patch(patchIndex) - copied)
                rdata += apex
                copied = patch(patchIndex) + 2
                patchIndex += 1
            }
            rdata += UnsafeRawBufferPointer(start: records + copied, count: end - copied)
            body(rdata)
            position = end
        }
    }

    /// The records of a type whose TTLs may differ, those in a row that have the same one together.
    fileprivate func forEachSignatures(of owner: Name, apex: [UInt8], _ body: (RRset) -> Void) {
        var runs: [RRset] = []
        var position = 0
        for rdata in rdata(apex: apex) {
            let ttl = UInt32(bigEndian: records.loadUnaligned(fromByteOffset: position + 6, as: UInt32.self))
            position += 12 + Int(records.loadWire(at: position + 10))
            if let last = runs.indices.last, runs[last].ttlSeconds == ttl {
                runs[last].rdata.append(rdata)
            } else {
                runs.append(RRset(owner: owner, type: RRType(rawValue: type), ttlSeconds: ttl, rdata: [rdata]))
            }
        }
        runs.forEach(body)
    }

    /// Each RDATA without compression.
    func rdata(apex: [UInt8]) -> [[UInt8]] {
        var all: [[UInt8]] = []
        forEachRDATA(apex: apex) { all.append($0) }
        return all
    }
}
