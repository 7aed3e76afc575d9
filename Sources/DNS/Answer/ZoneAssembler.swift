/// Gathers the records of a zone by owner, straight into the memory that answers are made from.
///
///     record ─► open node (the owner of now) ─► owner changes ─► node in flat memory ─► ZoneContent
///                      ▲                                               │
///                      └────────── the owner comes again ──────────────┘
///
/// Zone files give the records of one owner together as a rule, so that each node is written once. Where they do not,
/// the node is opened again, and what it leaves behind is garbage that is swept before it outweighs the rest.
struct ZoneAssembler: ~Copyable {
    /// What became of a record that was added.
    enum Outcome: Equatable {
        /// It is the first of its set.
        case new
        case added
        /// Its set had it already.
        case duplicate
        /// Its set had another TTL; the smaller one holds now for all of it.
        case differingTTL
        /// Its set is as large as a set may be; the record was left out.
        case full
    }

    /// More records of one name and type than this could not be sent in one message of 65535 octets.
    static let maximumRecordsPerSet = 4096

    private let apex: [UInt8]
    private var memory: FlatMemory
    private var table: NameTable
    private var nodeCount = 0
    private var rrsetCount = 0
    private var octetsInUse = 0
    private var octetsOfGarbage = 0
    private var faults: [ZoneSnapshotError] = []
    private var problemsOfSize: [ZoneProblemOfSet] = []

    /// The open node: its lower-cased name, and its sets in the first places of an array that is never emptied.
    private var owner: UnsafeMutableRawPointer
    private var ownerLength = 0
    private var sets: [OpenSet] = []
    private var setCount = 0

    /// `expectedOctets` is how long the zone's text is, as far as that is known.
    init(apex: Name, expectedOctets: Int) {
        self.apex = apex.wire.map(lowercased)
        memory = FlatMemory(expected: expectedOctets * 2)
        table = NameTable(expected: min(expectedOctets / 60, 1 << 20))
        owner = .allocate(byteCount: 264, alignment: 8)
    }

    deinit { owner.deallocate() }

    /// - Parameters:
    ///   - name: the owner's wire form, in any case; it need not be in the zone.
    ///   - rdata: in uncompressed wire form.
    @discardableResult
    mutating func add(owner name: [UInt8], type: RRType, ttlSeconds: UInt32, rdata: [UInt8]) -> Outcome {
        name.withUnsafeBytes { octets in
            guard let start = octets.baseAddress else { return }
            if octets.count == ownerLength, sameLowercased(start, count: octets.count) { return }
            close()
            copyLowercased(start, count: octets.count, available: octets.count, to: owner)
            ownerLength = octets.count
            reopen()
        }
        for index in 0..<setCount where sets[index].type == type.rawValue {
            return sets[index].add(rdata, ttlSeconds: ttlSeconds)
        }
        if setCount == sets.count { sets.append(OpenSet()) }
        sets[setCount].begin(type.rawValue, ttlSeconds: ttlSeconds)
        sets[setCount].append(rdata, ttlSeconds: ttlSeconds)
        setCount += 1
        return .new
    }

    @inline(__always)
    private func sameLowercased(_ name: UnsafeRawPointer, count: Int) -> Bool {
        for index in 0..<count
        where lowercased(name.load(fromByteOffset: index, as: UInt8.self))
            != owner.load(fromByteOffset: index, as: UInt8.self)
        {
            return false
        }
        return true
    }

    /// Closes the last node. Problems are told with the set that shows each; nil for a set that is missing.
    consuming func finish() -> (content: ZoneContent, problems: [ZoneProblemOfSet]) {
        close()
        if octetsOfGarbage > octetsInUse / 8 { sweep() }
        let problems = problems() + problemsOfSize
        let memory = self.takeMemory()
        return (
            ZoneContent(memory: memory, nodeCount: nodeCount, rrsetCount: rrsetCount, faults: faults), problems
        )
    }

    private mutating func takeMemory() -> FlatMemory {
        var taken = FlatMemory()
        swap(&taken, &memory)
        return taken
    }

