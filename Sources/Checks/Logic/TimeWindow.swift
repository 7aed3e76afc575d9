import Foundation

/// Some hours of some days of the week, by the clock of one time zone: `during 08:00-18:00 on mon-fri Europe/Berlin`.
package struct TimeWindow: Hashable, Sendable {
    /// Minutes from midnight, 0…1440. With `to` before `from` it lasts beyond midnight, and belongs to the day on
    /// which it begins.
    let from: Int
    let to: Int
    /// Monday is bit 0.
    let days: UInt8
    private let zone: TimeZone
    /// How it is written.
    package let name: String

    static let everyDay: UInt8 = 0b111_1111
    static let dayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    /// Nil if there is no such time zone.
    init?(from: Int, to: Int, days: UInt8, zone identifier: String, name: String) {
        guard let zone = TimeZone(identifier: identifier) else { return nil }
        (self.from, self.to, self.days, self.zone, self.name) = (from, to, days, zone, name)
    }

    /// Whether it is open; changes at full minutes only.
    ///
    /// - Parameter seconds: since 1970.
    package func isOpen(at seconds: Double) -> Bool {
        let date = Date(timeIntervalSince1970: seconds)
        let local = Int((seconds + Double(zone.secondsFromGMT(for: date))).rounded(.down))
        let day = Int((Double(local) / 86400).rounded(.down))
        let minute = (local - day * 86400) / 60
        // 1 January 1970 was a Thursday.
        let weekday = ((day + 3) % 7 + 7) % 7
        let isToday = days & 1 << weekday != 0
        let wasYesterday = days & 1 << ((weekday + 6) % 7) != 0
        if from < to { return isToday && (from..<to).contains(minute) }
        return isToday && minute >= from || wasYesterday && minute < to
    }
}
