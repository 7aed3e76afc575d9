import Synchronization

/// Tells when nobody reads what was taken out of service, without a reference count or a lock for the readers.
///
///     reader   enter ── load pointers, read ── leave          (once per batch of queries)
///     writer   swap pointer ── retire() = e ── … ── free, once every reader is out or entered after e
///
/// A reader announces the epoch it entered in, in a word of its own. The announcement and the loads behind it are
/// sequentially consistent, as are the writer's swap and its look at the announcements: so either the writer sees
/// the reader, or the reader sees the new pointer. A blocked reader is outside and holds nothing up.
final class Epochs: @unchecked Sendable {  // all words are atomic; the pointers never change
    private typealias Word = Atomic<UInt64>

    /// Words of different readers lie in different cache lines (and pairs of lines, for the prefetcher).
    private static let stride = 128

    private let memory: UnsafeMutableRawPointer
    private let readerCount: Int

    /// `readers` is how many there will be at most; each has an index below it.
    init(readers: Int) {
        readerCount = readers
        memory = .allocate(byteCount: (readers + 1) * Epochs.stride, alignment: Epochs.stride)
        for index in 0...readers {
            (memory + index * Epochs.stride).bindMemory(to: Word.self, capacity: 1).initialize(to: Word(0))
        }
        word(readers).pointee.store(1, ordering: .sequentiallyConsistent)
    }

    deinit { memory.deallocate() }

    private func word(_ index: Int) -> UnsafeMutablePointer<Word> {
        (memory + index * Epochs.stride).assumingMemoryBound(to: Word.self)
    }

    private var current: UnsafeMutablePointer<Word> { word(readerCount) }

    func reader(_ index: Int) -> Reader {
        precondition((0..<readerCount).contains(index))
        return Reader(announced: word(index), current: current)
    }

    /// One reader's announcement; used by one thread at a time. Valid as long as the `Epochs`.
    struct Reader: BitwiseCopyable, @unchecked Sendable {  // addresses of atomics
        fileprivate let announced: UnsafeMutablePointer<Atomic<UInt64>>
        fileprivate let current: UnsafeMutablePointer<Atomic<UInt64>>

        /// From here on nothing that can be found is freed.
        @inline(__always) func enter() {
            let epoch = current.pointee.load(ordering: .sequentiallyConsistent)
            announced.pointee.store(epoch, ordering: .sequentiallyConsistent)
        }

        /// Nothing that was found is used any more.
        @inline(__always) func leave() { announced.pointee.store(0, ordering: .releasing) }
    }

    /// To be called after something was taken out of service: the epoch that must have passed before it is freed.
    func retire() -> UInt64 { current.pointee.wrappingAdd(1, ordering: .sequentiallyConsistent).oldValue }

    /// Whether no reader that entered in `epoch` or before is still inside.
    func hasPassed(_ epoch: UInt64) -> Bool {
        for index in 0..<readerCount {
            let announced = word(index).pointee.load(ordering: .sequentiallyConsistent)
            if announced != 0, announced <= epoch { return false }
        }
        return true
    }
}
