/// The memory of a `ZoneSnapshot`, laid out and not yet owned by one.
struct SnapshotParts: ~Copyable {
    let arena: UnsafeMutableRawPointer
    let slots: UnsafeMutablePointer<UInt64>
    let zones: UnsafeMutablePointer<ZoneEntry>
    let slotShift: UInt64
    let slotCount: Int
    let zoneCount: Int
    let nameCount: Int
    let rrsetCount: Int
    let dynamicNames: [Name]
    let arenaByteCount: Int
    let zoneContents: [ZoneContents]
}

/// Lays out zones: each is staged as a tree, written into the arena, and its names entered into the slot table.
struct SnapshotBuilder: ~Copyable {
    private let tree: ZoneTree
    private var arena = ArenaWriter(capacity: 1 << 16)
    private var entries: [ZoneEntry] = []
    /// Where the nodes of each zone begin and end in the arena.
    private var nodeRanges: [Range<Int>] = []
    private var nameCount = 0
    private var rrsetCount = 0
    /// Of the names and records of the zone that is being written.
    private var digest: UInt64 = 0

    init(_ tree: ZoneTree) { self.tree = tree }

    /// Writes all zones; to be called once, before `finish`.
    mutating func writeZones() throws(ZoneSnapshotError) {
        var delegations: [ArenaOffset] = Array(repeating: 0, count: tree.zones.count)
        for index in tree.zones.indices {
            var staged = try StagedZone(tree.zones[index], dynamicNames: tree.dynamicNamesOfZone[index])
            staged.shadow(below: tree.apexes(below: index))
            try write(&staged, index: index)
            for child in tree.children[index] {
                if let node = staged.find(tree.apexes[child]) { delegations[child] = staged.nodes[node].offset }
            }
        }
        for index in tree.zones.indices {
            arena.storeNative(delegations[index], at: Int(entries[index].apex) * 4 + Node.headerSize + 12)
        }
    }

    // MARK: - Writing one zone

    private mutating func write(_ staged: inout StagedZone, index: Int) throws(ZoneSnapshotError) {
        let apex = staged.zone.apex
        guard let soa = staged.rrset(TypeCode.soa, at: 0), let numbers = SOANumbers(soa) else {
            throw .noSOA(apex: apex)
        }
        guard let nameServers = staged.rrset(TypeCode.ns, at: 0) else { throw .noNS(apex: apex) }
        arena.reserve(bound(of: staged))
        _ = arena.alignedOffset()
        let start = arena.count
        digest = 0
        for node in staged.nodes.indices { try writeNode(node, of: &staged, zone: index) }
        nodeRanges.append(start..<arena.count)
        nameCount += staged.nodes.count
        writeExtras(of: staged)

        var negative = TemplateWriter(apex: staged.apex)
        negative.appendAuthority(
            owner: staged.apex, type: TypeCode.soa, ttlSeconds: min(soa.ttlSeconds, numbers.minimumSeconds),
            rdata: soa.rdata[0])
        let targets = try referral(to: nameServers, at: 0, of: staged)
        entries.append(
            ZoneEntry(
                apex: staged.nodes[0].offset, negative: negative.write(to: &arena),
                nameServers: targets.write(to: &arena), serial: numbers.serial, digest: digest,
                parent: Int32(tree.parents[index]), apexLength: UInt8(staged.apex.count)))
        for node in staged.nodes.indices where staged.nodes[node].flags.contains(.delegation) {
            if staged.nodes[node].flags.contains(.occluded) { continue }
            guard let rrset = staged.rrset(TypeCode.ns, at: node) else { continue }
            let template = try referral(to: rrset, at: node, of: staged).write(to: &arena)
            arena.storeNative(template, at: Int(staged.nodes[node].offset) * 4 + Node.headerSize)
        }
    }

    private func bound(of staged: borrowing StagedZone) -> Int {
        let headers = staged.nodes.count * (Node.headerSize + Node.extrasSize + 4)
        let names = staged.nodes.reduce(0) { $0 + $1.nameLength }
        return staged.zone.rrsets.reduce(headers + names) { $0 + ArenaWriter.rrsetBound($1) }
    }

    private mutating func writeNode(
        _ node: Int, of staged: inout StagedZone, zone: Int
    ) throws(ZoneSnapshotError) {
        let offset = arena.alignedOffset()
        let start = arena.count
        let isDynamic = staged.nodes[node].flags.contains(.dynamic)
        let hasExtras = staged.needsExtras(node)
        let flags = hasExtras ? staged.nodes[node].flags.union(.extras) : staged.nodes[node].flags
        arena.append(flags.rawValue)
        arena.append(0)
        arena.append(UInt8(staged.nodes[node].nameLength))
        arena.append(staged.nodes[node].isShadowed ? 1 : 0)
        arena.appendNative(UInt32(zone))
        if hasExtras { arena.appendZeros(Node.extrasSize) }
        let content = arena.count
        arena.append(contentsOf: Array(staged.name(of: node)))
        var written = 0
        var index = staged.nodes[node].firstRRset
        while index >= 0 {
            let rrset = staged.zone.rrsets[Int(index)]
            guard arena.appendRRset(rrset, apex: staged.apex) else {
                throw .rrsetTooLarge(owner: rrset.owner, type: rrset.type)
            }
            written += 1
            guard written <= 255 else { throw .tooManyTypes(owner: rrset.owner) }
            index = staged.next[Int(index)]
        }
        arena.storeNative(UInt8(written), at: start + 1)
        rrsetCount += written
        digest = (digest &* 31) ^ nameHash(arena.base + content, count: arena.count - content)
        if isDynamic { digest = ~digest }
        staged.setOffset(offset, of: node)
        _ = arena.alignedOffset()
    }