    private func problems() -> [ZoneProblemOfSet] {
        var check = ZoneCheck(apex: apex)
        for segment in memory.segments { eachNode(of: segment) { check.note($0) } }
        for segment in memory.segments { eachNode(of: segment) { check.look(at: $0, among: table) } }
        check.lookAtApex(among: table)
        return check.problems
    }

    // MARK: - The open node

    /// Takes an owner's node back that was closed before.
    private mutating func reopen() {
        setCount = 0
        guard let node = table.find(owner, count: ownerLength) else { return }
        node.forEachRRset(apex: apex) { rrset in
            if setCount > 0, sets[setCount - 1].type == rrset.type.rawValue {  // signatures with another TTL
                for rdata in rrset.rdata { sets[setCount - 1].append(rdata, ttlSeconds: rrset.ttlSeconds) }
                return
            }
            if setCount == sets.count { sets.append(OpenSet()) }
            sets[setCount].begin(rrset.type.rawValue, ttlSeconds: rrset.ttlSeconds)
            for rdata in rrset.rdata { sets[setCount].append(rdata, ttlSeconds: rrset.ttlSeconds) }
            setCount += 1
        }
        rrsetCount -= setCount
        nodeCount -= 1
        let size = node.next - node.base
        octetsInUse -= size
        let start = UnsafeMutableRawPointer(mutating: node.base)
        if memory.isEnd(node.next) {
            // Its slot in the table is taken over when the node is closed; until then nothing looks into it.
            memory.shrink(to: start)
        } else {
            start.storeBytes(of: node.hasExtras ? 3 : 2, toByteOffset: 3, as: UInt8.self)
            octetsOfGarbage += size
        }
    }

    /// Writes the open node.
    private mutating func close() {
        if ownerLength == 0 { return }
        var flags: NodeFlags = []
        let isApex = ownerLength == apex.count && apex.withUnsafeBytes { isOwner($0.baseAddress) }
        if isApex { flags.insert(.apex) }
        var bound = Node.headerSize + Node.extrasSize + ownerLength + 4
        for index in 0..<setCount {
            switch sets[index].type {
            case TypeCode.cname: flags.insert(.alias)
            // NS and DNAME at a wildcard cut and redirect below the asterisk itself; to names that the wildcard
            // stands for they are records like others (RFC 4592 §4.2, §4.4).
            case TypeCode.ns where !isApex: flags.insert(.delegation)
            case TypeCode.dname: flags.insert(.redirection)
            default: break
            }
            bound += sets[index].storedBound
        }
        let hasExtras = !flags.isDisjoint(with: [.apex, .delegation, .redirection])
        let start = memory.allocate(bound)
        start.storeBytes(of: flags.rawValue, as: UInt8.self)
        start.storeBytes(of: UInt8(truncatingIfNeeded: ownerLength), toByteOffset: 2, as: UInt8.self)
        start.storeBytes(of: hasExtras ? 1 : 0, toByteOffset: 3, as: UInt8.self)
        let extras = hasExtras ? Node.extrasSize : 0
        (start + 4).initializeMemory(as: UInt8.self, repeating: 0, count: 4 + extras)
        var end = start + (Node.headerSize + extras)
        end.copyMemory(from: owner, byteCount: ownerLength)
        end += ownerLength
        var written = 0
        for index in 0..<setCount {
            if sets[index].messageLength > StoredRRset.maximumLength {
                let type = RRType(rawValue: sets[index].type)
                faults.append(.rrsetTooLarge(owner: ownerName, type: type))
                // A set with too many records was told of when they came.
                if !sets[index].isFull { noteProblem(.setTooLarge(owner: ownerName, type: type), type) }
            } else if written == 255 {
                faults.append(.tooManyTypes(owner: ownerName))
                noteProblem(.tooManyTypes(owner: ownerName), RRType(rawValue: sets[index].type))
                break
            } else {
                end = sets[index].store(at: end, apex: apex)
                written += 1
            }
        }
        start.storeBytes(of: UInt8(truncatingIfNeeded: written), toByteOffset: 1, as: UInt8.self)
        memory.shrink(to: end)
        let node = Node(base: UnsafeRawPointer(start))
        table.insert(node)
        nodeCount += 1
        rrsetCount += written
        octetsInUse += (end - start + 3) & ~3
        if octetsOfGarbage > octetsInUse + 1 << 20 { sweep() }
    }

