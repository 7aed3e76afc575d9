import Addresses
import Failover
import Testing

/// An engine that is started again goes on where it was.
@Suite struct MemoryTests {
    private let cat = SchemeName("cat.example.test")
    private let charlie = IndicatorName("charlie:cat")
    private let echo = IndicatorName("echo:cat")

    private var configuration: Configuration {
        var scheme = Scheme(name: cat)
        scheme.members = [
            Member(indicator: charlie, values: [value(11)], priority: .primary),
            Member(indicator: echo, values: [value(12)], priority: .backup),
        ]
        return Configuration(indicators: [Indicator(name: charlie), Indicator(name: echo)], schemes: [scheme])
    }

    private func decision(_ number: Int, active: [IndicatorName]) -> Decision {
        Decision(
            scheme: cat, generation: 7, answer: .addresses([value(number)]), ttlSeconds: 30, active: active, at: .at(0))
    }

    private func memory(_ charlieIs: State, _ echoIs: State, _ decision: Decision) -> Memory {
        Memory(
            decisions: [decision],
            verdicts: [
                Memory.Verdict(indicator: charlie, state: charlieIs, since: .at(0)),
                Memory.Verdict(indicator: echo, state: echoIs, since: .at(0)),
            ])
    }

    private func rules(of decision: Decision) -> [Rule] {
        decision.causes.compactMap { if case .selection(_, let rule) = $0 { rule } else { nil } }
    }

    @Test func `the last answer is published before any probe, and is no new decision`() {
        var engine = Engine(remembering: memory(.err, .ok, decision(12, active: [echo])))
        let effects = engine.handle(.configured(configuration), at: .at(100))
        #expect(effects.first == .publish(decision(12, active: [echo])))
        let decided = effects.filter { effect in
            guard case .append(let entry) = effect, case .decided = entry.what else { return false }
            return true
        }
        #expect(decided.isEmpty)
        let probed = effects.contains { if case .probe(charlie, .now, _) = $0 { true } else { false } }
        #expect(probed)
        let status = engine.status(of: cat)
        #expect(status?.decision?.generation == 7)
        #expect(status?.decision?.causes.first == .recalled(.at(0)))
        #expect(status?.decision.map { rules(of: $0) } == [.configured, .highestTier(.backup)])
    }

    @Test func `a server that died meanwhile is err after as many failures as ever, not after one`() {
        var engine = Engine(remembering: memory(.ok, .ok, decision(11, active: [charlie])))
        _ = engine.handle(.configured(configuration), at: .at(100))
        _ = engine.handle(.probed(echo, Probe(.success)), at: .at(100))
        for second in [100, 102] {
            _ = engine.handle(.probed(charlie, Probe(.failure)), at: .at(second))
            #expect(engine.status(of: cat)?.decision?.active == [charlie])
        }
        _ = engine.handle(.probed(charlie, Probe(.failure)), at: .at(104))
        #expect(engine.status(of: cat)?.decision?.active == [echo])
        #expect(engine.status(of: cat)?.decision?.generation == 8)
    }

    @Test func `a better server that has come back meanwhile waits like any other`() {
        var engine = Engine(remembering: memory(.err, .ok, decision(12, active: [echo])))
        _ = engine.handle(.configured(configuration), at: .at(100))
        for second in 100..<105 { _ = engine.handle(.probed(charlie, Probe(.success)), at: .at(second)) }
        #expect(engine.status(of: charlie)?.state == .ok)
        #expect(engine.status(of: cat)?.decision?.active == [echo])
        _ = engine.handle(.woke, at: .at(104 + 60))
        #expect(engine.status(of: cat)?.decision?.active == [charlie])
    }

    @Test func `an answer that was held while all were down is held on`() {
        var engine = Engine(remembering: memory(.err, .err, decision(12, active: [])))
        _ = engine.handle(.configured(configuration), at: .at(100))
        #expect(engine.status(of: cat)?.decision?.answer == .addresses([value(12)]))
        #expect(engine.status(of: cat)?.decision.map { rules(of: $0) } == [.configured, .allDown(.hold)])
    }

    @Test func `a revision made while it was down is in force at once`() {
        var engine = Engine(remembering: memory(.ok, .ok, decision(11, active: [charlie])))
        var changed = configuration
        changed.schemes[0].members.removeFirst()
        let effects = engine.handle(.configured(changed), at: .at(100))
        let published = effects.compactMap { if case .publish(let decision) = $0 { decision.answer } else { nil } }
        #expect(published.last == .addresses([value(12)]))
    }

    @Test func `an override goes on until its time, and one that ended meanwhile ends at once and says so`() {
        var lasting = Override(.maintenance(charlie), author: "ann", reason: "kernel", until: .at(200))
        lasting.since = .at(50)
        var over = Override(.force(echo, .err), author: "bob", until: .at(60))
        over.since = .at(40)
        var memory = memory(.ok, .ok, decision(12, active: [echo]))
        memory.overrides = [lasting, over]
        var engine = Engine(remembering: memory)
        let effects = engine.handle(.configured(configuration), at: .at(100))
        #expect(effects.contains(.append(LogEntry(at: .at(100), .overrideEnded(over)))))
        #expect(engine.status(of: charlie)?.override == lasting)
        #expect(engine.status(of: cat)?.decision?.active == [echo])
        _ = engine.handle(.woke, at: .at(200))
        #expect(engine.status(of: charlie)?.override == nil)
        #expect(engine.status(of: cat)?.decision?.active == [charlie])
    }
}
