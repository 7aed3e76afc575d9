import ArgumentParser
import CSockets
import Foundation

/// Compares our server with others in one run.
///
///     for each size of the zone
///       start everyone, one after the other, on the same processors     ─► start, memory
///       rounds: everyone in turn under load over UDP (TCP, half load)   ─► CPU per query relative to the reflector
///     the same on two and three processors; publishing under load; the answer function alone
///
/// Rounds are interleaved, ratios are made within a round, and medians are told, so that a noisy machine disturbs all
/// alike.
struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Compare our server with others in one run.")
    @Flag(help: "Fewer sizes and shorter rounds: about two minutes instead of ten.") var quick = false
    @Option(help: "Where the tables and the picture are written.") var output = "docs"
    @Option(parsing: .upToNextOption, help: "Other sizes of the zone, in names.") var sizes: [Int] = []
    @Option(parsing: .upToNextOption, help: "Only these, the reflector always.") var only: [String] = []

    func run() throws {
        let missing = Contestant.allCases.filter { !$0.isInstalled }
        guard !missing.contains(.ninelives) else { throw BenchFailure.missing(.ninelives) }
        for each in missing { say("\(each.title) is not installed and is left out.") }
        let contestants = Contestant.allCases.filter { each in
            each.isInstalled && (only.isEmpty || each == .reflector || only.contains(each.rawValue))
        }
        let folder = NSTemporaryDirectory() + "ninelives-bench-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var effort = quick ? Effort.quick : .full
        if !sizes.isEmpty { effort.sizes = sizes.map { max($0, 1) } }
        let comparison = Comparison(contestants: contestants, folder: folder, effort: effort)
        let start = ContinuousClock.now
        let figures = try comparison.run()
        let text = Report(figures, contestants: contestants, isQuick: quick).text
        say("\n\(text)")
        try Report.write(text, Plot(figures, contestants: contestants).svg, to: output)
        say("Written to \(output)/performance.md and \(output)/performance.svg after \(ContinuousClock.now - start).")
    }
}

/// How long and how often everything is measured.
struct Effort {
    var sizes: [Int]
    let starts: Int
    let rounds: Int
    let seconds: Double
    let flappingNames: Int

    static let quick = Effort(sizes: [1000, 100_000], starts: 1, rounds: 3, seconds: 0.4, flappingNames: 100_000)
    static let full = Effort(
        sizes: [1000, 100_000, 1_000_000], starts: 3, rounds: 9, seconds: 0.7, flappingNames: 1_000_000)
}

/// What was measured.
struct Figures {
    /// One contestant over one zone.
    struct Cell {
        /// Seconds until the first answer.
        var starts: [Double] = []
        var residentOctets: [Double] = []
        var peakOctets: [Double] = []
        var udp = Load()
    }

    struct Load {
        var perSecond: [Double] = []
        /// User and system seconds for a million queries.
        var cost: [Double] = []
        /// That of the reflector's in the same round, 1 for its own.
        var ratio: [Double] = []
        var replies = 0
        var lost = 0
        var torn = 0
    }

    struct Latency {
        var median: [Double] = []
        var tail: [Double] = []
    }

    /// By names.
    var cells: [Int: [Contestant: Cell]] = [:]
    /// By processors, from two on; 1000 names.
    var scaled: [Int: [Contestant: Load]] = [:]
    /// At half of its own rate; 1000 names.
    var latency: [Contestant: Latency] = [:]
    /// 1000 names, by queries under way on each connection; the reflector has no TCP, ratios are to gdnsd's.
    var tcp: [Int: [Contestant: Load]] = [:]
    /// Nanoseconds of the answer function alone, by names.
    var ownCode: [(names: Int, fixed: Double, dynamic: Double)] = []
    var flapping: Flapping?

    struct Flapping {
        let names: Int
        var calm = Load()
        var flapping = Load()
        /// Microseconds: median, 99th percentile, most.
        var publish: [Double] = []
    }
}

/// Prints at once, also into a pipe.
func say(_ text: String) {
    print(text)
    fflush(nil)
}
