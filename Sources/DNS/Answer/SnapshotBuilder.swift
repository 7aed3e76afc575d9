/// The memory of a `ZoneSnapshot`, laid out and not yet owned by one.
struct SnapshotParts: ~Copyable {
    let contents: [ZoneContent]
    let overlay: FlatMemory
    let overlayNodes: [Node]
    let entries: [ZoneEntry]
    let slots: UnsafeMutablePointer<UInt64>
    let slotCount: Int
    let nameCount: Int
    let rrsetCount: Int
    let dynamicNames: [Name]
    let extents: [ZoneExtent]
}

/// Makes one snapshot of many zones: claims each zone's content, links its nodes, composes its templates and enters
/// its names into the slot table.
struct SnapshotBuilder: ~Copyable {
    private let tree: ZoneTree
    private var contents: [ZoneContent] = []
    private var overlay = FlatMemory()
    private var overlayNodes: [Node] = []
    private var entries: [ZoneEntry] = []
    private var table: NameTable
    private var extents: [ZoneExtent] = []
    private var nameCount = 0
    private var rrsetCount = 0

    init(_ tree: ZoneTree) {
        self.tree = tree
        // One zone's own table serves as the snapshot's.
        let isOne = tree.zones.count == 1
        table = NameTable(expected: isOne ? 0 : tree.zones.reduce(0) { $0 + $1.content.nodeCount })
    }

    /// Lays out all zones; to be called once, before `finish`.
    mutating func writeZones() throws(ZoneSnapshotError) {
        contents.reserveCapacity(tree.zones.count)
        entries.reserveCapacity(tree.zones.count)
        var delegations: [ArenaOffset] = Array(repeating: 0, count: tree.zones.count)
        for index in tree.zones.indices {
            let content = tree.zones[index].content.claimed()
            contents.append(content)
            if let fault = content.faults.first { throw fault }
            var linker = ZoneLinker(
                apex: tree.apexes[index], zone: index, dynamicNames: tree.dynamicNamesOfZone[index], content: content)
            try linker.link(overlay: &overlay)
            entries.append(try linker.entry(parent: tree.parents[index], overlay: &overlay))
            for child in tree.children[index] {
                if let node = linker.find(tree.apexes[child]) { delegations[child] = ArenaOffset(node) }
            }
            nameCount += linker.table.count
            rrsetCount += linker.rrsetCount
            let added = linker.overlayNodes.filter { !$0.isSuperseded }
            extents.append(
                ZoneExtent(
                    overlay: overlayNodes.count..<overlayNodes.count + added.count,
                    slots: tree.dynamicNamesOfZone[index].map(\.slot),
                    byteCount: added.reduce(content.memory.count) { $0 + ($1.next - $1.base) }))
            overlayNodes += added
            enter(&linker, except: tree.children[index].isEmpty ? nil : tree.apexes(below: index))
        }
        for index in tree.zones.indices where delegations[index] != 0 {
            setExtra(2, of: Node(entries[index].apex), to: delegations[index])
        }
    }

    /// Enters the names of a zone into the snapshot's table, those at and below the zones below it excepted.
    private mutating func enter(_ linker: inout ZoneLinker, except apexes: [[UInt8]]?) {
        if tree.zones.count == 1 { return swap(&table, &linker.table) }
        let shadows = apexes.map(Set.init)
        linker.forEachNode { node in
            if let shadows, isShadowed(node, by: shadows) { return }
            table.insert(node)
        }
    }

    /// Hands the memory over.
    consuming func finish() -> SnapshotParts {
        var overlay = FlatMemory()
        swap(&overlay, &self.overlay)
        var table = NameTable(expected: 0)
        swap(&table, &self.table)
        let slotCount = table.capacity
        return SnapshotParts(
            contents: contents, overlay: overlay, overlayNodes: overlayNodes, entries: entries, slots: table.take(),
            slotCount: slotCount, nameCount: nameCount, rrsetCount: rrsetCount, dynamicNames: tree.dynamicNames,
            extents: extents)
    }
}

private func isShadowed(_ node: Node, by apexes: Set<[UInt8]>) -> Bool {
    let name = node.nameOctets
    var position = 0
    while true {
        if apexes.contains(Array(name[position...])) { return true }
        if name[position] == 0 { return false }
        position += 1 + Int(name[position])
    }
}

/// Writes into a node's extras, which no reader sees before the snapshot is made.
func setExtra(_ index: Int, of node: Node, to value: ArenaOffset) {
    precondition(node.hasExtras)
    UnsafeMutableRawPointer(mutating: node.base)
        .storeBytes(of: value, toByteOffset: Node.headerSize + 8 * index, as: ArenaOffset.self)
}

extension ArenaOffset {
    init(_ node: Node) { self = UInt(bitPattern: node.base) }
}

extension Node {
    /// `offset` must not be 0.
    init(_ offset: ArenaOffset) {
        guard let base = UnsafeRawPointer(bitPattern: offset) else { preconditionFailure("no node") }
        self.init(base: base)
    }
}

/// The numbers of an SOA record that answering needs (RFC 1035 §3.3.13).
struct SOANumbers {
    let serial: UInt32
    let minimumSeconds: UInt32

    /// Nil unless `rdata` is that of one well-formed record.
    init?(_ rdata: [[UInt8]]) {
        guard rdata.count == 1, let rdata = rdata.first,
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
