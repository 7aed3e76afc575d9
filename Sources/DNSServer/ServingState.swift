import CSockets
import DNS
import Synchronization

/// What is being answered from now: one pointer that every reader loads once per batch of queries, and the one
/// writer at a time who changes what is behind it.
///
///     publish ─► swap one slot ─► advance the zone's serial number ─► retire the old answer
///     replace ─► new table adopts the old one's answers ─► swap the pointer ─► retire snapshot and table
///
/// What was retired is freed by a later change, once `epochs` says that no reader can hold it; nothing waits.
final class ServingState: @unchecked Sendable {  // `source` is atomic, the rest is behind `writer`
    let epochs: Epochs
    private let source: Atomic<UnsafePointer<AnswerSource>>
    private let writer: Mutex<Writer>
    /// The reader that copies answers for transfers, one at a time.
    private let capturing: Mutex<Epochs.Reader>

    private struct Writer: ~Copyable {
        var snapshot: ZoneSnapshot
        var table: DynamicTable
        var options: StoredOptions
        var retired: [Retired] = []
        /// By zone of the snapshot; a zone that has not changed has none.
        var journals: [Int: ZoneJournal] = [:]
        /// How many dynamic names of a zone have no answer yet; a zone without any such name is not in it.
        var undecided: [Int: Int]

        func serialOrigin(ofZone zone: Int) -> SerialOrigin {
            SerialOrigin(
                apex: snapshot.apexName(ofZone: zone), serial: table.serial(ofZone: zone),
                digest: snapshot.digest(ofZone: zone), isDynamic: !snapshot.dynamicSlots(ofZone: zone).isEmpty)
        }
    }

    private struct Retired {
        let epoch: UInt64
        let what: What

        enum What {
            case answer(DynamicTable.RetiredAnswer)
            /// The snapshot is only kept alive; the table gives up what its successor took over.
            case generation(ZoneSnapshot, DynamicTable, shared: [Int], UnsafePointer<AnswerSource>)
            /// The options are only kept alive.
            case options(StoredOptions, UnsafePointer<AnswerSource>)
        }
    }

    init(_ snapshot: ZoneSnapshot, options: StoredOptions, readers: Int) {
        epochs = Epochs(readers: readers + 1)
        capturing = Mutex(epochs.reader(readers))
        useLargePages(for: snapshot)
        let table = DynamicTable(for: snapshot)
        source = Atomic(allocateSource(snapshot, table, options))
        writer = Mutex(
            Writer(snapshot: snapshot, table: table, options: options, undecided: table.undecided(in: snapshot)))
    }

    deinit {
        // Nobody reads any more: the readers hold a reference to this for as long as they run.
        writer.withLock { writer in
            for retired in writer.retired { Self.free(retired.what) }
        }
        source.load(ordering: .acquiring).deallocate()
    }

    /// For readers between `enter` and `leave` only.
    @inline(__always)
    var current: UnsafePointer<AnswerSource> { source.load(ordering: .sequentiallyConsistent) }

    /// Where a zone's serial number is.
    struct Place {
        let apex: Name
        let serial: UInt32
        /// Whether it has just changed.
        let isMoved: Bool
    }

    /// Changes what one dynamic name answers; nil if there is no such name. The zone's serial number moves if its
    /// records do: a new extended error alone changes no record.
    func publish(_ name: Name, _ answer: DynamicAnswer) -> Place? {
        writer.withLock { writer in
            guard let slot = writer.snapshot.slot(of: name), let zone = writer.snapshot.zoneIndex(of: name) else {
                return nil
            }
            // Nothing frees it meanwhile: that takes the lock.
            let before = writer.table.reference(slot: slot)
            let removed = before?.records ?? []
            if before == nil { writer.undecided[zone, default: 1] -= 1 }
            if let old = writer.table.exchange(slot: slot, answer) {
                writer.retired.append(Retired(epoch: epochs.retire(), what: .answer(old)))
            }
            let added = writer.table.reference(slot: slot)?.records ?? []
            let apex = writer.snapshot.apexName(ofZone: zone)
            let current = writer.table.serial(ofZone: zone)
            if removed == added, before != nil {
                reclaim(&writer)
                return Place(apex: apex, serial: current, isMoved: false)
            }
            let serial = writer.table.advanceSerial(ofZone: zone)
            let soa = writer.journals[zone]?.soa ?? writer.snapshot.soa(ofZone: zone, serial: serial)
            writer.journals[zone, default: ZoneJournal()].append(
                ZoneChange(from: current, to: serial, of: name, removed: removed, added: added, soa: soa))
            reclaim(&writer)
            return Place(apex: apex, serial: serial, isMoved: true)
        }
    }

