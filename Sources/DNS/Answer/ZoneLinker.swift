/// Makes a tree of one zone's nodes: adds the empty non-terminals, links wildcards and zone cuts, gives dynamic names
/// their slots, and composes the zone's templates.
///
/// Nodes lie where the zone file's reading put them. One that needs extras it has no room for is superseded by a copy
/// in the snapshot's own memory (the overlay); few are.
struct ZoneLinker: ~Copyable {
    /// Lower-cased.
    private let apex: [UInt8]
    private let zone: UInt32
    private let dynamicNames: [(name: Name, slot: Int)]
    private let content: ZoneContent
    var table: NameTable
    /// The nodes that were added or copied; some were superseded in turn.
    private(set) var overlayNodes: [Node] = []
    private(set) var rrsetCount: Int
    private var hasCuts = false
    private var wildcards: [[UInt8]] = []
    /// Nodes below a zone cut or a redirection, with the highest of these.
    private var occluded: [(name: [UInt8], cut: [UInt8])] = []

    init(apex: [UInt8], zone: Int, dynamicNames: [(name: Name, slot: Int)], content: ZoneContent) {
        self.apex = apex
        self.zone = UInt32(zone)
        self.dynamicNames = dynamicNames
        self.content = content
        rrsetCount = content.rrsetCount
        table = NameTable(expected: content.nodeCount + dynamicNames.count + 2)
    }

    func find(_ name: [UInt8]) -> Node? {
        name.withUnsafeBytes { octets in octets.baseAddress.flatMap { table.find($0, count: octets.count) } }
    }

    /// All nodes of the zone.
    @inline(__always)
    func forEachNode<Failure: Error>(_ body: (Node) throws(Failure) -> Void) throws(Failure) {
        try content.forEachNode { (node) throws(Failure) in
            if !node.isSuperseded { try body(node) }
        }
        for node in overlayNodes where !node.isSuperseded { try body(node) }
    }

    // MARK: - Links

    mutating func link(overlay: inout FlatMemory) throws(ZoneSnapshotError) {
        try enterNodes()
        guard let top = find(apex), top.flags.contains(.apex) else {
            throw .noSOA(apex: Name(validWire: apex))
        }
        try addDynamicNames(to: &overlay)
        addParents(to: &overlay)
        for wildcard in wildcards { makeRoomForExtras(parentOf(wildcard), in: &overlay) }
        if hasCuts { occlude(in: &overlay) }
        for wildcard in wildcards {
            guard let node = find(wildcard), let parent = find(parentOf(wildcard)) else { continue }
            setExtra(1, of: parent, to: ArenaOffset(node))
        }
        for (name, cut) in occluded {
            guard let node = find(name), let cut = find(cut) else { continue }
            setExtra(0, of: node, to: ArenaOffset(cut))
        }
        for (name, _) in dynamicNames { try checkDynamic(name) }
    }

    private mutating func enterNodes() throws(ZoneSnapshotError) {
        try content.forEachNode { (node) throws(ZoneSnapshotError) in
            guard isAtOrBelow(node, apex) else {
                throw .ownerOutsideZone(owner: Name(validWire: node.nameOctets), apex: Name(validWire: apex))
            }
            setZone(zone, of: node)
            note(node)
            table.insert(node)
        }
    }

    private mutating func note(_ node: Node) {
        if !node.flags.isDisjoint(with: [.delegation, .redirection]) { hasCuts = true }
        if node.nameLength > 2, node.name.loadUnaligned(as: UInt16.self) == UInt16(bigEndian: 0x012A) {
            wildcards.append(node.nameOctets)
        }
    }

    private func setZone(_ zone: UInt32, of node: Node) {
        UnsafeMutableRawPointer(mutating: node.base).storeBytes(of: zone, toByteOffset: 4, as: UInt32.self)
    }

    /// Their A and AAAA RRsets are left out.
    private mutating func addDynamicNames(to overlay: inout FlatMemory) throws(ZoneSnapshotError) {
        for (name, slot) in dynamicNames {
            let octets = name.wire.map(lowercased)
            let old = find(octets)
            guard old?.flags.contains(.dynamic) != true else { throw .duplicateDynamicName(name) }
            let flags = (old?.flags ?? []).union(.dynamic)
            let node = write(octets, flags: flags, rrsetsOf: old, to: &overlay) { type in
                type != TypeCode.a && type != TypeCode.aaaa
            }
            rrsetCount -= (old?.rrsetCount ?? 0) - node.rrsetCount
            setExtra(3, of: node, to: UInt(slot))
            if old == nil { note(node) }
            enter(node, insteadOf: old)
        }
    }

