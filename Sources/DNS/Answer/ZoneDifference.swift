/// What is in one version of a zone and not in another, dynamic answers and SOA records not counted.
package struct ZoneDifference: Sendable {
    /// All records of one owner name and type in wire form, names whole, each with two octets where the owner goes.
    package struct Run: Sendable {
        /// A wire name in lower case.
        package let owner: [UInt8]
        package let records: [UInt8]
    }

    package let removed: [Run]
    package let added: [Run]

    /// Nil if either version takes more than `limit` octets of memory: comparing takes time in proportion to both.
    package init?(from old: ZoneSnapshot, zone oldZone: Int, to new: ZoneSnapshot, zone newZone: Int, limit: Int) {
        guard old.extents[oldZone].byteCount <= limit, new.extents[newZone].byteCount <= limit else { return nil }
        let before = old.records(ofZone: oldZone)
        let after = new.records(ofZone: newZone)
        let oldRecords = Dictionary(uniqueKeysWithValues: before)
        let newRecords = Dictionary(uniqueKeysWithValues: after)
        removed = before.compactMap { newRecords[$0.0] == $0.1 ? nil : Run(owner: $0.0.owner, records: $0.1) }
        added = after.compactMap { oldRecords[$0.0] == $0.1 ? nil : Run(owner: $0.0.owner, records: $0.1) }
    }
}

private struct RRsetKey: Hashable {
    let owner: [UInt8]
    let type: UInt16
}

extension ZoneSnapshot {
    /// Every RRset of a zone but its SOA.
    fileprivate func records(ofZone zone: Int) -> [(RRsetKey, [UInt8])] {
        var records: [(RRsetKey, [UInt8])] = []
        let apex = view.node(at: zoneEntries[zone].apex)
        for node in nodes(ofZone: zone) {
            let owner = Array(UnsafeRawBufferPointer(start: node.name, count: node.nameLength))
            var next = node.firstRRset
            for _ in 0..<node.rrsetCount {
                let rrset = StoredRRset(base: next)
                if rrset.type != TypeCode.soa {
                    records.append((RRsetKey(owner: owner, type: rrset.type), rrset.wholeRecords(apex: apex)))
                }
                next = rrset.next
            }
        }
        return records
    }
}
