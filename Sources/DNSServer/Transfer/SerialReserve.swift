import DNS
import Logging
import NIOPosix
import Synchronization

/// Sees to it that serial numbers only go forward, through restarts too, without a publish ever waiting for a disk.
///
///     file: a mark for each zone, no number ahead of which is served ─► on a start, go on behind the mark
///     publish ─► near the mark? ─► (another thread) write a mark further ahead, and fsync
///
/// A zone without dynamic names keeps its number over a restart as long as its content is the same.
final class SerialReserve: Sendable {
    /// How far ahead a mark is put, and how near to it the next one is written.
    static let step: UInt32 = 1000
    static let margin: UInt32 = 500

    private let path: String
    private let state: ServingState
    private let logger: Logger
    private let marks = Mutex(Marks())
    private let disk = Mutex(())

    private struct Marks {
        var byZone: [Name: UInt32] = [:]
        var isWriting = false
        /// Not before the file was read, lest numbers that have not been raised yet overwrite its marks; not at the end.
        var isOpen = false
        var hasWarned = false
        var isDiskWorking = true
    }

    /// - Parameter path: of the file, in a folder that exists.
    init(path: String, state: ServingState, logger: Logger) {
        self.path = path
        self.state = state
        self.logger = logger
    }

    /// Raises serial numbers to where they must begin, and puts the first marks. To be called before anything is
    /// answered; it waits for the disk.
    func begin() {
        for (apex, mark) in read() {
            guard let zone = state.serialOrigin(ofZone: apex) else { continue }
            let least = zone.isDynamic || zone.digest != mark.digest ? mark.serial &+ 1 : mark.serial
            guard Serial(least).isNewer(than: Serial(zone.serial)) else { continue }
            _ = state.raiseSerial(ofZone: apex, toAtLeast: least)
            logger.info(
                "the zone's serial number goes on from before",
                metadata: ["zone": "\(apex)", "serial": "\(least)", "in-file": "\(zone.serial)"])
        }
        marks.withLock { $0.isOpen = true }
        write(margin: SerialReserve.step)
    }

    /// To be called after a zone's serial number has moved; returns at once.
    func moved(_ apex: Name, to serial: UInt32) {
        let mustWrite = marks.withLock { marks in
            guard marks.isOpen else { return false }
            let mark = marks.byZone[apex]
            if let mark, Self.isFar(serial, from: mark) { return false }
            if let mark, Serial(serial).isNewer(than: Serial(mark)), !marks.hasWarned {
                marks.hasWarned = true
                logger.warning("the disk lags behind the serial numbers", metadata: ["zone": "\(apex)"])
            }
            if marks.isWriting { return false }
            marks.isWriting = true
            return true
        }
        if mustWrite { writeElsewhere() }
    }

    /// The same after all zones were replaced.
    func replaced() {
        let mustWrite = marks.withLock { marks in
            if marks.isWriting || !marks.isOpen { return false }
            marks.isWriting = true
            return true
        }
        if mustWrite { writeElsewhere() }
    }

    /// Puts the marks where the numbers are, so that the next start goes on without a gap. It waits for the disk.
    func end() {
        marks.withLock { $0.isOpen = false }
        write(margin: 0)
    }

    // MARK: - The file

    private struct Mark {
        var serial: UInt32
        var digest: UInt64
    }

    private func writeElsewhere() {
        NIOThreadPool.singleton.submit { [self] _ in
            // Numbers may have come near their new marks while those were written.
            repeat { write(margin: SerialReserve.step) } while isWrittenAgain()
        }
    }

    /// Whether a mark is too near once more, and nobody else is going to write it.
    private func isWrittenAgain() -> Bool {
        let origins = state.serialOrigins
        return marks.withLock { marks in
            let isNear = origins.contains { zone in
                guard zone.isDynamic, let mark = marks.byZone[zone.apex] else { return false }
                return !Self.isFar(zone.serial, from: mark)
            }
            marks.isWriting = isNear && marks.isOpen && marks.isDiskWorking
            return marks.isWriting
        }
    }

    /// Whether the serial number may go on for a while before the next mark is written.
    private static func isFar(_ serial: UInt32, from mark: UInt32) -> Bool {
        mark &- serial < 0x8000_0000 && mark &- serial > margin
    }

    private func write(margin: UInt32) {
        // One after the other: each writes the same draft.
        disk.withLock { _ in writeAlone(margin: margin) }
    }

    private func writeAlone(margin: UInt32) {
        var written: [Name: UInt32] = [:]
        var text = "# Ninelives: serial numbers that may have been served. Without this file they could go back.\n"
        for zone in state.serialOrigins {
            let mark = zone.isDynamic ? zone.serial &+ margin : zone.serial
            text += "\(zone.apex) \(mark) \(String(zone.digest, radix: 16))\n"
            written[zone.apex] = mark
        }
        let isWritten = DurableFile.write(Array(text.utf8), to: path)
        if !isWritten {
            logger.error(
                "serial numbers cannot be kept: after a restart they may go back", metadata: ["file": "\(path)"])
        }
        marks.withLock { [written] marks in
            marks.hasWarned = false
            marks.isDiskWorking = isWritten
            marks.byZone = written
        }
    }

    private func read() -> [(Name, Mark)] {
        guard let octets = DurableFile.read(path) else { return [] }
        var marks: [(Name, Mark)] = []
        for line in String(decoding: octets, as: UTF8.self).split(separator: "\n") where !line.hasPrefix("#") {
            let words = line.split(separator: " ")
            guard words.count == 3, let apex = try? Name(String(words[0])), let serial = UInt32(words[1]),
                let digest = UInt64(words[2], radix: 16)
            else {
                logger.warning("a line of the file of serial numbers is not understood", metadata: ["file": "\(path)"])
                continue
            }
            marks.append((apex, Mark(serial: serial, digest: digest)))
        }
        return marks
    }
}
