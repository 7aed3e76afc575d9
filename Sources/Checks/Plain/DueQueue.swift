/// What is due when, the earliest first: a binary heap. What is no longer wanted stays until its time has come and
/// is then recognised by its generation, so that nothing is ever searched.
struct DueQueue {
    enum Kind: UInt32 {
        /// A target's turn has come.
        case turn
        /// A probe has been quiet for longer than its target usually is.
        case quiet
        /// A probe's time is up.
        case timeout
    }

    /// In 16 octets: each target has one at least.
    struct Entry {
        /// Nanoseconds of the monotonic clock.
        let due: Int64
        let index: UInt32
        /// From above: the kind (2 bits), the generation (30 bits).
        private let packed: UInt32

        /// - Parameter generation: below 2³⁰.
        init(due: Int64, index: UInt32, generation: UInt32, kind: Kind) {
            self.due = due
            self.index = index
            packed = kind.rawValue << 30 | generation
        }

        var generation: UInt32 { packed & 0x3FFF_FFFF }
        var kind: Kind { Kind(rawValue: packed >> 30) ?? .turn }
    }

    private var heap: [Entry] = []

    var earliest: Entry? { heap.first }
    var count: Int { heap.count }

    mutating func insert(_ entry: Entry) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if heap[parent].due <= entry.due { break }
            heap[child] = heap[parent]
            child = parent
        }
        heap[child] = entry
    }

    /// Takes the earliest out.
    @discardableResult
    mutating func take() -> Entry? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if heap.isEmpty { return first }
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].due < heap[child].due { child += 1 }
            if last.due <= heap[child].due { break }
            heap[parent] = heap[child]
            parent = child
        }
        heap[parent] = last
        return first
    }
}
