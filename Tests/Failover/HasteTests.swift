import Addresses
import Failover
import Testing

/// What hastens probes (quiet ones, tripwires), and what keeps verdicts from counting (doubt of ourselves).
@Suite struct HasteTests {
    private let scheme = SchemeName("cat.example.test")
    private let main = IndicatorName("main")
    private let spare = IndicatorName("spare")
    private let gate = IndicatorName("gate")

    private func configuration(references: [IndicatorName] = []) -> Configuration {
        var policy = Policy(name: "fast")
        (policy.interval, policy.timeout) = (.seconds(1), .milliseconds(800))
        (policy.recheck, policy.rise, policy.tripwire) = (.milliseconds(200), 3, true)
        var scheme = Scheme(name: scheme)
        scheme.members = [
            Member(indicator: main, values: [.v4(IPv4Address(bits: 0xC000_0201))], priority: .primary),
            Member(indicator: spare, values: [.v4(IPv4Address(bits: 0xC000_0202))], priority: .backup),
        ]
        return Configuration(
            indicators: [main, spare, gate].map { Indicator(name: $0, policy: policy) }, schemes: [scheme],
            references: references)
    }

    private func started(references: [IndicatorName] = []) -> Engine {
        var engine = Engine()
        _ = engine.handle(.configured(configuration(references: references)), at: .at(0))
        for name in [main, spare, gate] { _ = probe(&engine, name, "✓", .at(0)) }
        return engine
    }

    @discardableResult
    private func probe(_ engine: inout Engine, _ name: IndicatorName, _ mark: String, _ at: Instant) -> [Effect] {
        engine.handle(.probed(name, Probe(outcomes(mark)[0], took: .milliseconds(3))), at: at)
    }

    private func turns(_ effects: [Effect], of name: IndicatorName) -> [ProbeTurn] {
        effects.compactMap { if case .probe(name, let turn, _) = $0 { turn } else { nil } }
    }

    private func quiet(_ engine: inout Engine, underWay: Int, at now: Instant) -> [ProbeTurn] {
        turns(engine.handle(.quiet(main, .local, underWay: underWay, letWireGo: false), at: now), of: main)
    }

    // MARK: Quiet probes

    @Test func `a quiet probe has as many start beside it as could be failures that count, and no more`() {
        var engine = started()
        #expect(quiet(&engine, underWay: 1, at: .at(1)) == [.beside])
        #expect(quiet(&engine, underWay: 2, at: .at(2)) == [.beside])
        #expect(quiet(&engine, underWay: 3, at: .at(3)) == [], "three failures are enough")
        probe(&engine, main, "✗", .at(4))
        #expect(quiet(&engine, underWay: 2, at: .at(4)) == [])
        #expect(quiet(&engine, underWay: 1, at: .at(4)) == [.beside])
    }

    @Test func `a quiet probe that succeeds after all counts as a success`() {
        var engine = started()
        _ = quiet(&engine, underWay: 1, at: .at(1))
        probe(&engine, main, "✓", .at(2))
        #expect(engine.status(of: main)?.isUndecided == false)
        #expect(engine.status(of: main)?.probesUntilFlip == 3)
    }

    @Test func `answers that come late after a server has hung do not make us patient`() {
        var engine = started()
        for second in 1...20 { probe(&engine, main, "✓", .at(second)) }
        for second in 21...23 { probe(&engine, main, "✗", .at(second)) }
        var last: [Effect] = []
        for took in [700, 3, 3] {
            last = engine.handle(.probed(main, Probe(.success, took: .milliseconds(took))), at: .at(24))
        }
        #expect(engine.status(of: main)?.state == .ok)
        let patience = last.compactMap { if case .probe(main, _, let patience) = $0 { patience } else { nil } }
        #expect(patience == [.milliseconds(100)])
    }

    @Test func `one slow answer does not make us patient, and several do`() {
        var engine = started()
        for second in 1...20 {
            _ = engine.handle(.probed(main, Probe(.success, took: .milliseconds(1))), at: .at(second))
        }
        let patience = (21...26).map { second in
            let effects = engine.handle(.probed(main, Probe(.success, took: .milliseconds(300))), at: .at(second))
            let told = effects.compactMap { if case .probe(main, _, let patience) = $0 { patience } else { nil } }
            return told.first?.milliseconds ?? .infinity
        }
        #expect(patience[0] < 150, "the first of them")
        #expect(patience[5] > 600, "so it is usual now")
    }

    @Test func `what is err already is not probed beside`() {
        var engine = started()
        for second in 1...3 { probe(&engine, main, "✗", .at(second)) }
        #expect(quiet(&engine, underWay: 1, at: .at(4)) == [])
    }

