/// Finds nodes by their lower-cased wire names: open addressing, two slots of three in use at most.
///
/// A slot is a node's address, which has 48 bits in user space, below 16 bits of the name's hash, so that a node that
/// merely shares a slot is passed without a look at it.
struct NameTable: ~Copyable {
    private(set) var slots: UnsafeMutablePointer<UInt64>
    private(set) var capacity: Int
    private(set) var count = 0
    private var owned = true

    /// Room for `expected` names before it must grow.
    init(expected: Int) {
        capacity = NameTable.capacity(for: expected)
        slots = NameTable.allocate(capacity)
    }

    deinit { if owned { slots.deallocate() } }

    /// Hands the slots over; the caller deallocates them.
    consuming func take() -> UnsafeMutablePointer<UInt64> {
        owned = false
        return slots
    }

    private static func capacity(for names: Int) -> Int { max(16, names + names / 2 + 1) }

    private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<UInt64> {
        let slots = allocateForReading(8 * capacity).bindMemory(to: UInt64.self, capacity: capacity)
        slots.initialize(repeating: 0, count: capacity)
        return slots
    }

    @inline(__always)
    func find(_ name: UnsafeRawPointer, count: Int) -> Node? {
        findNode(name, count: count, slots: UnsafePointer(slots), capacity: capacity)
    }

    /// Enters a node; one of the same name that is there already gives way to it.
    mutating func insert(_ node: Node) {
        if 3 * (count + 1) > 2 * capacity { grow() }
        let hash = nameHash(node.name, count: node.nameLength)
        var place = firstPlace(of: hash, capacity: capacity)
        while slots[place] != 0 {
            let other = Node(slot: slots[place])
            if slots[place] &>> 48 == hash & 0xFFFF, other.nameLength == node.nameLength,
                sameOctets(other.name, node.name, count: node.nameLength)
            {
                break
            }
            place = place &+ 1 == capacity ? 0 : place &+ 1
        }
        if slots[place] == 0 { count += 1 }
        slots[place] = NameTable.slot(node, hash: hash)
    }

    private static func slot(_ node: Node, hash: UInt64) -> UInt64 {
        let address = UInt64(UInt(bitPattern: node.base))
        precondition(address &>> 48 == 0, "an address of more than 48 bits")
        return hash &<< 48 | address
    }

    private mutating func grow() {
        let (old, oldCapacity) = (slots, capacity)
        capacity = NameTable.capacity(for: 2 * count)
        slots = NameTable.allocate(capacity)
        for index in 0..<oldCapacity where old[index] != 0 {
            let node = Node(slot: old[index])
            let hash = nameHash(node.name, count: node.nameLength)
            var place = firstPlace(of: hash, capacity: capacity)
            while slots[place] != 0 { place = place &+ 1 == capacity ? 0 : place &+ 1 }
            slots[place] = old[index]
        }
        old.deallocate()
    }

    /// Empties it.
    mutating func removeAll() {
        slots.update(repeating: 0, count: capacity)
        count = 0
    }
}

/// Where the search for a hash begins.
@inline(__always)
private func firstPlace(of hash: UInt64, capacity: Int) -> Int {
    Int(truncatingIfNeeded: hash.multipliedFullWidth(by: UInt64(truncatingIfNeeded: capacity)).high)
}

/// What is in the slot where the search for a lower-cased wire name begins.
@inline(__always)
func firstSlot(_ name: UnsafeRawPointer, count: Int, slots: UnsafePointer<UInt64>, capacity: Int) -> UInt64 {
    slots[firstPlace(of: nameHash(name, count: count), capacity: capacity)]
}

/// The node of a lower-cased wire name, among the slots of a `NameTable`.
@inline(__always)
func findNode(
    _ name: UnsafeRawPointer, count: Int, slots: UnsafePointer<UInt64>, capacity: Int
) -> Node? {
    let hash = nameHash(name, count: count)
    var place = firstPlace(of: hash, capacity: capacity)
    while true {
        let slot = slots[place]
        if slot == 0 { return nil }
        if slot &>> 48 == hash & 0xFFFF {
            let node = Node(slot: slot)
            if node.nameLength == count, sameOctets(node.name, name, count: count) { return node }
        }
        place = place &+ 1 == capacity ? 0 : place &+ 1
    }
}

extension Node {
    @inline(__always)
    init(slot: UInt64) {
        let address = UInt(truncatingIfNeeded: slot & 0xFFFF_FFFF_FFFF)
        base = UnsafeRawPointer(bitPattern: address).unsafelyUnwrapped  // slots that are in use hold addresses
    }
}