    private mutating func noteProblem(_ problem: ZoneProblem, _ type: RRType) {
        problemsOfSize.append(ZoneProblemOfSet(problem: problem, set: SetKey(owner: ownerName, type: type)))
    }

    private var ownerName: Name {
        Name(validWire: Array(UnsafeRawBufferPointer(start: owner, count: ownerLength)))
    }

    private func isOwner(_ name: UnsafeRawPointer?) -> Bool {
        name.map { sameOctets($0, owner, count: ownerLength) } ?? false
    }

    /// Moves the nodes together, giving back each segment once it is empty.
    private mutating func sweep() {
        var old = takeMemory()
        memory = FlatMemory(expected: octetsInUse)
        table.removeAll()
        while let segment = old.removeFirst() {
            eachNode(of: segment) { node in
                table.insert(Node(base: UnsafeRawPointer(copyNode(node, into: &memory))))
            }
            segment.base.deallocate()
        }
        octetsOfGarbage = 0
    }
}

/// The records of one type while their owner's node is open.
private struct OpenSet {
    private(set) var type: UInt16 = 0
    /// Of all the records, unless they are signatures.
    private var ttlSeconds: UInt32 = 0
    /// Of each signature, whose TTL is that of what it signs (RFC 4034 §3).
    private var ttlsOfSignatures: [UInt32] = []
    private var count = 0
    /// Each RDATA, uncompressed, behind its length in two octets of the machine's order.
    private var octets: [UInt8] = []

    mutating func begin(_ type: UInt16, ttlSeconds: UInt32) {
        self.type = type
        self.ttlSeconds = ttlSeconds
        count = 0
        octets.removeAll(keepingCapacity: true)
        ttlsOfSignatures.removeAll(keepingCapacity: true)
    }

    mutating func append(_ rdata: [UInt8], ttlSeconds: UInt32) {
        if type == TypeCode.rrsig { ttlsOfSignatures.append(ttlSeconds) }
        octets.append(UInt8(truncatingIfNeeded: rdata.count))
        octets.append(UInt8(truncatingIfNeeded: rdata.count >> 8))
        octets.append(contentsOf: rdata)
        count += 1
    }

    var isFull: Bool { count == ZoneAssembler.maximumRecordsPerSet }

    mutating func add(_ rdata: [UInt8], ttlSeconds: UInt32) -> ZoneAssembler.Outcome {
        if contains(rdata) { return .duplicate }
        guard !isFull else { return .full }
        append(rdata, ttlSeconds: ttlSeconds)
        guard self.ttlSeconds != ttlSeconds, type != TypeCode.rrsig else { return .added }
        self.ttlSeconds = min(ttlSeconds, self.ttlSeconds)
        return .differingTTL
    }

    private func contains(_ rdata: [UInt8]) -> Bool {
        let type = RRType(rawValue: type)
        let canonical = RData.canonical(type, rdata)
        let hasNames = recordFormats[type]?.contains { $0.form == .name } ?? false
        return octets.withUnsafeBytes { octets in
            var position = 0
            while position < octets.count {
                let length = Int(octets.loadUnaligned(fromByteOffset: position, as: UInt16.self).littleEndian)
                let each = UnsafeRawBufferPointer(rebasing: octets[position + 2..<position + 2 + length])
                position += 2 + length
                if length != rdata.count { continue }
                if each.elementsEqual(rdata) || (hasNames && RData.canonical(type, Array(each)) == canonical) {
                    return true
                }
            }
            return false
        }
    }

    /// How long the records are in a message, uncompressed.
    var messageLength: Int { octets.count + 10 * count }
    /// At most so many octets are written by `store`: no RDATA has more than two names that are compressed.
    var storedBound: Int { StoredRRset.headerSize + messageLength + 4 * count }

