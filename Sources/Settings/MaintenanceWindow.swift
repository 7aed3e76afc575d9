import Failover
import Foundation

/// A maintenance that is planned: which indicators, when, for how long.
package struct MaintenanceWindow: Hashable, Sendable {
    package var name: String
    /// Names, or patterns with `*` and `?`.
    package var indicators: [String]
    package var schedule: Schedule
    /// 1 minute to 31 days.
    package var length: Duration
    package var zone: TimeZone
    package var reason: String

    /// One time that it is open.
    package struct Occurrence: Hashable, Sendable {
        package var start: Instant
        package var end: Instant
    }

    /// The occurrence that an instant is in.
    package func open(at instant: Instant) -> Occurrence? {
        let earliest = Instant(nanoseconds: instant.nanoseconds - length.nanoseconds)
        return schedule.last(notAfter: instant, after: earliest, in: zone).map {
            Occurrence(start: $0, end: $0 + length)
        }
    }

    /// The first occurrence that begins after an instant; nil if there is none.
    package func next(after instant: Instant) -> Occurrence? {
        schedule.next(after: instant, in: zone).map { Occurrence(start: $0, end: $0 + length) }
    }

    package func concerns(_ indicator: IndicatorName) -> Bool { indicators.contains { fits(indicator.text, $0) } }
}

extension SettingsReader {
    mutating func readWindows(_ entry: Entry?, indicators: [ReadIndicator]) -> [MaintenanceWindow] {
        entries(of: entry).compactMap { readWindow($0, $1, indicators: indicators.map(\.indicator.name)) }
    }

    private mutating func readWindow(_ name: String, _ entry: Entry, indicators: [IndicatorName])
        -> MaintenanceWindow?
    {
        let fields = fields(of: entry, allowed: SettingsKeys.maintenance)
        guard entry.isSection else { return nil }
        let patterns = readPatterns(fields["indicators"], of: entry, indicators: indicators)
        let length = duration(fields["for"], in: .seconds(60)...Duration.seconds(86_400 * 31)) ?? .seconds(3600)
        var zone = TimeZone.gmt
        if let place = fields["time-zone"], let written = text(of: place) {
            // Abbreviations are ambiguous: only the names of the time zone database are taken.
            let known = TimeZone(identifier: written)
            if let known, written == "UTC" || written.contains("/") {
                zone = known
            } else {
                report(place, value: written, "is not a time zone", "UTC, or a name such as Europe/Berlin")
            }
        }
        let reason = fields["reason"].flatMap { text(of: $0) } ?? ""
        guard let schedule = readSchedule(fields, of: entry) else { return nil }
        return MaintenanceWindow(
            name: name, indicators: patterns, schedule: schedule, length: length, zone: zone, reason: reason)
    }

    private mutating func readPatterns(_ entry: Entry?, of window: Entry, indicators: [IndicatorName]) -> [String] {
        let items = items(of: entry)
        if items.isEmpty {
            report(
                entry?.atKey ?? window.atKey, "has no indicators", "indicators: with names or patterns, \"charlie:*\"")
        }
        return items.compactMap { item in
            guard let pattern = text(of: item) else { return nil }
            if !indicators.contains(where: { fits($0.text, pattern) }) {
                reportMissing(pattern, item, "fits no indicator", among: indicators.map(\.text).sorted())
            }
            return pattern
        }
    }

    private mutating func readSchedule(_ fields: [String: Entry], of window: Entry) -> Schedule? {
        let kinds = ["once", "weekly", "cron"].filter { fields[$0] != nil }
        guard kinds.count == 1, let kind = kinds.first, let place = fields[kind] else {
            let problem = kinds.isEmpty ? "does not say when" : "says in several ways when"
            report(window.atKey, problem, "one of once, weekly and cron")
            return nil
        }
        guard let written = text(of: place) else { return nil }
        let (schedule, expected) =
            switch kind {
            case "once": (Schedule(once: written), Schedule.expectedOnce)
            case "weekly": (Schedule(weekly: written), Schedule.expectedWeekly)
            default: (Schedule(cron: written), Schedule.expectedCron)
            }
        if schedule == nil { report(place, value: written, "says no time", expected) }
        return schedule
    }
}
