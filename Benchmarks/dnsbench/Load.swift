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
            "Sockets per thread, each with a batch of queries under way; more than fit into a server's buffer get lost."
    ) var sockets = 3
    @Option(help: "Queries in a batch, at most 32.") var batch = 32
    @Option(help: "Bind the client threads to processors from this one on.") var processor: Int?
    @Option(help: "The server's process id, to report its processor time.") var process: Int32?
    @Flag(help: "Count answers with several addresses that are not all of one publication.") var checkWhole = false
    @Flag(help: "Only numbers: queries per second, CPU seconds per million queries, lost, NOERROR, NXDOMAIN.")
    var terse = false

    func run() throws {
        guard let address = IPAddress(host) else { throw ValidationError("\(host) is not an IP address") }
        let before = process.map { ninelives_processor_nanoseconds($0) }
        let (total, took) = try Driver.drive(
            LoadPlan(
                address: address, port: port, queries: QuerySet(names: names), seconds: seconds, threads: threads,
                sockets: sockets,
                batch: min(max(batch, 1), 32), processor: processor, checksWhole: checkWhole))
        let after = process.map { ninelives_processor_nanoseconds($0) }
        let rate = Double(total.replies) / took
        let cost = before.flatMap { before in after.map { Double($0 - before) / Double(max(total.replies, 1)) / 1000 } }
        if terse {
            print(Int(rate), cost.map { String($0) } ?? "-", total.lost, total.codes[0], total.codes[3])
        } else {
            print("\(Int(rate)) queries/s, \(total.lost) lost, \(total.torn) torn, codes \(total.codes)")
            if let cost { print("\(cost) CPU seconds per million queries") }
        }
    }
}

/// What a load consists of.
struct LoadPlan: Sendable {
    var address = IPAddress.v4(IPv4Address(bits: 0x7F00_0001))
    var port: UInt16
    var queries: QuerySet
    var seconds: Double
    var threads = 2
    /// For each thread.
    var sockets = 3
    /// Queries under way on each socket, 1–32.
    var batch = 32
    /// The first of as many processors as there are threads; nil: wherever the system puts them.
    var processor: Int?
    /// Whether answers are looked at for mixtures of two publications.
    var checksWhole = false
}

/// One client thread.
final class Driver: Sendable {
    struct Counts: Sendable {
        var replies = 0
        var lost = 0
        /// Answers that mix two publications.
        var torn = 0
        var codes = Array(repeating: 0, count: 16)

        mutating func add(_ other: Counts) {
            replies += other.replies
            lost += other.lost
            torn += other.torn
            for code in 0..<16 { codes[code] += other.codes[code] }
        }
    }

    private let plan: LoadPlan
    private let index: Int
    private let end: ContinuousClock.Instant
    let counts = Mutex(Counts())

    init(_ plan: LoadPlan, index: Int, end: ContinuousClock.Instant) {
        self.plan = plan
        self.index = index
        self.end = end
    }

    /// Runs all threads of a load to its end. Returns what came of it, and how many seconds it took.
    static func drive(_ plan: LoadPlan) -> (Counts, seconds: Double) {
        let clock = ContinuousClock()
        let start = clock.now
        let drivers = (0..<plan.threads).map { index in
            Driver(plan, index: index, end: start + .seconds(plan.seconds))
        }
        let running = drivers.map { driver in
            var thread = pthread_t()
            pthread_create(&thread, nil, runDriver, Unmanaged.passRetained(driver).toOpaque())
            return thread
        }
        for thread in running { pthread_join(thread, nil) }
        let took = (clock.now - start) / .seconds(1)
        var total = Counts()
        for driver in drivers { total.add(driver.counts.withLock { $0 }) }
        return (total, took)
    }

    func run() {
        if let processor = plan.processor { ninelives_pin_to_processor(Int32(processor + index)) }
        guard let batch = ninelives_batch_create(UInt32(plan.batch), 4, 0) else { return }
        defer { ninelives_batch_free(batch) }
        let octets = plan.address.octets
        let sockets = plan.sockets
        let descriptors = (0..<sockets).map { _ in ninelives_connect_udp(octets, octets.count, plan.port) }
        defer { for descriptor in descriptors { close(descriptor) } }
        for descriptor in descriptors { ninelives_set_receive_timeout(descriptor, 20) }
        var counts = Counts()
        var next = index * 7919 % plan.queries.count
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
                        let start = batch.pointee.queries + reply * Int(batch.pointee.queryStride)
                        counts.codes[Int(start[3] & 15)] += 1
                        if plan.checksWhole, !isWhole(start, Int(batch.pointee.queryLengths[reply])) {
                            counts.torn += 1
                        }
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
        for index in 0..<plan.batch {
            let target = batch.pointee.replies + index * Int(batch.pointee.replyStride)
            batch.pointee.replyLengths[index] = UInt32(plan.queries.copy(next, to: target))
            next = next + 1 == plan.queries.count ? 0 : next + 1
        }
        return plan.batch - Int(ninelives_batch_send_connected(batch, descriptor, UInt32(plan.batch)))
    }
}

/// Whether all A records of a reply were published together: but for the last two bits, they are the same.
private func isWhole(_ reply: UnsafeMutablePointer<UInt8>, _ length: Int) -> Bool {
    let answers = Int(reply[6]) << 8 | Int(reply[7])
    var position = 12
    while position < length, reply[position] != 0 { position += 1 + Int(reply[position]) }
    position += 5
    var published: UInt32?
    for _ in 0..<answers {
        guard position + 16 <= length, reply[position + 3] == 1 else { return position + 16 <= length }
        let address = (12..<16).reduce(UInt32(0)) { $0 << 8 | UInt32(reply[position + $1]) } & ~3
        guard published == nil || published == address else { return false }
        published = address
        position += 16
    }
    return true
}

private func runDriver(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    Unmanaged<Driver>.fromOpaque(argument).takeRetainedValue().run()
    return nil
}
