import DNS
import Synchronization

/// What a zone's transfer sends.
enum TransferContent: Sendable {
    /// The client has it all: the SOA record of now.
    case current(soa: [UInt8])
    /// From the client's serial number to now, at least one.
    case changes([ZoneChange])
    case whole(ZoneImage)
}

/// The messages that answer one query over TCP, composed one at a time as the client takes them, so that a zone of any
/// size takes the memory of one message. Used by one thread at a time.
package final class ReplySequence {
    private enum Part {
        case apex([UInt8])
        case run(RecordRun)
        case zone
    }

    private let request: TransferRequest
    private let parts: [Part]
    private var part = 0
    private var cursor: ZoneCursor?
    private var session: TSIGSession?
    private let now: @Sendable () -> UInt64
    private let slot: TransferSlot?
    private var isFirst = true
    private var isDone = false

    init(
        _ content: TransferContent, _ request: TransferRequest, session: TSIGSession?, slot: TransferSlot?,
        now: @escaping @Sendable () -> UInt64
    ) {
        self.request = request
        self.session = session
        self.slot = slot
        self.now = now
        switch content {
        case .current(let soa): parts = [.apex(soa)]
        case .changes(let changes): parts = Self.parts(of: ZoneChange.condensed(changes))
        case .whole(let image):
            let soa = image.soa
            parts = [.apex(soa), .zone, .apex(soa)]
            cursor = ZoneCursor(image)
        }
    }

    private static func parts(of changes: [ZoneChange]) -> [Part] {
        guard let last = changes.last else { preconditionFailure("at least one change") }
        let current = Part.apex(last.soaAfter.withSerial(last.to))
        var parts = [current]
        for change in changes {
            parts.append(.apex(change.soaBefore.withSerial(change.from)))
            parts += change.removed.map(Part.run)
            parts.append(.apex(change.soaAfter.withSerial(change.to)))
            parts += change.added.map(Part.run)
        }
        return parts + [current]
    }

    /// Composes the next message; returns its length, or 0 after the last.
    ///
    /// - Parameter message: room for 65,535 octets.
    package func next(into message: UnsafeMutableRawBufferPointer) -> Int {
        guard !isDone, let base = message.baseAddress else { return 0 }
        let room = (session?.room ?? 0) + (isFirst && request.hasEDNS ? 11 : 0)
        var writer = request.writer(into: base, capacity: min(message.count, 65_535) - room)
        while part < parts.count, fillPart(&writer) { part += 1 }
        isDone = part == parts.count || writer.recordCount == 0
        if writer.recordCount == 0 { return finish(request.failure(.servFail, into: message), message) }
        return finish(writer.finish(), message)
    }

    /// Composes all as one message of at most `limit` octets; 0 if it does not fit (RFC 1995 §2).
    func single(into message: UnsafeMutableRawBufferPointer, limit: Int) -> Int {
        guard let base = message.baseAddress else { return 0 }
        let room = (session?.room ?? 0) + (request.hasEDNS ? 11 : 0)
        var writer = request.writer(into: base, capacity: limit - room)
        while part < parts.count, fillPart(&writer) { part += 1 }
        return part == parts.count ? finish(writer.finish(), message) : 0
    }

    private func finish(_ length: Int, _ message: UnsafeMutableRawBufferPointer) -> Int {
        var length = length
        if isFirst, request.hasEDNS { length = request.appendOPT(to: message, length: length) }
        isFirst = false
        return session?.sign(message, length: length, now: now()) ?? length
    }

    /// Writes what is left of the part; false if the message is full.
    private func fillPart(_ writer: inout TransferWriter) -> Bool {
        switch parts[part] {
        case .apex(let record): return writer.appendAtApex(record)
        case .zone: return cursor?.fill(&writer) ?? true
        case .run(let run):
            while runOffset < run.records.count {
                let end = runOffset + 12 + (Int(run.records[runOffset + 10]) << 8 | Int(run.records[runOffset + 11]))
                let isWritten = run.owner.withUnsafeBytes { owner in
                    run.records[runOffset..<end].withUnsafeBytes { writer.append(owner: owner, record: $0) }
                }
                guard isWritten else { return false }
                runOffset = end
            }
            runOffset = 0
            return true
        }
    }

    /// How much of a run is written.
    private var runOffset = 0
}

extension [UInt8] {
    /// An SOA record with another serial number.
    func withSerial(_ serial: UInt32) -> [UInt8] {
        var record = self
        for index in 0..<4 {
            record[count - 20 + index] = UInt8(truncatingIfNeeded: serial >> (24 - 8 * UInt32(index)))
        }
        return record
    }
}

/// One of the transfers that may be under way at once; given back when it is released.
final class TransferSlot: Sendable {
    private let slots: TransferSlots

    fileprivate init(_ slots: TransferSlots) { self.slots = slots }
    deinit { slots.giveBack() }
}

final class TransferSlots: Sendable {
    private let free: Atomic<Int>

    init(_ count: Int) { free = Atomic(count) }

    func take() -> TransferSlot? {
        if free.subtract(1, ordering: .relaxed).newValue >= 0 { return TransferSlot(self) }
        free.add(1, ordering: .relaxed)
        return nil
    }

    fileprivate func giveBack() { free.add(1, ordering: .relaxed) }
}
