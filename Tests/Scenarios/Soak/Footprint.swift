import Foundation

/// What a process holds: its memory and its open descriptors.
struct Footprint: CustomStringConvertible {
    /// Resident memory in KiB.
    var memory: Int
    var descriptors: Int

    var description: String { "\(memory) KiB, \(descriptors) descriptors" }

    static func now(of process: Int32) throws -> Footprint {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        return Footprint(
            memory: line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0,
            descriptors: try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count)
    }

    /// What is always there: probes under way come and go, and what leaks stays.
    static func least(of all: [Footprint]) -> Footprint {
        Footprint(memory: all.map(\.memory).min() ?? 0, descriptors: all.map(\.descriptors).min() ?? 0)
    }

    /// How it has grown beyond what is allowed since `before`; empty if it has not.
    func excess(over before: Footprint, memory: Int, descriptors: Int) -> [String] {
        var found: [String] = []
        if self.memory > before.memory + memory {
            found.append("memory grew from \(before.memory) to \(self.memory) KiB")
        }
        if self.descriptors > before.descriptors + descriptors {
            found.append("open descriptors grew from \(before.descriptors) to \(self.descriptors)")
        }
        return found
    }
}
