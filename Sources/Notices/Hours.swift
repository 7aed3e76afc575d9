import Failover
import Foundation

/// Hours of the week in which a subscription is more patient than otherwise.
package struct Hours: Hashable, Sendable {
    package enum Hold: Hashable, Sendable {
        case length(Duration)
        /// Until these hours are over.
        case untilEnd
    }

    /// ISO 8601: 1 is Monday, 7 is Sunday. Hours past midnight belong to the day on which they began.
    package var days: Set<Int>
    /// Minutes after midnight, 0…1439. If `from` is not before `to`, they end on the next day.
    package var from: Int
    package var to: Int
    package var hold: Hold
    /// What is more severe does not wait.
    package var atMost: Happening.Severity

    package init(
        days: Set<Int> = Set(1...7), from: Int, to: Int, hold: Hold, atMost: Happening.Severity = .critical
    ) {
        self.days = days
        self.from = from
        self.to = to
        self.hold = hold
        self.atMost = atMost
    }

    /// When the hours that `instant` lies in are over; nil if it lies outside.
    func end(around instant: Instant, in zone: TimeZone) -> Instant? {
        let local = zone.local(instant)
        let today = Int((Double(local) / 86_400).rounded(.down))
        for day in [today, today - 1] where days.contains(Self.weekday(day)) {
            let start = day * 86_400 + from * 60
            let end = (from < to ? day : day + 1) * 86_400 + to * 60
            if (start..<end).contains(local) { return zone.instant(local: end) }
        }
        return nil
    }

    /// 1970-01-01, day 0, was a Thursday.
    private static func weekday(_ day: Int) -> Int { ((day + 3) % 7 + 7) % 7 + 1 }
}

extension TimeZone {
    /// The clock on the wall, seconds since 1970 as if it were UTC.
    fileprivate func local(_ instant: Instant) -> Int {
        let date = Date(timeIntervalSince1970: instant.seconds)
        return Int(instant.seconds.rounded(.down)) + secondsFromGMT(for: date)
    }

    /// Where the clock is put forward the hour that does not exist counts as the one after it.
    fileprivate func instant(local: Int) -> Instant {
        var guess = local - secondsFromGMT(for: Date(timeIntervalSince1970: Double(local)))
        guess = local - secondsFromGMT(for: Date(timeIntervalSince1970: Double(guess)))
        return Instant(seconds: Double(guess))
    }
}
