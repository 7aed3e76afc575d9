import Failover
import Foundation
import Testing

/// A thousand seeded worlds, each watched by the oracle. `NINELIVES_SEED=123 swift test --filter SimulationTests`
/// replays one and prints what happened in it; `NINELIVES_SEEDS=100000` lives through more of them.
@Suite struct SimulationTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let replayed = environment["NINELIVES_SEED"].flatMap { UInt64($0) }
    private static let count = environment["NINELIVES_SEEDS"].flatMap { UInt64($0) } ?? 1000
    private static let eventsPerWorld = 150
    /// The worlds are independent of each other: in shares, so that they are lived in parallel.
    private static let shares: UInt64 = 8

    @Test(arguments: 0..<shares)
    func `no world sees what must never be`(share: UInt64) {
        for seed in Self.replayed.map({ share == 0 ? [$0] : [] }) ?? Array(stride(from: share, to: Self.count, by: 8)) {
            var world = World(seed: seed, keepsTrace: Self.replayed != nil)
            world.live(events: Self.eventsPerWorld)
            for line in world.trace { print(line) }
            if let objection = world.oracle.objections.first {
                Issue.record(
                    "seed \(seed): \(objection). Replay: NINELIVES_SEED=\(seed) swift test --filter SimulationTests")
                return
            }
        }
    }

    @Test func `the same seed twice gives the same effects`() {
        for seed in Self.replayed.map({ [$0] }) ?? Array(0..<100) {
            var first = World(seed: seed, keepsEffects: true)
            var second = World(seed: seed, keepsEffects: true)
            first.live(events: Self.eventsPerWorld)
            second.live(events: Self.eventsPerWorld)
            #expect(first.effects == second.effects, "NINELIVES_SEED=\(seed) swift test --filter SimulationTests")
        }
    }

    /// The oracle can only object to what happens: the worlds must be lively.
    @Test func `the worlds see everything that can come of an event`() {
        var seen: Set<String> = []
        for seed in 0..<(100 as UInt64) {
            var world = World(seed: seed, keepsEffects: true)
            world.live(events: Self.eventsPerWorld)
            for effect in world.effects { seen.formUnion(Self.kinds(of: effect)) }
        }
        #expect(
            seen.sorted()
                == [
                    "all-down", "beside", "confirmation", "ended", "failback manual", "failback until", "hold",
                    "mass-failure", "nodata",
                    "no verdict yet", "pinned", "servfail", "state err", "state ok", "state unknown", "switched",
                    "tier", "tripwire retired",
                    "ttl", "wake",
                ].sorted())
    }

    private static func kinds(of effect: Effect) -> [String] {
        switch effect {
        case .publish(let decision): return decision.ttlSeconds == 5 ? ["ttl"] : []
        case .notify(.switched): return ["switched"]
        case .notify(.allDown): return ["all-down"]
        case .notify(.massFailure): return ["mass-failure"]
        case .wake: return ["wake"]
        case .reconcile, .notify: return []
        case .probe(_, .beside, _): return ["beside"]
        case .probe(_, .recheck(.milliseconds(20)), _): return ["confirmation"]
        case .probe: return []
        case .retireTripwire: return ["tripwire retired"]
        case .append(let entry):
            switch entry.what {
            case .stateChanged(_, _, let state, _): return ["state \(state)"]
            case .overrideEnded: return ["ended"]
            case .held(_, .failbackHeld): return ["failback until"]
            case .held(_, .failbackManual): return ["failback manual"]
            case .decided(let decision, _): return kinds(of: decision)
            case .held, .overridden, .configured, .reported, .vantageDoubted, .vantageTrusted, .tripwireRetired:
                return []
            }
        }
    }

    private static func kinds(of decision: Decision) -> [String] {
        var kinds = decision.answer == .nodata ? ["nodata"] : decision.answer == .servfail ? ["servfail"] : []
        for case .selection(_, let rule) in decision.causes {
            switch rule {
            case .highestTier: kinds.append("tier")
            case .pinned: kinds.append("pinned")
            case .allDown(.hold): kinds.append("hold")
            case .noVerdictYet: kinds.append("no verdict yet")
            case .allDown, .configured: break
            }
        }
        return kinds
    }
}
