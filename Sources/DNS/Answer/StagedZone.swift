/// One zone while it is laid out: its names as a tree, each with the list of its RRsets.
struct StagedZone: ~Copyable {
    struct StagedNode {
        /// Where the lower-cased wire name lies in the pool.
        var nameStart: Int
        var nameLength: Int
        var flags: NodeFlags = []
        /// Indices into the zone's RRsets, linked by `next`; -1 at the end.
        var firstRRset: Int32 = -1
        var lastRRset: Int32 = -1
        /// Indices of nodes; -1 for none. `cut` is the highest delegation or redirection above.
        var parent: Int32 = -1
        var wildcard: Int32 = -1
        var cut: Int32 = -1
        var slot = Node.noSlot
        /// At or below the apex of another zone that we serve: not found by lookups.
        var isShadowed = false
        var offset: ArenaOffset = 0
    }

    let zone: Zone
    let apex: [UInt8]
    private(set) var nodes: [StagedNode] = []
    /// The RRset after this one at the same owner.
    private(set) var next: [Int32]
    private var pool: [UInt8] = []
    /// Open addressing: index of a node, or -1. Its size is a power of two, at least twice the number of nodes.
    private var table: [Int32]

    /// Sorts `zone`'s RRsets to their owners; `dynamicNames` are those of this zone, with their slots.
    init(_ zone: Zone, dynamicNames: [(name: Name, slot: Int)]) throws(ZoneSnapshotError) {
        self.zone = zone
        apex = zone.apex.wire.map(lowercased)
        next = Array(repeating: -1, count: zone.rrsets.count)
        var size = 16
        while size < 2 * (zone.rrsets.count / 2 + dynamicNames.count) { size *= 2 }
        table = Array(repeating: -1, count: size)
        _ = insert(apex[...])
        nodes[0].flags = .apex
        for (name, slot) in dynamicNames {
            let index = insert(name.wire.map(lowercased)[...])
            guard nodes[index].slot == Node.noSlot else { throw .duplicateDynamicName(name) }
            nodes[index].slot = UInt32(slot)
            nodes[index].flags.insert(.dynamic)
        }
        try addRRsets()
        addParents()
        setFlags()
        setCuts()
        for (name, _) in dynamicNames { try checkDynamic(name) }
    }

    /// The node of a lower-cased wire name.
    func find(_ name: some RandomAccessCollection<UInt8>) -> Int? {
        let index = table[place(of: Array(name))]
        return index < 0 ? nil : Int(index)
    }

    func name(of node: Int) -> ArraySlice<UInt8> {
        pool[nodes[node].nameStart..<nodes[node].nameStart + nodes[node].nameLength]
    }

    /// The RRset of one type at a node.
    func rrset(_ type: UInt16, at node: Int) -> RRset? {
        var index = nodes[node].firstRRset
        while index >= 0 {
            if zone.rrsets[Int(index)].type.rawValue == type { return zone.rrsets[Int(index)] }
            index = next[Int(index)]
        }
        return nil
    }

    func needsExtras(_ node: Int) -> Bool {
        let staged = nodes[node]
        return !staged.flags.isDisjoint(with: [.apex, .delegation, .occluded, .dynamic]) || staged.wildcard >= 0
    }

    /// Hides what lies at and below `apexes`, lower-cased names of other zones that we serve.
    mutating func shadow(below apexes: [[UInt8]]) {
        let marked = Set(apexes.compactMap { find($0) })
        if marked.isEmpty { return }
        for index in nodes.indices {
            var ancestor = index
            while ancestor >= 0 {
                if marked.contains(ancestor) { nodes[index].isShadowed = true }
                ancestor = Int(nodes[ancestor].parent)
            }
        }
    }

    mutating func setOffset(_ offset: ArenaOffset, of node: Int) { nodes[node].offset = offset }

    // MARK: - Steps

    private mutating func addRRsets() throws(ZoneSnapshotError) {
        var last: (owner: [UInt8], node: Int) = ([], 0)
        for index in zone.rrsets.indices {
            let owner = zone.rrsets[index].owner
            let type = zone.rrsets[index].type.rawValue
            let node: Int
            if owner.wire == last.owner {
                node = last.node
            } else {
                let lower = owner.wire.map(lowercased)
                guard isAtOrBelow(lower, apex) else { throw .ownerOutsideZone(owner: owner, apex: zone.apex) }
                node = insert(lower[...])
                last = (owner.wire, node)
            }
            if nodes[node].flags.contains(.dynamic), type == TypeCode.a || type == TypeCode.aaaa { continue }
            guard rrset(type, at: node) == nil else {
                throw .duplicateRRset(owner: owner, type: zone.rrsets[index].type)
            }
            if nodes[node].lastRRset < 0 {
                nodes[node].firstRRset = Int32(index)
            } else {
                next[Int(nodes[node].lastRRset)] = Int32(index)
            }
            nodes[node].lastRRset = Int32(index)
        }
    }

