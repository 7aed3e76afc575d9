import Addresses
import ArgumentParser
import CSockets
import Glibc
import Synchronization

/// Drives a server over TCP: connections that each have so many queries under way, or a new connection per query.
struct StreamLoad: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tcp", abstract: "Drive a server with TCP queries and measure.")
    @Argument(help: "The server's address.") var host: String
    @Argument(help: "Its port.") var port: UInt16
    @Option(help: "How many names it has.") var names = 1000
    @Option(help: "How long.") var seconds = 5.0
    @Option(help: "Client threads.") var threads = 2
    @Option(help: "Connections per thread.") var connections = 16
    @Option(help: "Queries under way on each connection.") var pipeline = 32
    @Option(help: "Queries on a connection before it is closed and another opened; 0: it is kept.") var queries = 0
    @Option(help: "Bind the client threads to processors from this one on.") var processor: Int?
    @Option(help: "The server's process id, to report its processor time.") var process: Int32?
    @Flag(help: "Only numbers: queries per second, CPU seconds per million queries, lost, NOERROR, NXDOMAIN.")
    var terse = false

    func run() throws {
        guard let address = IPAddress(host) else { throw ValidationError("\(host) is not an IP address") }
        let before = process.map { ninelives_processor_nanoseconds($0) }
        let (total, took) = try StreamDriver.drive(
            StreamPlan(
                address: address, port: port, queries: QuerySet(names: names), seconds: seconds, threads: threads,
                connections: connections, pipeline: pipeline, queriesEach: queries, processor: processor))
        let after = process.map { ninelives_processor_nanoseconds($0) }
        let rate = Double(total.replies) / took
        let cost = before.flatMap { before in after.map { Double($0 - before) / Double(max(total.replies, 1)) / 1000 } }
        if terse {
            print(Int(rate), cost.map { String($0) } ?? "-", total.lost, total.codes[0], total.codes[3])
        } else {
            print("\(Int(rate)) queries/s, \(total.lost) lost, codes \(total.codes)")
            if let cost { print("\(cost) CPU seconds per million queries") }
        }
    }
}

/// What a load over TCP consists of.
struct StreamPlan: Sendable {
    var address = IPAddress.v4(IPv4Address(bits: 0x7F00_0001))
    var port: UInt16
    var queries: QuerySet
    var seconds: Double
    var threads = 2
    /// For each thread.
    var connections = 16
    /// Queries under way on each connection.
    var pipeline = 32
    /// Queries on a connection before it is closed and another opened; 0: it is kept.
    var queriesEach = 0
    /// The first of as many processors as there are threads; nil: wherever the system puts them.
    var processor: Int?
}

/// One client thread.
final class StreamDriver: Sendable {
    private struct Connection {
        var descriptor: Int32
        var underWay = 0
        /// Before the connection is closed; nil: it is kept.
        var left: Int?
        /// What was received of a reply that is not whole yet.
        var rest: [UInt8] = []
    }

    private let plan: StreamPlan
    private let index: Int
    private let end: ContinuousClock.Instant
    let counts = Mutex(Driver.Counts())

    init(_ plan: StreamPlan, index: Int, end: ContinuousClock.Instant) {
        self.plan = plan
        self.index = index
        self.end = end
    }

    /// Runs all threads of a load to its end. Returns what came of it, and how many seconds it took.
    static func drive(_ plan: StreamPlan) -> (Driver.Counts, seconds: Double) {
        _ = ninelives_raise_open_files()
        let clock = ContinuousClock()
        let start = clock.now
        let drivers = (0..<plan.threads).map { index in
            StreamDriver(plan, index: index, end: start + .seconds(plan.seconds))
        }
        let running = drivers.map { driver in
            var thread = pthread_t()
            pthread_create(&thread, nil, runStreamDriver, Unmanaged.passRetained(driver).toOpaque())
            return thread
        }
        for thread in running { pthread_join(thread, nil) }
        let took = (clock.now - start) / .seconds(1)
        var total = Driver.Counts()
        for driver in drivers { total.add(driver.counts.withLock { $0 }) }
        return (total, took)
    }

