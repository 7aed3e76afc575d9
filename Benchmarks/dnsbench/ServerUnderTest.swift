import CSockets
import Foundation
import Glibc

/// A contestant that runs, bound to processors of its own; ends with `stop`.
final class ServerUnderTest {
    let contestant: Contestant
    let port: UInt16
    /// From its start until it answered.
    let startTook: Duration
    /// Resident before the first load, octets: shared pages counted once (PSS), of all its processes.
    let residentOctets: Int
    /// The largest that one of its processes has been by then, octets.
    let peakOctets: Int
    private let process: Process
    private let log: String

    /// Starts it and waits until it answers a query for the zone's first name.
    init(_ contestant: Contestant, _ place: ServingPlace, processors: Range<Int>, extra: [String] = []) throws {
        self.contestant = contestant
        port = place.port
        log = "\(place.folder)/log"
        let command = try contestant.command(place) + extra
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["taskset", "-c", "\(processors.lowerBound)-\(processors.upperBound - 1)"] + command
        process.currentDirectoryURL = URL(fileURLWithPath: place.folder)
        let output = FileHandle(forWritingAtPath: log)
        process.standardOutput = output
        process.standardError = output
        let clock = ContinuousClock()
        let start = clock.now
        try process.run()
        self.process = process
        let query = try Content.query(isFirstName: true)
        while !Self.answers(query, place.port, answers: contestant == .reflector ? 0 : 1) {
            guard process.isRunning, clock.now - start < .seconds(120) else {
                process.terminate()
                throw BenchFailure.doesNotAnswer(contestant, log: Self.text(of: log))
            }
        }
        startTook = clock.now - start
        usleep(2_000_000)  // what is left to do after the first answer, and what starting has used is given back
        let processes = Self.tree(process.processIdentifier)
        residentOctets = processes.reduce(0) { $0 + Self.field("Pss", in: "/proc/\($1)/smaps_rollup") }
        peakOctets = processes.map { Self.field("VmHWM", in: "/proc/\($0)/status") }.max() ?? 0
    }

    /// User and system time of all its processes since their start, nanoseconds.
    var processorNanoseconds: UInt64 {
        Self.tree(process.processIdentifier).reduce(0) { $0 + ninelives_processor_nanoseconds($1) }
    }

    /// What it has said.
    var said: String { Self.text(of: log) }

    private static func text(of path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }

    func stop() {
        process.terminate()
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(10)
        while process.isRunning, clock.now < deadline { usleep(10_000) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    private static func answers(_ query: [UInt8], _ port: UInt16, answers: UInt8) -> Bool {
        let descriptor = ninelives_connect_udp([127, 0, 0, 1], 4, port)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        ninelives_set_receive_timeout(descriptor, 5)
        send(descriptor, query, query.count, 0)
        var reply = [UInt8](repeating: 0, count: 512)
        let received = recv(descriptor, &reply, reply.count, 0)
        if received < 0, errno == ECONNREFUSED { usleep(1000) }
        return received > 12 && reply[3] & 15 == 0 && reply[7] >= answers
    }

    /// A process with all its descendants.
    private static func tree(_ process: Int32) -> [Int32] {
        let children = text(of: "/proc/\(process)/task/\(process)/children")
        return [process] + children.split(separator: " ").compactMap { Int32($0) }.flatMap(tree)
    }

    /// A field of a file of /proc that is in kB, as octets.
    private static func field(_ name: String, in path: String) -> Int {
        let line = text(of: path).split(separator: "\n").first { $0.hasPrefix(name + ":") }
        return line.flatMap { $0.split(separator: " ").dropFirst().first.flatMap { Int($0) } }.map { $0 * 1024 } ?? 0
    }
}

enum BenchFailure: Error, CustomStringConvertible {
    case doesNotAnswer(Contestant, log: String)
    case missing(Contestant)

    var description: String {
        switch self {
        case .doesNotAnswer(let contestant, let log): "\(contestant.title) does not answer:\n\(log)"
        case .missing(let contestant): "\(contestant.title) is not there; make bench builds and installs all of them"
        }
    }
}
