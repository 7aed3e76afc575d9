import Failover
import Foundation

/// When something planned begins: at minutes that fit, in the time of some place.
package struct Schedule: Hashable, Sendable {
    /// Of an hour, of a day, of a month, of a year, of a week (0 is Sunday): what fits.
    private var minutes: Set<Int> = []
    private var hours: Set<Int> = []
    private var days = Set(1...31)
    private var months = Set(1...12)
    private var weekdays = Set(0...6)
    /// With a year it happens once.
    private var year: Int?
    /// If both the day of the month and the day of the week were narrowed, either will do, as in cron.
    private var eitherDay = false

    package static let expectedCron = "five fields as in cron: minute hour day month weekday, such as \"30 2 * * sun\""
    package static let expectedWeekly = "days and a time, such as \"sun 02:30\" or \"mon,thu 22:00\""
    package static let expectedOnce = "a date and a time such as 2026-11-22 02:30"

    private static let weekdayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
    private static let monthNames = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    /// `30 2 * * sun`: minute, hour, day of the month, month, day of the week, each `*`, or numbers, ranges and steps
    /// (`1,15`, `8-17`, `*/10`); months and weekdays also by name, Sunday also as 7. Nil if it is none.
    package init?(cron text: String) {
        let fields = text.lowercased().split(separator: " ").map(String.init)
        guard fields.count == 5, let minutes = Self.numbers(fields[0], in: 0...59),
            let hours = Self.numbers(fields[1], in: 0...23), let days = Self.numbers(fields[2], in: 1...31),
            let months = Self.numbers(fields[3], in: 1...12, names: Self.monthNames, firstName: 1),
            let weekdays = Self.numbers(fields[4], in: 0...7, names: Self.weekdayNames, firstName: 0)
        else { return nil }
        self.minutes = minutes
        self.hours = hours
        self.days = days
        self.months = months
        self.weekdays = Set(weekdays.map { $0 % 7 })
        eitherDay = !fields[2].hasPrefix("*") && !fields[4].hasPrefix("*")
        // A day that no month has, such as 30 February, never comes.
        if !eitherDay, days.allSatisfy({ day in months.allSatisfy { day > Self.longest($0) } }) { return nil }
    }

    /// `sun 02:30`, `mon,thu 22:00`, `daily 03:00`. Nil if it is none.
    package init?(weekly text: String) {
        let words = text.lowercased().split(separator: " ").map(String.init)
        guard words.count == 2, let (hour, minute) = Self.time(words[1]) else { return nil }
        if words[0] != "daily" {
            guard let named = Self.numbers(words[0], in: 0...6, names: Self.weekdayNames, firstName: 0),
                !words[0].contains(where: \.isNumber), words[0] != "*"
            else { return nil }
            weekdays = named
        }
        hours = [hour]
        minutes = [minute]
    }

    /// `2026-11-22 02:30`. Nil if it is none.
    package init?(once text: String) {
        let words = text.split(whereSeparator: { $0 == " " || $0 == "T" }).map(String.init)
        guard words.count == 2, let (hour, minute) = Self.time(words[1]) else { return nil }
        let date = words[0].split(separator: "-", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
        guard date.count == 3, (1970...9999).contains(date[0]), (1...12).contains(date[1]),
            (1...Self.longest(date[1])).contains(date[2])
        else { return nil }
        if date[1] == 2, date[2] == 29, !Self.isLeap(date[0]) { return nil }
        year = date[0]
        months = [date[1]]
        days = [date[2]]
        hours = [hour]
        minutes = [minute]
    }

    private static func isLeap(_ year: Int) -> Bool {
        year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    }

    private static func longest(_ month: Int) -> Int { month == 2 ? 29 : [4, 6, 9, 11].contains(month) ? 30 : 31 }

    private static func time(_ text: String) -> (hour: Int, minute: Int)? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
        guard parts.count == 2, (0...23).contains(parts[0]), (0...59).contains(parts[1]), text.count <= 5 else {
            return nil
        }
        return (parts[0], parts[1])
    }

    private static func numbers(
        _ field: String, in range: ClosedRange<Int>, names: [String] = [], firstName: Int = 0
    ) -> Set<Int>? {
        func number(_ text: Substring) -> Int? {
            if let index = names.firstIndex(of: String(text)) { return index + firstName }
            guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text),
                range.contains(number)
            else { return nil }
            return number
        }
        var result: Set<Int> = []
        for part in field.split(separator: ",", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
            guard pieces.count <= 2, let first = pieces.first else { return nil }
            var step = 1
            if pieces.count == 2 {
                guard let written = Int(pieces[1]), written >= 1, written <= range.upperBound else { return nil }
                step = written
            }
            let bounds = first.split(separator: "-", omittingEmptySubsequences: false)
            if first == "*" {
                result.formUnion(stride(from: range.lowerBound, through: range.upperBound, by: step))
            } else if bounds.count == 2 {
                guard let low = number(bounds[0]), let high = number(bounds[1]), low <= high else { return nil }
                result.formUnion(stride(from: low, through: high, by: step))
            } else {
                guard bounds.count == 1, pieces.count == 1, let only = number(first) else { return nil }
                result.insert(only)
            }
        }
        return result
    }

    // MARK: When

    /// No schedule that ever comes stays away for longer: 29 February over a century that is no leap year.
    private static let horizonDays = 366 * 9

    /// The first time after an instant; nil if it never comes.
    package func next(after instant: Instant, in zone: TimeZone) -> Instant? {
        let calendar = Self.calendar(zone)
        for offset in -1...Self.horizonDays {
            let found = starts(onDay: offset, from: instant, calendar).first { $0 > instant }
            if let found { return found }
        }
        return nil
    }

    /// The last time at or before an instant, but after another.
    package func last(notAfter instant: Instant, after earliest: Instant, in zone: TimeZone) -> Instant? {
        let calendar = Self.calendar(zone)
        let days = Int((instant - earliest).nanoseconds / 86_400_000_000_000) + 2
        for offset in 0...max(days, 0) {
            let found = starts(onDay: 1 - offset, from: instant, calendar).last { $0 <= instant }
            if let found { return found > earliest ? found : nil }
        }
        return nil
    }

    private static func calendar(_ zone: TimeZone) -> Calendar {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        return calendar
    }

    /// All times of the day so many days after an instant's, in order. A time that the clock skips counts as when it
    /// has jumped; one that it shows twice, the first time.
    private func starts(onDay offset: Int, from instant: Instant, _ calendar: Calendar) -> [Instant] {
        let start = calendar.startOfDay(for: Date(timeIntervalSince1970: instant.seconds))
        guard let day = calendar.date(byAdding: .day, value: offset, to: start) else { return [] }
        let parts = calendar.dateComponents([.year, .month, .day, .weekday], from: day)
        guard let month = parts.month, months.contains(month), year == nil || year == parts.year,
            let number = parts.day, let weekday = parts.weekday
        else { return [] }
        let (fitsDay, fitsWeekday) = (days.contains(number), weekdays.contains(weekday - 1))
        guard eitherDay ? fitsDay || fitsWeekday : fitsDay && fitsWeekday else { return [] }
        var found: Set<Instant> = []
        for hour in hours {
            for minute in minutes {
                var time = DateComponents()
                (time.year, time.month, time.day, time.hour, time.minute) = (parts.year, month, number, hour, minute)
                if let date = calendar.date(from: time) {
                    found.insert(Instant(nanoseconds: Int64(date.timeIntervalSince1970.rounded()) * 1_000_000_000))
                }
            }
        }
        return found.sorted()
    }
}
