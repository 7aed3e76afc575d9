import Checks
import Failover
import Testing

@testable import Control

@Suite struct LatenciesTests {
    private func result(
        _ milliseconds: Int, isSuccess: Bool = true, connect: Int? = nil, resolve: Int? = nil
    ) -> ProbeResult {
        var phases = ProbePhases()
        phases.total = .milliseconds(milliseconds)
        phases.connect = connect.map { .milliseconds($0) }
        phases.resolve = resolve.map { .milliseconds($0) }
        return ProbeResult(isSuccess: isSuccess, reason: "not kept", phases: phases)
    }

    private let start = Instant(seconds: 1_790_000_000)

    @Test func `the last 48 probes are given back, the oldest first`() {
        var latencies = Latencies()
        for number in 0..<200 {
            latencies.record(
                result(number, isSuccess: !number.isMultiple(of: 7), connect: number.isMultiple(of: 5) ? nil : 1),
                at: start + .seconds(number * 30))
            let first = max(0, number + 1 - Latencies.capacity)
            let reports = latencies.reports
            #expect(reports.map(\.totalMilliseconds) == (first...number).map(Double.init))
            #expect(reports.map(\.isSuccess) == (first...number).map { !$0.isMultiple(of: 7) })
            #expect(reports.map(\.connectMilliseconds) == (first...number).map { $0.isMultiple(of: 5) ? nil : 1 })
            #expect(reports.map(\.at) == (first...number).map { start.seconds + Double($0) * 30 })
        }
    }

    @Test func `a failure that took no time is a failure`() {
        var latencies = Latencies()
        latencies.record(result(0, isSuccess: false), at: start)
        #expect(latencies.reports.map(\.isSuccess) == [false])
        #expect(latencies.reports.map(\.totalMilliseconds) == [0])
    }

    @Test func `the time for a name is kept from the first probe that needed one`() {
        var latencies = Latencies()
        for number in 0..<60 {
            latencies.record(result(9, resolve: number < 20 ? nil : 2), at: start + .seconds(number))
        }
        let expected: [Double?] = (12..<60).map { $0 < 20 ? nil : 2 }
        #expect(latencies.reports.map(\.resolveMilliseconds) == expected)
        #expect(latencies.reports.allSatisfy { $0.tlsMilliseconds == nil })
    }
}
