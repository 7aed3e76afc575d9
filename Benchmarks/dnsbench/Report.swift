import Foundation

/// The tables of a run, in Markdown.
struct Report {
    private let figures: Figures
    private let contestants: [Contestant]
    private let isQuick: Bool
    private let sizes: [Int]

    init(_ figures: Figures, contestants: [Contestant], isQuick: Bool) {
        self.figures = figures
        self.contestants = contestants
        self.isQuick = isQuick
        sizes = figures.cells.keys.sorted()
    }

    private static let (opening, closing) = ("<!-- make bench: begin -->", "<!-- make bench: end -->")

    /// Puts the text between its marks in performance.md, and the picture beside it.
    static func write(_ text: String, _ picture: String, to folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let path = folder + "/performance.md"
        let old = (try? String(contentsOfFile: path, encoding: .utf8)) ?? "\(opening)\n\(closing)\n"
        guard let begin = old.range(of: opening), let end = old.range(of: closing) else {
            throw CocoaError(.fileReadCorruptFile)
        }
        let new = old[..<begin.upperBound] + "\n\n" + text + "\n\n" + old[end.lowerBound...]
        try String(new).write(toFile: path, atomically: true, encoding: .utf8)
        try picture.write(toFile: folder + "/performance.svg", atomically: true, encoding: .utf8)
    }

    var text: String {
        [
            Machine.now.text + (isQuick ? " A quick run: fewer sizes, shorter rounds." : ""),
            "![Processor time per query and memory, side by side](performance.svg)",
            "### Processor time per UDP query, relative to the reflector",
            costs,
            "### Queries per second and latency", rates,
            "### Memory and start", memory,
            "### TCP", tcp,
            "### Our own code, and publishing", ours,
        ].joined(separator: "\n\n")
    }

    // MARK: Tables

    private var costs: String {
        let processors = figures.scaled.keys.sorted()
        let heads = sizes.map { "\($0.grouped) names" } + processors.map { "\($0) processors" }
        return table(["server"] + heads, contestants) { contestant in
            let loads =
                sizes.map { figures.cells[$0]?[contestant]?.udp } + processors.map { figures.scaled[$0]?[contestant] }
            return loads.map { ($0?.ratio.median).map { $0.text(2) } ?? "–" }
        } + "\n\nLost: \(lost)."
    }

    private var lost: String {
        let loads = sizes.compactMap { figures.cells[$0] }.flatMap { cells in contestants.map { ($0, cells[$0]?.udp) } }
        let texts = contestants.compactMap { contestant -> String? in
            let own = loads.filter { $0.0 == contestant }.compactMap(\.1)
            let (lost, replies) = (own.reduce(0) { $0 + $1.lost }, own.reduce(0) { $0 + $1.replies })
            return lost > 0 ? "\(contestant.title) \(lost.grouped) of \((lost + replies).grouped)" : nil
        }
        return texts.isEmpty ? "nothing" : texts.joined(separator: ", ")
    }

    private var rates: String {
        let heads = sizes.map { "queries/s, \($0.grouped) names" } + ["p50 at half load, µs", "p99, µs"]
        return table(["server"] + heads, contestants) { contestant in
            let rates = sizes.map { (figures.cells[$0]?[contestant]?.udp.perSecond.median).map { $0.text(0) } ?? "–" }
            let latency = figures.latency[contestant]
            return rates + [latency?.median.median, latency?.tail.median].map { $0.map { $0.text(0) } ?? "–" }
        }
    }

    private var memory: String {
        let heads = sizes.flatMap { ["\($0.grouped) names: MB", "peak MB", "first answer, s"] }
        return table(["server"] + heads, contestants.filter { $0 != .reflector && $0 != .health }) { contestant in
            sizes.flatMap { names -> [String] in
                guard let cell = figures.cells[names]?[contestant] else { return ["–", "–", "–"] }
                return [
                    ((cell.residentOctets.median ?? .nan) / 1e6).text(0),
                    ((cell.peakOctets.median ?? .nan) / 1e6).text(0), (cell.starts.median ?? .nan).text(3),
                ]
            }
        }
    }

    private var tcp: String {
        let depths = figures.tcp.keys.sorted()
        let heads = depths.flatMap { depth in
            let way = depth == 1 ? "one query at a time" : "\(depth) under way"
            return ["\(way): queries/s", "CPU relative to gdnsd", "to Knot"]
        }
        return table(["server"] + heads, contestants.filter { $0 != .reflector }) { contestant in
            depths.flatMap { depth -> [String] in
                let (load, knot) = (figures.tcp[depth]?[contestant], figures.tcp[depth]?[.knot]?.ratio.median)
                let ratio = load?.ratio.median
                return [
                    (load?.perSecond.median).map { $0.text(0) } ?? "–", ratio.map { $0.text(2) } ?? "–",
                    ratio.flatMap { ratio in knot.map { (ratio / $0).text(2) } } ?? "–",
                ]
            }
        } + "\n\nThere are 8 connections, and each stays open."
    }

    private var ours: String {
        var lines = figures.ownCode.map { names, fixed, dynamic in
            "- Parse, look up and compose, without sockets: \(fixed.text(0)) ns per query with \(names.grouped) names,"
                + " \(dynamic.text(0)) ns where answers depend on health."
        }
        if let flapping = figures.flapping, flapping.publish.count == 3 {
            let load = flapping.flapping
            let change = ((load.ratio.median ?? .nan) - 1) * 100
            lines.append(
                "- A hundred publishes per second with \(flapping.names.grouped) names: \(load.replies.grouped) answers, "
                    + "\(load.lost.grouped) lost, \(load.torn.grouped) torn; processor time per query \(change.text(1)) % "
                    + "\(change < 0 ? "less" : "more") than without. A publish takes \(flapping.publish[0].text(1)) µs "
                    + "(median), \(flapping.publish[1].text(1)) µs (99 %), \(flapping.publish[2].text(0)) µs at most, on "
                    + "the processor that answers at saturation.")
        }
        return lines.joined(separator: "\n")
    }

    private func table(
        _ heads: [String], _ rows: [Contestant], _ cells: (Contestant) -> [String]
    ) -> String {
        let lines =
            [heads, ["---"] + heads.dropFirst().map { _ in "---:" }] + rows.map { [$0.title] + cells($0) }
        return lines.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
    }
}

/// What it ran on.
private struct Machine {
    let text: String

    static var now: Machine {
        let cpu = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let model = cpu.split(separator: "\n").first { $0.hasPrefix("model name") }?
            .split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
        let load = ((try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8)) ?? "").prefix { $0 != " " }
        let day = Date().formatted(.iso8601.year().month().day())
        let versions = output(
            "dpkg-query", "-W", "-f", "${Package} ${Version}, ", "gdnsd", "nsd", "knot", "pdns-server")
        return Machine(
            text: "Measured on \(day): \(ProcessInfo.processInfo.activeProcessorCount) processors, "
                + "\(model ?? "unknown"); load average at the end \(load). Versions: \(versions.dropLast(2)).")
    }

    private static func output(_ command: String...) -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return "unknown, " }
        let octets = (try? pipe.fileHandleForReading.readToEnd()) ?? nil
        process.waitUntilExit()
        return String(decoding: octets ?? Data(), as: UTF8.self)
    }
}
