import Failover
import Foundation

/// Who is told what, and how patiently.
package struct Subscription: Hashable, Sendable {
    package var name: String
    /// The channels' names; each gets a notice of its own.
    package var channels: [String]
    /// Patterns with `*` and `?`.
    package var schemes: [String]
    package var indicators: [String]
    package var kinds: Set<Happening.Kind>
    /// What is less severe is not told.
    package var severity: Happening.Severity
    /// How long something must last before it is told; what ends earlier is not told at all.
    package var hold: Duration
    /// What comes within so long after the first goes into one notice.
    package var group: Duration
    /// How often what lasts is told again; nil: once.
    package var remind: Duration?
    package var hours: [Hours]
    package var timeZone: TimeZone

    package static let standardGroup = Duration.seconds(10)

    package init(
        name: String, channels: [String], schemes: [String] = ["*"], indicators: [String] = ["*"],
        kinds: Set<Happening.Kind> = Set(Happening.Kind.allCases), severity: Happening.Severity = .warning,
        hold: Duration = .zero, group: Duration = standardGroup, remind: Duration? = nil, hours: [Hours] = [],
        timeZone: TimeZone = .gmt
    ) {
        self.name = name
        self.channels = channels
        self.schemes = schemes
        self.indicators = indicators
        self.kinds = kinds
        self.severity = severity
        self.hold = hold
        self.group = group
        self.remind = remind
        self.hours = hours
        self.timeZone = timeZone
    }

    /// Whether it is about something that is subscribed to, however severe.
    func covers(_ happening: Happening) -> Bool {
        guard kinds.contains(happening.kind) else { return false }
        if let scheme = happening.scheme, isAmong(schemes, scheme) { return true }
        if let indicator = happening.indicator, isAmong(indicators, indicator) { return true }
        return happening.scheme == nil && happening.indicator == nil
    }

    private func isAmong(_ patterns: [String], _ name: String) -> Bool { patterns.contains { fits(name, $0) } }

    /// When a happening is to be told, if it lasts until then.
    func due(_ happening: Happening, at now: Instant) -> Instant {
        var due = now + hold
        if let rule = rule(for: happening.severity, at: now), case .length(let length) = rule.hours.hold {
            due = now + length
        }
        due = max(due, now + happening.patience)
        return awake(due, for: happening.severity)
    }

    /// The first instant from `instant` on that lies in no hours of rest.
    func awake(_ instant: Instant, for severity: Happening.Severity) -> Instant {
        var instant = instant
        // Hours that follow each other end somewhere; those that cover the whole week do not.
        for _ in 0..<14 {
            guard let rule = rule(for: severity, at: instant), rule.hours.hold == .untilEnd else { break }
            instant = rule.end
        }
        return instant
    }

    /// The first that applies.
    private func rule(for severity: Happening.Severity, at instant: Instant) -> (hours: Hours, end: Instant)? {
        for hours in hours where severity <= hours.atMost {
            if let end = hours.end(around: instant, in: timeZone) { return (hours, end) }
        }
        return nil
    }
}
