import Control
import Synchronization

/// How something stood over time: since when it was up, down or unknown.
struct Track: Hashable, Sendable {
    enum Standing: Hashable, Sendable { case up, down, unknown }

    struct Turn: Hashable, Sendable {
        /// Seconds since 1970.
        var at: Double
        var standing: Standing
    }

    /// Ascending; before the first nothing is known.
    private(set) var turns: [Turn] = []

    init(_ turns: [Turn] = []) {
        for turn in turns { add(turn) }
    }

    mutating func add(_ turn: Turn) {
        if turn.standing == turns.last?.standing { return }
        turns.append(turn)
    }

    /// How many seconds of a span it was up and down; the rest is unknown.
    func sums(from start: Double, until end: Double) -> (up: Double, down: Double) {
        var up = 0.0
        var down = 0.0
        for index in place(at: start)..<turns.count {
            let turn = turns[index]
            if turn.at >= end { break }
            let next = index + 1 < turns.count ? turns[index + 1].at : end
            let length = min(next, end) - max(turn.at, start)
            guard length > 0 else { continue }
            switch turn.standing {
            case .up: up += length
            case .down: down += length
            case .unknown: break
            }
        }
        return (up, down)
    }

    /// The last turn at or before an instant; the first if all are later.
    private func place(at instant: Double) -> Int {
        var low = 0
        var high = turns.count
        while low < high {
            let middle = (low + high) / 2
            if turns[middle].at <= instant { low = middle + 1 } else { high = middle }
        }
        return max(0, low - 1)
    }

    /// The share of the known time that it was up; nil if nothing is known of the span.
    func uptime(from start: Double, until end: Double) -> Double? {
        let (up, down) = sums(from: start, until: end)
        return up + down > 0 ? up / (up + down) : nil
    }

    /// A span in parts of one length: of each the share of the known time that it was down, nil where nothing is known.
    func parts(from start: Double, until end: Double, length: Double, count: Int) -> [Double?] {
        (0..<count).map { index in
            let from = start + Double(index) * length
            let (up, down) = sums(from: from, until: min(from + length, end))
            return up + down > 0 ? down / (up + down) : nil
        }
    }
}

/// Tracks made from the history, read once and then continued: a page that is open reads only what is new.
final class Tracks: Sendable {
    enum Subject: Hashable, Sendable {
        case indicator(String)
        case scheme(String)
    }

    private struct Kept {
        var track = Track()
        /// The newest line that it was made from.
        var newest: UInt64 = 0
        /// Every line up to this one has been read.
        var readUntil: UInt64 = 0
        var used: UInt64 = 0
    }

    private struct State {
        var kept: [Subject: Kept] = [:]
        var clock: UInt64 = 0
    }

    /// So many are kept at hand.
    private static let capacity = 2000
    /// So many lines of the history are read for one of them at the most.
    private static let pages = 20
    static let span = 90.0 * 86_400

    private let state = Mutex(State())

    /// What is older has been written, seconds.
    private static let written = 5.0

    /// - Parameters:
    ///   - recent: the newest lines of the history, the newest first; only what lies before them is read.
    ///   - now: seconds since 1970.
    func track(
        of subject: Subject, from orders: any OperatorInterface, recent: [EventReport], now: Double
    ) async -> Track {
        var kept = state.withLock { $0.kept[subject] } ?? Kept()
        let isAtHand = recent.last.map { $0.id <= kept.readUntil + 1 } ?? false
        if !isAtHand {
            await read(&kept, subject, orders, now: now)
            kept.readUntil = max(kept.newest, recent.first { $0.at < now - Self.written }?.id ?? 0)
        }
        keep(kept, subject)
        var track = kept.track
        for event in recent.reversed() where event.id > kept.newest && subject.query.fits(event) {
            track.add(Track.Turn(at: event.at, standing: Track.Standing(event)))
        }
        return track
    }

    private func read(
        _ kept: inout Kept, _ subject: Subject, _ orders: any OperatorInterface, now: Double
    ) async {
        var query = subject.query
        query.limit = 1000
        query.from = now - Self.span
        for _ in 0..<Self.pages {
            query.after = kept.newest
            guard let events = try? await orders.history(query), let last = events.last else { break }
            for event in events { kept.track.add(Track.Turn(at: event.at, standing: Track.Standing(event))) }
            kept.newest = last.id
            if events.count < query.limit { break }
        }
    }

    private func keep(_ kept: Kept, _ subject: Subject) {
        state.withLock { state in
            state.clock += 1
            state.kept[subject] = kept
            state.kept[subject]?.used = state.clock
            guard state.kept.count > Self.capacity else { return }
            let oldest = state.clock - UInt64(Self.capacity / 2)
            state.kept = state.kept.filter { $0.value.used > oldest }
        }
    }
}

extension Tracks.Subject {
    /// The lines of the history that tell of it.
    fileprivate var query: HistoryQuery {
        var query = HistoryQuery()
        switch self {
        case .indicator(let name): (query.indicator, query.kind) = (name, "state")
        case .scheme(let name): (query.scheme, query.kind) = (name, "decision")
        }
        return query
    }
}

extension Track.Standing {
    /// What a line of the history turns it into.
    fileprivate init(_ event: EventReport) {
        switch event.tone {
        case "good": self = .up
        case "bad": self = .down
        default: self = .unknown
        }
    }

    init(state: String) {
        switch state {
        case "ok": self = .up
        case "err": self = .down
        default: self = .unknown
        }
    }
}

/// Explanations that were read from the history: a decision's never changes. Of old ones there may be none.
final class ExplanationCache: Sendable {
    private static let capacity = 2000
    private let kept = Mutex<[UInt64: Explanation?]>([:])

    /// Nil if it was not read yet.
    func value(_ event: UInt64) -> Explanation?? { kept.withLock { $0[event] } }

    func keep(_ explanation: Explanation?, _ event: UInt64) {
        kept.withLock { kept in
            if kept.count >= Self.capacity { kept = [:] }
            kept.updateValue(explanation, forKey: event)
        }
    }
}
