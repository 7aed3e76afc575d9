import DNS

/// What one step of a zone's serial number changed (RFC 1995 §4).
struct ZoneChange: Sendable {
    let from: UInt32
    let to: UInt32
    /// The records of some owner names, A and AAAA in this order.
    let removed: [RecordRun]
    let added: [RecordRun]
    /// The SOA records on both sides, whatever their serial numbers.
    let soaBefore: [UInt8]
    let soaAfter: [UInt8]
    /// Whether `removed` and `added` are all addresses that a dynamic name had and has.
    let isPublication: Bool

    init(from: UInt32, to: UInt32, of name: Name, removed: [UInt8], added: [UInt8], soa: [UInt8]) {
        self.from = from
        self.to = to
        let owner = name.inLowerCase.wire
        self.removed = [RecordRun(owner: owner, records: removed)]
        self.added = [RecordRun(owner: owner, records: added)]
        (soaBefore, soaAfter) = (soa, soa)
        isPublication = true
    }

    init(
        from: UInt32, to: UInt32, removed: [RecordRun], added: [RecordRun], soaBefore: [UInt8], soaAfter: [UInt8],
        isPublication: Bool = false
    ) {
        self.from = from
        self.to = to
        self.removed = removed
        self.added = added
        self.soaBefore = soaBefore
        self.soaAfter = soaAfter
        self.isPublication = isPublication
    }

    var byteCount: Int { (removed + added).reduce(200) { $0 + $1.owner.count + $1.records.count } }
}

/// Records of one owner name in wire form, each with two octets where the owner goes.
struct RecordRun: Hashable, Sendable {
    /// In lower case.
    let owner: [UInt8]
    let records: [UInt8]

    /// Each record by itself.
    var split: [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var position = 0
        while position + 12 <= records.count {
            let end = position + 12 + (Int(records[position + 10]) << 8 | Int(records[position + 11]))
            parts.append(records[position..<end])
            position = end
        }
        return parts
    }
}

/// The last changes of one zone, each beginning where the one before it ends. Bounded: the oldest are dropped.
struct ZoneJournal: Sendable {
    private static let changeLimit = 10_000
    private static let byteLimit = 4 << 20

    private var changes: [ZoneChange] = []
    private var byteCount = 0

    /// The zone's SOA record since the last change.
    var soa: [UInt8]? { changes.last?.soaAfter }

    mutating func append(_ change: ZoneChange) {
        if let last = changes.last, last.to != change.from {
            changes.removeAll()
            byteCount = 0
        }
        changes.append(change)
        byteCount += change.byteCount
        guard changes.count > Self.changeLimit || byteCount > Self.byteLimit else { return }
        // A quarter at once, so that it is seldom.
        let dropped = max(1, changes.count / 4)
        byteCount -= changes[..<dropped].reduce(0) { $0 + $1.byteCount }
        changes.removeFirst(dropped)
    }

    /// The changes that lead from `serial` to now; nil if it does not reach back so far.
    func changes(since serial: UInt32) -> ArraySlice<ZoneChange>? {
        changes.lastIndex { $0.from == serial }.map { changes[$0...] }
    }
}

extension ZoneChange {
    /// One change that has the effect of all (RFC 1995 §5), if they are all publications; else as they are.
    static func condensed(_ changes: [ZoneChange]) -> [ZoneChange] {
        guard changes.count > 1, let first = changes.first, let last = changes.last,
            changes.allSatisfy(\.isPublication)
        else { return changes.map(\.minimal) }
        var owners: [[UInt8]] = []
        var before: [[UInt8]: RecordRun] = [:]
        var after: [[UInt8]: RecordRun] = [:]
        for change in changes {
            for run in change.removed where before[run.owner] == nil {
                before[run.owner] = run
                owners.append(run.owner)
            }
            for run in change.added { after[run.owner] = run }
        }
        return [
            ZoneChange(
                from: first.from, to: last.to, removed: owners.compactMap { before[$0] },
                added: owners.compactMap { after[$0] }, soaBefore: first.soaBefore, soaAfter: last.soaAfter
            ).minimal
        ]
    }