    /// Adds the empty non-terminals (RFC 4592 §2.2.2).
    private mutating func addParents(to overlay: inout FlatMemory) {
        var known = apex
        var added: [[UInt8]] = []
        forEachNode { node in
            var position = 0
            while node.nameLength - position > apex.count {
                position += 1 + Int(node.name.load(fromByteOffset: position, as: UInt8.self))
                let length = node.nameLength - position
                let isKnown =
                    length == known.count
                    && known.withUnsafeBytes { octets in
                        octets.baseAddress.map { sameOctets($0, node.name + position, count: length) } ?? false
                    }
                if isKnown { break }
                let above = node.name + position
                known = Array(UnsafeRawBufferPointer(start: above, count: length))
                if table.find(above, count: length) != nil { break }
                added.append(known)
            }
        }
        for name in added where find(name) == nil {
            let node = write(name, flags: [], rrsetsOf: nil, to: &overlay) { _ in true }
            note(node)
            enter(node, insteadOf: nil)
        }
    }

    /// Marks what lies below a zone cut or a redirection.
    private mutating func occlude(in overlay: inout FlatMemory) {
        var found: [(name: [UInt8], cut: [UInt8])] = []
        forEachNode { node in
            var position = 0
            var cut: Node?
            while node.nameLength - position > apex.count {
                position += 1 + Int(node.name.load(fromByteOffset: position, as: UInt8.self))
                if let above = table.find(node.name + position, count: node.nameLength - position),
                    !above.flags.isDisjoint(with: [.delegation, .redirection])
                {
                    cut = above
                }
            }
            if let cut { found.append((node.nameOctets, cut.nameOctets)) }
        }
        for (name, _) in found {
            guard let old = find(name) else { continue }
            let flags = old.flags.union(.occluded)
            let node = write(name, flags: flags, rrsetsOf: old, to: &overlay) { _ in true }
            setExtra(3, of: node, to: UInt(old.slot))
            enter(node, insteadOf: old)
        }
        occluded = found
    }

    private func checkDynamic(_ dynamic: Name) throws(ZoneSnapshotError) {
        guard let node = find(dynamic.wire.map(lowercased)) else { preconditionFailure("entered above") }
        if node.flags.contains(.occluded) {
            throw .dynamicNameOccluded(dynamic, by: Name(validWire: Node(node.cutOrReferral).nameOctets))
        }
        if node.flags.contains(.delegation) { throw .dynamicNameOccluded(dynamic, by: dynamic) }
        if node.flags.contains(.alias) { throw .dynamicNameIsAlias(dynamic) }
    }

    // MARK: - Nodes of the snapshot's own

    private func parentOf(_ name: [UInt8]) -> [UInt8] { Array(name.dropFirst(1 + Int(name[0]))) }

    private mutating func makeRoomForExtras(_ name: [UInt8], in overlay: inout FlatMemory) {
        guard let old = find(name), !old.hasExtras else { return }
        enter(write(name, flags: old.flags, rrsetsOf: old, to: &overlay) { _ in true }, insteadOf: old)
    }

    /// Writes a node with room for extras, all of them 0.
    private func write(
        _ name: [UInt8], flags: NodeFlags, rrsetsOf old: Node?, to overlay: inout FlatMemory,
        where isWanted: (UInt16) -> Bool
    ) -> Node {
        let size = old.map { $0.end - $0.firstRRset } ?? 0
        let start = overlay.allocate(Node.headerSize + Node.extrasSize + name.count + size + 4)
        start.initializeMemory(as: UInt8.self, repeating: 0, count: Node.headerSize + Node.extrasSize)
        start.storeBytes(of: flags.rawValue, as: UInt8.self)
        start.storeBytes(of: UInt8(truncatingIfNeeded: name.count), toByteOffset: 2, as: UInt8.self)
        start.storeBytes(of: 1, toByteOffset: 3, as: UInt8.self)
        start.storeBytes(of: zone, toByteOffset: 4, as: UInt32.self)
        var end = start + (Node.headerSize + Node.extrasSize)
        UnsafeMutableRawBufferPointer(start: end, count: name.count).copyBytes(from: name)
        end += name.count
        var written: UInt8 = 0
        if let old {
            var rrset = StoredRRset(base: old.firstRRset)
            for _ in 0..<old.rrsetCount {
                if isWanted(rrset.type) {
                    end.copyMemory(from: rrset.base, byteCount: rrset.next - rrset.base)
                    end += rrset.next - rrset.base
                    written += 1
                }
                rrset = StoredRRset(base: rrset.next)
            }
        }
        start.storeBytes(of: written, toByteOffset: 1, as: UInt8.self)
        overlay.shrink(to: end)
        return Node(base: UnsafeRawPointer(start))
    }

