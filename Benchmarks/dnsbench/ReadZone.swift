import ArgumentParser
import DNS
import Glibc

/// Reads a zone file and lays it out, without serving it: how long that takes, and how much memory.
struct ReadZone: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read", abstract: "Measure reading a zone file and laying it out.")
    @Argument(help: "The zone file.") var file: String
    @Argument(help: "Its origin.") var origin = Content.apex

    func run() throws {
        let clock = ContinuousClock()
        let start = clock.now
        let text = ZoneText(file: file, expectedOctets: 1 << 20) {
            let descriptor = open(file, O_RDONLY | O_CLOEXEC)
            return { bytes in
                let part = [UInt8](unsafeUninitializedCapacity: 1 << 18) { space, count in
                    count = max(0, Glibc.read(descriptor, space.baseAddress, space.count))
                }
                if part.isEmpty { close(descriptor) }
                bytes += part
                return !part.isEmpty
            }
        }
        let zone = try ZoneFile.parse(text, origin: Name(origin)).get()
        let read = clock.now
        let snapshot = try ZoneSnapshot(zones: [zone], dynamicNames: [])
        let laidOut = clock.now
        print(
            "read in \(read - start), laid out in \(laidOut - read):",
            "\(snapshot.nameCount) names, \(snapshot.rrsetCount) RRsets, \(snapshot.byteCount) bytes;",
            "resident now \(memory("VmRSS")), at most \(memory("VmHWM"))")
    }
}

/// A line of `/proc/self/status`.
func memory(_ field: String) -> String {
    guard let status = fopen("/proc/self/status", "r") else { return "?" }
    defer { fclose(status) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, 256, status) != nil {
        let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        if text.hasPrefix(field + ":") {
            return text.split(whereSeparator: \.isWhitespace).dropFirst().joined(separator: " ")
        }
    }
    return "?"
}
