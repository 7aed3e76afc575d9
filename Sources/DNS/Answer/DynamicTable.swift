import Synchronization

/// The answers of a snapshot's dynamic names and the serial numbers of its zones: all that changes between two
/// snapshots, one atomic word each.
///
/// Readers load a slot's pointer and copy what it points to. A writer puts another pointer there and gets the old one
/// back as a `RetiredAnswer`, which must be freed no earlier than every read that was under way has ended.
package final class DynamicTable: @unchecked Sendable {  // its words are atomic; `count`s and pointers never change
    typealias Slot = Atomic<UnsafeRawPointer?>
    typealias SerialNumber = Atomic<UInt32>

    private let slots: UnsafeMutablePointer<Slot>
    private let serials: UnsafeMutablePointer<SerialNumber>
    private let slotCount: Int
    private let zoneCount: Int

    /// Every name not ready, every serial number as in the zone's SOA record.
    package init(for snapshot: ZoneSnapshot) {
        slotCount = snapshot.dynamicNames.count
        zoneCount = snapshot.zoneCount
        slots = .allocate(capacity: max(slotCount, 1))
        serials = .allocate(capacity: max(zoneCount, 1))
        for index in 0..<slotCount { (slots + index).initialize(to: Atomic(nil)) }
        for index in 0..<zoneCount { (serials + index).initialize(to: Atomic(snapshot.zoneEntries[index].serial)) }
    }

    deinit {
        for index in 0..<slotCount { slots[index].load(ordering: .acquiring)?.deallocate() }
        slots.deinitialize(count: slotCount)
        serials.deinitialize(count: zoneCount)
        slots.deallocate()
        serials.deallocate()
    }

    /// The table as plain pointers; valid as long as the table lives.
    package var view: View { View(slots: slots, serials: serials, isEmpty: slotCount == 0) }

    /// What the query path reads.
    package struct View: BitwiseCopyable {
        let slots: UnsafeMutablePointer<Slot>
        let serials: UnsafeMutablePointer<SerialNumber>
        /// Whether there are no dynamic names.
        let isEmpty: Bool

        /// Where the answer lies, 0 for none; it must be read by `answer`, which is in order with other threads.
        @inline(__always) func address(inSlot slot: UInt32) -> UInt64 {
            UInt64(UInt(bitPattern: slots[Int(slot)].load(ordering: .acquiring)))
        }

        /// Sequentially consistent, so that it cannot be seen before the reader's own announcement.
        @inline(__always) func answer(inSlot slot: UInt32) -> StoredAnswer? {
            slots[Int(slot)].load(ordering: .sequentiallyConsistent).map(StoredAnswer.init(base:))
        }

        @inline(__always) func serial(ofZone zone: Int) -> UInt32 { serials[zone].load(ordering: .acquiring) }
    }

    /// An answer that is no longer in the table and may still be being read.
    package struct RetiredAnswer: @unchecked Sendable {  // an address that only its last owner uses, once
        private let base: UnsafeRawPointer

        fileprivate init(_ base: UnsafeRawPointer) { self.base = base }

        package func free() { base.deallocate() }
    }

    /// Puts an answer into a slot; returns what was there.
    package func exchange(slot: Int, _ answer: DynamicAnswer) -> RetiredAnswer? {
        precondition((0..<slotCount).contains(slot))
        let stored = StoredAnswer.allocate(answer)
        return slots[slot].exchange(stored.base, ordering: .sequentiallyConsistent).map(RetiredAnswer.init)
    }

    /// What is in a slot now; to be read only while it cannot be freed. Nil before the first answer.
    package func reference(slot: Int) -> Reference? {
        slots[slot].load(ordering: .sequentiallyConsistent).map { Reference(answer: StoredAnswer(base: $0)) }
    }

    /// An answer in the table, or just taken from it.
    package struct Reference: BitwiseCopyable, @unchecked Sendable {  // an address of what never changes
        let answer: StoredAnswer

        /// Its A and AAAA records, each with two octets where its owner's name goes.
        package var records: [UInt8] {
            Array(UnsafeRawBufferPointer(start: answer.v4Records, count: answer.v4Length + answer.v6Length))
        }
    }

    /// The serial number that a zone has now.
    package func serial(ofZone zone: Int) -> UInt32 {
        precondition((0..<zoneCount).contains(zone))
        return serials[zone].load(ordering: .acquiring)
    }

    /// Moves a zone's serial number forward by one (RFC 1982 §3.1). One writer at a time.
    @discardableResult
    package func advanceSerial(ofZone zone: Int) -> UInt32 {
        let next = serial(ofZone: zone) &+ 1
        serials[zone].store(next, ordering: .releasing)
        return next
    }

    /// Moves a zone's serial number to `least`, if that is forward; returns what it is now. One writer at a time.
    @discardableResult
    package func raiseSerial(ofZone zone: Int, toAtLeast least: UInt32) -> UInt32 {
        let current = serial(ofZone: zone)
        guard isAhead(least, of: current) else { return current }
        serials[zone].store(least, ordering: .releasing)
        return least
    }

    /// Takes over what the table of the snapshot before holds: the answers of names that are still dynamic, and
    /// serial numbers, moved forward where a zone's content has changed. To be called before the first read of this
    /// table, and with no write to the other one under way.
    ///
    /// - Returns: what empties the other table of the answers that are now shared; to be called once nothing reads
    ///   the other table any more, and before it is released.
    package func adopt(_ old: DynamicTable, of oldSnapshot: ZoneSnapshot, for snapshot: ZoneSnapshot) -> [Int] {
        var shared: [Int] = []
        for (slot, name) in snapshot.dynamicNames.enumerated() {
            guard let oldSlot = oldSnapshot.slot(of: name),
                let answer = old.slots[oldSlot].load(ordering: .acquiring)
            else { continue }
            slots[slot].store(answer, ordering: .releasing)
            shared.append(oldSlot)
        }
        for zone in 0..<zoneCount {
            guard let oldZone = oldSnapshot.zoneIndex(ofApex: snapshot.apexName(ofZone: zone)) else { continue }
            let current = old.serial(ofZone: oldZone)
            let entry = snapshot.zoneEntries[zone]
            if oldSnapshot.zoneEntries[oldZone].digest == entry.digest {
                serials[zone].store(current, ordering: .releasing)
            } else if !isAhead(entry.serial, of: current) {
                serials[zone].store(current &+ 1, ordering: .releasing)
            }
        }
        return shared
    }

    /// Forgets slots without freeing what they hold: another table owns it now.
    package func relinquish(_ slots: [Int]) {
        for slot in slots { self.slots[slot].store(nil, ordering: .releasing) }
    }
}

/// Whether serial number `left` is greater than `right` (RFC 1982 §3.2).
private func isAhead(_ left: UInt32, of right: UInt32) -> Bool {
    Int32(truncatingIfNeeded: left &- right) > 0
}
