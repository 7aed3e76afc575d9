import Foundation
import TestSupport
import Testing

/// The whole program checking for long, with servers that are well, crash, hang, reset, refuse and vanish, with
/// TLS and HTTP/2, and a configuration that changes every two seconds.
@Suite(.serialized) struct SoakTests {
    /// `make soak` sets how many seconds it takes; a round of all checks every 100 ms stands for one every 10 s.
    private let seconds =
        ProcessInfo.processInfo.environment["NINELIVES_SOAK_SECONDS"].flatMap { Double($0) }.map { max($0, 10) }

    @Test(
        arguments: [
            (Footprint(memory: 40_000, descriptors: 50), []),  // the same
            (Footprint(memory: 41_000, descriptors: 52), []),  // within bounds
            (Footprint(memory: 41_001, descriptors: 50), ["memory grew from 40000 to 41001 KiB"]),
            (Footprint(memory: 30_000, descriptors: 53), ["open descriptors grew from 50 to 53"]),
        ] as [(Footprint, [String])])
    func `growth beyond the bounds is told`(after: Footprint, expected: [String]) {
        let before = Footprint(memory: 40_000, descriptors: 50)
        #expect(after.excess(over: before, memory: 1000, descriptors: 2) == expected)
    }

    @Test func `an open descriptor is seen by the counting`() throws {
        let own = ProcessInfo.processInfo.processIdentifier
        let before = try Footprint.now(of: own)
        let pipes = (0..<50).map { _ in Pipe() }
        #expect(try Footprint.now(of: own).descriptors >= before.descriptors + 60)
        #expect(before.memory > 1000)
        withExtendedLifetime(pipes) {}
    }

    @Test func `checks of all sorts, for long, leave neither memory nor descriptors behind`() async throws {
        let site = try await SoakSite()
        do {
            try await soak(site)
        } catch {
            Issue.record("\(error)\n\(site.printed.suffix(2000))")
        }
        await site.stop()
    }

    private func excess(_ after: Footprint, _ before: Footprint) -> [String] {
        after.excess(over: before, memory: 6 * 1024, descriptors: 8)
    }

    private func soak(_ site: SoakSite) async throws {
        let whole = seconds ?? 11
        try await site.spend(min(whole * 0.3, 60))
        try await site.proveTroubles()
        let began = try await site.probesStarted()
        let before = Footprint.least(of: try await site.spend(whole * 0.2))
        try await site.spend(whole * 0.25)
        var after = Footprint.least(of: try await site.spend(whole * 0.25))
        // On a busy machine more are under way at a time, for a while; what has leaked never goes.
        let patience = ContinuousClock.now + .seconds(60)
        while !excess(after, before).isEmpty, ContinuousClock.now < patience {
            after = Footprint.least(of: try await site.spend(3))
        }
        let probes = try await site.probesStarted() - began
        let excess = excess(after, before)
        #expect(excess.isEmpty, "after \(probes) plain probes")
        #expect(probes > Int(whole * 100), "the machine was too slow to tell")
        print(
            "soak: \(probes) plain probes, \(site.crashes) crashes, \(site.changes) configurations; before: \(before); after: \(after)"
        )
    }
}
