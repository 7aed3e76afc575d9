import Failover
import Testing

@testable import Control

@Suite struct ProbeTimingTests {
    @Test(
        arguments: [
            (.now, 0.0, 0),  // a new indicator is probed at once
            (.recheck(.milliseconds(200)), 0.0, 200),  // a recheck counts from the end of the probe, without jitter
            (.recheck(.milliseconds(200)), 0.9, 200),
            (.afterInterval(.seconds(10)), 0.5, 9_000),  // an interval counts from the start: here 1 s ago
            (.afterInterval(.seconds(10)), 0.0, 8_000),  // 10 % earlier at the most
            (.afterInterval(.seconds(10)), 1.0, 10_000),  // 10 % later at the most
        ] as [(ProbeTurn, Double, Int64)])
    func `a turn comes when its kind says`(turn: ProbeTurn, random: Double, milliseconds: Int64) {
        let now = Instant(seconds: 1000)
        let due = ProbeTiming.due(
            turn, startedAt: Instant(seconds: 999), isFirstTurn: false, now: now, random: random)
        #expect((due - now).nanoseconds / 1_000_000 == milliseconds)
    }

    @Test func `the second probe comes after a random part of the interval, so that targets spread over it`() {
        let now = Instant(seconds: 1000)
        let dues = [0.0, 0.25, 0.5, 0.75].map { random in
            ProbeTiming.due(
                .afterInterval(.seconds(8)), startedAt: now, isFirstTurn: true, now: now, random: random) - now
        }
        #expect(dues == [.milliseconds(800), .seconds(2), .seconds(4), .seconds(6)])
    }

    @Test func `a turn that has been missed comes now, not in the past`() {
        let now = Instant(seconds: 1000)
        let due = ProbeTiming.due(
            .afterInterval(.seconds(1)), startedAt: .epoch, isFirstTurn: false, now: now, random: 0.5)
        #expect(due == now)
    }
}