    func run() {
        if let processor = plan.processor { ninelives_pin_to_processor(Int32(processor + index)) }
        let poll = ninelives_events_open()
        defer { close(poll) }
        var counts = Driver.Counts()
        var next = index * 7919 % plan.queries.count
        var open = (0..<plan.connections).map { connect(poll, $0, &counts) }
        defer { for connection in open where connection.descriptor >= 0 { close(connection.descriptor) } }
        for index in open.indices { send(&open[index], &next, &counts) }
        var events = [ninelives_event](repeating: ninelives_event(), count: 256)
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let clock = ContinuousClock()
        while clock.now < end {
            let ready = Int(ninelives_events_wait(poll, &events, 256, 100))
            for event in 0..<max(ready, 0) {
                let index = Int(events[event].token)
                let isOpen = receive(&open[index], &buffer, &counts)
                if isOpen, open[index].underWay > 0 { continue }
                if !isOpen || open[index].left == 0 {
                    counts.lost += open[index].underWay
                    close(open[index].descriptor)
                    open[index] = connect(poll, index, &counts)
                }
                send(&open[index], &next, &counts)
            }
        }
        self.counts.withLock { $0 = counts }
    }

    private func connect(_ poll: Int32, _ index: Int, _ counts: inout Driver.Counts) -> Connection {
        let octets = plan.address.octets
        let descriptor = ninelives_connect_tcp(octets, octets.count, plan.port)
        if descriptor < 0 {
            counts.lost += 1
        } else {
            _ = ninelives_events_watch(poll, descriptor, UInt32(NINELIVES_READABLE), UInt64(index), 0)
        }
        return Connection(descriptor: descriptor, left: plan.queriesEach > 0 ? plan.queriesEach : nil)
    }

    /// Sends as many queries as may be under way, in one piece.
    private func send(_ connection: inout Connection, _ next: inout Int, _ counts: inout Driver.Counts) {
        var octets: [UInt8] = []
        octets.reserveCapacity(64 * plan.pipeline)
        for _ in 0..<min(plan.pipeline, connection.left ?? plan.pipeline) {
            let length = plan.queries.length(next)
            octets += [0, UInt8(length)]
            plan.queries.withQueries { octets += $0[next * QuerySet.stride..<next * QuerySet.stride + length] }
            next = next + 1 == plan.queries.count ? 0 : next + 1
            connection.underWay += 1
        }
        connection.left = connection.left.map { $0 - connection.underWay }
        if ninelives_send(connection.descriptor, octets, octets.count) != octets.count {
            counts.lost += connection.underWay
            connection.underWay = 0
        }
    }

    /// Counts the replies that are there; false if the connection has ended.
    private func receive(
        _ connection: inout Connection, _ buffer: inout [UInt8], _ counts: inout Driver.Counts
    ) -> Bool {
        let rest = connection.rest.count
        if rest > 0 { buffer.replaceSubrange(0..<rest, with: connection.rest) }
        let received = buffer.withUnsafeMutableBytes {
            Int(ninelives_receive(connection.descriptor, $0.baseAddress.map { $0 + rest }, $0.count - rest))
        }
        guard received > 0 else { return received == -Int(EAGAIN) }
        var position = 0
        while rest + received - position >= 2 {
            let length = Int(buffer[position]) << 8 | Int(buffer[position + 1])
            guard rest + received - position >= 2 + length else { break }
            counts.codes[Int(buffer[position + 5] & 15)] += 1
            counts.replies += 1
            connection.underWay -= 1
            position += 2 + length
        }
        connection.rest = Array(buffer[position..<rest + received])
        return true
    }
}

private func runStreamDriver(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    Unmanaged<StreamDriver>.fromOpaque(argument).takeRetainedValue().run()
    return nil
}
