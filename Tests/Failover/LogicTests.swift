import Failover
import Testing

/// Indicators that are worked out from others.
@Suite struct LogicTests {
    private static let start = Instant(seconds: 1000)

    private func name(_ text: String) -> IndicatorName { IndicatorName(text) }

    /// An engine with indicators that one probe decides, and `sum` worked out from them.
    private func engine(_ probed: [String], _ logic: Logic, more: [(String, Logic)] = []) -> Engine {
        var engine = Engine()
        var indicators = probed.map { text in
            var indicator = Indicator(name: name(text))
            indicator.policy.isCertainAtOnce()
            return indicator
        }
        for (text, logic) in [("sum", logic)] + more {
            var indicator = Indicator(name: name(text))
            indicator.logic = logic
            indicators.append(indicator)
        }
        _ = engine.handle(.configured(Configuration(indicators: indicators)), at: Self.start)
        return engine
    }

    private func probe(_ text: String, _ outcome: Probe.Outcome, _ engine: inout Engine) -> [Effect] {
        engine.handle(.probed(name(text), Probe(outcome)), at: Self.start)
    }

    private func leaf(_ text: String) -> Logic { .indicator(name(text)) }

    @Test func `it turns in the same event as its input, through every level`() throws {
        var engine = engine(["a", "b"], .all([leaf("a"), leaf("b")]), more: [("top", .not(leaf("sum")))])
        _ = probe("a", .success, &engine)
        #expect(engine.status(of: name("sum"))?.state == .unknown, "b is not known yet")
        _ = probe("b", .success, &engine)
        #expect(engine.status(of: name("sum"))?.state == .ok)
        #expect(engine.status(of: name("top"))?.state == .err)
        let effects = probe("a", .failure, &engine)
        #expect(engine.status(of: name("sum"))?.state == .err)
        #expect(engine.status(of: name("top"))?.state == .ok)
        #expect(
            effects.contains { effect in
                guard case .append(let entry) = effect else { return false }
                return entry.what
                    == .stateChanged(name("sum"), from: .ok, to: .err, reason: "false, as a is err, b is ok")
            })
        #expect(!effects.contains { if case .probe(let asked, _, _) = $0 { asked != name("a") } else { false } })
    }

    @Test(
        arguments: [
            ("?-", false), ("?+", nil), ("++", true), ("??", nil),
        ] as [(String, Bool?)])
    func `what is not known decides nothing that is settled without it`(states: String, all: Bool?) {
        let values = states.map { $0 == "?" ? nil : $0 == "+" }
        func value(_ logic: Logic) -> Bool? {
            logic.value { leaf in leaf == self.leaf("a") ? values[0] : values[1] }
        }
        let (a, b) = (leaf("a"), leaf("b"))
        #expect(value(.all([a, b])) == all)
        #expect(value(.not(.any([.not(a), .not(b)]))) == all, "De Morgan")
        #expect(value(.atLeast(2, of: [a, b])) == all)
    }

    @Test func `the operator's word counts, and maintenance says nothing`() throws {
        var engine = engine(["a", "b"], .any([leaf("a"), leaf("b")]))
        _ = probe("a", .success, &engine)
        _ = probe("b", .failure, &engine)
        #expect(engine.status(of: name("sum"))?.state == .ok)
        _ = engine.handle(.overridden(Override(.force(name("a"), .err), author: "ann")), at: Self.start)
        #expect(engine.status(of: name("sum"))?.state == .err)
        _ = engine.handle(.overridden(Override(.clear(name("a")), author: "ann")), at: Self.start)
        #expect(engine.status(of: name("sum"))?.state == .ok)
        _ = engine.handle(.overridden(Override(.maintenance(name("a")), author: "ann")), at: Self.start)
        #expect(engine.status(of: name("sum"))?.state == .ok, "not known: what was said last stays")
    }

    @Test func `a window that turns is an event like any other`() throws {
        var engine = engine(["a"], .any([leaf("a"), .not(.window("w"))]))
        _ = probe("a", .failure, &engine)
        #expect(engine.status(of: name("sum"))?.state == .unknown)
        _ = engine.handle(.window("w", isOpen: false), at: Self.start)
        #expect(engine.status(of: name("sum"))?.state == .ok)
        let effects = engine.handle(.window("w", isOpen: true), at: Self.start)
        #expect(engine.status(of: name("sum"))?.state == .err)
        #expect(effects.count == 1, "one line of the log, and nothing to probe")
        #expect(engine.handle(.window("w", isOpen: true), at: Self.start).isEmpty)
    }

    @Test func `a recovery that is delayed begins anew with every doubt, and asks to be woken once`() throws {
        var indicators = [Indicator(name: name("a")), Indicator(name: name("sum"))]
        indicators[0].policy.isCertainAtOnce()
        indicators[1].logic = .any([leaf("a")])
        indicators[1].recovery = .seconds(10)
        var engine = Engine()
        func at(_ seconds: Int) -> Instant { Self.start + .seconds(seconds) }
        func wakes(_ effects: [Effect]) -> [Instant] {
            effects.compactMap { if case .wake(let at) = $0 { at } else { nil } }
        }
        _ = engine.handle(.configured(Configuration(indicators: indicators)), at: at(0))
        _ = engine.handle(.probed(name("a"), Probe(.success)), at: at(0))
        #expect(engine.status(of: name("sum"))?.state == .ok, "the first verdict waits for nothing")
        _ = engine.handle(.probed(name("a"), Probe(.failure)), at: at(1))
        #expect(engine.status(of: name("sum"))?.state == .err, "nor does a failure")
        #expect(wakes(engine.handle(.probed(name("a"), Probe(.success)), at: at(2))) == [at(12)])
        #expect(engine.status(of: name("sum"))?.recovery == Recovery(since: at(2), until: at(12)))
        _ = engine.handle(.overridden(Override(.maintenance(name("a")), author: "ann")), at: at(5))
        #expect(engine.status(of: name("sum"))?.recovery == nil, "what is not known recovers from nothing")
        #expect(wakes(engine.handle(.woke, at: at(12))) == [])
        #expect(engine.status(of: name("sum"))?.state == .err)
        #expect(wakes(engine.handle(.overridden(Override(.clear(name("a")), author: "ann")), at: at(13))) == [at(23)])
        #expect(engine.status(of: name("sum"))?.state == .err)
        let effects = engine.handle(.woke, at: at(23))
        #expect(engine.status(of: name("sum"))?.state == .ok)
        #expect(
            effects.contains { effect in
                guard case .append(let entry) = effect else { return false }
                return entry.what
                    == .stateChanged(name("sum"), from: .err, to: .ok, reason: "true for 10 s, as a is ok")
            })
        #expect(wakes(effects) == [])
    }
}
