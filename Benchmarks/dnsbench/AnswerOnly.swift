import Addresses
import ArgumentParser
import CSockets
import DNS
import Glibc

/// The answer function without sockets: what our own code costs.
struct AnswerOnly: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "answer", abstract: "Measure the answer function alone.")
    @Option(help: "How many names.") var names = 1000
    @Option(help: "How many queries, in millions.") var millions = 10
    @Flag(help: "Let all names be dynamic.") var dynamic = false
    @Flag(help: "Ask from an address whose replies are counted, not from loopback.") var counted = false

    @Flag(help: "Do not touch what a batch needs before it is answered.") var untouched = false
    @Flag(help: "Leave the size of pages to the system.") var smallPages = false

    func run() throws {
        let setup = try AnswerSetup(names: names, isDynamic: dynamic, hasLargePages: !smallPages)
        let (nanoseconds, octets) = setup.measure(
            queries: millions * 1_000_000, isCounted: counted, isTouched: !untouched)
        print("\(nanoseconds) ns per query, \(octets) octets per reply")
    }
}

/// What is answered from, and with which queries.
struct AnswerSetup {
    private let queries: QuerySet
    private let snapshot: ZoneSnapshot
    private let table: DynamicTable
    /// As many as a UDP worker takes at once.
    private static let batchSize = 32

    init(names: Int, isDynamic: Bool, hasLargePages: Bool = true) throws {
        queries = try QuerySet(names: names)
        let dynamicNames = isDynamic ? try (0..<names).map { try Name(Content.name($0)) } : []
        snapshot = try ZoneSnapshot(zones: [Content.zone(names: names)], dynamicNames: dynamicNames)
        table = DynamicTable(for: snapshot)
        if hasLargePages { snapshot.forEachRunOfMemory { ninelives_use_large_pages($0.baseAddress, $0.count) } }
        for slot in dynamicNames.indices { _ = table.exchange(slot: slot, Content.dynamicAnswer(slot)) }
    }

    /// - Parameter isCounted: the client is one whose replies are counted, not loopback.
    /// - Returns: the thread's processor time for one query: the median of parts of 64 batches.
    func measure(queries count: Int, isCounted: Bool = false, isTouched: Bool = true) -> (
        nanoseconds: Double, octets: Int
    ) {
        let reply = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 64)
        defer { reply.deallocate() }
        let options = StoredOptions(Content.options(perSecond: 1_000_000), rates: RateTable(seed: 7))
        let source = AnswerSource(snapshot, table, options)
        var client = AskingClient(
            .v4(IPv4Address(bits: isCounted ? 0xC633_6401 : 0x7F00_0001)), over: .datagram, nowSeconds: 0)
        let part = 64 * Self.batchSize
        var octets = 0
        var touched: UInt64 = 0
        var parts: [Double] = []
        queries.withQueries { memory in
            guard let base = memory.baseAddress else { return }
            var first = 0
            while parts.count * part < count {
                client.nowSeconds &+= 1
                let before = threadNanoseconds()
                for _ in 0..<64 {
                    let start = base + first * QuerySet.stride
                    if isTouched { touched &+= source.touch(queries.batch(start, first, Self.batchSize)) }
                    for place in 0..<Self.batchSize {
                        let query = UnsafeRawBufferPointer(
                            start: start + place * QuerySet.stride, count: queries.length(first + place))
                        octets += DNS.answer(query, for: client, from: source, into: reply)
                    }
                    first += Self.batchSize
                    if first + Self.batchSize > queries.count { first = 0 }
                }
                parts.append(Double(threadNanoseconds() - before) / Double(part))
            }
        }
        withExtendedLifetime((snapshot, table, options, touched)) {}
        return (parts.median ?? .nan, octets / (parts.count * part))
    }
}

/// The calling thread's processor time.
private func threadNanoseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}
