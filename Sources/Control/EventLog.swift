/// What happened, in order: the newest lines, each with a number that is never used twice.
struct EventLog: Sendable {
    /// How many lines are kept at hand; the store has the older ones.
    static let capacity = 10_000

    private(set) var nextID: UInt64 = 1
    private var lines: [EventReport] = []

    init() {}

    /// Goes on after `lines`, the oldest first.
    init(after lines: [EventReport], nextID: UInt64) {
        self.lines = lines
        self.nextID = nextID
    }

    /// - Parameter line: numbered `nextID`.
    mutating func append(_ line: EventReport) {
        lines.append(line)
        nextID = line.id + 1
        // Dropping a tenth at once keeps the cost of an append constant.
        if lines.count > Self.capacity { lines.removeFirst(Self.capacity / 10) }
    }

    /// The next lines after `id`, the oldest first; nil if the store must be asked for them.
    func lines(after id: UInt64, limit: Int) -> [EventReport]? {
        if id + 1 >= nextID { return [] }
        guard let first = lines.first, first.id <= id + 1 else { return nil }
        let start = lines.firstIndex { $0.id > id } ?? lines.endIndex
        return Array(lines[start...].prefix(limit))
    }

    /// The newest first.
    func newest(_ count: Int) -> ReversedCollection<ArraySlice<EventReport>> { lines.suffix(count).reversed() }
}
