/// All zones in flat memory, immutable, shared by every worker and swapped whole.
///
///     query name ─► hash ─► slot table ─► node ─► RRset ─► memcpy into the reply
///                           (8 octets)    └──── one run of memory ────┘
///
/// Nodes are written while a zone file is read (`ZoneAssembler`), and stay where they are (`ZoneContent`).
/// A query for an existing name touches two or three cache lines: its slot, and the node with its name and its
/// records behind it. Records lie there as they go over the wire; what depends on the message (where the owner
/// name and the zone's apex were written) is patched in. Nothing in here is reference counted: whoever reads
/// holds a `View`, plain pointers, and somebody else must see to it that the snapshot outlives the read.
///
/// The layout of nodes, RRsets and templates is described at `Node`, `StoredRRset` and `Template`.
package final class ZoneSnapshot: @unchecked Sendable {  // its memory never changes after init, and it alone frees it
    private let contents: [ZoneContent]
    private let overlay: FlatMemory
    private let slots: UnsafeMutablePointer<UInt64>
    private let slotCount: Int
    /// The nodes that the snapshot itself added or replaced, in the order of their zones.
    private let overlayNodes: [Node]
    let zoneEntries: UnsafeMutablePointer<ZoneEntry>

    /// Of each zone, for what reads it from end to end.
    let extents: [ZoneExtent]

    /// How many zones there are.
    package let zoneCount: Int
    /// How many owner names there are, empty non-terminals included.
    package let nameCount: Int
    /// How many RRsets there are, answers of dynamic names not counted.
    package let rrsetCount: Int
    /// The names whose A and AAAA records come from a `DynamicTable`; the slot is the position.
    package let dynamicNames: [Name]
    /// The memory that the snapshot holds, in bytes.
    package let byteCount: Int

    /// Lays out `zones`. A and AAAA RRsets of a dynamic name that stand in a zone are overruled: left out.
    ///
    /// The records are not copied if this is the first snapshot that a zone is laid out in.
    ///
    /// - Throws: the first thing that makes the zones unanswerable; a zone that was read by `ZoneFile` has no such
    ///   thing, except for what only shows among several zones and dynamic names.
    package convenience init(zones: [Zone], dynamicNames: [Name]) throws(ZoneSnapshotError) {
        var builder = SnapshotBuilder(try ZoneTree(zones: zones, dynamicNames: dynamicNames))
        try builder.writeZones()
        self.init(builder.finish())
    }

    init(_ parts: consuming SnapshotParts) {
        contents = parts.contents
        overlayNodes = parts.overlayNodes
        slots = parts.slots
        slotCount = parts.slotCount
        zoneCount = parts.entries.count
        zoneEntries = .allocate(capacity: max(parts.entries.count, 1))
        zoneEntries.initialize(from: parts.entries, count: parts.entries.count)
        nameCount = parts.nameCount
        rrsetCount = parts.rrsetCount
        dynamicNames = parts.dynamicNames
        extents = parts.extents
        byteCount =
            contents.reduce(parts.overlay.capacity + 8 * parts.slotCount) { $0 + $1.memory.capacity }
            + MemoryLayout<ZoneEntry>.stride * parts.entries.count
        overlay = parts.overlay
    }

    deinit {
        slots.deallocate()
        zoneEntries.deallocate()
    }

    /// The runs of memory that are read here and there by queries, and are used for the most part; none is written to.
    package func forEachRunOfMemory(_ body: (UnsafeRawBufferPointer) -> Void) {
        body(UnsafeRawBufferPointer(start: slots, count: 8 * slotCount))
        func each(of memory: borrowing FlatMemory) {
            for segment in memory.segments where segment.count > segment.capacity / 4 * 3 {
                body(UnsafeRawBufferPointer(start: segment.base, count: segment.capacity + FlatMemory.margin))
            }
        }
        for content in contents { each(of: content.memory) }
        each(of: overlay)
    }

    /// The snapshot as plain pointers; valid as long as the snapshot lives.
    package var view: View {
        View(slots: UnsafePointer(slots), slotCount: slotCount, zones: UnsafePointer(zoneEntries))
    }

    /// What the query path reads: pointers into a snapshot, without a reference to it.
    package struct View: BitwiseCopyable {
        let slots: UnsafePointer<UInt64>
        let slotCount: Int
        let zones: UnsafePointer<ZoneEntry>
    }

    /// The RRsets of a zone one after the other, those of one owner together, in no particular order of owners;
    /// addresses of dynamic names, which are in a `DynamicTable`, excepted. The serial number is the one that was read.
    package func forEachRRset(ofZone zone: Int, _ body: (RRset) -> Void) {
        let apex = apexName(ofZone: zone).wire
        for node in nodes(ofZone: zone) { node.forEachRRset(apex: apex, body) }
    }

    /// The nodes of a zone, in no particular order.
    func nodes(ofZone zone: Int) -> ZoneNodes {
        ZoneNodes(contents[zone], overlay: overlayNodes[extents[zone].overlay])
    }
}

// MARK: - What the layout consists of