    /// What a zone's transfer is to send, as of one instant.
    func content(ofZone apex: Name, since serial: UInt32?) -> TransferContent? {
        capturing.withLock { reader in
            reader.enter()
            defer { reader.leave() }
            let captured: (TransferContent?, Capture?)? = writer.withLock { writer in
                guard let zone = writer.snapshot.zoneIndex(ofApex: apex) else { return nil }
                let current = writer.table.serial(ofZone: zone)
                let isComplete = writer.undecided[zone, default: 0] <= 0
                if let serial, !Serial(current).isNewer(than: Serial(serial)) {
                    return (.current(soa: writer.snapshot.soa(ofZone: zone, serial: current)), nil)
                }
                if let serial, isComplete, let changes = writer.journals[zone]?.changes(since: serial) {
                    return (.changes(Array(changes)), nil)
                }
                let references = writer.snapshot.dynamicSlots(ofZone: zone).map { writer.table.reference(slot: $0) }
                return (
                    nil, Capture(snapshot: writer.snapshot, zone: zone, serial: current, references: references)
                )
            }
            guard let captured else { return nil }
            if let content = captured.0 { return content }
            return captured.1.map {
                .whole(ZoneImage($0.snapshot, zone: $0.zone, serial: $0.serial, references: $0.references))
            }
        }
    }

    private struct Capture {
        let snapshot: ZoneSnapshot
        let zone: Int
        let serial: UInt32
        let references: [DynamicTable.Reference?]
    }

    /// The zone's SOA record of now, with two octets where its owner's name goes.
    func soa(ofZone apex: Name) -> [UInt8]? {
        writer.withLock { writer in
            writer.snapshot.zoneIndex(ofApex: apex).map {
                writer.snapshot.soa(ofZone: $0, serial: writer.table.serial(ofZone: $0))
            }
        }
    }

    /// Whether every dynamic name of the zone has an answer; nil if there is no such zone.
    func isComplete(zone apex: Name) -> Bool? {
        writer.withLock { writer in
            writer.snapshot.zoneIndex(ofApex: apex).map { writer.undecided[$0, default: 0] <= 0 }
        }
    }

    /// A zone's serial number and what it belongs to.
    struct SerialOrigin {
        let apex: Name
        let serial: UInt32
        /// Equal for equal content, what was published not counted.
        let digest: UInt64
        /// Whether it has dynamic names.
        let isDynamic: Bool
    }

    /// Of every zone.
    var serialOrigins: [SerialOrigin] {
        writer.withLock { writer in (0..<writer.snapshot.zoneCount).map { writer.serialOrigin(ofZone: $0) } }
    }

    func serialOrigin(ofZone apex: Name) -> SerialOrigin? {
        writer.withLock { writer in
            writer.snapshot.zoneIndex(ofApex: apex).map { writer.serialOrigin(ofZone: $0) }
        }
    }

