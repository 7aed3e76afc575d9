import Testing

@testable import Failover

@Suite struct KeptProbesTests {
    private func record(_ number: Int, _ reason: String) -> ProbeRecord {
        ProbeRecord(
            at: Instant(nanoseconds: Int64(number) * 1_000_000_007),
            probe: Probe(
                number.isMultiple(of: 3) ? .failure : .success, vantage: .local, reason: reason,
                took: .nanoseconds(number * 1_234_567)))
    }

    @Test(
        arguments: [
            ["status 200"],  // all say the same
            ["status 200", "status 503"],  // the first reason comes again and again
            (0..<200).map { "a load of \($0) is more than was agreed" },  // each needs the room of one that is gone
            ["", "", "", "slow", "", "one", "two", "", "slow", "three", "four"],  // an empty one is a reason as well
        ])
    func `the last ten are given back as they came, whatever they said`(reasons: [String]) {
        var kept = KeptProbes()
        var all: [ProbeRecord] = []
        for number in 0..<200 {
            all.append(record(number, reasons[number % reasons.count]))
            kept.append(all[number])
            #expect(kept.records(from: .local) == all.suffix(KeptProbes.capacity), "after \(number)")
            #expect(kept.lastAt == all[number].at)
        }
    }

    @Test func `an hour's probe and a negative time survive the packing`() {
        for took in [Duration.seconds(3600), .zero, .nanoseconds(-5), .seconds(86_400)] {
            var kept = KeptProbes()
            let record = ProbeRecord(at: .epoch, probe: Probe(.failure, reason: "slow", took: took))
            kept.append(record)
            #expect(kept.records(from: .local) == [record])
        }
    }
}