    /// Writes a `StoredRRset`. Names in RDATA that RFC 1035 allows to compress (RFC 3597 §4) and that end in the
    /// zone's apex end in a pointer to it instead. Returns where it ends.
    func store(at start: UnsafeMutableRawPointer, apex: [UInt8]) -> UnsafeMutableRawPointer {
        var patches: [UInt16] = []
        let records = start + StoredRRset.headerSize
        let layout = compressibleNames(inType: type)
        let end: UnsafeMutableRawPointer = octets.withUnsafeBytes { octets in
            var end = records
            var position = 0
            var index = 0
            while position < octets.count {
                let length = Int(octets.loadUnaligned(fromByteOffset: position, as: UInt16.self).littleEndian)
                let rdata = UnsafeRawBufferPointer(rebasing: octets[position + 2..<position + 2 + length])
                position += 2 + length
                end.storeWire(0xC00C as UInt16, at: 0)
                end.storeWire(type, at: 2)
                end.storeWire(1 as UInt16, at: 4)
                end.storeWire(type == TypeCode.rrsig ? ttlsOfSignatures[index] : ttlSeconds, at: 6)
                index += 1
                let first = end + 12
                let next: UnsafeMutableRawPointer
                if let layout {
                    next = storeCompressed(
                        rdata, layout: layout, at: first, apex: apex, records: records, patches: &patches)
                } else {
                    UnsafeMutableRawBufferPointer(start: first, count: length).copyMemory(from: rdata)
                    next = first + length
                }
                end.storeWire(UInt16(truncatingIfNeeded: next - first), at: 10)
                end = next
            }
            return end
        }
        start.storeBytes(of: UInt16(truncatingIfNeeded: end - records), as: UInt16.self)
        start.storeBytes(of: count > 255 ? 0 : UInt8(truncatingIfNeeded: count), toByteOffset: 2, as: UInt8.self)
        start.storeBytes(of: UInt8(truncatingIfNeeded: patches.count), toByteOffset: 3, as: UInt8.self)
        for (index, patch) in patches.enumerated() {
            end.storeBytes(of: patch, toByteOffset: 2 * index, as: UInt16.self)
        }
        return end + 2 * patches.count
    }

    private func storeCompressed(
        _ rdata: UnsafeRawBufferPointer, layout: (offset: Int, count: Int), at start: UnsafeMutableRawPointer,
        apex: [UInt8], records: UnsafeMutableRawPointer, patches: inout [UInt16]
    ) -> UnsafeMutableRawPointer {
        var end = start
        func copy(_ range: Range<Int>) {
            UnsafeMutableRawBufferPointer(start: end, count: range.count)
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: rdata[range]))
            end += range.count
        }
        var position = min(layout.offset, rdata.count)
        copy(0..<position)
        for _ in 0..<layout.count {
            guard let length = wireNameLength(in: rdata, at: position) else { break }
            let name = rdata[position..<position + length]
            if patches.count < 255, let prefix = prefixLength(of: name, above: apex) {
                copy(position..<position + prefix)
                patches.append(UInt16(truncatingIfNeeded: end - records))
                end.storeWire(0xC000 as UInt16, at: 0)
                end += 2
            } else {
                copy(position..<position + length)
            }
            position += length
        }
        copy(position..<rdata.count)
        return end
    }
}

/// Where the names lie in RDATA of a type whose names may be compressed: RFC 1035's, and only those still in use.
func compressibleNames(inType type: UInt16) -> (offset: Int, count: Int)? {
    switch type {
    case TypeCode.ns, TypeCode.cname, TypeCode.ptr: (0, 1)
    case TypeCode.mx: (2, 1)
    case TypeCode.soa: (0, 2)
    default: nil
    }
}

/// How much of `name` stands before `suffix` (lower case), cut at a label; nil if it does not end in it, or if
/// `suffix` is the root, to which no pointer is worth its octets.
private func prefixLength(of name: Slice<UnsafeRawBufferPointer>, above suffix: [UInt8]) -> Int? {
    guard suffix.count > 2, name.count >= suffix.count else { return nil }
    var position = name.startIndex
    while name.endIndex - position > suffix.count { position += 1 + Int(name[position]) }
    guard name.endIndex - position == suffix.count,
        zip(name[position...], suffix).allSatisfy({ lowercased($0) == $1 })
    else { return nil }
    return position - name.startIndex
}
