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
        let dynamicNames = dynamic ? try (0..<names).map { try Name(Content.name($0)) } : []
        let snapshot = try ZoneSnapshot(zones: [Content.zone(names: names)], dynamicNames: dynamicNames)
        let table = DynamicTable(for: snapshot)
        for slot in dynamicNames.indices { _ = table.exchange(slot: slot, Content.dynamicAnswer(slot)) }
        let queries = try Content.queries(1 << 16, names: names)
        // One run of memory, as queries lie in a receive buffer.
        let stride = 64
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: queries.count * stride, alignment: 64)
        for (index, query) in queries.enumerated() {
            UnsafeMutableRawBufferPointer(rebasing: memory[index * stride..<(index + 1) * stride]).copyBytes(
                from: query)
        }
        let lengths = queries.map(\.count)
        let reply = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 64)
        let options = StoredOptions(Content.options(perSecond: 1_000_000), rates: RateTable(seed: 7))
        let source = AnswerSource(snapshot, table, options)
        var client = AskingClient(
            .v4(IPv4Address(bits: counted ? 0xC633_6401 : 0x7F00_0001)), over: .datagram, nowSeconds: 0)
        let clock = ContinuousClock()
        var octets = 0
        let took = clock.measure {
            for index in 0..<millions * 1_000_000 {
                if index & 0xFFFF == 0 { client.nowSeconds &+= 1 }
                let place = index & (queries.count - 1)
                let query = UnsafeRawBufferPointer(
                    start: memory.baseAddress.map { $0 + place * stride }, count: lengths[place])
                octets += DNS.answer(query, for: client, from: source, into: reply)
            }
        }
        withExtendedLifetime((snapshot, table, options)) {}
        let perQuery = took / .nanoseconds(millions * 1_000_000)
        print("\(perQuery) ns per query, \(octets / (millions * 1_000_000)) octets per reply")
    }
}
