import Addresses
import ArgumentParser
import DNS

/// The answer function without sockets: what our own code costs.
struct AnswerOnly: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "answer", abstract: "Measure the answer function alone.")
    @Option(help: "How many names.") var names = 1000
    @Option(help: "How many queries, in millions.") var millions = 10
    @Flag(help: "Let all names be dynamic.") var dynamic = false
    @Flag(help: "Ask from an address whose replies are counted, not from loopback.") var counted = false

    func run() throws {
        let setup = try AnswerSetup(names: names, isDynamic: dynamic)
        let (nanoseconds, octets) = setup.measure(queries: millions * 1_000_000, isCounted: counted)
        print("\(nanoseconds) ns per query, \(octets) octets per reply")
    }
}

/// What is answered from, and with which queries.
struct AnswerSetup {
    private let queries: QuerySet
    private let snapshot: ZoneSnapshot
    private let table: DynamicTable

    init(names: Int, isDynamic: Bool) throws {
        queries = try QuerySet(names: names)
        let dynamicNames = isDynamic ? try (0..<names).map { try Name(Content.name($0)) } : []
        snapshot = try ZoneSnapshot(zones: [Content.zone(names: names)], dynamicNames: dynamicNames)
        table = DynamicTable(for: snapshot)
        for slot in dynamicNames.indices { _ = table.exchange(slot: slot, Content.dynamicAnswer(slot)) }
    }

    /// - Parameter isCounted: the client is one whose replies are counted, not loopback.
    /// - Returns: for one query, in the mean.
    func measure(queries count: Int, isCounted: Bool = false) -> (nanoseconds: Double, octets: Int) {
        let reply = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 64)
        defer { reply.deallocate() }
        let options = StoredOptions(Content.options(perSecond: 1_000_000), rates: RateTable(seed: 7))
        let source = AnswerSource(snapshot, table, options)
        var client = AskingClient(
            .v4(IPv4Address(bits: isCounted ? 0xC633_6401 : 0x7F00_0001)), over: .datagram, nowSeconds: 0)
        var octets = 0
        let took = queries.withQueries { memory in
            ContinuousClock().measure {
                var place = 0
                for index in 0..<count {
                    if index & 0xFFFF == 0 { client.nowSeconds &+= 1 }
                    let start = memory.baseAddress.map { $0 + place * QuerySet.stride }
                    let query = UnsafeRawBufferPointer(start: start, count: queries.length(place))
                    octets += DNS.answer(query, for: client, from: source, into: reply)
                    place = place + 1 == queries.count ? 0 : place + 1
                }
            }
        }
        withExtendedLifetime((snapshot, table, options)) {}
        return (took / .nanoseconds(count), octets / count)
    }
}
