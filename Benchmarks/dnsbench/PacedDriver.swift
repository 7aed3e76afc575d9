import CSockets
import Glibc

/// Sends at a fixed rate, whatever comes back, and measures how long each reply took from when its query was due.
struct PacedDriver {
    let port: UInt16
    let queries: QuerySet
    let perSecond: Double
    let seconds: Double
    let processor: Int

    /// How many queries took how many microseconds; the last place is for all above.
    struct Latencies {
        private(set) var counts = [Int](repeating: 0, count: 100_001)
        private(set) var sent = 0
        private(set) var replies = 0

        mutating func addSent(_ count: Int) { sent += count }

        mutating func add(nanoseconds: Int64) {
            counts[min(max(Int(nanoseconds / 1000), 0), counts.count - 1)] += 1
            replies += 1
        }

        /// Microseconds within which this part of the replies, 0–1, came.
        func percentile(_ part: Double) -> Double {
            var left = Int(Double(replies) * part)
            for (microseconds, count) in counts.enumerated() {
                left -= count
                if left < 0 { return Double(microseconds) + 0.5 }
            }
            return .infinity
        }
    }

    private static let batchSize = 16
    private static let socketCount = 4

    func run() -> Latencies {
        ninelives_pin_to_processor(Int32(processor))
        var latencies = Latencies()
        guard let batch = ninelives_batch_create(UInt32(Self.batchSize), 4, 0) else { return latencies }
        defer { ninelives_batch_free(batch) }
        let descriptors = (0..<Self.socketCount).map { _ in ninelives_connect_udp([127, 0, 0, 1], 4, port) }
        defer { for descriptor in descriptors { close(descriptor) } }
        for descriptor in descriptors { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
        // When the query with this identifier was due; 0 if none is under way.
        var due = [Int64](repeating: 0, count: 1 << 16)
        let interval = 1e9 / perSecond
        let start = ninelives_monotonic_nanoseconds()
        let end = start + Int64(seconds * 1e9)
        var next = 0
        var now = start
        while now < end + 20_000_000 {
            for descriptor in descriptors {
                now = ninelives_monotonic_nanoseconds()
                let wanted = now < end ? min(Int(Double(now - start) / interval) - next, Self.batchSize) : 0
                if wanted > 0 {
                    send(wanted, batch, descriptor, &next, start: start, interval: interval, due: &due)
                    latencies.addSent(wanted)
                }
                receive(batch, descriptor, &latencies, &due)
            }
        }
        return latencies
    }

    private func send(
        _ count: Int, _ batch: UnsafeMutablePointer<ninelives_batch>, _ descriptor: Int32,
        _ next: inout Int, start: Int64, interval: Double, due: inout [Int64]
    ) {
        for place in 0..<count {
            let target = batch.pointee.replies + place * Int(batch.pointee.replyStride)
            batch.pointee.replyLengths[place] = UInt32(queries.copy(next % queries.count, to: target))
            let identifier = next & 0xFFFF
            target[0] = UInt8(identifier >> 8)
            target[1] = UInt8(identifier & 0xFF)
            due[identifier] = start + Int64(Double(next) * interval)
            next += 1
        }
        _ = ninelives_batch_send_connected(batch, descriptor, UInt32(count))
    }

    private func receive(
        _ batch: UnsafeMutablePointer<ninelives_batch>, _ descriptor: Int32, _ latencies: inout Latencies,
        _ due: inout [Int64]
    ) {
        let received = Int(ninelives_batch_receive(batch, descriptor))
        if received <= 0 { return }
        let now = ninelives_monotonic_nanoseconds()
        for place in 0..<received {
            let reply = batch.pointee.queries + place * Int(batch.pointee.queryStride)
            let identifier = Int(reply[0]) << 8 | Int(reply[1])
            guard due[identifier] != 0 else { continue }
            latencies.add(nanoseconds: now - due[identifier])
            due[identifier] = 0
        }
    }
}