/// What is known of one zone.
struct ZoneEntry: BitwiseCopyable {
    var apex: ArenaOffset
    /// The SOA record for AUTHORITY of negative answers, its TTL already the negative one (RFC 2308 §3).
    var negative: ArenaOffset
    /// The NS RRset of the apex, and the addresses of those of its targets that are in the zone.
    var nameServers: ArenaOffset
    /// The serial number in the zone's SOA record as it was read.
    var serial: UInt32
    /// Equal for two versions of a zone if (bar a 64-bit coincidence) their content is.
    var digest: UInt64
    /// The index of the closest zone above it that we serve too, or -1.
    var parent: Int32
    /// The length of the apex's wire form.
    var apexLength: UInt8
}

/// What of a zone lies beside its content.
struct ZoneExtent {
    /// The nodes that the snapshot added or replaced, among all such.
    let overlay: Range<Int>
    /// Those of its dynamic names.
    let slots: [Int]
    /// The memory that its records take, octets.
    let byteCount: Int
}

/// All nodes of a zone, one after the other; valid as long as the snapshot.
struct ZoneNodes: Sequence, IteratorProtocol {
    private let segments: [FlatMemory.Segment]
    private var overlay: ArraySlice<Node>
    private var segment = 0
    private var position: UnsafeRawPointer?

    init(_ content: ZoneContent, overlay: ArraySlice<Node>) {
        segments = content.memory.segments
        self.overlay = overlay
    }

    mutating func next() -> Node? {
        while segment < segments.count {
            let start = position ?? UnsafeRawPointer(segments[segment].base)
            guard start < UnsafeRawPointer(segments[segment].end) else {
                (segment, position) = (segment + 1, nil)
                continue
            }
            let node = Node(base: start)
            position = node.next
            if !node.isGarbage, !node.isSuperseded { return node }
        }
        return overlay.popFirst()
    }
}

struct NodeFlags: OptionSet, BitwiseCopyable {
    let rawValue: UInt8

    static let apex = NodeFlags(rawValue: 1)
    /// A zone cut: an NS RRset below the apex.
    static let delegation = NodeFlags(rawValue: 2)
    /// Has a DNAME RRset, which redirects all names below (RFC 6672 §2.3).
    static let redirection = NodeFlags(rawValue: 4)
    /// Lies below a zone cut or a redirection, so it is never an answer itself (RFC 2136 §7.18).
    static let occluded = NodeFlags(rawValue: 8)
    static let alias = NodeFlags(rawValue: 32)
    /// A and AAAA come from the slot of a `DynamicTable`.
    static let dynamic = NodeFlags(rawValue: 64)
}

/// An owner name with all its RRsets, in one run of memory at a multiple of four:
///
///     0 flags   1 number of RRsets   2 length of the name   3 has extras, is garbage   4…7 zone
///     [8…39 extras: cut or referral, wildcard child, delegation in the zone above, dynamic slot]
///     lower-cased wire name · RRset · RRset · …
struct Node: BitwiseCopyable {
    let base: UnsafeRawPointer

    static let headerSize = 8
    static let extrasSize = 32
    /// In place of a zone: another node of the same name has taken this one's place.
    static let superseded = UInt32.max

    @inline(__always) var flags: NodeFlags { NodeFlags(rawValue: base.load(as: UInt8.self)) }
    @inline(__always) var rrsetCount: Int { Int(base.load(fromByteOffset: 1, as: UInt8.self)) }
    @inline(__always) var nameLength: Int { Int(base.load(fromByteOffset: 2, as: UInt8.self)) }
    @inline(__always) var zone: Int { Int(base.load(fromByteOffset: 4, as: UInt32.self)) }
    @inline(__always) var isSuperseded: Bool { base.load(fromByteOffset: 4, as: UInt32.self) == Node.superseded }

    @inline(__always) private var layout: UInt8 { base.load(fromByteOffset: 3, as: UInt8.self) }
    @inline(__always) var hasExtras: Bool { layout & 1 != 0 }
    /// Left behind when its owner got more records.
    @inline(__always) var isGarbage: Bool { layout & 2 != 0 }

    @inline(__always) var name: UnsafeRawPointer { base + (Node.headerSize &+ (hasExtras ? Node.extrasSize : 0)) }
    @inline(__always) var firstRRset: UnsafeRawPointer { name + nameLength }

    @inline(__always) private func extra(_ index: Int) -> UInt {
        hasExtras ? base.loadUnaligned(fromByteOffset: Node.headerSize &+ 8 &* index, as: UInt.self) : 0
    }
    /// If occluded: the zone cut or redirection above. If a delegation: its referral template.
    @inline(__always) var cutOrReferral: ArenaOffset { extra(0) }
    /// The node `*` directly below.
    @inline(__always) var wildcard: ArenaOffset { extra(1) }
    /// If an apex: the node of the same name in the zone above, where DS lives (RFC 4035 §3.1.4.1).
    @inline(__always) var delegationAbove: ArenaOffset { extra(2) }
    /// The slot in the dynamic table, if the node is dynamic.
    @inline(__always) var slot: UInt32 { UInt32(truncatingIfNeeded: extra(3)) }

