import Synchronization

/// What a reply is to whoever forged the question: each kind is counted for itself.
enum ReplyKind: UInt8, BitwiseCopyable {
    case answer
    /// NXDOMAIN, or an answer from a wildcard: names of which there is no end.
    case denial
    case error
    case referral
}

/// Cache lines, a power of two, and words in each: 1 MiB in all.
private let lineCount = 1 << 14
private let ways = 8

/// How many replies each network got in the current second: a table of fixed size, shared by all workers without a
/// lock, so that the limit holds for the server and not for each of its threads.
///
///     hash of network and kind ─► one cache line of eight words ─► tag 24 bits · second 16 bits · count 24 bits
///
/// A network that is not in its line takes the place of the one that was counted longest ago or least. The hash is
/// keyed, so that nobody can choose who shares a line with whom.
package final class RateTable: @unchecked Sendable {  // words are atomic; the pointers never change
    typealias Word = Atomic<UInt64>

    private let memory: UnsafeMutableRawPointer
    private let seed: UInt64

    /// `seed` is a secret of this process.
    package init(seed: UInt64) {
        self.seed = seed
        let words = lineCount * ways
        // Two more lines count what was done.
        memory = .allocate(byteCount: (words + 2 * ways) * 8, alignment: 64)
        for index in 0..<words + 2 * ways {
            (memory + 8 * index).bindMemory(to: Word.self, capacity: 1).initialize(to: Word(0))
        }
    }

    deinit { memory.deallocate() }

    /// Replies that were truncated because of the limit, and those that were not sent.
    package var slipped: UInt64 { view.slipped.pointee.load(ordering: .relaxed) }
    package var dropped: UInt64 { view.dropped.pointee.load(ordering: .relaxed) }

    var view: View { View(words: memory.assumingMemoryBound(to: Word.self), seed: seed) }

    /// What the query path uses.
    struct View: BitwiseCopyable {
        fileprivate let words: UnsafeMutablePointer<Word>
        fileprivate let seed: UInt64

        fileprivate var slipped: UnsafeMutablePointer<Word> { words + lineCount * ways }
        fileprivate var dropped: UnsafeMutablePointer<Word> { words + (lineCount * ways + ways) }

        func addSlipped() { slipped.pointee.wrappingAdd(1, ordering: .relaxed) }
        func addDropped() { dropped.pointee.wrappingAdd(1, ordering: .relaxed) }

        /// Counts one more reply; returns how many there were in this second, this one included.
        func count(high: UInt64, low: UInt64, isIPv6: Bool, kind: ReplyKind, nowSeconds: UInt32) -> Int {
            let what = UInt64(kind.rawValue) | (isIPv6 ? 4 : 0)
            let hash = mixed(mixed(mixed(high ^ seed) ^ low) ^ what ^ seed)
            let line = words + Int(truncatingIfNeeded: hash & UInt64(lineCount &- 1)) &* ways
            let tag = hash &>> 40
            let second = UInt64(nowSeconds & 0xFFFF)
            var place = 0
            var found: UInt64 = 0
            var rank = -1
            for way in 0..<ways {
                let word = line[way].load(ordering: .relaxed)
                let age = (second &- (word &>> 24)) & 0xFFFF
                if word &>> 40 == tag {
                    if age == 0, word != 0 {
                        // The count stops short of running over into the second.
                        if word & 0xFF_FFFF > 0xFF_0000 { return 0xFF_0000 }
                        return Int(line[way].wrappingAdd(1, ordering: .relaxed).oldValue & 0xFF_FFFF) &+ 1
                    }
                    (place, found) = (way, word)
                    break
                }
                let worth = word == 0 ? Int.max : Int(age) &<< 24 | Int(0xFF_FFFF &- word & 0xFF_FFFF)
                if worth > rank { (place, found, rank) = (way, word, worth) }
            }
            // If another worker was faster, this reply is not counted.
            _ = line[place].compareExchange(
                expected: found, desired: tag &<< 40 | second &<< 24 | 1, ordering: .relaxed)
            return 1
        }
    }
}

/// Every bit of the input moves every bit of the output.
@inline(__always)
private func mixed(_ word: UInt64) -> UInt64 {
    let product = (word ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
    return product.high ^ product.low
}