    @Test(
        arguments: [
            (3, 100),  // an answer in 3 ms, as always: half a recheck pause is the least
            (100, 200),  // at 100 ms every time, the deviation goes to nothing
            (390, 780),  // still within the timeout
            (500, nil),  // the timeout comes first
        ] as [(Int64, Int64?)])
    func `patience follows what the target usually takes`(took: Int64, patience: Int64?) {
        var engine = started()
        var last: [Effect] = []
        for second in 1...200 {
            last = engine.handle(.probed(main, Probe(.success, took: .milliseconds(took))), at: .at(second))
        }
        let told = last.compactMap { if case .probe(main, _, let patience) = $0 { patience } else { nil } }
        #expect(told.first.map { ($0.milliseconds / 10).rounded() * 10 } == patience.map(Double.init))
    }

    // MARK: Tripwires

    @Test func `a tripwire brings a probe at once, and confirmations 20 ms apart; the verdict takes three`() {
        var engine = started()
        #expect(turns(engine.handle(.tripped(main, .local), at: .at(1)), of: main) == [.recheck(.zero)])
        #expect(engine.status(of: main)?.state == .ok)
        for _ in 1...2 {
            #expect(turns(probe(&engine, main, "✗", .at(1)), of: main) == [.recheck(.milliseconds(20))])
        }
        #expect(turns(probe(&engine, main, "✗", .at(1)), of: main) == [.afterInterval(.seconds(1))])
        #expect(engine.status(of: main)?.state == .err)
        #expect(engine.status(of: scheme)?.decision?.active == [spare])
        #expect(turns(engine.handle(.tripped(main, .local), at: .at(2)), of: main) == [], "what is err is not hastened")
    }

    @Test func `three false alarms within an hour are a habit, and it is said`() {
        var engine = started()
        var retired = 0
        for minute in [0, 50, 70, 80, 90] {
            _ = engine.handle(.tripped(main, .local), at: .at(minute * 60))
            retired += probe(&engine, main, "✓", .at(minute * 60)).count { $0 == .retireTripwire(main) }
            let isRetired = minute >= 80
            #expect(engine.status(of: main)?.tripwire != "on" || !isRetired, "minute \(minute)")
        }
        #expect(retired == 1)
        #expect(engine.status(of: main)?.tripwire == "retired: the server ends idle connections by habit")
        #expect(engine.status(of: spare)?.tripwire == "on")
    }

    @Test func `a server that answers only once the idle connection is gone is recognised`() {
        var engine = started()
        for second in 1...3 {
            _ = engine.handle(.quiet(main, .local, underWay: 1, letWireGo: true), at: .at(second))
            probe(&engine, main, "✓", .at(second))
        }
        #expect(
            engine.status(of: main)?.tripwire == "retired: the server answers nobody else while a connection is open")
    }

    // MARK: The vantage doubts itself

    @Test func `while the references fail nothing is decided, and it is told once`() {
        var engine = started(references: [gate])
        var all: [Effect] = []
        for second in 1...9 {
            for name in [gate, main, spare] { all += probe(&engine, name, "✗", .at(second)) }
        }
        #expect(all.count { if case .notify = $0 { true } else { false } } == 1)
        #expect(all.contains(.notify(.vantageDoubted(failed: 1, of: 1))))
        #expect(engine.status(of: scheme)?.decision?.active == [main])
        #expect(engine.status(of: main)?.effective == .unknown)
        #expect(engine.status(of: main)?.state == .ok, "the last verdict is kept beside it")

        let after = probe(&engine, gate, "✓", .at(10))
        #expect(after.contains(.notify(.vantageTrusted)))
        #expect(engine.status(of: main)?.effective == .ok)
        for second in 11...13 {
            probe(&engine, gate, "✓", .at(second))
            probe(&engine, main, "✗", .at(second))
        }
        probe(&engine, gate, "✓", .at(14))
        probe(&engine, main, "✗", .at(14))
        #expect(engine.status(of: scheme)?.decision?.active == [spare], "verdicts count again")
    }

    @Test func `no verdict turns to err before the references have been heard since its first failure`() {
        var engine = started(references: [gate])
        #expect(turns(probe(&engine, main, "✗", .at(1)), of: gate) == [.recheck(.zero)])
        for second in 2...9 { probe(&engine, main, "✗", .at(second)) }
        #expect(engine.status(of: main)?.state == .ok)
        probe(&engine, gate, "✓", .at(10))
        probe(&engine, main, "✗", .at(11))
        #expect(engine.status(of: main)?.state == .err)
    }
}
