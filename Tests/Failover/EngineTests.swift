import Addresses
import Failover
import Testing

@Suite struct EngineTests {
    private let cat = SchemeName("cat.example.test")
    private let charlie = IndicatorName("charlie:cat")
    private let echo = IndicatorName("echo:cat")

    private func configuration(_ change: (inout Scheme) -> Void = { _ in }) -> Configuration {
        var scheme = Scheme(name: cat)
        scheme.failback = .immediate
        scheme.members = [
            Member(indicator: charlie, values: [value(11)], priority: .primary),
            Member(indicator: echo, values: [value(12)], priority: .backup),
        ]
        change(&scheme)
        return Configuration(indicators: [Indicator(name: charlie), Indicator(name: echo)], schemes: [scheme])
    }

    /// An engine with both members ok since second 0 and 1.
    private func started() -> Engine {
        var engine = Engine()
        _ = engine.handle(.configured(configuration()), at: .at(0))
        _ = engine.handle(.probed(charlie, Probe(.success)), at: .at(0))
        _ = engine.handle(.probed(echo, Probe(.success)), at: .at(1))
        return engine
    }

    private func fail(_ name: IndicatorName, _ engine: inout Engine, at seconds: Int...) -> [Effect] {
        seconds.map { engine.handle(.probed(name, Probe(.failure, reason: "refused")), at: .at($0)) }.last ?? []
    }

    // MARK: Probes

    @Test func `new indicators are probed at once, and soon again while in doubt`() {
        var engine = Engine()
        let first = engine.handle(.configured(configuration()), at: .at(0))
        #expect(first.contains(.probe(charlie, .now, patience: nil)))
        #expect(first.contains(.probe(echo, .now, patience: nil)))
        let turns = ["✗", "✓", "✓", "✓", "✗"].enumerated().map { second, mark in
            engine.handle(.probed(charlie, Probe(outcomes(mark)[0])), at: .at(second)).first {
                if case .probe = $0 { true } else { false }
            }
        }
        let kinds = turns.map { if case .probe(_, let turn, _) = $0 { turn } else { ProbeTurn.beside } }
        let recheck = ProbeTurn.recheck(.seconds(2))
        #expect(kinds == [recheck, recheck, recheck, .afterInterval(.seconds(10)), recheck])
    }

    @Test func `a revision probes what is new, and soon what is in doubt, and leaves the rest alone`() {
        var engine = started()
        _ = fail(echo, &engine, at: 2)
        var next = configuration()
        let delta = IndicatorName("delta:cat")
        next.indicators.append(Indicator(name: delta))
        let probes = engine.handle(.configured(next), at: .at(3)).filter { if case .probe = $0 { true } else { false } }
        #expect(probes == [.probe(delta, .now, patience: nil), .probe(echo, .recheck(.seconds(2)), patience: nil)])
        #expect(engine.status(of: charlie)?.state == .ok)
        #expect(engine.status(of: cat)?.decision?.generation == 1)
    }

    @Test func `what is not configured is ignored quietly`() {
        var engine = started()
        let before = engine.schemes
        let nobody = IndicatorName("nobody:cat")
        let events: [Event] = [
            .probed(nobody, Probe(.failure)),
            .published(SchemeName("other.example.test"), generation: 1, took: .zero),
            .overridden(Override(.maintenance(nobody), author: "anna")),
            .overridden(Override(.clear(nobody), author: "anna")),
            .overridden(Override(.pin(cat, nobody), author: "anna")),
            .overridden(Override(.unpin(cat), author: "anna")),
            .overridden(Override(.failBack(SchemeName("other.example.test")), author: "anna")),
        ]
        for event in events { #expect(engine.handle(event, at: .at(5)) == []) }
        #expect(engine.schemes == before)
    }

    @Test func `a disabled indicator is neither probed nor heard`() {
        var engine = started()
        var next = configuration()
        next.indicators[0].isDisabled = true
        let effects = engine.handle(.configured(next), at: .at(3))
        #expect(!effects.contains(.probe(charlie, .now, patience: nil)))
        #expect(
            effects.contains(
                .append(
                    LogEntry(at: .at(3), .stateChanged(charlie, from: .ok, to: .unknown, reason: "disabled")))))
        #expect(engine.handle(.probed(charlie, Probe(.success)), at: .at(4)) == [])
        #expect(engine.status(of: cat)?.decision?.active == [echo])
    }

