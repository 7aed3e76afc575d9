/// A zone as it was at one instant: the records of its snapshot, copies of its dynamic names' answers, and the serial
/// number that belongs to both. It keeps the snapshot alive and nothing else.
package final class ZoneImage: @unchecked Sendable {  // its memory never changes after init, and it alone frees it
    package let snapshot: ZoneSnapshot
    package let zone: Int
    package let serial: UInt32
    /// Whether every dynamic name has an answer.
    package let isComplete: Bool
    private let copies: UnsafeMutableRawPointer
    private let offsets: [UInt32: Int]

    /// Copies the answers.
    ///
    /// - Parameter references: of the zone's slots, in the order of `dynamicSlots`, loaded together with `serial`;
    ///   they must be readable until this returns.
    package init(
        _ snapshot: ZoneSnapshot, zone: Int, serial: UInt32, references: [DynamicTable.Reference?]
    ) {
        let slots = snapshot.dynamicSlots(ofZone: zone)
        precondition(references.count == slots.count)
        self.snapshot = snapshot
        self.zone = zone
        self.serial = serial
        isComplete = references.allSatisfy { $0 != nil }
        var writer = ArenaWriter(exactCapacity: 64)
        var offsets: [UInt32: Int] = [:]
        for (slot, reference) in zip(slots, references) {
            guard let answer = reference?.answer else { continue }
            writer.appendZeros((2 - writer.count & 1) & 1)
            offsets[UInt32(slot)] = writer.count
            writer.append(contentsOf: UnsafeRawBufferPointer(start: answer.base, count: answer.recordsEnd))
        }
        copies = writer.take()
        self.offsets = offsets
    }

    deinit { copies.deallocate() }

    func answer(inSlot slot: UInt32) -> StoredAnswer? {
        offsets[slot].map { StoredAnswer(base: UnsafeRawPointer(copies + $0)) }
    }

    /// The octets that the zone takes in memory: about what a whole transfer sends.
    package var byteCount: Int { snapshot.extents[zone].byteCount }

    /// The apex's SOA record with two octets where its owner's name goes, names whole, and this image's serial number.
    package var soa: [UInt8] { snapshot.soa(ofZone: zone, serial: serial) }
}

extension StoredAnswer {
    /// Where its records end.
    var recordsEnd: Int { v6Records - base + v6Length }
}

extension ZoneSnapshot {
    /// The slots of a zone's dynamic names.
    package func dynamicSlots(ofZone zone: Int) -> [Int] { extents[zone].slots }

    /// The serial number in a zone's SOA record as it was read.
    package func fileSerial(ofZone zone: Int) -> UInt32 { zoneEntries[zone].serial }

    /// Equal for two versions of a zone if their content is.
    package func digest(ofZone zone: Int) -> UInt64 { zoneEntries[zone].digest }

    /// A zone's SOA record with two octets where its owner's name goes, names whole, and another serial number.
    package func soa(ofZone zone: Int, serial: UInt32) -> [UInt8] {
        let apex = view.node(at: zoneEntries[zone].apex)
        var position = apex.firstRRset
        for _ in 0..<apex.rrsetCount {
            let rrset = StoredRRset(base: position)
            if rrset.type == TypeCode.soa {
                var record = rrset.wholeRecords(apex: apex)
                withUnsafeBytes(of: serial.bigEndian) { octets in
                    record.replaceSubrange((record.count - 20)..<(record.count - 16), with: octets)
                }
                return record
            }
            position = rrset.next
        }
        preconditionFailure("a zone without SOA does not come into a snapshot")
    }
}

extension StoredRRset {
    /// The records with the names in their RDATA whole, each with two octets where its owner's name goes.
    func wholeRecords(apex: Node) -> [UInt8] {
        var octets: [UInt8] = []
        var position = 0
        var patch = 0
        for _ in 0..<recordCount {
            let end = position + 12 + Int(records.loadWire(at: position + 10))
            let start = octets.count
            octets += UnsafeRawBufferPointer(start: records + position, count: 12)
            var copied = position + 12
            while patch < patchCount, self.patch(patch) < end {
                octets += UnsafeRawBufferPointer(start: records + copied, count: self.patch(patch) - copied)
                octets += UnsafeRawBufferPointer(start: apex.name, count: apex.nameLength)
                copied = self.patch(patch) + 2
                patch += 1
            }
            octets += UnsafeRawBufferPointer(start: records + copied, count: end - copied)
            let length = octets.count - start - 12
            octets[start + 10] = UInt8(length >> 8)
            octets[start + 11] = UInt8(length & 0xFF)
            position = end
        }
        return octets
    }
}
