/// A growing run of octets, such as a dynamic answer. Frees it unless it was taken.
struct ArenaWriter: ~Copyable {
    private(set) var base: UnsafeMutableRawPointer
    private(set) var count = 0
    private var capacity: Int
    private var owned = true

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

    mutating func appendZeros(_ number: Int) {
        reserve(number)
        (base + count).initializeMemory(as: UInt8.self, repeating: 0, count: number)
        count += number
    }

    mutating func append(_ octet: UInt8) { appendNative(octet) }

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
}
