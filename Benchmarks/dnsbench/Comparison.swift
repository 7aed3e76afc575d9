import CSockets
import Foundation

/// One run: starts servers, loads them in turn, and gathers figures.
struct Comparison {
    let contestants: [Contestant]
    let folder: String
    let effort: Effort

    private static let firstPort: UInt16 = 21_000 + UInt16(getpid() % 5000) * 2
    private let processors = ProcessInfo.processInfo.activeProcessorCount

    func run() throws -> Figures {
        var figures = Figures()
        for names in effort.sizes { try compare(names, &figures) }
        for threads in 2..<max(min(processors, 4), 2) { try compare(onProcessors: threads, &figures) }
        figures.ownCode = try effort.sizes.map(ownCode)
        figures.flapping = try flap()
        return figures
    }

    // MARK: - One size

    private func compare(_ names: Int, _ figures: inout Figures) throws {
        say("\(names.grouped) names")
        let queries = try QuerySet(names: names)
        let zone = zoneFile(names)
        var cells: [Contestant: Figures.Cell] = [:]
        var servers: [ServerUnderTest] = []
        defer { for server in servers { server.stop() } }
        for contestant in contestants {
            var cell = Figures.Cell()
            for round in 1...effort.starts {
                let server = try start(contestant, names: names, zone: zone, threads: 1)
                cell.starts.append(server.startTook / .seconds(1))
                cell.residentOctets.append(Double(server.residentOctets))
                cell.peakOctets.append(Double(server.peakOctets))
                if round < effort.starts { server.stop() } else { servers.append(server) }
            }
            cells[contestant] = cell
        }
        let loads = measure(servers) { udp($0, queries, threads: 1) }
        for (contestant, load) in loads { cells[contestant]?.udp = load }
        figures.cells[names] = cells
        guard names == effort.sizes.first else { return }
        figures.latency = latencies(servers, queries, loads)
        for pipeline in [1, 32] {
            say("  over TCP, \(pipeline) under way on each connection")
            figures.tcp[pipeline] = measure(servers.filter { $0.contestant != .reflector }, floor: .gdnsd) {
                tcp($0, queries, pipeline: pipeline)
            }
        }
    }

    private func compare(onProcessors threads: Int, _ figures: inout Figures) throws {
        let names = effort.sizes[0]
        say("\(threads) processors")
        let queries = try QuerySet(names: names)
        let zone = zoneFile(names)
        var servers: [ServerUnderTest] = []
        defer { for server in servers { server.stop() } }
        for contestant in contestants {
            servers.append(try start(contestant, names: names, zone: zone, threads: threads))
        }
        figures.scaled[threads] = measure(servers) { udp($0, queries, threads: threads) }
    }

    // MARK: - Servers

    private func zoneFile(_ names: Int) -> String {
        let path = "\(folder)/\(names).zone"
        guard let file = fopen(path, "w") else { return path }
        defer { fclose(file) }
        Content.writeZone(names: names) { fputs($0, file) }
        return path
    }

    /// On the first processors, as many as it has threads.
    private func start(
        _ contestant: Contestant, names: Int, zone: String, threads: Int, extra: [String] = [], label: String = ""
    ) throws -> ServerUnderTest {
        let own = "\(folder)/\(contestant.rawValue)\(label)"
        try? FileManager.default.removeItem(atPath: own)
        try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
        let number = Contestant.allCases.firstIndex(of: contestant).map { UInt16($0) } ?? 0
        let port = Self.firstPort + 2 * number + (label.isEmpty ? 0 : 100)
        let place = ServingPlace(folder: own, port: port, zoneFile: zone, names: names, threads: threads)
        return try ServerUnderTest(contestant, place, processors: 0..<threads, extra: extra)
    }

    // MARK: - Rounds

    /// Everyone in turn, as often as there are rounds, after one that only warms up.
    private func measure(
        _ servers: [ServerUnderTest], floor: Contestant = .reflector,
        _ load: (ServerUnderTest) -> (Driver.Counts, seconds: Double)
    ) -> [Contestant: Figures.Load] {
        var loads: [Contestant: Figures.Load] = [:]
        for round in 0...effort.rounds {
            var costs: [Contestant: Double] = [:]
            for server in servers {
                let before = server.processorNanoseconds
                let (counts, seconds) = load(server)
                let cost = Double(server.processorNanoseconds - before) / Double(max(counts.replies, 1)) / 1000
                if round == 0 { continue }
                if counts.replies > 100 { costs[server.contestant] = cost }
                loads[server.contestant, default: Figures.Load()].add(counts, seconds: seconds, cost: cost)
            }
            guard let reference = costs[floor] else { continue }
            for (contestant, cost) in costs { loads[contestant]?.ratio.append(cost / reference) }
        }
        for server in servers {
            guard let load = loads[server.contestant], let rate = load.perSecond.median else { continue }
            say("  \(server.contestant.title): \(rate.text(0))/s, \((load.ratio.median ?? .nan).text(2))")
        }
        return loads
    }