    private mutating func enter(_ node: Node, insteadOf old: Node?) {
        if let old { setZone(Node.superseded, of: old) }
        overlayNodes.append(node)
        table.insert(node)
    }

    // MARK: - What is known of the zone

    /// Composes the zone's templates and those of its delegations.
    func entry(parent: Int, overlay: inout FlatMemory) throws(ZoneSnapshotError) -> ZoneEntry {
        let name = Name(validWire: apex)
        guard let top = find(apex), let soa = top.rrset(TypeCode.soa), let numbers = SOANumbers(soa.rdata(apex: apex))
        else { throw .noSOA(apex: name) }
        guard let nameServers = top.rrset(TypeCode.ns) else { throw .noNS(apex: name) }
        var negative = TemplateWriter(apex: apex)
        negative.appendAuthority(
            owner: apex, type: TypeCode.soa, ttlSeconds: min(soa.ttlSeconds, numbers.minimumSeconds),
            rdata: soa.rdata(apex: apex)[0])
        let targets = try referral(to: nameServers, at: top)
        var digest: UInt64 = 0
        try forEachNode { (node) throws(ZoneSnapshotError) in
            let hash = nameHash(node.name, count: node.end - node.name)
            digest &+= node.flags.contains(.dynamic) ? ~hash : hash
            if hasCuts, node.flags.contains(.delegation), !node.flags.contains(.occluded),
                let rrset = node.rrset(TypeCode.ns)
            {
                setExtra(0, of: node, to: try referral(to: rrset, at: node).write(to: &overlay))
            }
        }
        return ZoneEntry(
            apex: ArenaOffset(top), negative: negative.write(to: &overlay), nameServers: targets.write(to: &overlay),
            serial: numbers.serial, digest: digest, parent: Int32(parent), apexLength: UInt8(apex.count))
    }

    /// The NS RRset at `node` and the addresses the zone has of its targets: glue that lies at or below the zone cut
    /// is indispensable and comes first; that of dynamic names is not fixed, so it is left out, and for the apex looked up
    /// when the answer is composed.
    private func referral(to rrset: StoredRRset, at node: Node) throws(ZoneSnapshotError) -> TemplateWriter {
        let isApex = node.flags.contains(.apex)
        let owner = node.nameOctets
        var template = TemplateWriter(apex: apex, cut: isApex ? nil : owner)
        let servers = rrset.rdata(apex: apex)
        for rdata in servers {
            template.appendAuthority(owner: owner, type: TypeCode.ns, ttlSeconds: rrset.ttlSeconds, rdata: rdata)
        }
        guard template.fits else {
            throw .rrsetTooLarge(owner: Name(validWire: owner), type: .ns)
        }
        let targets = servers.map { $0.map(lowercased) }
        for isRequired in [true, false] {
            for target in targets where (!isApex && isAtOrBelow(target, owner)) == isRequired {
                guard let host = find(target) else { continue }
                if isApex, host.flags.contains(.occluded) { continue }
                if host.flags.contains(.dynamic) {
                    if isApex { template.appendChanging(owner: target, slot: host.slot) }
                    continue
                }
                for type in [TypeCode.a, TypeCode.aaaa] {
                    guard let addresses = host.rrset(type) else { continue }
                    for rdata in addresses.rdata(apex: apex) {
                        template.appendAdditional(
                            owner: target, type: type, ttlSeconds: addresses.ttlSeconds, rdata: rdata,
                            required: isRequired)
                    }
                }
            }
        }
        return template
    }
}

/// Whether a lower-cased wire name equals `ancestor` or lies below it.
func isAtOrBelow(_ name: [UInt8], _ ancestor: [UInt8]) -> Bool {
    var position = 0
    while name.count - position > ancestor.count { position += 1 + Int(name[position]) }
    return name[position...].elementsEqual(ancestor)
}
