import Addresses
import ArgumentParser
import CSockets
import DNS
import DNSServer
import Glibc
import Logging

/// Our server with the content of the comparison.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serve the zone with our server until killed.")
    @Argument(help: "The port, on 127.0.0.1.") var port: Int
    @Option(help: "How many names.") var names = 1000
    @Option(help: "UDP threads, and as many for TCP.") var workers = 1
    @Flag(help: "Let all names be dynamic.") var dynamic = false
    @Option(help: "Publish so many changed answers per second (with --dynamic).") var publishes = 0

    func run() async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let zone = try Content.zone(names: names)
        let made = clock.now
        let dynamicNames = dynamic ? try (0..<names).map { try Name(Content.name($0)) } : []
        let snapshot = try ZoneSnapshot(zones: [zone], dynamicNames: dynamicNames)
        let built = clock.now
        var limits = DNSServerLimits()
        limits.tcpThreads = workers
        let server = DNSServer(
            listen: [DNSListen(address: .v4(IPv4Address(bits: 0x7F00_0001)), port: port)], workers: workers,
            snapshot: snapshot, options: Content.options(), limits: limits, logger: Logger(label: "dnsbench"))
        for (index, name) in dynamicNames.enumerated() { server.publish(name, Content.dynamicAnswer(index)) }
        try await server.start()
        print("zone made in \(made - start), laid out in \(built - made): \(snapshot.byteCount) bytes")
        guard publishes > 0, dynamic else {
            while true { try await Task.sleep(for: .seconds(3600)) }
        }
        var slowest = Duration.zero
        for round in 0... {
            let publication = server.publish(dynamicNames[round % names], Content.dynamicAnswer(round))
            slowest = max(slowest, publication?.took ?? .zero)
            if round % (10 * publishes) == 0 { print("slowest publish so far: \(slowest)") }
            try await Task.sleep(for: .seconds(1) / publishes)
        }
    }
}

/// A responder that only flips the QR bit, on the same sockets in the same batches: what the kernel costs.
struct Reflect: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Send every query back with its QR bit set.")
    @Argument(help: "The port, on 127.0.0.1.") var port: UInt16
    @Option(help: "Datagrams per system call.") var batch: UInt32 = 32

    func run() throws {
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
