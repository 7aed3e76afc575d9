/// A growing run of octets in segments: nothing in it ever moves, and growing copies nothing.
///
/// A segment is as large as all before it together, up to a mebibyte, so that thousands of small zones are small and
/// a large one wastes no more than that.
struct FlatMemory: ~Copyable {
    struct Segment: BitwiseCopyable {
        let base: UnsafeMutableRawPointer
        var count: Int
        let capacity: Int

        var end: UnsafeMutableRawPointer { base + count }
    }

    private(set) var segments: [Segment] = []
    private var nextCapacity: Int

    /// A little less than a mebibyte, so that the allocator's own words do not take another page.
    private static let maximumCapacity = (1 << 20) - 64

    /// `expected` is how many octets there may well be.
    init(expected: Int = 0) { nextCapacity = min(max(expected, 256), FlatMemory.maximumCapacity) }

    deinit { for segment in segments { segment.base.deallocate() } }

    /// What was allocated, in octets.
    var count: Int { segments.reduce(0) { $0 + $1.count } }

    /// What is held, in octets.
    var capacity: Int { segments.reduce(0) { $0 + $1.capacity } }

    /// A run of `size` octets, of any content, at a multiple of four.
    mutating func allocate(_ size: Int) -> UnsafeMutableRawPointer {
        let size = (size + 3) & ~3
        if let last = segments.indices.last, segments[last].capacity - segments[last].count >= size {
            defer { segments[last].count += size }
            return segments[last].end
        }
        let capacity = max(nextCapacity, size)
        nextCapacity = min(nextCapacity * 2, FlatMemory.maximumCapacity)
        let base = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        segments.append(Segment(base: base, count: size, capacity: capacity))
        return base
    }

    /// Gives back what lies behind `end`, an address within the run that was allocated last.
    mutating func shrink(to end: UnsafeMutableRawPointer) {
        guard let last = segments.indices.last else { return }
        segments[last].count = (end - segments[last].base + 3) & ~3
    }

    /// Whether `end` is where the next allocation would begin.
    func isEnd(_ end: UnsafeRawPointer) -> Bool { segments.last.map { UnsafeRawPointer($0.end) == end } ?? false }

    /// Takes the first segment out; the caller deallocates it.
    mutating func removeFirst() -> Segment? { segments.isEmpty ? nil : segments.removeFirst() }
}

/// Where something lies in a snapshot: its address; 0 is nothing.
typealias ArenaOffset = UInt
