import Foundation
import Storage
import TestSupport
import Testing

/// What is left when the server is killed at any moment, with operators at work and members that come and go.
@Suite struct PowerCutTests {
    /// How many times it is killed; `make endurance` sets a thousand.
    private let rounds = ProcessInfo.processInfo.environment["NINELIVES_POWER_CUTS"].flatMap { Int($0) } ?? 25
    /// As many as fit in it are enough, unless a number was ordered.
    private var patience: Duration {
        ProcessInfo.processInfo.environment["NINELIVES_POWER_CUTS"] == nil ? .seconds(45) : .seconds(7200)
    }

    @Test func `killed at any moment, it has lost nothing that was acknowledged and answers as it did last`()
        async throws
    {
        let site = try RestlessSite()
        defer { site.folder.remove() }
        let clock = ContinuousClock()
        let end = clock.now + patience
        var done = 0
        while done < rounds, clock.now < end || done < 5 {
            do {
                try await site.liveAndDie(for: .milliseconds(.random(in: 0...1200)), waitsForProbes: done % 4 == 1)
                done += 1
            } catch {
                Issue.record("after \(done) lives: \(error)\n\(site.printed.suffix(4000))")
                break
            }
        }
        await site.stop()
        #expect(done >= 5)
        #expect(site.acknowledged >= done, "operators were at work")
        #expect(site.decisions >= 2, "members came and went")
        print("power cuts: \(done), orders acknowledged: \(site.acknowledged), decisions kept: \(site.decisions)")
    }
}
