/// A growing run of octets in segments: nothing in it ever moves, and growing copies nothing.
///
/// A segment is as large as all before it together, up to 2 MiB, so that thousands of small zones are small and a
/// large one wastes no more than that. The largest are aligned to their size, so that each can be one large page.
struct FlatMemory: ~Copyable {
    struct Segment: BitwiseCopyable {
        let base: UnsafeMutableRawPointer
        var count: Int
        let capacity: Int

        var end: UnsafeMutableRawPointer { base + count }
    }

    private(set) var segments: [Segment] = []
    private var nextCapacity: Int

    /// What `allocate` leaves at the end of a segment, so that `margin` octets can be read from wherever a run begins.
    static let margin = 64
    private static let maximumCapacity = largePage - margin

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
        let base = allocateForReading(capacity + FlatMemory.margin)
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

/// The size of a large page, octets.
private let largePage = 2 << 20

/// Memory that begins with a large page if it can fill one.
func allocateForReading(_ size: Int) -> UnsafeMutableRawPointer {
    .allocate(byteCount: size, alignment: size >= largePage ? largePage : 16)
}

/// Where something lies in a snapshot: its address; 0 is nothing.
typealias ArenaOffset = UInt
