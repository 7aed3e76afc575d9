import Failover

/// What happened, in order: the newest entries, each with a number that is never used twice.
struct EventLog: Sendable {
    struct Entry: Sendable {
        let id: UInt64
        let entry: LogEntry
    }

    /// How many entries are kept; older ones are let go.
    static let capacity = 10_000

    private(set) var entries: [Entry] = []
    private var nextID: UInt64 = 1

    mutating func append(_ entry: LogEntry) {
        entries.append(Entry(id: nextID, entry: entry))
        nextID += 1
        // Dropping a tenth at once keeps the cost of an append constant.
        if entries.count > Self.capacity { entries.removeFirst(Self.capacity / 10) }
    }

    /// The newest first.
    func newest(_ count: Int) -> ReversedCollection<ArraySlice<Entry>> { entries.suffix(count).reversed() }
}
