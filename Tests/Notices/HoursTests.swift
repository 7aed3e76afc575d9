import Failover
import Foundation
import Testing

@testable import Notices

/// Patience by the time of day, where the clock on the wall is put forward and back.
@Suite struct HoursTests {
    private static func seconds(_ text: String) throws -> Double {
        try Date(text, strategy: .iso8601).timeIntervalSince1970
    }

    private static func time(_ seconds: Double) -> String {
        Date(timeIntervalSince1970: seconds).formatted(.iso8601)
    }

    private static let night = Hours(from: 22 * 60, to: 7 * 60, hold: .untilEnd, atMost: .warning)

    @Test(
        arguments: [
            // In Berlin it is one hour later than in UTC in winter, two in summer.
            ("2026-11-20T20:59:59Z", "2026-11-20T20:59:59Z", "just before the night"),
            ("2026-11-20T21:00:00Z", "2026-11-21T06:00:00Z", "as it begins"),
            ("2026-11-21T05:59:59Z", "2026-11-21T06:00:00Z", "just before it ends"),
            ("2026-11-21T06:00:00Z", "2026-11-21T06:00:00Z", "as it ends"),
            ("2026-07-01T20:30:00Z", "2026-07-02T05:00:00Z", "in summer"),
            ("2026-03-28T23:00:00Z", "2026-03-29T05:00:00Z", "the night that is an hour shorter"),
            ("2026-10-24T23:00:00Z", "2026-10-25T06:00:00Z", "the night that is an hour longer"),
        ])
    func `what comes at night waits for the morning, wherever that is`(
        at: String, expected: String, reason: String
    ) throws {
        let subscription = Subscription.prompt().with {
            $0.hours = [Self.night]
            $0.timeZone = TimeZone(identifier: "Europe/Berlin") ?? .gmt
        }
        var world = DispatchWorld(subscription, start: try Self.seconds(at))
        world.err("a", at: try Self.seconds(at))
        world.run(until: try Self.seconds(expected) + 86_400)
        #expect(world.letters.map { Self.time($0.at) } == [expected], "\(reason)")
    }

    @Test func `what is more severe does not wait`() throws {
        var world = DispatchWorld(.prompt().with { $0.hours = [Self.night] }, start: 0)
        world.happens(.scheme("cat", .worse, .critical, "all down"), at: 0)
        world.run(until: 1)
        #expect(world.log == ["0 cat all down"])
    }

    @Test func `what would be told at night waits, however early it came`() throws {
        let evening = try Self.seconds("2026-11-20T21:58:00Z")
        var world = DispatchWorld(
            .prompt().with {
                $0.hours = [Self.night]
                $0.hold = .seconds(300)
            }, start: evening)
        world.err("a", at: evening)
        world.run(until: evening + 86_400)
        #expect(world.letters.map { Self.time($0.at) } == ["2026-11-21T07:00:00Z"])
    }

    @Test func `the first hours that fit say how long to wait`() throws {
        let rules = [
            Hours(days: [6, 7], from: 0, to: 0, hold: .length(.seconds(1800))),
            Hours(from: 8 * 60, to: 18 * 60, hold: .length(.zero)),
        ]
        let rows: [(at: String, wait: Double, why: String)] = [
            ("2026-11-20T12:00:00Z", 0, "a Friday at noon"),
            ("2026-11-20T20:00:00Z", 60, "a Friday in the evening: the hold of every day"),
            ("2026-11-21T12:00:00Z", 1800, "a Saturday at noon: the first rule"),
            ("2026-11-22T23:59:59Z", 1800, "a Sunday to its end"),
            ("2026-11-23T00:00:00Z", 60, "and not longer"),
        ]
        for row in rows {
            let start = try Self.seconds(row.at)
            var world = DispatchWorld(
                .prompt().with {
                    $0.hours = rules
                    $0.hold = .seconds(60)
                }, start: start)
            world.err("a", at: start)
            world.run(until: start + 7200)
            #expect(world.letters.map { $0.at - start } == [row.wait], "\(row.why)")
        }
    }

    @Test func `reminders wait for the morning as well`() throws {
        let evening = try Self.seconds("2026-11-20T20:00:00Z")
        var world = DispatchWorld(
            .prompt().with {
                $0.hours = [Self.night]
                $0.remind = .seconds(3600)
            }, start: evening)
        world.err("a", at: evening)
        world.run(until: try Self.seconds("2026-11-21T08:30:00Z"))
        let times = world.letters.map { Self.time($0.at) }
        #expect(
            times == [
                "2026-11-20T20:00:00Z", "2026-11-20T21:00:00Z", "2026-11-21T07:00:00Z", "2026-11-21T08:00:00Z",
            ])
    }

    @Test func `hours that cover the whole week hold nothing for ever`() {
        let always = Hours(from: 0, to: 0, hold: .untilEnd)
        let subscription = Subscription.prompt().with { $0.hours = [always] }
        let due = subscription.due(.indicator("a", .worse, .warning, "err"), at: .epoch)
        #expect(due.seconds <= 14 * 86_400)
    }
}
