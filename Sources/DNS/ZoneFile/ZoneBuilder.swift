/// Gathers records into RRsets, in the order in which each set's first record comes.
///
/// A zone may have millions of records, so the sets are found through a flat table of their numbers
/// (open addressing, at most half full) instead of a dictionary of names.
struct ZoneBuilder {
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

    private(set) var rrsets: [RRset] = []
    /// The upper half is a set's hash, the lower 1 + its number; 0 is a free slot. With the hash at hand, sets
    /// that merely share a slot are passed without a look at them.
    private var slots: [UInt64] = Array(repeating: 0, count: 64)

    /// More records of one name and type than this could not be sent in one message of 65535 octets.
    static let maximumRecordsPerSet = 4096

    @discardableResult
    mutating func add(owner: Name, type: RRType, ttlSeconds: UInt32, rdata: [UInt8]) -> Outcome {
        if 2 * rrsets.count >= slots.count { grow() }
        let hash = hash(owner, type)
        let mask = slots.count - 1
        var slot = Int(hash) & mask
        while slots[slot] != 0 {
            let index = Int(truncatingIfNeeded: slots[slot] & 0xFFFF_FFFF) - 1
            if slots[slot] >> 32 == hash, rrsets[index].type == type, rrsets[index].owner == owner {
                return add(rdata, ttlSeconds: ttlSeconds, toSet: index)
            }
            slot = (slot + 1) & mask
        }
        rrsets.append(RRset(owner: owner, type: type, ttlSeconds: ttlSeconds, rdata: [rdata]))
        slots[slot] = hash << 32 | UInt64(rrsets.count)
        return .new
    }

    private mutating func add(_ rdata: [UInt8], ttlSeconds: UInt32, toSet index: Int) -> Outcome {
        let type = rrsets[index].type
        let canonical = RData.canonical(type, rdata)
        if rrsets[index].rdata.contains(where: { $0 == rdata || RData.canonical(type, $0) == canonical }) {
            return .duplicate
        }
        guard rrsets[index].rdata.count < Self.maximumRecordsPerSet else { return .full }
        rrsets[index].rdata.append(rdata)
        guard rrsets[index].ttlSeconds != ttlSeconds else { return .added }
        rrsets[index].ttlSeconds = min(ttlSeconds, rrsets[index].ttlSeconds)
        return type == .rrsig ? .added : .differingTTL  // a signature has the TTL of what it signs
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: 0, count: old.count * 4)
        for entry in old where entry != 0 {
            var slot = Int(entry >> 32) & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = entry
        }
    }

    /// 32 bits; a name's case does not change them. The type changes the lowest three only, so that the sets of
    /// one owner begin in the same cache line.
    private func hash(_ owner: Name, _ type: RRType) -> UInt64 {
        let wire = owner.wire.span
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in wire.indices {
            hash = (hash ^ UInt64(lowercased(wire[index]))) &* 0x0000_0100_0000_01B3
        }
        hash ^= hash >> 32
        return (hash &* 0x9E37_79B9_7F4A_7C15) >> 32 ^ UInt64(type.rawValue & 7)
    }
}
