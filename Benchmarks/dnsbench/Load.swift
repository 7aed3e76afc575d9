import Addresses
import ArgumentParser
import CSockets
import Glibc
import Synchronization

/// Drives any server at saturation: every socket has a batch of queries under way and sends the next when the replies
/// are there, so nothing is lost and the server always has work.
struct Load: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Drive a server with UDP queries and measure.")
    @Argument(help: "The server's address.") var host: String
    @Argument(help: "Its port.") var port: UInt16
    @Option(help: "How many names it has.") var names = 1000
    @Option(help: "How long.") var seconds = 5.0
    @Option(help: "Client threads.") var threads = 2
    @Option(
        help:
            "Sockets per thread, each with a batch of 32 queries under way; more than fit into a server's buffer get lost."
    ) var sockets = 3
    @Option(help: "Bind the client threads to processors from this one on.") var processor: Int?
    @Option(help: "The server's process id, to report its processor time.") var process: Int32?
    @Flag(help: "Only numbers: queries per second, CPU seconds per million queries, lost, NOERROR, NXDOMAIN.")
    var terse = false

    func run() throws {
        guard let address = IPAddress(host) else { throw ValidationError("\(host) is not an IP address") }
        let queries = try Content.queries(1 << 15, names: names)
        let before = process.map { ninelives_processor_nanoseconds($0) }
        let clock = ContinuousClock()
        let start = clock.now
        let drivers = (0..<threads).map { index in
            Driver(
                address: address, port: port, sockets: sockets, queries: queries, first: index * 7919,
                processor: processor.map { $0 + index }, end: start + .seconds(seconds))
        }
        let running = drivers.map { driver in
            var thread = pthread_t()
            pthread_create(&thread, nil, runDriver, Unmanaged.passRetained(driver).toOpaque())
            return thread
        }
        for thread in running { pthread_join(thread, nil) }
        let took = (clock.now - start) / .seconds(1)
        let after = process.map { ninelives_processor_nanoseconds($0) }
        var total = Driver.Counts()
        for driver in drivers { total.add(driver.counts.withLock { $0 }) }
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

/// One client thread.
final class Driver: Sendable {
    struct Counts: Sendable {
        var replies = 0
        var lost = 0
        var codes = Array(repeating: 0, count: 16)

        mutating func add(_ other: Counts) {
            replies += other.replies
            lost += other.lost
            for code in 0..<16 { codes[code] += other.codes[code] }
        }
    }

    private static let batchSize = 32
    private let address: IPAddress
    private let port: UInt16
    private let sockets: Int
    private let queries: [[UInt8]]
    private let first: Int
    private let processor: Int?
    private let end: ContinuousClock.Instant
    let counts = Mutex(Counts())

    init(
        address: IPAddress, port: UInt16, sockets: Int, queries: [[UInt8]], first: Int, processor: Int?,
        end: ContinuousClock.Instant
    ) {
        self.address = address
        self.port = port
        self.sockets = sockets
        self.queries = queries
        self.first = first
        self.processor = processor
        self.end = end
    }

    func run() {
        if let processor { ninelives_pin_to_processor(Int32(processor)) }
        guard let batch = ninelives_batch_create(UInt32(Self.batchSize), 4, 0) else { return }
        defer { ninelives_batch_free(batch) }
        let octets = address.octets
        let descriptors = (0..<sockets).map { _ in ninelives_connect_udp(octets, octets.count, port) }
        defer { for descriptor in descriptors { close(descriptor) } }
        for descriptor in descriptors { ninelives_set_receive_timeout(descriptor, 20) }
        var counts = Counts()
        var next = first
        var pending = Array(repeating: 0, count: sockets)
        let clock = ContinuousClock()
        for index in 0..<sockets { pending[index] = send(batch, descriptors[index], &next) }
        var round = 0
        while round % 64 != 0 || clock.now < end {
            round += 1
            for index in 0..<sockets {
                while pending[index] > 0 {
                    let received = Int(ninelives_batch_receive(batch, descriptors[index]))
                    if received <= 0 {
                        counts.lost += pending[index]
                        pending[index] = 0
                        break
                    }
                    for reply in 0..<received {
                        counts.codes[Int(batch.pointee.queries[reply * Int(batch.pointee.queryStride) + 3] & 15)] += 1
                    }
                    counts.replies += received
                    pending[index] = max(0, pending[index] - received)
                }
                pending[index] = send(batch, descriptors[index], &next)
            }
        }
        self.counts.withLock { $0 = counts }
    }

    private func send(_ batch: UnsafeMutablePointer<ninelives_batch>, _ descriptor: Int32, _ next: inout Int) -> Int {
        for index in 0..<Self.batchSize {
            let query = queries[next % queries.count]
            next += 1
            let target = batch.pointee.replies + index * Int(batch.pointee.replyStride)
            target.update(from: query, count: query.count)
            batch.pointee.replyLengths[index] = UInt32(query.count)
        }
        return Self.batchSize - Int(ninelives_batch_send_connected(batch, descriptor, UInt32(Self.batchSize)))
    }
}

private func runDriver(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    Unmanaged<Driver>.fromOpaque(argument).takeRetainedValue().run()
    return nil
}