    /// Behind its last RRset.
    var end: UnsafeRawPointer {
        var end = firstRRset
        for _ in 0..<rrsetCount { end = StoredRRset(base: end).next }
        return end
    }

    /// Where the node behind this one begins.
    var next: UnsafeRawPointer { base + ((end - base + 3) & ~3) }
}

/// An RRset as it goes over the wire, every owner name a pointer to the question (`C0 0C`):
///
///     0…1 length of the records   2 number of records, 0 if more than 255   3 number of patches
///     records · patches (two octets each: where in the records a pointer to the apex must be written)
struct StoredRRset: BitwiseCopyable {
    let base: UnsafeRawPointer

    static let headerSize = 4
    /// What is left of 65,535 octets by the header, the longest question and OPT.
    static let maximumLength = 65_241

    @inline(__always) private var word: UInt32 { base.loadUnaligned(as: UInt32.self) }
    @inline(__always) var type: UInt16 { records.loadWire(at: 2) }
    @inline(__always) var length: Int { Int(word & 0xFFFF) }
    @inline(__always) var patchCount: Int { Int(word &>> 24) }
    @inline(__always) var records: UnsafeRawPointer { base + StoredRRset.headerSize }
    @inline(__always) var next: UnsafeRawPointer { records + (length &+ 2 &* patchCount) }
    @inline(__always) var recordCount: Int {
        let count = Int(word &>> 16 & 0xFF)
        return count == 0 ? countedRecords : count
    }

    private var countedRecords: Int {
        var count = 0
        var position = 0
        while position < length {
            position += 12 + Int(records.loadWire(at: position + 10))
            count += 1
        }
        return count
    }

    @inline(__always) func patch(_ index: Int) -> Int {
        Int(records.loadUnaligned(fromByteOffset: length &+ 2 &* index, as: UInt16.self))
    }
}

/// Records of AUTHORITY and ADDITIONAL, composed when the snapshot was built:
///
///     0 records in AUTHORITY   2 their length   4 records in ADDITIONAL   6 of these, the indispensable ones
///     8 length up to these   10 whole length   12 number of patches   14 number of changing hosts
///     records · patches (two octets each: kind << 14 | where) · changing hosts (slot 4, where the name stands 2)
struct Template: BitwiseCopyable {
    let base: UnsafeRawPointer

    static let headerSize = 16
    /// Where in it a patch can still point to.
    static let maximumLength = 0x3FFF

    /// What a patched pointer points to.
    enum PatchKind: UInt16 {
        /// The zone's apex.
        case apex = 0
        /// The name at the zone cut.
        case cut = 1
        /// A place in the template itself: the two octets hold the distance from its start.
        case itself = 2
    }

    /// A name server whose addresses are a dynamic name's.
    struct ChangingGlue: BitwiseCopyable {
        static let size = 6
        /// In place of a position: the name is the zone's apex.
        static let apex = UInt16.max

        let slot: UInt32
        /// Where in the template its name stands.
        let position: UInt16
    }

    @inline(__always) private func field(_ offset: Int) -> Int {
        Int(base.load(fromByteOffset: offset, as: UInt16.self))
    }
    @inline(__always) var authorityCount: Int { field(0) }
    @inline(__always) var authorityLength: Int { field(2) }
    @inline(__always) var additionalCount: Int { field(4) }
    /// Glue without which a referral leads nowhere (RFC 9471 §3).
    @inline(__always) var requiredCount: Int { field(6) }
    @inline(__always) var requiredLength: Int { field(8) }
    @inline(__always) var length: Int { field(10) }
    @inline(__always) var patchCount: Int { field(12) }
    @inline(__always) var changingCount: Int { field(14) }
    @inline(__always) var records: UnsafeRawPointer { base + Template.headerSize }
    @inline(__always) func patch(_ index: Int) -> UInt16 {
        records.loadUnaligned(fromByteOffset: length &+ 2 &* index, as: UInt16.self)
    }
    func changing(_ index: Int) -> ChangingGlue {
        let start = records + (length &+ 2 &* patchCount &+ ChangingGlue.size &* index)
        return ChangingGlue(
            slot: start.loadUnaligned(as: UInt32.self),
            position: start.loadUnaligned(fromByteOffset: 4, as: UInt16.self))
    }
}

/// The type codes that answering itself must know (RFC 1035 §3.2.2 and the IANA registry).
enum TypeCode {
    static let a: UInt16 = 1
    static let ns: UInt16 = 2
    static let cname: UInt16 = 5
    static let soa: UInt16 = 6
    static let ptr: UInt16 = 12
    static let mx: UInt16 = 15
    static let txt: UInt16 = 16
    static let aaaa: UInt16 = 28
    static let dname: UInt16 = 39
    static let opt: UInt16 = 41
    static let ds: UInt16 = 43
    static let rrsig: UInt16 = 46
    static let nsec: UInt16 = 47
    static let tkey: UInt16 = 249
    static let tsig: UInt16 = 250
    static let ixfr: UInt16 = 251
    static let axfr: UInt16 = 252
    static let mailB: UInt16 = 253
    static let mailA: UInt16 = 254
    static let any: UInt16 = 255
}