    /// Adds the empty non-terminals (RFC 4592 §2.2.2) and links every node to the one above it.
    private mutating func addParents() {
        var index = 1
        while index < nodes.count {
            let name = name(of: index)
            let parent = insert(name.dropFirst(1 + Int(name.first ?? 0)))
            nodes[index].parent = Int32(parent)
            index += 1
        }
    }

    private mutating func setFlags() {
        for index in nodes.indices {
            if rrset(TypeCode.cname, at: index) != nil { nodes[index].flags.insert(.alias) }
            // NS and DNAME at a wildcard cut and redirect below the asterisk itself; to names that the wildcard
            // stands for they are records like others (RFC 4592 §4.2, §4.4).
            if name(of: index).starts(with: [1, UInt8(ascii: "*")]) {
                nodes[Int(nodes[index].parent)].wildcard = Int32(index)
            }
            if index > 0, rrset(TypeCode.ns, at: index) != nil { nodes[index].flags.insert(.delegation) }
            if rrset(TypeCode.dname, at: index) != nil { nodes[index].flags.insert(.redirection) }
        }
    }

    private mutating func setCuts() {
        for index in nodes.indices {
            var ancestor = nodes[index].parent
            while ancestor >= 0 {
                if !nodes[Int(ancestor)].flags.isDisjoint(with: [.delegation, .redirection]) {
                    nodes[index].cut = ancestor
                }
                ancestor = nodes[Int(ancestor)].parent
            }
            if nodes[index].cut >= 0 { nodes[index].flags.insert(.occluded) }
        }
    }

    private func checkDynamic(_ dynamic: Name) throws(ZoneSnapshotError) {
        guard let index = find(dynamic.wire.map(lowercased)) else { preconditionFailure("staged above") }
        let node = nodes[index]
        if node.flags.contains(.occluded) {
            throw .dynamicNameOccluded(dynamic, by: Name(validWire: Array(name(of: Int(node.cut)))))
        }
        if node.flags.contains(.delegation) { throw .dynamicNameOccluded(dynamic, by: dynamic) }
        if node.flags.contains(.alias) { throw .dynamicNameIsAlias(dynamic) }
    }

    // MARK: - The table of names

    /// The node of a lower-cased wire name, made if there is none.
    private mutating func insert(_ name: ArraySlice<UInt8>) -> Int {
        let name = Array(name)
        var place = place(of: name)
        if table[place] >= 0 { return Int(table[place]) }
        if 2 * (nodes.count + 1) > table.count {
            grow()
            place = self.place(of: name)
        }
        table[place] = Int32(nodes.count)
        nodes.append(StagedNode(nameStart: pool.count, nameLength: name.count))
        pool += name
        return nodes.count - 1
    }

    private mutating func grow() {
        table = Array(repeating: -1, count: 2 * table.count)
        for index in nodes.indices { table[place(of: Array(name(of: index)))] = Int32(index) }
    }

    /// Where in the table `name` is, or would be put.
    private func place(of name: [UInt8]) -> Int {
        name.withUnsafeBytes { octets in
            pool.withUnsafeBytes { pool in
                guard let start = octets.baseAddress else { return 0 }
                let mask = table.count - 1
                var place = Int(truncatingIfNeeded: nameHash(start, count: octets.count)) & mask
                while table[place] >= 0 {
                    let node = nodes[Int(table[place])]
                    if node.nameLength == octets.count, let names = pool.baseAddress,
                        sameOctets(names + node.nameStart, start, count: octets.count)
                    {
                        return place
                    }
                    place = (place + 1) & mask
                }
                return place
            }
        }
    }
}

/// Whether a lower-cased wire name equals `ancestor` or lies below it.
func isAtOrBelow(_ name: [UInt8], _ ancestor: [UInt8]) -> Bool {
    var position = 0
    while name.count - position > ancestor.count { position += 1 + Int(name[position]) }
    return name[position...].elementsEqual(ancestor)
}