    // MARK: Effects

    @Test func `a switch publishes first, then appends, reconciles, notifies and probes`() throws {
        var engine = started()
        let effects = fail(charlie, &engine, at: 10, 12, 14)
        let decision = try #require(engine.status(of: cat)?.decision)
        #expect(decision.answer == .addresses([value(12)]))
        #expect(decision.active == [echo])
        #expect(decision.generation == 2)
        #expect(
            effects == [
                .publish(decision),
                .append(LogEntry(at: .at(14), .stateChanged(charlie, from: .ok, to: .err, reason: "refused"))),
                .append(LogEntry(at: .at(14), .decided(decision, from: .addresses([value(11)])))),
                .reconcile(decision),
                .notify(.switched(decision)),
                .probe(charlie, .afterInterval(.seconds(10)), patience: .seconds(1)),
            ])
    }

    @Test func `a failure of the active member shortens the TTL, and its recovery restores it`() {
        var engine = started()
        func published(_ effects: [Effect]) -> [UInt32] {
            effects.compactMap { if case .publish(let decision) = $0 { decision.ttlSeconds } else { nil } }
        }
        #expect(published(fail(charlie, &engine, at: 10)) == [5])
        #expect(engine.status(of: cat)?.ttlSeconds == 5)
        #expect(published(engine.handle(.probed(charlie, Probe(.success)), at: .at(12))) == [])
        #expect(published(engine.handle(.probed(charlie, Probe(.success)), at: .at(14))) == [])
        #expect(published(engine.handle(.probed(charlie, Probe(.success)), at: .at(16))) == [30])
        #expect(engine.status(of: cat)?.decision?.generation == 1)
    }

    @Test func `a TTL or a provider that a revision changes is published and reconciled, and decides nothing`() {
        var engine = started()
        let effects = engine.handle(.configured(configuration { $0.ttlSeconds = 120 }), at: .at(5))
        let kinds = effects.map { effect in
            switch effect {
            case .publish(let decision): "publish \(decision.generation) \(decision.ttlSeconds)"
            case .reconcile: "reconcile"
            case .append: "append"
            default: "other"
            }
        }
        #expect(kinds == ["publish 1 120", "append", "reconcile"])
        let moved = engine.handle(
            .configured(
                configuration {
                    $0.ttlSeconds = 120; $0.providers = ["other"]
                }), at: .at(6))
        #expect(moved.count { if case .reconcile = $0 { true } else { false } } == 1)
    }

    @Test func `the time of the first publication of a decision is kept`() {
        var engine = started()
        _ = engine.handle(.published(cat, generation: 7, took: .seconds(1)), at: .at(2))
        #expect(engine.status(of: cat)?.publishTook == nil)
        _ = engine.handle(.published(cat, generation: 1, took: .microseconds(90)), at: .at(2))
        _ = engine.handle(.published(cat, generation: 1, took: .seconds(1)), at: .at(3))
        #expect(engine.status(of: cat)?.publishTook == .microseconds(90))
    }

    // MARK: Time

    @Test func `a wake is asked for once, anew after an early one, and moved when something is due sooner`() {
        var engine = started()
        func wakes(_ event: Event, _ second: Int) -> [Instant] {
            engine.handle(event, at: .at(second)).compactMap { if case .wake(let at) = $0 { at } else { nil } }
        }
        let until = { (second: Int) in Instant.at(second) }
        #expect(
            wakes(.overridden(Override(.maintenance(echo), author: "anna", until: until(100))), 5) == [.at(100)])
        #expect(wakes(.probed(charlie, Probe(.success)), 10) == [])
        #expect(wakes(.woke, 20) == [.at(100)])
        #expect(wakes(.overridden(Override(.pin(cat, charlie), author: "anna", until: until(50))), 21) == [.at(50)])
        #expect(wakes(.woke, 50) == [.at(100)])
        #expect(wakes(.overridden(Override(.clear(echo), author: "anna")), 60) == [])
        #expect(wakes(.woke, 100) == [])
    }

    @Test func `what was due is done by the next event even if no wake came`() {
        var engine = started()
        _ = engine.handle(
            .overridden(Override(.maintenance(charlie), author: "anna", until: .at(100))), at: .at(5))
        #expect(engine.status(of: cat)?.decision?.active == [echo])
        _ = engine.handle(.probed(echo, Probe(.success)), at: .at(5000))
        #expect(engine.status(of: cat)?.decision?.active == [charlie])
        #expect(engine.status(of: charlie)?.override == nil)
    }

    @Test func `an instant from before the last one counts as the last one`() {
        var engine = started()
        _ = fail(charlie, &engine, at: 100, 102)
        let effects = fail(charlie, &engine, at: 50)
        #expect(engine.status(of: cat)?.decision?.at == .at(102))
        #expect(effects.contains { if case .publish = $0 { true } else { false } })
    }

    // MARK: Overrides

    @Test func `every override that begins is logged once more when it ends, however it ends`() {
        var engine = started()
        func entries(_ event: Event, _ second: Int) -> [LogEntry.What] {
            engine.handle(event, at: .at(second)).compactMap { effect in
                guard case .append(let entry) = effect else { return nil }
                if case .decided = entry.what { return nil }
                return entry.what
            }
        }
        func since(_ override: Override, _ second: Int) -> Override {
            var override = override
            override.since = .at(second)
            return override
        }
        let first = Override(.maintenance(echo), author: "anna", reason: "kernel")
        let second = Override(.force(echo, .err), author: "boris", until: .at(20))
        let third = Override(.force(echo, .ok), author: "anna")
        let clear = Override(.clear(echo), author: "clara")
        let late = Override(.maintenance(echo), author: "anna", until: .at(5))
        #expect(entries(.overridden(first), 10) == [.overridden(since(first, 10))])
        #expect(
            entries(.overridden(second), 11) == [.overridden(since(second, 11)), .overrideEnded(since(first, 10))])
        #expect(entries(.woke, 20) == [.overrideEnded(since(second, 11))])
        #expect(entries(.overridden(third), 21) == [.overridden(since(third, 21))])
        #expect(entries(.overridden(clear), 22) == [.overridden(since(clear, 22)), .overrideEnded(since(third, 21))])
        #expect(entries(.overridden(late), 23) == [.overridden(since(late, 23)), .overrideEnded(since(late, 23))])
        #expect(engine.status(of: echo)?.override == nil)
        _ = engine.handle(.overridden(first), at: .at(30))
        var without = configuration { $0.members.removeLast() }
        without.indicators.removeLast()
        #expect(entries(.configured(without), 31).contains(.overrideEnded(since(first, 30))))
    }

    // MARK: What can be read

    @Test func `an indicator's status shows the real state beside the operator's word`() {
        var engine = started()
        _ = engine.handle(.overridden(Override(.force(echo, .err), author: "anna")), at: .at(2))
        _ = fail(echo, &engine, at: 5)
        let status = engine.status(of: echo)
        #expect(status?.state == .ok)
        #expect(status?.effective == .err)
        #expect(status?.since == .at(1))
        #expect(status?.override?.author == "anna")
        #expect(status?.recent.map(\.probe.outcome) == outcomes("✓✗"))
        #expect(status?.isUndecided == true)
        #expect(status?.probesUntilFlip == 2)
    }

    @Test func `only the last ten probes are kept`() {
        var engine = started()
        for second in 10..<40 { _ = engine.handle(.probed(echo, Probe(.success)), at: .at(second)) }
        #expect(engine.status(of: echo)?.recent.map(\.at) == (30..<40).map { .at($0) })
    }

    @Test func `the probes of several vantages are read in one order`() {
        var engine = started()
        for (second, vantage) in ["b", "a", "b", "a"].enumerated() {
            _ = engine.handle(.probed(echo, Probe(.success, vantage: Vantage(vantage))), at: .at(second + 2))
        }
        #expect(engine.status(of: echo)?.recent.map(\.probe.vantage.text) == ["local", "b", "a", "b", "a"])
    }

    @Test func `everything configured can be read, sorted by name`() {
        let engine = started()
        #expect(engine.indicators.map(\.name) == [charlie, echo])
        #expect(engine.schemes.map(\.scheme.name) == [cat])
        #expect(engine.status(of: SchemeName("other.example.test")) == nil)
        #expect(engine.status(of: IndicatorName("nobody:cat")) == nil)
    }
}
