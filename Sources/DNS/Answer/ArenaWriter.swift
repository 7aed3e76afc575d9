/// A growing run of octets that a snapshot is written into. Frees it unless it was taken.
///
/// Capacity that was reserved and not used costs address space only: untouched pages are not resident.
struct ArenaWriter: ~Copyable {
    private(set) var base: UnsafeMutableRawPointer
    private(set) var count = 0
    private var capacity: Int
    private var owned = true

    /// Starts with eight zeros: offset 0 means "nothing", so nothing may lie there.
    init(capacity: Int) {
        self.init(exactCapacity: max(capacity, 64))
        appendZeros(8)
    }

    /// Starts empty.
    init(exactCapacity: Int) {
        capacity = exactCapacity
        base = .allocate(byteCount: exactCapacity, alignment: 16)
    }

    deinit { if owned { base.deallocate() } }

    /// Hands the memory over; the caller deallocates it.
    consuming func take() -> UnsafeMutableRawPointer {
        owned = false
        return base
    }

    /// Makes room for `more` octets behind what is there.
    mutating func reserve(_ more: Int) {
        guard count + more > capacity else { return }
        capacity = max(count + more, 2 * capacity)
        let grown = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        grown.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = grown
    }

    /// Where the next append goes, in units of four octets. Aligns first.
    mutating func alignedOffset() -> ArenaOffset {
        appendZeros((4 - count & 3) & 3)
        guard let offset = ArenaOffset(exactly: count / 4) else { preconditionFailure("more than 16 GiB of zones") }
        return offset
    }

    mutating func appendZeros(_ number: Int) {
        reserve(number)
        (base + count).initializeMemory(as: UInt8.self, repeating: 0, count: number)
        count += number
    }

    mutating func append(_ octet: UInt8) {
        reserve(1)
        base.storeBytes(of: octet, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    /// In the machine's own order.
    mutating func appendNative<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number) {
        reserve(MemoryLayout<Number>.size)
        base.storeBytes(of: number, toByteOffset: count, as: Number.self)
        count += MemoryLayout<Number>.size
    }

    /// In network order.
    mutating func appendWire<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number) {
        appendNative(number.bigEndian)
    }

    mutating func append(contentsOf octets: UnsafeRawBufferPointer) {
        guard let source = octets.baseAddress else { return }
        reserve(octets.count)
        (base + count).copyMemory(from: source, byteCount: octets.count)
        count += octets.count
    }

    mutating func append(contentsOf octets: [UInt8]) {
        octets.withUnsafeBytes { append(contentsOf: $0) }
    }

    mutating func storeNative<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number, at offset: Int) {
        base.storeBytes(of: number, toByteOffset: offset, as: Number.self)
    }

    mutating func storeWire<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number, at offset: Int) {
        storeNative(number.bigEndian, at: offset)
    }
}
