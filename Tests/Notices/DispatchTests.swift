import Failover
import Foundation
import Testing

@testable import Notices

/// Happenings in, letters out, by a clock of the test's own.
@Suite struct DispatchTests {
    @Test func `a trouble is told once, and so is its end`() {
        var world = DispatchWorld(.prompt())
        world.err("a", at: 1)
        world.err("a", at: 2)  // the same again, as after a restart of the engine
        world.ok("a", at: 5)
        world.ok("a", at: 6)
        world.run(until: 100)
        #expect(world.log == ["1 a err", "5 a ok"])
        #expect(world.kept.isEmpty, "nothing is kept of what is over")
    }

    @Test func `what is well is not told to those who never knew that it was not`() {
        var world = DispatchWorld(.prompt())
        world.ok("a", at: 1)
        world.run(until: 100)
        #expect(world.log.isEmpty && world.kept.isEmpty)
    }

    @Test func `each channel of a subscription gets a letter with a number of its own`() {
        var world = DispatchWorld(.prompt(to: ["mail", "chat"]))
        world.err("a", at: 1)
        world.run(until: 2)
        #expect(world.letters.map(\.letter.channel) == ["mail", "chat"])
        #expect(world.letters.map(\.letter.id) == [1, 2])
    }

    // MARK: Reduction

    @Test func `what does not last as long as the hold is not told`() {
        var world = DispatchWorld(.prompt().with { $0.hold = .seconds(60) })
        world.err("a", at: 0)
        world.ok("a", at: 59)
        world.run(until: 1000)
        #expect(world.log.isEmpty && world.kept.isEmpty)
        world.err("a", at: 1000)
        world.run(until: 1059)
        #expect(world.log.isEmpty)
        world.run(until: 1060)
        #expect(world.log == ["1060 a err"])
    }

    @Test func `an end that does not last as long as the hold is not told either`() {
        var world = DispatchWorld(.prompt().with { $0.hold = .seconds(60) })
        world.err("a", at: 0)
        world.ok("a", at: 100)
        world.err("a", at: 130)
        world.run(until: 1000)
        #expect(world.log == ["60 a err"])
        world.ok("a", at: 1000)
        world.run(until: 2000)
        #expect(world.log == ["60 a err", "1060 a ok"])
    }

    @Test func `the hold counts from the beginning of the trouble, and the newest words are told`() {
        var world = DispatchWorld(.prompt().with { $0.hold = .seconds(60) })
        world.happens(.scheme("cat", .worse, .warning, "second"), at: 0)
        world.happens(.scheme("cat", .worse, .warning, "third"), at: 50)
        world.run(until: 60)
        #expect(world.log == ["60 cat third"])
    }

    @Test func `a trouble that becomes another one is told again`() {
        var world = DispatchWorld(.prompt())
        world.happens(.scheme("cat", .worse, .warning, "second"), at: 0)
        world.happens(.scheme("cat", .worse, .critical, "all down"), at: 10)
        world.happens(.scheme("cat", .worse, .warning, "second"), at: 20)
        world.happens(.scheme("cat", .better, .info, "first"), at: 30)
        world.run(until: 40)
        #expect(world.log == ["0 cat second", "10 cat all down", "20 cat second", "30 cat first"])
    }

    // MARK: Groups

    @Test func `a mass failure is one letter, the worst first, and the rest is counted`() {
        var world = DispatchWorld(Subscription(name: "all", channels: ["mail"]))
        for number in 0..<200 { world.err("i\(number)", at: 1 + Double(number) / 100) }
        world.happens(.scheme("cat", .worse, .critical, "all down"), at: 9)
        world.run(until: 10.9)
        #expect(world.log.isEmpty)
        world.run(until: 1000)
        #expect(world.log == ["11 cat all down (and 200 more)"])
        #expect(world.letters[0].letter.items.count == Letter.itemLimit && world.letters[0].letter.more == 151)
        #expect(world.letters[0].letter.severity == .critical)
    }

    @Test func `what ends before the group closes is left out`() {
        var world = DispatchWorld(Subscription(name: "all", channels: ["mail"]))
        world.err("a", at: 0)
        world.err("b", at: 1)
        world.ok("a", at: 5)
        world.run(until: 100)
        #expect(world.log == ["11 b err"])
    }

    // MARK: Who wants what

    @Test(
        arguments: [
            (.indicator("charlie:cat", .worse, .warning, "err"), true),
            (.indicator("echo:cat", .worse, .warning, "err"), false),  // its pattern fits, the project has it not
            (.scheme("cat.example.org", .worse, .critical, "x"), true),
            (.scheme("dog.example.org", .worse, .critical, "x"), false),
            (Happening(.vantage, .worse, .critical, standing: "x", text: "x", at: .epoch), false),  // the server's
        ] as [(Happening, Bool)])
    func `a project's subscription hears of the project only`(happening: Happening, expected: Bool) {
        var subscription = Subscription.prompt()
        subscription.bounds = .init(project: "cats", schemes: ["cat.*"], indicators: ["charlie:*"])
        var world = DispatchWorld(subscription)
        world.happens(happening, at: 1)
        world.run(until: 100)
        #expect(world.letters.isEmpty != expected)
    }