    /// Without the records that are on both sides.
    private var minimal: ZoneChange {
        let old = Set(removed.flatMap { run in run.split.map { RecordRun(owner: run.owner, records: Array($0)) } })
        let new = Set(added.flatMap { run in run.split.map { RecordRun(owner: run.owner, records: Array($0)) } })
        return ZoneChange(
            from: from, to: to, removed: removed.compactMap { $0.without(new) },
            added: added.compactMap { $0.without(old) }, soaBefore: soaBefore, soaAfter: soaAfter,
            isPublication: isPublication)
    }
}

extension RecordRun {
    fileprivate func without(_ others: Set<RecordRun>) -> RecordRun? {
        let kept = split.filter { !others.contains(RecordRun(owner: owner, records: Array($0))) }
        return kept.isEmpty ? nil : RecordRun(owner: owner, records: Array(kept.joined()))
    }
}

extension ZoneJournal {
    /// Versions of a zone that take more octets are not compared.
    private static let comparedLimit = 2 << 20

    /// What has changed in the zones that are in both snapshots and differ, by the new one's numbers.
    static func differences(from old: ZoneSnapshot, to new: ZoneSnapshot) -> [Int: ZoneDifference] {
        var differences: [Int: ZoneDifference] = [:]
        for zone in 0..<new.zoneCount {
            guard let oldZone = old.zoneIndex(ofApex: new.apexName(ofZone: zone)),
                old.digest(ofZone: oldZone) != new.digest(ofZone: zone)
            else { continue }
            differences[zone] = ZoneDifference(
                from: old, zone: oldZone, to: new, zone: zone, limit: comparedLimit)
        }
        return differences
    }
}

extension [Int: ZoneJournal] {
    /// The journals of the zones of another snapshot: as they were where a zone's content is the same, with one more
    /// change where it is compared, and gone where it is not.
    ///
    /// - Parameter old: what was answered until now, not yet freed, and its serial numbers.
    func carried(
        from old: (snapshot: ZoneSnapshot, table: DynamicTable, serials: [UInt32]),
        to new: (snapshot: ZoneSnapshot, table: DynamicTable), differences: [Int: ZoneDifference]
    ) -> [Int: ZoneJournal] {
        var carried: [Int: ZoneJournal] = [:]
        for zone in 0..<new.snapshot.zoneCount {
            guard let oldZone = old.snapshot.zoneIndex(ofApex: new.snapshot.apexName(ofZone: zone)) else { continue }
            let (from, to) = (old.serials[oldZone], new.table.serial(ofZone: zone))
            let difference = differences[zone]
            let isSame = old.snapshot.digest(ofZone: oldZone) == new.snapshot.digest(ofZone: zone)
            guard isSame || difference != nil else { continue }
            var journal = self[oldZone] ?? ZoneJournal()
            if from != to {
                let gone = old.snapshot.dynamicSlots(ofZone: oldZone).compactMap { slot -> RecordRun? in
                    let name = old.snapshot.dynamicNames[slot]
                    guard new.snapshot.slot(of: name) == nil, let records = old.table.reference(slot: slot)?.records
                    else { return nil }
                    return RecordRun(owner: name.inLowerCase.wire, records: records)
                }
                journal.append(
                    ZoneChange(
                        from: from, to: to,
                        removed: gone
                            + (difference?.removed ?? []).map { RecordRun(owner: $0.owner, records: $0.records) },
                        added: (difference?.added ?? []).map { RecordRun(owner: $0.owner, records: $0.records) },
                        soaBefore: old.snapshot.soa(ofZone: oldZone, serial: from),
                        soaAfter: new.snapshot.soa(ofZone: zone, serial: to)))
            }
            carried[zone] = journal
        }
        return carried
    }
}
