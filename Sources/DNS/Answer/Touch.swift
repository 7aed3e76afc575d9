/// A batch of queries, one behind the other in memory.
package struct QueryBatch: BitwiseCopyable {
    /// Query `i` begins `i * stride` octets behind it.
    let start: UnsafeRawPointer
    let stride: Int
    let lengths: UnsafePointer<UInt32>
    let count: Int

    package init(start: UnsafeRawPointer, stride: Int, lengths: UnsafePointer<UInt32>, count: Int) {
        self.start = start
        self.stride = stride
        self.lengths = lengths
        self.count = count
    }
}

extension AnswerSource {
    /// Below so many slots the processor's caches hold them, and to touch them is only work.
    private static let fewSlots = 1 << 15

    /// Reads a little of all that the answers to a batch will be made from:
    ///
    ///     all slots ─► all nodes ─► all dynamic slots ─► all dynamic answers
    ///
    /// Memory that the processor's caches do not hold is then fetched for many queries at the same time, where
    /// answering would wait for one after the other, several times each.
    ///
    /// - Returns: nothing of meaning; whoever calls keeps it, so that the reading is not left out.
    @inline(__always)
    package func touch(_ batch: QueryBatch) -> UInt64 {
        zones.slotCount < Self.fewSlots ? 0 : touchAll(batch)
    }

    @inline(never)
    private func touchAll(_ batch: QueryBatch) -> UInt64 {
        withUnsafeTemporaryAllocation(byteCount: 512 + 8 * batch.count, alignment: 64) { scratch in
            guard let name = scratch.baseAddress else { return 0 }
            let found = (name + 512).bindMemory(to: UInt64.self, capacity: batch.count)
            for index in 0..<batch.count { found[index] = slot(of: index, in: batch, name: name) }
            var sum: UInt64 = 0
            for index in 0..<batch.count where found[index] != 0 {
                let node = Node(slot: found[index])
                sum &+= node.base.loadUnaligned(as: UInt64.self)
                sum &+= node.base.loadUnaligned(fromByteOffset: FlatMemory.margin &- 8, as: UInt64.self)
            }
            if dynamic.isEmpty { return sum }
            for index in 0..<batch.count where found[index] != 0 {
                let node = Node(slot: found[index])
                found[index] = node.flags.contains(.dynamic) ? dynamic.address(inSlot: node.slot) : 0
            }
            for index in 0..<batch.count {
                guard let answer = UnsafeRawPointer(bitPattern: UInt(found[index])) else { continue }
                sum &+= answer.load(as: UInt64.self)
            }
            return sum
        }
    }

    /// What is in the first slot that the name of a query leads to; 0 if it is not a plain query.
    @inline(__always)
    private func slot(of index: Int, in batch: QueryBatch, name: UnsafeMutableRawPointer) -> UInt64 {
        let length = Int(batch.lengths[index])
        let query = UnsafeRawBufferPointer(start: batch.start + index &* batch.stride, count: length)
        guard length > headerLength, let message = query.baseAddress, let question = AskedQuestion(query) else {
            return 0
        }
        copyLowercased(
            message + headerLength, count: question.nameLength, available: length &- headerLength, to: name)
        return firstSlot(name, count: question.nameLength, slots: zones.slots, capacity: zones.slotCount)
    }
}
