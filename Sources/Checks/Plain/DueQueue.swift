/// What is due when, the earliest first: a binary heap. What is no longer wanted stays until its time has come and
/// is then recognised by its generation, so that nothing is ever searched.
struct DueQueue {
    enum Kind: UInt8 {
        /// A target's turn has come.
        case turn
        /// A probe has been quiet for longer than its target usually is.
        case quiet
        /// A probe's time is up.
        case timeout
    }

    struct Entry {
        /// Nanoseconds of the monotonic clock.
        var due: Int64
        var index: UInt32
        var generation: UInt32
        var kind: Kind
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
