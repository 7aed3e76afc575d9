import Addresses
import ArgumentParser
import CSockets
import DNS
import DNSServer
import Foundation
import Glibc
import Logging

/// Our server with the content of the comparison.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serve the zone with our server until killed.")
    @Argument(help: "The port, on 127.0.0.1.") var port: Int
    @Option(help: "How many names.") var names = 1000
    @Option(help: "UDP threads, and as many for TCP.") var workers = 1
    @Flag(help: "Let all names be dynamic.") var dynamic = false
    @Flag(help: "Let all names be dynamic, with four A records that are all of one publication.") var flapping = false
    @Option(help: "Publish so many changed answers per second (with --flapping).") var publishes = 0

    func run() async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let zone = try Content.zone(names: names)
        let made = clock.now
        let dynamicNames = dynamic || flapping ? try (0..<names).map { try Name(Content.name($0)) } : []
        let snapshot = try ZoneSnapshot(zones: [zone], dynamicNames: dynamicNames)
        let built = clock.now
        var limits = DNSServerLimits()
        limits.tcpThreads = workers
        let server = DNSServer(
            listen: [DNSListen(address: .v4(IPv4Address(bits: 0x7F00_0001)), port: port)], workers: workers,
            snapshot: snapshot, options: Content.options(), limits: limits, logger: Logger(label: "dnsbench"))
        for (index, name) in dynamicNames.enumerated() {
            server.publish(name, flapping ? Content.flappingAnswer(index) : Content.dynamicAnswer(index))
        }
        try await server.start()
        say("zone made in \(made - start), laid out in \(built - made): \(snapshot.byteCount) bytes")
        guard publishes > 0, flapping else {
            while true { try await Task.sleep(for: .seconds(3600)) }
        }
        try await flap(server, dynamicNames)
    }

    /// Publishes for ever, each time for the next name, and prints every second how long it took: microseconds, the
    /// median, the 99th percentile and the most since the start.
    private func flap(_ server: DNSServer, _ dynamicNames: [Name]) async throws {
        var took: [Double] = []
        let clock = ContinuousClock()
        let start = clock.now
        for round in 0... {
            let publication = server.publish(dynamicNames[round % names], Content.flappingAnswer(round))
            took.append((publication?.took ?? .zero) / .microseconds(1))
            if took.count % publishes == 0 {
                let sorted = took.sorted()
                let (median, tail) = (sorted[sorted.count / 2], sorted[sorted.count * 99 / 100])
                say("publish \(median) \(tail) \(sorted[sorted.count - 1])")
            }
            try await clock.sleep(until: start + .seconds(1) * (round + 1) / publishes)
        }
    }
}

/// A responder that only flips the QR bit, on the same sockets in the same batches: what the kernel costs.
struct Reflect: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Send every query back with its QR bit set.")
    @Argument(help: "The port, on 127.0.0.1.") var port: UInt16
    @Option(help: "Datagrams per system call.") var batch: UInt32 = 32
    @Option(help: "Threads, a socket each.") var threads = 1

    func run() throws {
        for _ in 1..<max(threads, 1) { Thread.detachNewThread { try? reflect() } }
        try reflect()
    }

    private func reflect() throws {
        let descriptor = ninelives_open_udp([127, 0, 0, 1], 4, port, 1)
        guard descriptor >= 0, let batch = ninelives_batch_create(batch, 4, 0) else {
            throw ValidationError("cannot listen on 127.0.0.1:\(port): error \(-descriptor)")
        }
        while true {
            let received = ninelives_batch_receive(batch, descriptor)
            if received <= 0 { continue }
            for index in 0..<Int(received) {
                let length = Int(batch.pointee.queryLengths[index])
                let query = batch.pointee.queries + index * Int(batch.pointee.queryStride)
                let reply = batch.pointee.replies + index * Int(batch.pointee.replyStride)
                memcpy(reply, query, length)
                reply[2] |= 0x80
                batch.pointee.replyLengths[index] = UInt32(length)
                batch.pointee.replyQueries[index] = UInt32(index)
            }
            ninelives_batch_send(batch, descriptor, UInt32(received))
        }
    }
}
