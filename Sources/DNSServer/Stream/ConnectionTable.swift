import Addresses
import DNS
import Glibc

/// Octets that a connection must keep between two events: a query that is not whole yet, replies that the client does
/// not take yet. Most connections keep none.
struct KeptOctets: BitwiseCopyable {
    private(set) var start: UnsafeMutableRawPointer?
    /// Where what is left begins.
    private(set) var offset = 0
    private(set) var end = 0

    var count: Int { end &- offset }
    var isEmpty: Bool { start == nil }
    var octets: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start.map { $0 + offset }, count: count) }

    /// Keeps a copy; false without memory. Holds nothing so far.
    mutating func keep(_ octets: UnsafeRawBufferPointer) -> Bool {
        guard let source = octets.baseAddress, octets.count > 0 else { return true }
        guard let copy = malloc(octets.count) else { return false }
        memcpy(copy, source, octets.count)
        (start, offset, end) = (copy, 0, octets.count)
        return true
    }

    mutating func drop(_ count: Int) { offset &+= count }

    mutating func free() {
        Glibc.free(start)
        (start, offset, end) = (nil, 0, 0)
    }
}

/// One open connection.
struct StreamConnection {
    /// -1 in a free place of the table.
    var descriptor: Int32 = -1
    /// The neighbours in the list from the longest idle to the latest active; -1 at the ends. Free places are linked
    /// by `newer`.
    var older: Int32 = -1
    var newer: Int32 = -1
    /// Waits until it can be written to, and is not read from meanwhile.
    var isBlocked = false
    /// A row of messages is being sent; it lies with the worker.
    var isTransferring = false
    /// Of the last whole query or sent octets; milliseconds.
    var activeAt: UInt64 = 0
    var address = IPAddress.v4(IPv4Address(bits: 0))
    /// Who asks, as `answer` wants to know it.
    var client = AskingClient(.v4(IPv4Address(bits: 0)), over: .stream, nowSeconds: 0)
    var input = KeptOctets()
    var output = KeptOctets()
}

/// The connections of one thread, in the order of their last activity. Nothing is allocated after it is made.
struct ConnectionTable: ~Copyable {
    private let places: UnsafeMutablePointer<StreamConnection>
    private var firstFree: Int32 = 0
    private(set) var longestIdle: Int32 = -1
    private var latestActive: Int32 = -1
    private(set) var count = 0
    let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        places = .allocate(capacity: capacity)
        for index in 0..<capacity {
            var free = StreamConnection()
            free.newer = index + 1 < capacity ? Int32(index + 1) : -1
            (places + index).initialize(to: free)
        }
    }

    deinit { places.deallocate() }

    subscript(_ index: Int32) -> UnsafeMutablePointer<StreamConnection> { places + Int(index) }

    /// A place for one more, as the latest active; nil if all are taken.
    mutating func insert(_ connection: StreamConnection) -> Int32? {
        guard firstFree >= 0 else { return nil }
        let index = firstFree
        firstFree = self[index].pointee.newer
        self[index].pointee = connection
        count += 1
        append(index)
        return index
    }

    /// Makes a place free.
    mutating func remove(_ index: Int32) {
        unlink(index)
        self[index].pointee = StreamConnection()
        self[index].pointee.newer = firstFree
        firstFree = index
        count -= 1
    }

    /// Moves a connection behind all others.
    mutating func touch(_ index: Int32, at now: UInt64) {
        self[index].pointee.activeAt = now
        if index == latestActive { return }
        unlink(index)
        append(index)
    }

    private mutating func append(_ index: Int32) {
        self[index].pointee.older = latestActive
        self[index].pointee.newer = -1
        if latestActive >= 0 { self[latestActive].pointee.newer = index } else { longestIdle = index }
        latestActive = index
    }

    private mutating func unlink(_ index: Int32) {
        let (older, newer) = (self[index].pointee.older, self[index].pointee.newer)
        if older >= 0 { self[older].pointee.newer = newer } else { longestIdle = newer }
        if newer >= 0 { self[newer].pointee.older = older } else { latestActive = older }
    }
}
