import Failover
import TestSupport
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
            if let objection = world.objections.first {
                Issue.record(
                    "seed \(seed): \(objection). Replay: NINELIVES_SEED=\(seed) swift test --filter SimulationTests")
                return
            }
        }
    }

    @Test(arguments: 0..<shares)
    func `whatever operators say, no answer is empty, orders end by themselves, and what is frozen stays`(
        share: UInt64
    ) {
        for seed in Self.replayed.map({ share == 0 ? [$0] : [] }) ?? Array(stride(from: share, to: Self.count, by: 8)) {
            var world = World(seed: seed, keepsTrace: Self.replayed != nil, saysAll: true)
            world.live(events: Self.eventsPerWorld * 2)
            for line in world.trace { print(line) }
            if let objection = world.objections.first {
                Issue.record(
                    "seed \(seed): \(objection). Replay: NINELIVES_SEED=\(seed) swift test --filter SimulationTests")
                return
            }
        }
    }

    @Test func `the watch objects to an order that is not obeyed, and to an end that nobody is told of`() throws {
        var random = SeededRandom(seed: 1)
        let configuration = World.configuration(&random)
        var engine = Engine()
        let start = Instant(nanoseconds: 1_000_000_000_000)
        let scheme = try #require(configuration.schemes.first?.name)
        let pause = Override(.pause(scheme), author: "anna")
        let began = engine.handle(.configured(configuration), at: start)
        var deaf = OrderWatch()
        deaf.witness(.configured(configuration), at: start, effects: began, engine)
        #expect(deaf.objections.isEmpty)
        deaf.witness(.overridden(pause), at: start, effects: [], engine)
        #expect(deaf.objections.contains { $0.contains("ought to be pause") }, "the engine has not heard of it")
        var mute = OrderWatch()
        mute.witness(.configured(configuration), at: start, effects: began, engine)
        mute.witness(.overridden(pause), at: start, effects: engine.handle(.overridden(pause), at: start), engine)
        #expect(mute.objections.isEmpty)
        let end = Override(.unpin(scheme), author: "anna")
        _ = engine.handle(.overridden(end), at: start)
        mute.witness(.overridden(end), at: start, effects: [], engine)
        #expect(mute.objections.contains { $0.contains("ended []") }, "its end was swallowed")
    }

    /// What is never said cannot be objected to.
    @Test func `operators say all that there is, and schemes stand still by it`() {
        var said: Set<String> = []
        var paused = 0
        for seed in 0..<(100 as UInt64) {
            var world = World(seed: seed, keepsEffects: true, saysAll: true)
            world.live(events: Self.eventsPerWorld * 2)
            for case .append(let entry) in world.effects {
                if case .overridden(let override) = entry.what {
                    said.insert(String("\(override.action)".prefix { $0 != "(" }))
                }
                if case .held(_, .paused) = entry.what { paused += 1 }
            }
        }
        #expect(
            said.sorted() == [
                "clear", "drain", "failBack", "force", "maintenance", "pause", "pin", "silence", "unpin", "window",
            ])
        #expect(paused > 20, "pauses have held something back")
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
