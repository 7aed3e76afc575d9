import DNS
import NIOCore

/// How far one secondary has been told of one zone: what is to be sent, and when.
///
///     changed ─► send, a moment later ─► acknowledged
///                  └──── no reply: again after 1, 2, 4 … 60 s
struct NotifyTrack {
    /// Between two notices of a zone to one secondary, however often it changes.
    static let gap = TimeAmount.milliseconds(250)
    /// From a change to its notice, so that what changes together is told, and fetched, once.
    static let gathering = TimeAmount.milliseconds(20)
    private static let firstPause = TimeAmount.seconds(1)
    private static let longestPause = TimeAmount.seconds(60)

    private(set) var id: UInt16 = 0
    private(set) var isAcknowledged = false
    private(set) var due: NIODeadline
    private var lastSent: NIODeadline?
    private var pause = Self.firstPause
    private(set) var attempts = 0
    /// Changed again since what was sent last.
    private var isStale = false

    init(now: NIODeadline) { due = now }

    mutating func changed(now: NIODeadline) {
        let soon = now + Self.gathering
        due = max(isStale ? min(due, soon) : soon, lastSent.map { $0 + Self.gap } ?? soon)
        isAcknowledged = false
        isStale = true
        attempts = 0
        pause = Self.firstPause
    }

    mutating func sent(id: UInt16, now: NIODeadline) {
        self.id = id
        isStale = false
        attempts += 1
        lastSent = now
        due = now + pause
        pause = min(pause + pause, Self.longestPause)
    }

    /// Not yet: the zone is not ready to be transferred.
    mutating func postpone(now: NIODeadline) { due = now + .seconds(1) }

    /// A reply with this id came. Of an older notice it says nothing about now.
    mutating func acknowledge(id: UInt16) {
        guard id == self.id, attempts > 0, !isStale else { return }
        isAcknowledged = true
    }
}