    /// What only can be known when all nodes of the zone have their place.
    private mutating func writeExtras(of staged: borrowing StagedZone) {
        for node in staged.nodes.indices where staged.needsExtras(node) {
            let staging = staged.nodes[node]
            let extras = Int(staging.offset) * 4 + Node.headerSize
            if staging.cut >= 0 { arena.storeNative(staged.nodes[Int(staging.cut)].offset, at: extras) }
            if staging.wildcard >= 0 { arena.storeNative(staged.nodes[Int(staging.wildcard)].offset, at: extras + 4) }
            arena.storeNative(staging.slot, at: extras + 8)
        }
    }

    /// The NS RRset at `node` and the addresses the zone has of its targets: glue that lies at or below the zone cut
    /// is indispensable and comes first; that of dynamic names is not fixed, so it is left out.
    private func referral(
        to rrset: RRset, at node: Int, of staged: borrowing StagedZone
    ) throws(ZoneSnapshotError) -> TemplateWriter {
        let owner = Array(staged.name(of: node))
        var template = TemplateWriter(apex: staged.apex, cut: node == 0 ? nil : owner)
        for rdata in rrset.rdata {
            template.appendAuthority(owner: owner, type: TypeCode.ns, ttlSeconds: rrset.ttlSeconds, rdata: rdata)
        }
        guard template.fits else { throw .rrsetTooLarge(owner: rrset.owner, type: rrset.type) }
        let targets = rrset.rdata.map { $0.map(lowercased) }
        for isRequired in [true, false] {
            for target in targets where (node != 0 && isAtOrBelow(target, owner)) == isRequired {
                guard let host = staged.find(target), !staged.nodes[host].flags.contains(.dynamic) else { continue }
                if node == 0, staged.nodes[host].flags.contains(.occluded) { continue }
                for type in [TypeCode.a, TypeCode.aaaa] {
                    guard let addresses = staged.rrset(type, at: host) else { continue }
                    for rdata in addresses.rdata {
                        template.appendAdditional(
                            owner: target, type: type, ttlSeconds: addresses.ttlSeconds, rdata: rdata,
                            required: isRequired)
                    }
                }
            }
        }
        return template
    }

    // MARK: - The slot table

    /// Enters all names and hands the memory over.
    consuming func finish() -> SnapshotParts {
        var slotCount = 16
        while slotCount < 2 * nameCount { slotCount *= 2 }
        let slots = UnsafeMutablePointer<UInt64>.allocate(capacity: slotCount)
        slots.initialize(repeating: 0, count: slotCount)
        let shift = UInt64(64 - slotCount.trailingZeroBitCount)
        for range in nodeRanges {
            var position = range.lowerBound
            while position < range.upperBound {
                let node = Node(base: UnsafeRawPointer(arena.base + position))
                if node.base.load(fromByteOffset: 3, as: UInt8.self) == 0 {
                    let hash = nameHash(node.name, count: node.nameLength)
                    var place = Int(truncatingIfNeeded: hash &>> shift)
                    while slots[place] != 0 { place = (place + 1) & (slotCount - 1) }
                    slots[place] = hash << 32 | UInt64(position / 4)
                }
                var end = node.firstRRset
                for _ in 0..<node.rrsetCount { end = StoredRRset(base: end).next }
                position += (end - node.base + 3) & ~3
            }
        }
        let zoneEntries = UnsafeMutablePointer<ZoneEntry>.allocate(capacity: max(entries.count, 1))
        zoneEntries.initialize(from: entries, count: entries.count)
        let byteCount = arena.count
        let contents = zip(nodeRanges, tree.dynamicNamesOfZone).map { nodes, names in
            ZoneContents(nodes: nodes, slots: names.map(\.slot))
        }
        return SnapshotParts(
            arena: arena.take(), slots: slots, zones: zoneEntries, slotShift: shift, slotCount: slotCount,
            zoneCount: entries.count, nameCount: nameCount, rrsetCount: rrsetCount, dynamicNames: tree.dynamicNames,
            arenaByteCount: byteCount, zoneContents: contents)
    }
}

/// The numbers of an SOA record that answering needs (RFC 1035 §3.3.13).
struct SOANumbers {
    let serial: UInt32
    let minimumSeconds: UInt32

    /// Nil unless `rrset` is one well-formed record.
    init?(_ rrset: RRset) {
        guard rrset.rdata.count == 1, let rdata = rrset.rdata.first,
            let mname = wireNameLength(in: rdata, at: 0), let rname = wireNameLength(in: rdata, at: mname),
            rdata.count == mname + rname + 20
        else { return nil }
        func number(_ index: Int) -> UInt32 {
            rdata[(mname + rname + 4 * index)...].prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        }
        serial = number(0)
        minimumSeconds = number(4)
    }
}
