import Checks
import Failover
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import Control

/// What happens to memory when much has been read.
@Suite struct LoansTests {
    @Test func `after many have read memory is given back once, and again no sooner than after the pause`() async throws
    {
        let times = Mutex<[ContinuousClock.Instant]>([])
        let loans = Loans(
            group: MultiThreadedEventLoopGroup.singleton, patience: .milliseconds(20), pause: .milliseconds(300)
        ) { times.withLock { $0.append(.now) } }
        for _ in 0..<10 { _ = Loan(of: loans) }
        try await eventually("memory is given back") { times.withLock { !$0.isEmpty } }
        for _ in 0..<10 { _ = Loan(of: loans) }
        try await eventually("it is given back again") { times.withLock { $0.count > 1 } }
        let seen = times.withLock { $0 }
        #expect(seen.count == 2)
        #expect(seen[1] - seen[0] >= .milliseconds(300))
    }

    @Test func `the figures of thousands are taken in parts, and none is left out`() async throws {
        let stage = try Stage()
        let names = (0..<1234).map { IndicatorName("cat-\($0)") }
        let indicators = names.map { name in
            var indicator = Indicator(name: name)
            indicator.isDisabled = true
            return indicator
        }
        await stage.control.apply(Configuration(indicators: indicators), checks: [:])
        let figures = await stage.control.indicatorFigures()
        #expect(figures.map(\.name) == names.map(\.text).sorted())
        #expect(figures.allSatisfy { $0.state == "unknown" && $0.lastTook == nil && $0.lastSucceeded == nil })
        await stage.control.stop()
    }
}