    /// At saturation, from the processors that the server does not have.
    private func udp(
        _ server: ServerUnderTest, _ queries: QuerySet, threads: Int, checksWhole: Bool = false
    ) -> (Driver.Counts, seconds: Double) {
        let clients = max(1, min(processors - threads, threads + 1))
        var plan = LoadPlan(port: server.port, queries: queries, seconds: effort.seconds)
        plan.threads = clients
        // About 200 queries under way for each of its threads: what the usual socket buffer holds.
        plan.sockets = threads == 1 ? 3 : max(1, 12 * threads / clients)
        plan.batch = threads == 1 ? 32 : 16
        plan.processor = processors > threads ? threads : nil
        plan.checksWhole = checksWhole
        return Driver.drive(plan)
    }

    private func tcp(
        _ server: ServerUnderTest, _ queries: QuerySet, pipeline: Int
    ) -> (Driver.Counts, seconds: Double) {
        var plan = StreamPlan(port: server.port, queries: queries, seconds: effort.seconds)
        // Knot 3.2 stalls with many that are never idle.
        plan.connections = 4
        plan.pipeline = pipeline
        plan.threads = max(1, min(processors - 1, 2))
        plan.processor = processors > 1 ? 1 : nil
        return StreamDriver.drive(plan)
    }

    private func latencies(
        _ servers: [ServerUnderTest], _ queries: QuerySet, _ loads: [Contestant: Figures.Load]
    ) -> [Contestant: Figures.Latency] {
        var latencies: [Contestant: Figures.Latency] = [:]
        for _ in 0..<effort.rounds {
            for server in servers {
                guard let rate = loads[server.contestant]?.perSecond.median else { continue }
                let measured = PacedDriver(
                    port: server.port, queries: queries, perSecond: rate / 2, seconds: effort.seconds,
                    processor: min(1, processors - 1)
                ).run()
                latencies[server.contestant, default: Figures.Latency()].median.append(measured.percentile(0.5))
                latencies[server.contestant, default: Figures.Latency()].tail.append(measured.percentile(0.99))
            }
        }
        return latencies
    }

    // MARK: - Only ours

    private func ownCode(_ names: Int) throws -> (names: Int, fixed: Double, dynamic: Double) {
        var medians: [Double] = []
        for isDynamic in [false, true] {
            let setup = try AnswerSetup(names: names, isDynamic: isDynamic)
            _ = setup.measure(queries: 1_000_000)
            medians.append((0..<7).map { _ in setup.measure(queries: 1_000_000).nanoseconds }.median ?? .nan)
        }
        return (names, medians[0], medians[1])
    }

    /// The same server twice: one publishes a hundred times per second meanwhile.
    private func flap() throws -> Figures.Flapping {
        let names = effort.flappingNames
        say("publishing with \(names.grouped) names")
        let queries = try QuerySet(names: names)
        var result = Figures.Flapping(names: names)
        let flags = ["--flapping", "--publishes"]
        let calm = try start(.health, names: names, zone: "", threads: 1, extra: flags + ["0"], label: "-calm")
        defer { calm.stop() }
        let busy = try start(.health, names: names, zone: "", threads: 1, extra: flags + ["100"])
        defer { busy.stop() }
        for round in 0...2 * effort.rounds {
            for server in [calm, busy] {
                let before = server.processorNanoseconds
                let (counts, seconds) = udp(server, queries, threads: 1, checksWhole: true)
                let cost = Double(server.processorNanoseconds - before) / Double(max(counts.replies, 1)) / 1000
                if round == 0 { continue }
                if server === busy {
                    result.flapping.add(counts, seconds: seconds, cost: cost)
                    result.flapping.ratio.append(cost / (result.calm.cost.last ?? .nan))
                } else {
                    result.calm.add(counts, seconds: seconds, cost: cost)
                }
            }
        }
        let last = busy.said.split(separator: "\n").last { $0.hasPrefix("publish ") }
        result.publish = last.map { $0.split(separator: " ").dropFirst().compactMap { Double($0) } } ?? []
        return result
    }
}

extension Figures.Load {
    mutating func add(_ counts: Driver.Counts, seconds: Double, cost: Double) {
        perSecond.append(Double(counts.replies) / seconds)
        self.cost.append(cost)
        replies += counts.replies
        lost += counts.lost
        torn += counts.torn
    }
}
