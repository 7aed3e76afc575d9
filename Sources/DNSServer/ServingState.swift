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

    private struct Writer: ~Copyable {
        var snapshot: ZoneSnapshot
        var table: DynamicTable
        var options: StoredOptions
        var retired: [Retired] = []
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
        epochs = Epochs(readers: readers)
        useLargePages(for: snapshot)
        let table = DynamicTable(for: snapshot)
        source = Atomic(allocateSource(snapshot, table, options))
        writer = Mutex(Writer(snapshot: snapshot, table: table, options: options))
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

    /// Changes what one dynamic name answers; nil if there is no such name. Returns the zone's new serial number.
    func publish(_ name: Name, _ answer: DynamicAnswer) -> UInt32? {
        writer.withLock { writer in
            guard let slot = writer.snapshot.slot(of: name), let zone = writer.snapshot.zoneIndex(of: name) else {
                return nil
            }
            if let old = writer.table.exchange(slot: slot, answer) {
                writer.retired.append(Retired(epoch: epochs.retire(), what: .answer(old)))
            }
            let serial = writer.table.advanceSerial(ofZone: zone)
            reclaim(&writer)
            return serial
        }
    }

    /// Answers from `snapshot` from the next batch on. What was published stays, where the name is still dynamic.
    func replace(_ snapshot: ZoneSnapshot) {
        let table = DynamicTable(for: snapshot)
        useLargePages(for: snapshot)
        writer.withLock { writer in
            let shared = table.adopt(writer.table, of: writer.snapshot, for: snapshot)
            let new = allocateSource(snapshot, table, writer.options)
            let old = source.exchange(new, ordering: .sequentiallyConsistent)
            writer.retired.append(
                Retired(epoch: epochs.retire(), what: .generation(writer.snapshot, writer.table, shared: shared, old)))
            (writer.snapshot, writer.table) = (snapshot, table)
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
            writer.snapshot.zoneIndex(ofApex: apex).map { writer.table.raiseSerial(ofZone: $0, toAtLeast: least) }
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
    source.initialize(to: AnswerSource(snapshot, table, options))
    return UnsafePointer(source)
}
