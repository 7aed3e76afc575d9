/// All zones in flat memory, immutable, shared by every worker and swapped whole.
///
///     query name ─► hash ─► slot table ─► node ─► RRset ─► memcpy into the reply
///                           (8 octets)    └──── one run of memory ────┘
///
/// A query for an existing name touches two or three cache lines: its slot, and the node with its name and its
/// records behind it. Records lie there as they go over the wire; what depends on the message (where the owner
/// name and the zone's apex were written) is patched in. Nothing in here is reference counted: whoever reads
/// holds a `View`, plain pointers, and somebody else must see to it that the snapshot outlives the read.
///
/// The layout of nodes, RRsets and templates is described at `Node`, `StoredRRset` and `Template`.
package final class ZoneSnapshot: @unchecked Sendable {  // its memory never changes after init, and it alone frees it
    let arena: UnsafeMutableRawPointer
    let slots: UnsafeMutablePointer<UInt64>
    let zoneEntries: UnsafeMutablePointer<ZoneEntry>
    let slotShift: UInt64
    let slotCount: Int

    /// Of each zone, for what reads it from end to end.
    let zoneContents: [ZoneContents]

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
    /// - Throws: the first thing that makes the zones unanswerable; a zone that was read by `ZoneFile` has no such
    ///   thing, except for what only shows among several zones and dynamic names.
    package convenience init(zones: [Zone], dynamicNames: [Name]) throws(ZoneSnapshotError) {
        var builder = SnapshotBuilder(try ZoneTree(zones: zones, dynamicNames: dynamicNames))
        try builder.writeZones()
        self.init(builder.finish())
    }

    init(_ parts: consuming SnapshotParts) {
        arena = parts.arena
        slots = parts.slots
        zoneEntries = parts.zones
        slotShift = parts.slotShift
        slotCount = parts.slotCount
        zoneCount = parts.zoneCount
        nameCount = parts.nameCount
        rrsetCount = parts.rrsetCount
        dynamicNames = parts.dynamicNames
        zoneContents = parts.zoneContents
        byteCount = parts.arenaByteCount + 8 * parts.slotCount + MemoryLayout<ZoneEntry>.stride * parts.zoneCount
    }

    deinit {
        arena.deallocate()
        slots.deallocate()
        zoneEntries.deallocate()
    }

    /// The snapshot as plain pointers; valid as long as the snapshot lives.
    package var view: View {
        View(
            arena: UnsafeRawPointer(arena), slots: UnsafePointer(slots), slotShift: slotShift,
            slotMask: slotCount - 1, zones: UnsafePointer(zoneEntries))
    }

    /// What the query path reads: pointers into a snapshot, without a reference to it.
    package struct View: BitwiseCopyable {
        let arena: UnsafeRawPointer
        let slots: UnsafePointer<UInt64>
        let slotShift: UInt64
        let slotMask: Int
        let zones: UnsafePointer<ZoneEntry>
    }
}

// MARK: - What the layout consists of

/// Where something lies in the arena, in units of four octets; 0 is nothing.
typealias ArenaOffset = UInt32

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

/// Where a zone's nodes lie in the arena (octets), its apex first, and which slots its dynamic names have.
struct ZoneContents {
    let nodes: Range<Int>
    let slots: [Int]
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
    /// `NodeExtras` follow the header.
    static let extras = NodeFlags(rawValue: 16)
    static let alias = NodeFlags(rawValue: 32)
    /// A and AAAA come from the slot of a `DynamicTable`.
    static let dynamic = NodeFlags(rawValue: 64)
}

/// An owner name with all its RRsets, in one run of memory:
///
///     0 flags   1 number of RRsets   2 length of the name   3 unused   4…7 zone
///     [8…23 extras: cut or referral, wildcard child, dynamic slot, delegation in the zone above]
///     lower-cased wire name · RRset · RRset · …
struct Node: BitwiseCopyable {
    let base: UnsafeRawPointer

    static let headerSize = 8
    static let extrasSize = 16
    static let noSlot = UInt32.max

    @inline(__always) var flags: NodeFlags { NodeFlags(rawValue: base.load(as: UInt8.self)) }
    @inline(__always) var rrsetCount: Int { Int(base.load(fromByteOffset: 1, as: UInt8.self)) }
    @inline(__always) var nameLength: Int { Int(base.load(fromByteOffset: 2, as: UInt8.self)) }
    @inline(__always) var zone: Int { Int(base.load(fromByteOffset: 4, as: UInt32.self)) }

    @inline(__always) private var extrasLength: Int { flags.contains(.extras) ? Node.extrasSize : 0 }
    @inline(__always) var name: UnsafeRawPointer { base + (Node.headerSize &+ extrasLength) }
    @inline(__always) var firstRRset: UnsafeRawPointer { name + nameLength }

    @inline(__always) private func extra(_ index: Int) -> UInt32 {
        flags.contains(.extras) ? base.load(fromByteOffset: Node.headerSize &+ 4 &* index, as: UInt32.self) : 0
    }
    /// If occluded: the zone cut or redirection above. If a delegation: its referral template.
    @inline(__always) var cutOrReferral: ArenaOffset { extra(0) }
    /// The node `*` directly below.
    @inline(__always) var wildcard: ArenaOffset { extra(1) }
    /// The slot in the dynamic table, if the node is dynamic.
    @inline(__always) var slot: UInt32 { extra(2) }
    /// If an apex: the node of the same name in the zone above, where DS lives (RFC 4035 §3.1.4.1).
    @inline(__always) var delegationAbove: ArenaOffset { extra(3) }
}

/// An RRset as it goes over the wire, every owner name a pointer to the question (`C0 0C`):
///
///     0…1 type   2…3 number of records   4…7 length of the records << 8 | number of patches
///     records · patches (two octets each: where in the records a pointer to the apex must be written)
struct StoredRRset: BitwiseCopyable {
    let base: UnsafeRawPointer

    static let headerSize = 8

    @inline(__always) var type: UInt16 { base.loadUnaligned(as: UInt16.self) }
    @inline(__always) var recordCount: Int { Int(base.loadUnaligned(fromByteOffset: 2, as: UInt16.self)) }
    @inline(__always) private var word: UInt32 { base.loadUnaligned(fromByteOffset: 4, as: UInt32.self) }
    @inline(__always) var length: Int { Int(word &>> 8) }
    @inline(__always) var patchCount: Int { Int(word & 0xFF) }
    @inline(__always) var records: UnsafeRawPointer { base + StoredRRset.headerSize }
    @inline(__always) var next: UnsafeRawPointer { records + (length &+ 2 &* patchCount) }

    @inline(__always) func patch(_ index: Int) -> Int {
        Int(records.loadUnaligned(fromByteOffset: length &+ 2 &* index, as: UInt16.self))
    }
}

/// Records of AUTHORITY and ADDITIONAL, composed when the snapshot was built:
///
///     0 records in AUTHORITY   2 their length   4 records in ADDITIONAL   6 of these, the indispensable ones
///     8 length up to these   10 whole length   12 number of patches   14 unused
///     records · patches (two octets each: kind << 14 | where)
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
    @inline(__always) var records: UnsafeRawPointer { base + Template.headerSize }
    @inline(__always) func patch(_ index: Int) -> UInt16 {
        records.loadUnaligned(fromByteOffset: length &+ 2 &* index, as: UInt16.self)
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
