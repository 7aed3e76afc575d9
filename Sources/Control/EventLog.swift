/// What happened, in order: the newest lines, each with a number that is never used twice.
struct EventLog: Sendable {
    /// How many lines are kept at hand; the store has the older ones.
    static let capacity = 10_000

    private(set) var nextID: UInt64 = 1
    private var lines: [EventReport] = []
    /// Why the newest decisions were made, in the order of their lines: the store has it only a moment later.
    private var explanations: [(line: UInt64, explanation: Explanation)] = []
    private static let explained = 500

    init() {}

    /// Goes on after `lines`, the oldest first.
    init(after lines: [EventReport], nextID: UInt64) {
        self.lines = lines
        self.nextID = nextID
    }

    /// - Parameter line: numbered `nextID`.
    /// - Parameter explanation: of a decision.
    mutating func append(_ line: EventReport, explanation: Explanation? = nil) {
        lines.append(line)
        if let explanation { explanations.append((line.id, explanation)) }
        if explanations.count > Self.explained { explanations.removeFirst(Self.explained / 10) }
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

    /// The last decision about a scheme at or before a time (seconds since 1970), and why it was made, if that is at
    /// hand; nil if the store must be asked for the decision itself.
    func decision(of scheme: String, at seconds: Double) -> (line: EventReport, explanation: Explanation?)? {
        guard let line = lines.last(where: { $0.kind == "decision" && $0.scheme == scheme && $0.at <= seconds }) else {
            return nil
        }
        return (line, explanations.last { $0.line == line.id }?.explanation)
    }

    /// The newest first.
    func newest(_ count: Int) -> ReversedCollection<ArraySlice<EventReport>> { lines.suffix(count).reversed() }
}