    /// Answers from `snapshot` from the next batch on. What was published stays, where the name is still dynamic.
    func replace(_ snapshot: ZoneSnapshot) {
        let table = DynamicTable(for: snapshot)
        useLargePages(for: snapshot)
        // Comparing takes a moment, in which others may publish.
        let old = writer.withLock { $0.snapshot }
        let differences = ZoneJournal.differences(from: old, to: snapshot)
        writer.withLock { writer in
            let isSame = writer.snapshot === old
            let before = (0..<writer.snapshot.zoneCount).map { writer.table.serial(ofZone: $0) }
            let shared = table.adopt(writer.table, of: writer.snapshot, for: snapshot)
            let oldSource = source.exchange(
                allocateSource(snapshot, table, writer.options), ordering: .sequentiallyConsistent)
            writer.retired.append(
                Retired(
                    epoch: epochs.retire(), what: .generation(writer.snapshot, writer.table, shared: shared, oldSource))
            )
            writer.journals = writer.journals.carried(
                from: (writer.snapshot, writer.table, before), to: (snapshot, table),
                differences: isSame ? differences : [:])
            (writer.snapshot, writer.table) = (snapshot, table)
            writer.undecided = table.undecided(in: snapshot)
            reclaim(&writer)
        }
    }

    /// Answers by other options from the next batch on.
    func replace(_ options: StoredOptions) {
        writer.withLock { writer in
            let new = allocateSource(writer.snapshot, writer.table, options)
            let old = source.exchange(new, ordering: .sequentiallyConsistent)
            writer.retired.append(Retired(epoch: epochs.retire(), what: .options(writer.options, old)))
            writer.options = options
            reclaim(&writer)
        }
    }

    /// The serial number of the zone with this apex.
    func serial(ofZone apex: Name) -> UInt32? {
        writer.withLock { writer in
            writer.snapshot.zoneIndex(ofApex: apex).map { writer.table.serial(ofZone: $0) }
        }
    }

    /// Moves a zone's serial number to `least` if that is ahead of what it is; nil if there is no such zone.
    func raiseSerial(ofZone apex: Name, toAtLeast least: UInt32) -> UInt32? {
        writer.withLock { writer in
            guard let zone = writer.snapshot.zoneIndex(ofApex: apex) else { return nil }
            let current = writer.table.serial(ofZone: zone)
            let raised = writer.table.raiseSerial(ofZone: zone, toAtLeast: least)
            if raised != current { writer.journals[zone] = nil }
            return raised
        }
    }

    /// How much waits to be freed.
    var retiredCount: Int { writer.withLock { $0.retired.count } }

    private func reclaim(_ writer: inout Writer) {
        // Epochs only grow along the list, so it is freed from its front.
        var freed = 0
        while freed < writer.retired.count, epochs.hasPassed(writer.retired[freed].epoch) {
            Self.free(writer.retired[freed].what)
            freed += 1
        }
        writer.retired.removeFirst(freed)
    }

    private static func free(_ what: Retired.What) {
        switch what {
        case .answer(let answer): answer.free()
        case .generation(_, let table, let shared, let source):
            table.relinquish(shared)
            source.deallocate()
        case .options(_, let source): source.deallocate()
        }
    }
}

/// A query reads two or three places of a large snapshot, each on a page of its own.
private func useLargePages(for snapshot: ZoneSnapshot) {
    snapshot.forEachRunOfMemory { ninelives_use_large_pages($0.baseAddress, $0.count) }
}

private func allocateSource(
    _ snapshot: ZoneSnapshot, _ table: DynamicTable, _ options: StoredOptions
) -> UnsafePointer<AnswerSource> {
    let source = UnsafeMutablePointer<AnswerSource>.allocate(capacity: 1)
    source.initialize(to: AnswerSource(snapshot, table, options, leavesTransfers: true))
    return UnsafePointer(source)
}

extension DynamicTable {
    /// How many names without an answer each zone has, of those that have any dynamic name.
    fileprivate func undecided(in snapshot: ZoneSnapshot) -> [Int: Int] {
        var counts: [Int: Int] = [:]
        for zone in 0..<snapshot.zoneCount {
            let slots = snapshot.dynamicSlots(ofZone: zone)
            if slots.isEmpty { continue }
            counts[zone] = slots.count { reference(slot: $0) == nil }
        }
        return counts
    }
}
