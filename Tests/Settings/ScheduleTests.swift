import Failover
import Foundation
import Testing

@testable import Settings

/// When planned things begin.
@Suite struct ScheduleTests {
    private static func instant(_ text: String) throws -> Instant {
        Instant(seconds: try Date(text, strategy: .iso8601).timeIntervalSince1970)
    }

    private static func zone(_ name: String) throws -> TimeZone { try #require(TimeZone(identifier: name)) }

    @Test(
        "the next time is found, in the time of its place",
        arguments: [
            ("weekly", "sun 02:30", "UTC", "2026-11-21T12:00:00Z", "2026-11-22T02:30:00Z"),
            ("weekly", "sat 12:00", "UTC", "2026-11-21T12:00:00Z", "2026-11-28T12:00:00Z"),  // now is not after now
            ("weekly", "mon,thu 22:00", "Europe/Berlin", "2026-11-23T21:00:00Z", "2026-11-26T21:00:00Z"),
            ("weekly", "daily 03:00", "Asia/Tokyo", "2026-11-21T17:59:00Z", "2026-11-21T18:00:00Z"),
            ("weekly", "mon-fri 08:00", "UTC", "2026-11-20T08:00:00Z", "2026-11-23T08:00:00Z"),
            ("cron", "*/15 * * * *", "UTC", "2026-11-21T12:01:00Z", "2026-11-21T12:15:00Z"),
            ("cron", "30 2 1 * *", "UTC", "2026-11-21T12:00:00Z", "2026-12-01T02:30:00Z"),
            ("cron", "0 4 29 feb *", "UTC", "2096-03-01T00:00:00Z", "2104-02-29T04:00:00Z"),  // 2100 is no leap year
            ("cron", "0 4 13 * fri", "UTC", "2026-11-21T12:00:00Z", "2026-11-27T04:00:00Z"),  // either day, as in cron
            ("cron", "0 4 * * 7", "UTC", "2026-11-21T12:00:00Z", "2026-11-22T04:00:00Z"),  // 7 is Sunday, too
            ("cron", "0 8-17/4 * * *", "UTC", "2026-11-21T12:00:00Z", "2026-11-21T16:00:00Z"),
            ("once", "2026-11-22 02:30", "Europe/Berlin", "2026-11-21T12:00:00Z", "2026-11-22T01:30:00Z"),
            ("once", "2026-11-20 02:30", "UTC", "2026-11-21T12:00:00Z", ""),  // it is over
            // The clocks of Berlin jump from 02:00 to 03:00 on 28 March 2027 …
            ("once", "2027-03-28 02:30", "Europe/Berlin", "2027-03-27T12:00:00Z", "2027-03-28T01:30:00Z"),
            // … and show 02:30 twice on 25 October 2026.
            ("weekly", "sun 02:30", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"),
            ("weekly", "sun 02:30", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-11-01T01:30:00Z"),
        ] as [(String, String, String, String, String)])
    func next(kind: String, text: String, zone: String, now: String, expected: String) throws {
        let schedule =
            kind == "weekly" ? Schedule(weekly: text) : kind == "cron" ? Schedule(cron: text) : Schedule(once: text)
        let next = try #require(schedule).next(after: Self.instant(now), in: Self.zone(zone))
        #expect(next == (expected.isEmpty ? nil : try Self.instant(expected)))
    }

    @Test(
        "what says no time is refused",
        arguments: [
            "weekly sun", "weekly 02:30", "weekly sun 2:3:4", "weekly sun 24:00", "weekly sunday 02:30",
            "weekly 0 02:30",
            "cron * * * *", "cron 60 * * * *", "cron * * 31 2 *", "cron 5-1 * * * *", "cron */0 * * * *",
            "cron a * * * *",
            "cron 1/2 * * * *", "once 2026-02-30 02:30", "once 2026-11-22", "once 02:30", "once 2027-02-29 02:30",
        ])
    func refused(text: String) {
        let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
        switch parts[0] {
        case "weekly": #expect(Schedule(weekly: parts[1]) == nil)
        case "cron": #expect(Schedule(cron: parts[1]) == nil)
        default: #expect(Schedule(once: parts[1]) == nil)
        }
    }

    @Test func `a window is open from its start until its length is over`() throws {
        let window = MaintenanceWindow(
            name: "w", indicators: ["charlie:*"], schedule: try #require(Schedule(weekly: "sun 23:30")),
            length: .seconds(3600), zone: try Self.zone("UTC"), reason: "")
        let start = try Self.instant("2026-11-22T23:30:00Z")
        #expect(window.open(at: try Self.instant("2026-11-22T23:29:59Z")) == nil)
        #expect(window.open(at: start)?.start == start)
        #expect(window.open(at: try Self.instant("2026-11-23T00:29:59Z"))?.end == start + .seconds(3600))
        #expect(window.open(at: try Self.instant("2026-11-23T00:30:00Z")) == nil)
        #expect(window.concerns(IndicatorName("charlie:cat")) && !window.concerns(IndicatorName("echo:cat")))
    }

    @Test(
        "a broken window is told with its place",
        arguments: [
            ("w: { indicators: a, weekly: sun 02:30, time-zone: CET }", "is not a time zone"),
            ("w: { indicators: b, weekly: sun 02:30 }", "fits no indicator"),
            ("w: { weekly: sun 02:30 }", "has no indicators"), ("w: { indicators: a }", "does not say when"),
            ("w: { indicators: a, weekly: sun 02:30, cron: 0 0 * * * }", "says in several ways when"),
            ("w: { indicators: a, cron: 0 0 * * }", "says no time"),
            ("w: { indicators: a, once: 2026-11-22 02:30, for: 10s }", "is out of range"),
        ] as [(String, String)])
    func broken(window: String, problem: String) {
        let text = """
            indicators: { a: { check: tcp, host: 192.0.2.1, port: 80 } }
            maintenance:
              \(window)
            """
        guard case .failure(let errors) = Settings.parse(text, file: "n.yaml") else {
            Issue.record("it was taken")
            return
        }
        #expect(errors.errors.count == 1 && errors.description.hasPrefix("n.yaml:3:"), "\(errors)")
        #expect(errors.description.contains(problem), "\(errors)")
    }
}