    @Test(
        arguments: [
            (.indicator("charlie:cat", .worse, .warning, "err"), true),
            (.indicator("echo:cat", .worse, .warning, "err"), false),  // no pattern fits
            (.indicator("charlie:cat", .worse, .info, "unknown"), false),  // not severe enough
            (.scheme("www.example.org", .worse, .critical, "x"), true),
            (.scheme("www.example.net", .worse, .critical, "x"), false),
            (Happening(.vantage, .worse, .critical, standing: "x", text: "x", at: .epoch), true),  // about all of us
            (
                Happening(
                    .provider, scheme: "www.example.org", .worse, .critical, standing: "x", text: "x", at: .epoch),
                false  // not a kind that is wanted
            ),
        ] as [(Happening, Bool)])
    func `a subscription hears of what it asked for`(happening: Happening, expected: Bool) {
        let subscription = Subscription.prompt().with {
            $0.schemes = ["*.example.org"]
            $0.indicators = ["charlie:*"]
            $0.kinds = [.state, .switched, .vantage]
        }
        var world = DispatchWorld(subscription)
        world.happens(happening, at: 0)
        world.run(until: 1)
        #expect(world.log.isEmpty != expected)
    }

    @Test func `what has become less than a subscription wants to know of is over for it`() {
        var world = DispatchWorld(
            .prompt().with {
                $0.severity = .critical
                $0.remind = .seconds(3600)
            })
        world.happens(.scheme("cat", .worse, .critical, "all down"), at: 0)
        world.happens(.scheme("cat", .worse, .warning, "second"), at: 10)
        world.run(until: 10_000)
        #expect(world.log == ["0 cat all down", "10 cat second"])
        #expect(world.letters.last?.letter.isGood == true)
    }

    // MARK: Reminders

    @Test func `what lasts is told again, all of it in one letter, until it is over`() {
        var world = DispatchWorld(.prompt().with { $0.remind = .seconds(100) })
        world.err("a", at: 0)
        world.err("b", at: 40)
        world.err("c", at: 60)
        world.ok("a", at: 250)
        world.run(until: 399)
        #expect(
            world.log == [
                "0 a err", "40 b err", "60 c err", "100 Still: a err (and 1 more)", "160 Still: a err (and 2 more)",
                "250 a ok", "260 Still: b err (and 1 more)", "360 Still: b err (and 1 more)",
            ])
        #expect(world.letters[3].letter.purpose == .reminder)
    }

    // MARK: Silence

    @Test func `nobody is told of what is silent, and reminded of nothing`() {
        var world = DispatchWorld(.prompt().with { $0.remind = .seconds(100) })
        world.err("a", at: 0)
        world.run(until: 5)
        world.silent = ["a", "b"]
        world.err("b", at: 10)
        world.run(until: 150)
        #expect(world.log == ["0 a err"])
        world.silent = []
        world.err("b", at: 160)  // the end of a maintenance says it again
        world.run(until: 200)
        #expect(world.log == ["0 a err", "160 b err", "200 Still: a err"])
    }

    @Test func `the end of a trouble is told even in silence`() {
        var world = DispatchWorld(.prompt())
        world.err("a", at: 0)
        world.run(until: 5)
        world.silent = ["a"]
        world.ok("a", at: 10)
        world.run(until: 20)
        #expect(world.log == ["0 a err", "10 a ok"])
    }

    // MARK: Starts

    @Test func `started again at any moment, it tells the same at the same times`() {
        func story(restartingAt moments: [Double]) -> [String] {
            let subscription = Subscription(
                name: "all", channels: ["mail"], hold: .seconds(30), remind: .seconds(300))
            var world = DispatchWorld(subscription)
            let steps: [(Double, (inout DispatchWorld) -> Void)] = [
                (0, { $0.err("a", at: 0) }), (5, { $0.err("b", at: 5) }), (20, { $0.ok("b", at: 20) }),
                (33, { $0.err("c", at: 33) }), (700, { $0.ok("a", at: 700) }), (710, { $0.err("a", at: 710) }),
                (800, { $0.ok("c", at: 800) }),
            ]
            let restarts = moments.map { moment -> (Double, (inout DispatchWorld) -> Void) in
                (
                    moment,
                    {
                        $0.run(until: moment); $0.restart()
                    }
                )
            }
            for (_, step) in (steps + restarts).sorted(by: { $0.0 < $1.0 }) { step(&world) }
            world.run(until: 1000)
            return world.log
        }
        let expected = story(restartingAt: [])
        #expect(expected.first == "40 a err" && expected.count == 6, "\(expected)")
        for moment in stride(from: 0.5, to: 1000, by: 7) { #expect(story(restartingAt: [moment]) == expected) }
        #expect(story(restartingAt: Array(stride(from: 0.25, to: 1000, by: 0.5))) == expected)
    }

    @Test func `a subscription that is no more, and an indicator that is no more, are forgotten`() {
        var world = DispatchWorld(.prompt("one"), .prompt("two"))
        world.err("a", at: 0)
        world.err("b", at: 0)
        world.run(until: 1)
        world.configure(.prompt("two"))
        #expect(Set(world.kept.values.map(\.subscription)) == ["two"])
        world.forget("a")
        #expect(world.kept.values.compactMap(\.told?.indicator) == ["b"])
    }

    @Test func `news have no opposite: each is told, once`() {
        func news(_ standing: String) -> Happening {
            Happening(.massFailure, scheme: "cat", .news, .critical, standing: standing, text: standing, at: .epoch)
        }
        var world = DispatchWorld(.prompt())
        world.happens(news("2 of 3"), at: 0)
        world.happens(news("3 of 3"), at: 1)
        world.run(until: 10)
        #expect(world.log == ["0 2 of 3", "1 3 of 3"])
        #expect(world.kept.isEmpty)
    }
}
